/*
 * hist() and lhist(): counters of value ranges.
 *
 * The record of a key is an array of uint64 buckets; which bucket a value goes
 * into, and what the buckets are called, is in stdlib.md 6.2.
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "base/value.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"
#include "stdlib/log_linear.h"

enum { HIST_BITS_MAX = 5, LHIST_BUCKETS_MAX = 1000 };

/* --- hist: types and updates ------------------------------------------------------------ */

static const struct type *infer_hist(struct inferer *inferer, struct expr *call)
{
	const struct expr *arg = call_arg(call, 1);
	int64_t bits = 0;

	if (arg && (!expr_is_number(arg, &bits) || bits < 0 || bits > HIST_BITS_MAX))
		bits = 0; /* check says what is wrong */
	return type_hist(&inferer->program->types, (uint32_t)bits);
}

static void check_hist(struct checker *checker, struct expr *call)
{
	const struct expr *arg = call_arg(call, 1);
	int64_t bits = 0;

	if (arg && expr_is_number(arg, &bits) && (bits < 0 || bits > HIST_BITS_MAX))
		diag_report(checker->program->diags, arg->span, DIAG_ARG_RANGE,
			    "hist: bits %" PRId64 " must be 0..%d", bits, HIST_BITS_MAX);
}

static void update_hist(struct codegen *cg, const struct expr *call, const struct type *type,
			struct val record)
{
	uint32_t bits = type->aggregate.bits;
	struct builder *b = cg->b;
	struct val val = emit_expr(cg, call_arg(call, 0));
	uint32_t index = build_var(b), end = build_label(b), skip = build_label(b);

	build_var_set(b, index, val_const(0));
	build_branch(b, BPF_JSLT, val, val_const(0), end);
	build_enter(b);
	build_var_set(b, index,
		      build_alu(b, BPF_ADD, emit_log_linear(cg, val, bits), val_const(1)));
	build_leave(b);
	build_place(b, end);
	/* Always below, but the verifier does not know that a value below 2^63 has no 64 bits. */
	build_branch(b, BPF_JGE, build_var_get(b, index), val_const(aggregate_bucket_count(type)),
		     skip);
	build_enter(b);
	emit_bucket(cg, record, build_var_get(b, index));
	build_leave(b);
	build_place(b, skip);
}

/* --- lhist: types and updates -------------------------------------------------------------- */

struct range {
	int64_t min, max, step;
};

/* The bounds of a call; false when they are none. */
static bool range_of(const struct expr *call, struct range *ret_range)
{
	return call_arg_count(call) == 4 && expr_is_number(call_arg(call, 1), &ret_range->min) &&
	       expr_is_number(call_arg(call, 2), &ret_range->max) &&
	       expr_is_number(call_arg(call, 3), &ret_range->step) && ret_range->min >= 0 &&
	       ret_range->step >= 1 && ret_range->max > ret_range->min &&
	       ret_range->step <= ret_range->max - ret_range->min &&
	       (ret_range->max - ret_range->min) / ret_range->step <= LHIST_BUCKETS_MAX;
}

static const struct type *infer_lhist(struct inferer *inferer, struct expr *call)
{
	struct range range = { 0 };

	if (!range_of(call, &range))
		range = (struct range){ .min = 0, .max = 1, .step = 1 }; /* check says what is wrong */
	return type_lhist(&inferer->program->types, range.min, range.max, range.step);
}

static void check_lhist(struct checker *checker, struct expr *call)
{
	static const char *const names[] = { "min", "max", "step" };
	struct diags *diags = checker->program->diags;
	int64_t bounds[3] = { 0 };
	struct range range;
	unsigned i;

	for (i = 0; i < 3; i++)
		if (!expr_is_number(call_arg(call, i + 1), &bounds[i]) || bounds[i] < 0) {
			diag_report(diags, call_arg(call, i + 1)->span, DIAG_ARG_LITERAL,
				    "lhist: invalid %s value (must be non-negative literal)", names[i]);
			return;
		}
	if (range_of(call, &range))
		return;
	if (bounds[2] < 1)
		diag_report(diags, call_arg(call, 3)->span, DIAG_ARG_RANGE,
			    "lhist() step must be >= 1 (%" PRId64 " provided)", bounds[2]);
	else if (bounds[0] >= bounds[1])
		diag_report(diags, call_arg(call, 2)->span, DIAG_ARG_RANGE,
			    "lhist() min must be less than max (provided min %" PRId64
			    " and max %" PRId64 ")", bounds[0], bounds[1]);
	else if (bounds[2] > bounds[1] - bounds[0])
		diag_report(diags, call_arg(call, 3)->span, DIAG_ARG_RANGE,
			    "lhist() step %" PRId64 " is larger than the range from %" PRId64
			    " to %" PRId64, bounds[2], bounds[0], bounds[1]);
	else
		diag_report(diags, call->span, DIAG_ARG_RANGE,
			    "lhist() too many buckets, must be <= %d (would need %" PRId64 ")",
			    LHIST_BUCKETS_MAX, (bounds[1] - bounds[0]) / bounds[2]);
}

/* 0 below min, else 1 + (val - min) / step up to the last bucket, which has no upper end. */
static void update_lhist(struct codegen *cg, const struct expr *call, const struct type *type,
			 struct val record)
{
	int64_t min = type->aggregate.min, last = aggregate_bucket_count(type) - 1;
	struct builder *b = cg->b;
	uint32_t index = build_var(b), end = build_label(b);
	struct val val = emit_expr(cg, call_arg(call, 0)), steps;

	build_var_set(b, index, val_const(0));
	build_branch(b, BPF_JSLT, val, val_const(min), end);
	build_enter(b);
	steps = build_alu(b, BPF_DIV, build_alu(b, BPF_SUB, val, val_const(min)),
			  val_const(type->aggregate.step));
	build_var_set(b, index, val_const(last));
	build_branch(b, BPF_JGE, steps, val_const(last - 1), end);
	build_var_set(b, index, build_alu(b, BPF_ADD, steps, val_const(1)));
	build_leave(b);
	build_place(b, end);
	emit_bucket(cg, record, build_var_get(b, index));
}

/* --- names of buckets ------------------------------------------------------------------------ */

/* Lower edge number `j` of hist, and as text. */
struct edge {
	uint64_t value;
	char text[24];
};

static struct edge hist_edge(uint32_t bits, uint32_t j)
{
	static const char letters[] = { '\0', 'K', 'M', 'G', 'T', 'P', 'E' };
	uint32_t power = (j >> bits) - 1;
	struct edge edge = { .value = log_linear_edge(bits, j) };

	if (j <= 2u << bits)
		snprintf(edge.text, sizeof(edge.text), "%" PRIu32, j);
	else
		snprintf(edge.text, sizeof(edge.text), "%" PRIu64 "%.1s",
			 edge.value >> (power - power % 10), &letters[power / 10]);
	return edge;
}

static struct edge lhist_edge(const struct type *type, uint32_t index)
{
	struct edge edge = {
		.value = (uint64_t)(type->aggregate.min + index * type->aggregate.step)
	};
	bool is_short = type->aggregate.step % 1024 == 0 && edge.value;

	if (is_short && edge.value % (1024 * 1024) == 0)
		snprintf(edge.text, sizeof(edge.text), "%" PRIu64 "M", edge.value / (1024 * 1024));
	else if (is_short && edge.value % 1024 == 0)
		snprintf(edge.text, sizeof(edge.text), "%" PRIu64 "K", edge.value / 1024);
	else
		snprintf(edge.text, sizeof(edge.text), "%" PRIu64, edge.value);
	return edge;
}

static struct histogram_bucket between(struct arena *arena, const struct edge *low,
				       const struct edge *high)
{
	struct histogram_bucket bucket = { .min = (int64_t)low->value,
					   .max = (int64_t)(high->value - 1) };

	if (bucket.min == bucket.max)
		bucket.label = arena_printf(arena, "[%s]", low->text);
	else
		bucket.label = arena_printf(arena, "[%s, %s)", low->text, high->text);
	return bucket;
}

static struct histogram_bucket hist_bucket(struct arena *arena, const struct type *type,
					   uint32_t index)
{
	uint32_t bits = type->aggregate.bits;
	struct edge low, high;

	if (!index)
		return (struct histogram_bucket){ .no_min = true, .max = -1, .label = "(..., 0)" };
	low = hist_edge(bits, index - 1);
	high = hist_edge(bits, index);
	return between(arena, &low, &high);
}

static struct histogram_bucket lhist_bucket(struct arena *arena, const struct type *type,
					    uint32_t index)
{
	struct histogram_bucket bucket = { 0 };
	struct edge low, high;

	if (!index) {
		low = lhist_edge(type, 0);
		bucket.no_min = true;
		bucket.max = type->aggregate.min - 1;
		bucket.label = arena_printf(arena, "(..., %s)", low.text);
		return bucket;
	}
	low = lhist_edge(type, index - 1);
	if (index + 1 == aggregate_bucket_count(type)) {
		bucket.no_max = true;
		bucket.min = (int64_t)low.value;
		bucket.label = arena_printf(arena, "[%s, ...)", low.text);
		return bucket;
	}
	high = lhist_edge(type, index);
	return between(arena, &low, &high);
}

/* --- reduction ----------------------------------------------------------------------------------- */

static bool reduce_histogram(const struct type *type, const void *records, size_t stride,
			     unsigned cpu_count, struct arena *arena, struct value *ret_value)
{
	bool is_linear = type->aggregate.kind == AGGREGATE_LHIST;
	uint32_t bucket_count = aggregate_bucket_count(type), first = bucket_count, last = 0, i;
	uint64_t *totals = arena_new_array(arena, uint64_t, bucket_count);

	*ret_value = (struct value){ .kind = VALUE_HISTOGRAM };
	for (i = 0; i < bucket_count; i++) {
		totals[i] = bucket_total(records, stride, cpu_count, i);
		ret_value->histogram.total += totals[i];
		if (totals[i]) {
			first = MIN(first, i);
			last = i;
		}
	}
	if (first == bucket_count)
		return false;
	ret_value->histogram.count = last - first + 1;
	ret_value->histogram.buckets =
		arena_new_array(arena, struct histogram_bucket, ret_value->histogram.count);
	for (i = first; i <= last; i++) {
		struct histogram_bucket *bucket = &ret_value->histogram.buckets[i - first];

		*bucket = is_linear ? lhist_bucket(arena, type, i) : hist_bucket(arena, type, i);
		bucket->count = totals[i];
	}
	return true;
}

const struct builtin histogram_builtins[] = {
	{ "hist", "infer (int, [int-lit bits])",
	  "A histogram by powers of two; the second argument, 0 to 5, splits each into 2^n ranges.",
	  BUILTIN_AGGREGATE | BUILTIN_MUST_CALL, .infer = infer_hist, .check = check_hist,
	  .emit_update = update_hist, .reduce = reduce_histogram, .aggregate = AGGREGATE_HIST,
	  .example = "tracepoint:syscalls:sys_exit_read { @[comm] = hist(args.ret); }" },
	{ "lhist", "infer (int, int-lit min, int-lit max, int-lit step)",
	  "A histogram of ranges of equal width: value, minimum, maximum, width.",
	  BUILTIN_AGGREGATE | BUILTIN_MUST_CALL, .infer = infer_lhist, .check = check_lhist,
	  .emit_update = update_lhist, .reduce = reduce_histogram, .aggregate = AGGREGATE_LHIST,
	  .example = "tracepoint:syscalls:sys_exit_read { @ = lhist(args.ret, 0, 1000, 100); }" },
	{ NULL },
};
