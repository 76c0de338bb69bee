/*
 * count, sum, min, max, avg, stats: numbers gathered on each CPU by itself and
 * put together when they are printed.
 */
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "base/compiler.h"
#include "base/value.h"
#include "codegen/aggregate.h"
#include "codegen/lower.h"
#include "sema/infer.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

enum {
	VALUE_OFFSET = offsetof(struct aggregate_record, value),
	NUMBER_OFFSET = offsetof(struct aggregate_record, number),
};

/* --- types ------------------------------------------------------------------------------ */

static const struct type *infer_aggregate(struct inferer *inferer, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);
	enum aggregate kind = call->call.builtin->aggregate;

	if (arg && !arg->type)
		return NULL;
	return type_aggregate(&inferer->program->types, kind, arg && arg_is_signed(arg->type));
}

/* --- updates ------------------------------------------------------------------------------ */

static void update_count(struct codegen *cg, const struct expr *call UNUSED,
			 const struct type *type UNUSED, struct val record)
{
	emit_record_add(cg, record, 0, val_const(1));
}

static void update_sum(struct codegen *cg, const struct expr *call, const struct type *type UNUSED,
		       struct val record)
{
	emit_record_add(cg, record, 0, emit_expr(cg, call_arg(call, 0)));
}

static void update_average(struct codegen *cg, const struct expr *call,
			   const struct type *type UNUSED, struct val record)
{
	emit_record_add(cg, record, VALUE_OFFSET, emit_expr(cg, call_arg(call, 0)));
	emit_record_add(cg, record, NUMBER_OFFSET, val_const(1));
}

/* Stores the value unless the record is set and `keeps` holds for it and the value. */
static void update_extreme(struct codegen *cg, const struct expr *call, struct val record,
			   uint8_t keeps)
{
	struct builder *b = cg->b;
	uint32_t store = build_label(b), end = build_label(b);
	struct val val = emit_expr(cg, call_arg(call, 0));

	build_branch(b, BPF_JEQ, build_load(b, 8, false, record, NUMBER_OFFSET), val_const(0), store);
	build_enter(b);
	build_branch(b, keeps, build_load(b, 8, false, record, VALUE_OFFSET), val, end);
	build_leave(b);
	build_place(b, store);
	build_enter(b);
	build_store(b, 8, record, VALUE_OFFSET, val);
	build_store(b, 8, record, NUMBER_OFFSET, val_const(1));
	build_leave(b);
	build_place(b, end);
}

static void update_min(struct codegen *cg, const struct expr *call, const struct type *type,
		       struct val record)
{
	update_extreme(cg, call, record, type->aggregate.is_signed ? BPF_JSLE : BPF_JLE);
}

static void update_max(struct codegen *cg, const struct expr *call, const struct type *type,
		       struct val record)
{
	update_extreme(cg, call, record, type->aggregate.is_signed ? BPF_JSGE : BPF_JGE);
}

/* --- reduction ------------------------------------------------------------------------------ */

static int64_t first_word(const void *records, size_t stride, unsigned cpu)
{
	int64_t word;

	memcpy(&word, (const char *)records + cpu * stride, sizeof(word));
	return word;
}

static struct aggregate_record record_of(const void *records, size_t stride, unsigned cpu)
{
	struct aggregate_record record;

	memcpy(&record, (const char *)records + cpu * stride, sizeof(record));
	return record;
}

static void set_integer(struct value *value, bool is_signed, int64_t number)
{
	*value = (struct value){ .kind = is_signed ? VALUE_INT : VALUE_UINT, .i = number };
}

static int64_t total_of(const void *records, size_t stride, unsigned cpu_count)
{
	uint64_t total = 0;
	unsigned cpu;

	for (cpu = 0; cpu < cpu_count; cpu++)
		total += (uint64_t)first_word(records, stride, cpu);
	return (int64_t)total;
}

static bool reduce_count(const struct type *type UNUSED, const void *records, size_t stride,
			 unsigned cpu_count, struct arena *arena UNUSED, struct value *ret_value)
{
	set_integer(ret_value, false, total_of(records, stride, cpu_count));
	return ret_value->u != 0;
}

/* A sum of 0 says nothing: the map tells whether it was set. */
static bool reduce_sum(const struct type *type, const void *records, size_t stride,
		       unsigned cpu_count, struct arena *arena UNUSED, struct value *ret_value)
{
	set_integer(ret_value, type->aggregate.is_signed, total_of(records, stride, cpu_count));
	return true;
}

static bool is_below(bool is_signed, int64_t a, int64_t b)
{
	return is_signed ? a < b : (uint64_t)a < (uint64_t)b;
}

static bool reduce_extreme(const struct type *type, const void *records, size_t stride,
			   unsigned cpu_count, bool is_min, struct value *ret_value)
{
	bool is_signed = type->aggregate.is_signed, is_set = false;
	int64_t extreme = 0;
	unsigned cpu;

	for (cpu = 0; cpu < cpu_count; cpu++) {
		struct aggregate_record record = record_of(records, stride, cpu);

		if (!record.number)
			continue;
		if (!is_set || (is_min ? is_below(is_signed, record.value, extreme)
				       : is_below(is_signed, extreme, record.value)))
			extreme = record.value;
		is_set = true;
	}
	set_integer(ret_value, is_signed, extreme);
	return is_set;
}

static bool reduce_min(const struct type *type, const void *records, size_t stride,
		       unsigned cpu_count, struct arena *arena UNUSED, struct value *ret_value)
{
	return reduce_extreme(type, records, stride, cpu_count, true, ret_value);
}

static bool reduce_max(const struct type *type, const void *records, size_t stride,
		       unsigned cpu_count, struct arena *arena UNUSED, struct value *ret_value)
{
	return reduce_extreme(type, records, stride, cpu_count, false, ret_value);
}

static int64_t divide(bool is_signed, int64_t total, uint64_t count)
{
	if (!count)
		return 0;
	return is_signed ? total / (int64_t)count : (int64_t)((uint64_t)total / count);
}

static bool reduce_average(const struct type *type, const void *records, size_t stride,
			   unsigned cpu_count, struct arena *arena UNUSED, struct value *ret_value)
{
	bool is_signed = type->aggregate.is_signed;
	uint64_t count = 0;
	int64_t total = total_of(records, stride, cpu_count);
	unsigned cpu;

	for (cpu = 0; cpu < cpu_count; cpu++)
		count += record_of(records, stride, cpu).number;
	*ret_value = (struct value){
		.kind = type->aggregate.kind == AGGREGATE_AVG ? VALUE_AVERAGE : VALUE_STATS,
		.is_signed = is_signed,
		.stats = { .count = count, .total = total,
			   .average = divide(is_signed, total, count) },
	};
	return count != 0;
}

enum { AGGREGATE_FLAGS = BUILTIN_AGGREGATE | BUILTIN_MUST_CALL };

const struct builtin aggregate_builtins[] = {
	{ "count", "infer ()", "Counts how often it is called.", AGGREGATE_FLAGS,
	  .infer = infer_aggregate, .emit_update = update_count, .reduce = reduce_count,
	  .aggregate = AGGREGATE_COUNT,
	  .example = "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }" },
	{ "sum", "infer (int)", "Adds up the values it is given.", AGGREGATE_FLAGS,
	  .infer = infer_aggregate, .emit_update = update_sum, .reduce = reduce_sum,
	  .aggregate = AGGREGATE_SUM,
	  .example = "begin { @ = sum(3); @ = sum(9); }\n"
		     "@: 12\n" },
	{ "min", "infer (int)", "Keeps the smallest value it is given.", AGGREGATE_FLAGS,
	  .infer = infer_aggregate, .emit_update = update_min, .reduce = reduce_min,
	  .aggregate = AGGREGATE_MIN,
	  .example = "begin { @ = min(3); @ = min(-9); }\n"
		     "@: -9\n" },
	{ "max", "infer (int)", "Keeps the largest value it is given.", AGGREGATE_FLAGS,
	  .infer = infer_aggregate, .emit_update = update_max, .reduce = reduce_max,
	  .aggregate = AGGREGATE_MAX,
	  .example = "begin { @ = max(3); @ = max(9); }\n"
		     "@: 9\n" },
	{ "avg", "infer (int)", "Averages the values it is given.", AGGREGATE_FLAGS,
	  .infer = infer_aggregate, .emit_update = update_average, .reduce = reduce_average,
	  .aggregate = AGGREGATE_AVG,
	  .example = "begin { @ = avg(3); @ = avg(10); }\n"
		     "@: 6\n" },
	{ "stats", "infer (int)", "Count, average and total of the values it is given.",
	  AGGREGATE_FLAGS, .infer = infer_aggregate, .emit_update = update_average,
	  .reduce = reduce_average, .aggregate = AGGREGATE_STATS,
	  .example = "begin { @ = stats(3); @ = stats(10); }\n"
		     "@: { .count = 2, .average = 6, .total = 13 }\n" },
	{ NULL },
};
