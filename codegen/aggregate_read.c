/*
 * The number that an aggregate stands for in an expression: a loop over the
 * records of all CPUs (stdlib.md 6.3).
 */
#include "codegen/lower.h"

#include <stddef.h>

#include "base/compiler.h"
#include "codegen/aggregate.h"

/* What the loop gathers. */
struct gather {
	uint32_t value, number; /* variables */
	bool is_signed;
};

/* count, sum: value += record. */
static void gather_sum(struct codegen *cg, const struct gather *gather, struct val record)
{
	struct builder *b = cg->b;

	build_var_set(b, gather->value,
		      build_alu(b, BPF_ADD, build_var_get(b, gather->value),
				build_load(b, 8, false, record, 0)));
}

/* avg: totals and numbers. */
static void gather_average(struct codegen *cg, const struct gather *gather, struct val record)
{
	struct builder *b = cg->b;
	struct val number = build_load(b, 8, false, record, offsetof(struct aggregate_record, number));

	gather_sum(cg, gather, record);
	build_var_set(b, gather->number,
		      build_alu(b, BPF_ADD, build_var_get(b, gather->number), number));
}

/* min, max: the value of a record that is set, if none was or it is further out. */
static void gather_extreme(struct codegen *cg, const struct gather *gather, struct val record,
			   bool is_min)
{
	struct builder *b = cg->b;
	uint32_t take = build_label(b), skip = build_label(b);
	struct val number = build_load(b, 8, false, record, offsetof(struct aggregate_record, number));
	struct val value = build_load(b, 8, false, record, offsetof(struct aggregate_record, value));
	uint8_t further = is_min ? (gather->is_signed ? BPF_JSGE : BPF_JGE)
				 : (gather->is_signed ? BPF_JSLE : BPF_JLE);

	build_branch(b, BPF_JEQ, number, val_const(0), skip);
	build_enter(b);
	build_branch(b, BPF_JEQ, build_var_get(b, gather->number), val_const(0), take);
	build_branch(b, further, value, build_var_get(b, gather->value), skip);
	build_place(b, take);
	build_var_set(b, gather->value, value);
	build_var_set(b, gather->number, val_const(1));
	build_leave(b);
	build_place(b, skip);
}

static void gather_record(struct codegen *cg, const struct gather *gather, enum aggregate kind,
			  struct val record)
{
	switch (kind) {
	case AGGREGATE_COUNT:
	case AGGREGATE_SUM:
		gather_sum(cg, gather, record);
		return;
	case AGGREGATE_MIN:
	case AGGREGATE_MAX:
		gather_extreme(cg, gather, record, kind == AGGREGATE_MIN);
		return;
	case AGGREGATE_AVG:
		gather_average(cg, gather, record);
		return;
	case AGGREGATE_STATS:
	case AGGREGATE_HIST:
	case AGGREGATE_LHIST:
	case AGGREGATE_PERCENTILES:
	case AGGREGATE_SERIES:
		break; /* no number; check has refused it */
	}
	unreachable();
}

/* The record of a CPU: a slot of the element, or what the kernel keeps for it (`none`: nothing). */
static struct val record_of(struct codegen *cg, const struct record_slots *slots, struct map_key key,
			    struct val element, struct val cpu, uint32_t none)
{
	struct builder *b = cg->b;
	struct val record;

	if (slots->count)
		return build_alu(b, BPF_ADD, element,
				 build_alu(b, BPF_MUL, cpu, val_const(slots->size)));
	record = BUILD_CALL(b, BPF_FUNC_map_lookup_percpu_elem, key.map, key.address, cpu);
	build_branch(b, BPF_JEQ, record, val_const(0), none);
	return record;
}

static void gather_all(struct codegen *cg, const struct map *map, struct map_key key,
		       const struct gather *gather)
{
	const struct record_slots *slots = &object_map_of(cg, map)->slots;
	uint32_t count = slots->count ? slots->count : cg->program->target->cpu_count;
	struct builder *b = cg->b;
	uint32_t cpu = build_var(b), top = build_label(b), end = build_label(b);
	struct val element = VAL_NOTHING, record;

	build_var_set(b, cpu, val_const(0));
	if (slots->count) {
		element = emit_map_lookup(cg, key);
		build_branch(b, BPF_JEQ, element, val_const(0), end);
	}
	build_enter(b);
	build_place(b, top);
	build_branch(b, BPF_JGE, build_var_get(b, cpu), val_const(count), end);
	record = record_of(cg, slots, key, element, build_var_get(b, cpu), end);
	gather_record(cg, gather, map->value_type->aggregate.kind, record);
	build_var_set(b, cpu, build_alu(b, BPF_ADD, build_var_get(b, cpu), val_const(1)));
	build_jump(b, top);
	build_leave(b);
	build_place(b, end);
}

/* total / number, 0 when nothing was counted. */
static struct val average(struct codegen *cg, const struct gather *gather)
{
	struct builder *b = cg->b;
	uint32_t end = build_label(b);
	struct val total = build_var_get(b, gather->value), number = build_var_get(b, gather->number);

	build_branch(b, BPF_JEQ, number, val_const(0), end);
	build_enter(b);
	build_var_set(b, gather->value, gather->is_signed ? build_sdiv(b, total, number)
							  : build_alu(b, BPF_DIV, total, number));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, gather->value);
}

struct val emit_aggregate_read(struct codegen *cg, const struct expr *map_expr)
{
	const struct map *map = map_expr->map.map;
	struct map_key key = emit_map_key(cg, map_expr);

	if (cg->program->options->count_quiet && !map->layout.is_array)
		emit_count_absent(cg, map_expr, emit_map_lookup(cg, key));
	return emit_aggregate_at(cg, map, key, map_expr->span);
}

struct val emit_aggregate_at(struct codegen *cg, const struct map *map, struct map_key key,
			     struct span span)
{
	const struct type *type = map->value_type;
	struct builder *b = cg->b;
	struct gather gather = { .is_signed = type->aggregate.is_signed };

	map_is_observed(cg, map);
	if (!object_map_of(cg, map)->slots.count && !target_has(cg->program->target, FEATURE_PERCPU_LOOKUP)) {
		diag_report(cg->program->diags, span, DIAG_UNSUPPORTED,
			    "reading %s() in the program needs a kernel with "
			    "bpf_map_lookup_percpu_elem (5.19)",
			    aggregate_name(type->aggregate.kind));
		return val_const(0);
	}
	if (!aggregate_is_number(type))
		return emit_unsupported(cg, span, "reading this map in the program");
	gather.value = build_var(b);
	gather.number = build_var(b);
	build_var_set(b, gather.value, val_const(0));
	build_var_set(b, gather.number, val_const(0));
	gather_all(cg, map, key, &gather);
	if (type->aggregate.kind == AGGREGATE_AVG)
		return average(cg, &gather);
	return build_var_get(b, gather.value);
}
