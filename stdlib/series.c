/*
 * tseries(): what values did in the last so many intervals of time.
 *
 * The record of a key is an array of slots; the interval number E since 1970
 * uses slot E mod n, so that a new one takes the place of the oldest.  Each CPU
 * keeps slots of its own.
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "base/compiler.h"
#include "base/value.h"
#include "codegen/aggregate.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/clock.h"
#include "stdlib/library.h"

enum {
	RECORD_MAX = 32768, /* bytes of a value that the kernel keeps for each CPU */
	SLOTS_MAX = RECORD_MAX / SERIES_SLOT_SIZE,
	VALUE_OFFSET = offsetof(struct series_slot, value),
	NUMBER_OFFSET = offsetof(struct series_slot, number),
	EPOCH_OFFSET = offsetof(struct series_slot, epoch),
};

_Static_assert(sizeof(struct series_slot) == SERIES_SLOT_SIZE, "a type's size is that of its slots");

/* --- types ------------------------------------------------------------------------------- */

static bool kind_of(const struct expr *word, enum series_kind *ret_kind)
{
	enum series_kind kind;

	*ret_kind = SERIES_LAST;
	if (!word)
		return true;
	for (kind = SERIES_AVG; kind <= SERIES_SUM; kind++)
		if (word->kind == EXPR_STRING && !strcmp(word->string.text, series_word(kind))) {
			*ret_kind = kind;
			return true;
		}
	return false;
}

static const struct type *infer_series(struct inferer *inferer, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);
	int64_t interval = 1, slots = 1;
	enum series_kind kind;

	if (!arg || !arg->type)
		return NULL;
	/* What is wrong with them check says. */
	if (call_arg_count(call) < 3 || !expr_is_number(call_arg(call, 1), &interval) ||
	    !expr_is_number(call_arg(call, 2), &slots) || interval < 1 || slots < 1 ||
	    slots > SLOTS_MAX)
		interval = slots = 1;
	kind_of(call_arg(call, 3), &kind);
	return type_series(&inferer->program->types, kind, (uint64_t)interval, (uint32_t)slots,
			   arg_is_signed(arg->type));
}

static void check_series(struct checker *checker, struct expr *call)
{
	struct diags *diags = checker->program->diags;
	enum series_kind kind;
	int64_t ignored;

	if (!strcmp(checker->program->config.unstable_tseries, "error"))
		diag_report(diags, call->span, DIAG_UNSUPPORTED,
			    "tseries() is switched off: unstable_tseries is error");
	check_number_arg(checker, call, 1, 1, INT64_MAX, &ignored);
	check_number_arg(checker, call, 2, 1, SLOTS_MAX, &ignored);
	if (!kind_of(call_arg(call, 3), &kind))
		diag_report(diags, call_arg(call, 3)->span, DIAG_ARG_LITERAL,
			    "tseries() makes \"avg\", \"max\", \"min\" or \"sum\" of an interval's "
			    "values; the last one if nothing is said");
}

/* --- updates ----------------------------------------------------------------------------- */

static struct val load_slot(struct codegen *cg, struct val slot, int64_t offset)
{
	return build_load(cg->b, 8, false, slot, offset);
}

/* Stores the value unless there is one and `keeps` holds for it and the new one. */
static void update_extreme(struct codegen *cg, struct val slot, struct val val, uint8_t keeps)
{
	struct builder *b = cg->b;
	uint32_t store = build_label(b), end = build_label(b);

	build_branch(b, BPF_JEQ, load_slot(cg, slot, NUMBER_OFFSET), val_const(0), store);
	build_enter(b);
	build_branch(b, keeps, load_slot(cg, slot, VALUE_OFFSET), val, end);
	build_leave(b);
	build_place(b, store);
	build_enter(b);
	build_store(b, 8, slot, VALUE_OFFSET, val);
	build_store(b, 8, slot, NUMBER_OFFSET, val_const(1));
	build_leave(b);
	build_place(b, end);
}

static void update_sum(struct codegen *cg, struct val slot, struct val val, struct val number)
{
	struct builder *b = cg->b;

	build_store(b, 8, slot, VALUE_OFFSET,
		    build_alu(b, BPF_ADD, load_slot(cg, slot, VALUE_OFFSET), val));
	build_store(b, 8, slot, NUMBER_OFFSET, number);
}

static void update_slot(struct codegen *cg, const struct type *type, struct val slot,
			struct val val, struct val now)
{
	bool is_signed = type->aggregate.is_signed;
	struct builder *b = cg->b;

	switch (type->aggregate.series) {
	case SERIES_LAST:
		build_store(b, 8, slot, VALUE_OFFSET, val);
		build_store(b, 8, slot, NUMBER_OFFSET, now);
		return;
	case SERIES_AVG:
		update_sum(cg, slot, val, build_alu(b, BPF_ADD, load_slot(cg, slot, NUMBER_OFFSET),
						    val_const(1)));
		return;
	case SERIES_SUM:
		update_sum(cg, slot, val, val_const(1));
		return;
	case SERIES_MAX:
		update_extreme(cg, slot, val, is_signed ? BPF_JSGE : BPF_JGE);
		return;
	case SERIES_MIN:
		update_extreme(cg, slot, val, is_signed ? BPF_JSLE : BPF_JLE);
		return;
	}
	unreachable();
}

static void update_series(struct codegen *cg, const struct expr *call, const struct type *type,
			  struct val record)
{
	uint32_t slots = type->aggregate.slots, same, end;
	struct builder *b = cg->b;
	struct val val = emit_expr(cg, call_arg(call, 0)), now = emit_sw_tai(cg), epoch, index, slot;

	same = build_label(b);
	end = build_label(b);
	epoch = build_alu(b, BPF_DIV, now, val_const((int64_t)type->aggregate.interval));
	index = build_alu(b, BPF_MOD, epoch, val_const(slots));
	/* Always below, but not every verifier knows what a remainder is. */
	build_branch(b, BPF_JGE, index, val_const(slots), end);
	build_enter(b);
	slot = build_alu(b, BPF_ADD, record,
			 build_alu(b, BPF_MUL, index, val_const(SERIES_SLOT_SIZE)));
	build_branch(b, BPF_JEQ, load_slot(cg, slot, EPOCH_OFFSET), epoch, same);
	build_enter(b);
	build_store(b, 8, slot, VALUE_OFFSET, val_const(0));
	build_store(b, 8, slot, NUMBER_OFFSET, val_const(0));
	build_leave(b);
	build_place(b, same);
	update_slot(cg, type, slot, val, now);
	build_store(b, 8, slot, EPOCH_OFFSET, epoch);
	build_leave(b);
	build_place(b, end);
}

/* --- reduction --------------------------------------------------------------------------- */

/* The values of the same interval of another CPU. */
static void merge(const struct type *type, struct series_slot *into, const struct series_slot *slot)
{
	bool is_signed = type->aggregate.is_signed, is_below;

	is_below = is_signed ? slot->value < into->value
			     : (uint64_t)slot->value < (uint64_t)into->value;
	switch (type->aggregate.series) {
	case SERIES_LAST:
		if (slot->number > into->number)
			*into = *slot;
		return;
	case SERIES_AVG:
	case SERIES_SUM:
		into->value = (int64_t)((uint64_t)into->value + (uint64_t)slot->value);
		into->number += slot->number;
		return;
	case SERIES_MAX:
		if (!is_below)
			into->value = slot->value;
		return;
	case SERIES_MIN:
		if (is_below)
			into->value = slot->value;
		return;
	}
	unreachable();
}

/* The latest interval that any CPU has in this slot, over all CPUs that have it. */
static struct series_slot slot_of(const struct type *type, const char *records, size_t stride,
				  unsigned cpu_count, uint32_t index)
{
	struct series_slot all = { 0 }, slot;
	unsigned cpu;

	for (cpu = 0; cpu < cpu_count; cpu++) {
		memcpy(&slot, records + cpu * stride + (size_t)index * sizeof(slot), sizeof(slot));
		if (!slot.number || (all.number && slot.epoch < all.epoch))
			continue;
		if (!all.number || slot.epoch > all.epoch)
			all = slot;
		else
			merge(type, &all, &slot);
	}
	return all;
}

static int64_t shown_value(const struct type *type, const struct series_slot *slot)
{
	if (type->aggregate.series != SERIES_AVG)
		return slot->value;
	return type->aggregate.is_signed ? slot->value / (int64_t)slot->number
					 : (int64_t)((uint64_t)slot->value / slot->number);
}

static int by_epoch(const void *a, const void *b)
{
	const struct series_point *left = a, *right = b;

	return left->epoch < right->epoch ? -1 : left->epoch > right->epoch;
}

static bool reduce_series(const struct type *type, const void *records, size_t stride,
			  unsigned cpu_count, struct arena *arena, struct value *ret_value)
{
	struct series_point *points =
		arena_new_array(arena, struct series_point, type->aggregate.slots);
	size_t count = 0;
	uint32_t i;

	for (i = 0; i < type->aggregate.slots; i++) {
		struct series_slot slot = slot_of(type, records, stride, cpu_count, i);

		if (slot.number)
			points[count++] = (struct series_point){ slot.epoch, shown_value(type, &slot) };
	}
	qsort(points, count, sizeof(*points), by_epoch);
	*ret_value = (struct value){
		.kind = VALUE_SERIES,
		.is_signed = type->aggregate.is_signed,
		.series = { .points = points, .count = count, .interval = type->aggregate.interval,
			    .last = count ? points[count - 1].epoch : 0 },
	};
	return count != 0;
}

const struct builtin series_builtins[] = {
	{ "tseries", "infer (int, int-lit interval, int-lit count, [any what])",
	  "A graph over time: of so many intervals, each of so long, the last value, or its \"avg\", "
	  "\"max\", \"min\" or \"sum\".",
	  BUILTIN_AGGREGATE | BUILTIN_MUST_CALL, .infer = infer_series, .check = check_series,
	  .emit_update = update_series, .reduce = reduce_series, .aggregate = AGGREGATE_SERIES,
	  .example = "tracepoint:syscalls:sys_exit_read /args.ret > 0/ "
		     "{ @bytes = tseries(args.ret, 1s, 20, \"sum\"); }" },
	{ NULL },
};
