/*
 * percentiles(): how values are distributed, from a sketch of fixed size.
 *
 * Each CPU counts values in the ranges of log_linear.h and adds up their total;
 * ranges of several CPUs are added.  A percentile is given as the middle of its
 * range, which is at most half the range's width away from the value itself:
 *
 *	|shown - exact| <= exact / 2^(bits + 1), and 0 below 2^(bits + 1)
 *
 * for the value of that rank (the smallest one that is not below so many of all
 * values).  The standard deviation is that of the middles: no value moves
 * further than that, so it is off by at most a 2^(bits + 1)-th of the root of
 * the values' mean square.  Count and average are exact.
 */
#include <linux/bpf.h>
#include <math.h>
#include <string.h>

#include "base/compiler.h"
#include "base/value.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"
#include "stdlib/log_linear.h"

enum { BITS_MIN = 1, BITS_MAX = 5, BITS_USUAL = 5, BUCKETS_OFFSET = 8 };

static const struct type *infer_percentiles(struct inferer *inferer, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0), *second = call_arg(call, 1);
	int64_t bits = BITS_USUAL;

	if (!arg || !arg->type)
		return NULL;
	if (second && (!expr_is_number(second, &bits) || bits < BITS_MIN || bits > BITS_MAX))
		bits = BITS_USUAL; /* check says what is wrong */
	return type_percentiles(&inferer->program->types, (uint32_t)bits, arg_is_signed(arg->type));
}

static void check_percentiles(struct checker *checker, struct expr *call)
{
	int64_t ignored;

	check_number_arg(checker, call, 1, BITS_MIN, BITS_MAX, &ignored);
}

/* --- updates ----------------------------------------------------------------------------- */

/* |val| as an unsigned number. */
static struct val emit_magnitude(struct codegen *cg, struct val val)
{
	struct builder *b = cg->b;
	uint32_t magnitude = build_var(b), end = build_label(b);

	build_var_set(b, magnitude, val);
	build_branch(b, BPF_JSGE, val, val_const(0), end);
	build_enter(b);
	build_var_set(b, magnitude, build_neg(b, val));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, magnitude);
}

/* Signed: the upper half of the buckets is of what is not below 0, the lower half mirrors it. */
static struct val emit_signed_index(struct codegen *cg, struct val val, const struct type *type)
{
	uint32_t half = aggregate_bucket_count(type) / 2;
	struct builder *b = cg->b;
	struct val range = emit_log_linear(cg, emit_magnitude(cg, val), type->aggregate.bits);
	uint32_t index = build_var(b), end = build_label(b);

	build_var_set(b, index, build_alu(b, BPF_ADD, range, val_const(half)));
	build_branch(b, BPF_JSGE, val, val_const(0), end);
	build_enter(b);
	build_var_set(b, index, build_alu(b, BPF_SUB, val_const(half - 1), range));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, index);
}

static void update_percentiles(struct codegen *cg, const struct expr *call, const struct type *type,
			       struct val record)
{
	struct builder *b = cg->b;
	struct val val = emit_expr(cg, call_arg(call, 0)), index;
	uint32_t end = build_label(b);

	emit_record_add(cg, record, 0, val);
	index = type->aggregate.is_signed ? emit_signed_index(cg, val, type)
					  : emit_log_linear(cg, val, type->aggregate.bits);
	/* Always below.  The verifier does not see that a number's size goes with its bits. */
	build_branch(b, BPF_JGE, index, val_const(aggregate_bucket_count(type)), end);
	build_enter(b);
	emit_bucket(cg, build_offset(b, record, BUCKETS_OFFSET), index);
	build_leave(b);
	build_place(b, end);
}

/* --- reduction --------------------------------------------------------------------------- */

/* The buckets of all CPUs together, and the number that stands for the values of each. */
struct sketch {
	const struct type *type;
	uint64_t *counts, count;
	uint32_t bucket_count;
};

static uint64_t middle(uint32_t bits, uint32_t range)
{
	uint64_t low = log_linear_edge(bits, range), high = log_linear_edge(bits, range + 1) - 1;

	return low + (high - low) / 2;
}

static int64_t representative(const struct sketch *sketch, uint32_t index)
{
	uint32_t bits = sketch->type->aggregate.bits, half = sketch->bucket_count / 2;

	if (!sketch->type->aggregate.is_signed)
		return (int64_t)middle(bits, index);
	return index >= half ? (int64_t)middle(bits, index - half)
			     : (int64_t)-middle(bits, half - 1 - index);
}

static double as_double(const struct sketch *sketch, int64_t number)
{
	return sketch->type->aggregate.is_signed ? (double)number : (double)(uint64_t)number;
}

static double deviation(const struct sketch *sketch)
{
	double mean = 0, squares = 0;
	uint32_t i;

	for (i = 0; i < sketch->bucket_count; i++)
		mean += (double)sketch->counts[i] * as_double(sketch, representative(sketch, i));
	mean /= (double)sketch->count;
	for (i = 0; i < sketch->bucket_count; i++) {
		double away = as_double(sketch, representative(sketch, i)) - mean;

		squares += (double)sketch->counts[i] * away * away;
	}
	return sqrt(squares / (double)sketch->count);
}

/* The values of the ranks, which ascend. */
static void find_ranks(const struct sketch *sketch, int64_t *at)
{
	uint64_t seen = 0;
	uint32_t i = 0;
	size_t p;

	for (p = 0; p < PERCENTILE_COUNT; p++) {
		unsigned __int128 parts = (unsigned __int128)sketch->count * percentiles[p].rank;
		uint64_t rank = (uint64_t)((parts + PERCENTILE_ALL - 1) / PERCENTILE_ALL);

		while (seen < rank)
			seen += sketch->counts[i++];
		at[p] = representative(sketch, i - 1);
	}
}

static bool reduce_percentiles(const struct type *type, const void *records, size_t stride,
			       unsigned cpu_count, struct arena *arena, struct value *ret_value)
{
	struct sketch sketch = { .type = type, .bucket_count = aggregate_bucket_count(type) };
	const char *buckets = (const char *)records + BUCKETS_OFFSET;
	int64_t total = (int64_t)bucket_total(records, stride, cpu_count, 0);
	bool is_signed = type->aggregate.is_signed;
	uint32_t i;

	sketch.counts = arena_new_array(arena, uint64_t, sketch.bucket_count);
	for (i = 0; i < sketch.bucket_count; i++) {
		sketch.counts[i] = bucket_total(buckets, stride, cpu_count, i);
		sketch.count += sketch.counts[i];
	}
	*ret_value = (struct value){ .kind = VALUE_PERCENTILES, .is_signed = is_signed };
	if (!sketch.count)
		return false;
	ret_value->percentiles.count = sketch.count;
	ret_value->percentiles.average = is_signed ? total / (int64_t)sketch.count
						   : (int64_t)((uint64_t)total / sketch.count);
	ret_value->percentiles.deviation = (uint64_t)(deviation(&sketch) + 0.5);
	ret_value->percentiles.at = arena_new_array(arena, int64_t, PERCENTILE_COUNT);
	find_ranks(&sketch, ret_value->percentiles.at);
	return true;
}

const struct builtin percentile_builtins[] = {
	{ "percentiles", "infer (int, [int-lit bits])",
	  "Count, average, standard deviation and percentiles; off by 1 in 2^(bits + 1) at most, "
	  "1 in 64 as it is.",
	  BUILTIN_AGGREGATE | BUILTIN_MUST_CALL, .infer = infer_percentiles,
	  .check = check_percentiles, .emit_update = update_percentiles,
	  .reduce = reduce_percentiles, .aggregate = AGGREGATE_PERCENTILES,
	  .example = "begin { for $i : 1..1001 { @ = percentiles($i); } }\n"
		     "@: { .count = 1000, .average = 500, .stddev = 289, .p50 = 499, .p90 = "
		     "903, .p99 = 983, .p999 = 999 }\n" },
	{ NULL },
};
