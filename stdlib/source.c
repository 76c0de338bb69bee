/*
 * Arguments that are read: addresses, and arrays and strings where they lie.
 */
#include "stdlib/source.h"

#include <linux/bpf.h>

static bool is_own_place(const struct type *type)
{
	return type->kind == TYPE_ARRAY || type->kind == TYPE_STRING;
}

static enum space space_of_address(const struct type *type, enum space otherwise)
{
	if (type->kind == TYPE_POINTER)
		return type->pointer.space;
	return type->kind == TYPE_INT && type->integer.space != SPACE_NONE ? type->integer.space
									  : otherwise;
}

struct place source_of(struct codegen *cg, const struct expr *arg)
{
	bool ignored;

	return source_or_own(cg, arg, &ignored);
}

struct place source_or_own(struct codegen *cg, const struct expr *arg, bool *ret_is_own)
{
	enum space space = cg->instance->points.items[0]->type->space;
	struct place place;

	if (is_own_place(arg->type))
		place = emit_place(cg, arg);
	else
		place = (struct place){ emit_expr(cg, arg), space_of_address(arg->type, space) };
	*ret_is_own = place.space == SPACE_NONE && is_own_place(arg->type);
	if (place.space == SPACE_NONE)
		place.space = is_own_place(arg->type) || space == SPACE_NONE ? SPACE_KERNEL : space;
	return place;
}

void emit_source_into(struct codegen *cg, const struct expr *arg, uint32_t size, struct val address)
{
	struct place place;

	if (is_own_place(arg->type)) {
		place = emit_place(cg, arg);
		if (place.space == SPACE_NONE) {
			emit_copy(cg, address, place.address, size);
			return;
		}
	} else {
		place = source_of(cg, arg);
	}
	emit_read(cg, address, size, place.address, place.space);
}

struct val emit_padded_string(struct codegen *cg, const struct expr *arg)
{
	bool was_open = cg->is_wide_open;
	struct val slot;

	if (arg->kind == EXPR_STRING)
		return emit_expr(cg, arg);
	slot = build_slot(cg->b, arg->type->size);
	cg->is_wide_open = false;
	emit_expr_into(cg, arg, arg->type, slot);
	cg->is_wide_open = was_open;
	return slot;
}

struct val build_at_most(struct builder *b, struct val number, uint32_t most)
{
	uint32_t capped, end;

	if (val_is_const(number))
		return val_const((uint64_t)number.number > most ? most : number.number);
	capped = build_var(b);
	end = build_label(b);
	build_var_set(b, capped, val_const(most));
	build_branch(b, BPF_JGE, number, val_const(most), end);
	build_enter(b);
	build_var_set(b, capped, number);
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, capped);
}
