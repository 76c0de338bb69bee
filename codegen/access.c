/*
 * Parts of values: fields, elements, what pointers point to.
 *
 * A place names memory without reading it, so that a chain like
 * $task->mm->exe_file->f_path reads pointers and nothing else on its way.
 */
#include "codegen/lower.h"

#include "base/compiler.h"
#include "sema/infer.h"

/* Pointers of unknown origin are read as the kernel's. */
static enum space read_space(const struct type *pointer)
{
	enum space space = SPACE_NONE;

	if (pointer->kind == TYPE_POINTER)
		space = pointer->pointer.space;
	else if (pointer->kind == TYPE_INT)
		space = pointer->integer.space;
	return space == SPACE_NONE ? SPACE_KERNEL : space;
}

static struct place at_offset(struct codegen *cg, struct place place, uint32_t offset)
{
	place.address = build_offset(cg->b, place.address, offset);
	return place;
}

/* The size of what an index steps over. */
static uint32_t element_size(struct codegen *cg, const struct type *element)
{
	if (element->kind == TYPE_STRUCT)
		type_complete(&cg->program->types, element);
	return MAX(element->size, 1u);
}

/* --- fields ------------------------------------------------------------------ */

/* Is it `args` or `ctx` itself, not a copy that was stored? */
static bool is_builtin_context(const struct expr *expr)
{
	const struct builtin *builtin = NULL;

	if (expr->kind == EXPR_IDENT)
		builtin = expr->ident.builtin;
	else if (expr->kind == EXPR_CALL)
		builtin = expr->call.builtin;
	return builtin && (builtin->flags & (BUILTIN_ARGS | BUILTIN_CONTEXT));
}

/* Does the mechanism read fields of it? */
static bool is_context(const struct expr *expr)
{
	return expr->type->kind == TYPE_STRUCT && expr->type->record.is_context &&
	       (is_builtin_context(expr) || !expr->type->record.is_printable);
}

/* Is it `ctx` as a pointer to registers and what else the kernel gives? */
static bool is_ctx(const struct codegen *cg, const struct expr *expr)
{
	/* A cast to what it is anyway. */
	while (expr->kind == EXPR_CAST && expr->type == expr->cast.operand->type)
		expr = expr->cast.operand;
	return expr->kind == EXPR_IDENT && expr->type->kind == TYPE_POINTER &&
	       expr->ident.builtin && (expr->ident.builtin->flags & BUILTIN_IS_CONTEXT) &&
	       cg->instance->points.items[0]->mechanism->has_registers;
}

/* Is it a part of what ctx points to, at a place that is known?  Then it is loaded from there: the
 * kernel translates loads of a perf event's context, and no helper can read that. */
static bool is_in_context(const struct codegen *cg, const struct expr *expr, uint32_t *ret_offset)
{
	if (expr->kind == EXPR_UNARY && expr->unary.op == UNARY_DEREF) {
		*ret_offset = 0;
		return is_ctx(cg, expr->unary.operand);
	}
	if (expr->kind != EXPR_FIELD)
		return false;
	*ret_offset = 0;
	if (!is_ctx(cg, expr->field.object) &&
	    (expr->field.object->type->kind != TYPE_STRUCT ||
	     !is_in_context(cg, expr->field.object, ret_offset)))
		return false;
	*ret_offset += expr->field.offset;
	return true;
}

/* By whole words: of registers the kernel lets nothing else be read. */
static struct val emit_from_context(struct codegen *cg, const struct expr *expr, uint32_t offset)
{
	const struct field *field = expr->kind == EXPR_FIELD ? expr->field.field : NULL;
	unsigned bits = field && field->bit_size ? field->bit_size : expr->type->size * 8;
	unsigned shift = offset % 8 * 8 + (field ? field->bit_offset : 0);
	struct val word, slot;
	uint32_t at;

	if (type_in_register(expr->type)) {
		word = build_load_pure(cg->b, 8, false, build_context(cg->b), offset & ~7u);
		word = build_alu(cg->b, BPF_LSH, word, val_const(64 - bits - shift));
		return build_alu(cg->b, type_is_signed(expr->type) ? BPF_ARSH : BPF_RSH, word,
				 val_const(64 - bits));
	}
	if (offset % 8 || expr->type->size % 8)
		return emit_unsupported(cg, expr->span, "reading this part of ctx");
	slot = build_slot(cg->b, expr->type->size);
	for (at = 0; at < expr->type->size; at += 8)
		build_store(cg->b, 8, slot, at,
			    build_load_pure(cg->b, 8, false, build_context(cg->b), offset + at));
	return slot;
}

static struct val emit_arg(struct codegen *cg, const struct expr *expr)
{
	const struct mechanism *mechanism = cg->instance->points.items[0]->mechanism;

	if (!mechanism->emit_arg)
		return emit_unsupported(cg, expr->span, "reading this argument");
	return mechanism->emit_arg(cg, cg->instance, expr->field.field);
}

static struct place field_place(struct codegen *cg, const struct expr *expr)
{
	const struct expr *object = expr->field.object;
	struct place place;

	if (is_context(object))
		return (struct place){ emit_arg(cg, expr), SPACE_NONE };
	if (object->type->kind == TYPE_POINTER)
		place = (struct place){ emit_expr(cg, object), read_space(object->type) };
	else
		place = emit_place(cg, object);
	return at_offset(cg, place, expr->field.offset);
}

/* A bitfield in a word of memory: shifted up to lose what is above it, and down. */
static struct val emit_bits(struct codegen *cg, const struct field *field, struct place place)
{
	struct builder *b = cg->b;
	unsigned bits = field->bit_offset + field->bit_size, size;
	struct val word;

	for (size = 1; size * 8 < bits && size < 8; size *= 2)
		;
	word = emit_at_place(cg, place, type_int(&cg->program->types, size, false));
	word = build_alu(b, BPF_LSH, word, val_const(64 - bits));
	return build_alu(b, type_is_signed(field->type) ? BPF_ARSH : BPF_RSH, word,
			 val_const(64 - field->bit_size));
}

struct val emit_field(struct codegen *cg, const struct field *field, uint32_t offset,
		      struct val address, enum space space)
{
	struct place place = { build_offset(cg->b, address, offset), space };

	if (field->bit_size)
		return emit_bits(cg, field, place);
	return emit_at_place(cg, place, field->type);
}

static struct val emit_field_access(struct codegen *cg, const struct expr *expr)
{
	const struct field *field = expr->field.field;
	struct place place;
	uint32_t offset;

	if (is_in_context(cg, expr, &offset))
		return emit_from_context(cg, expr, offset);
	place = field_place(cg, expr);
	if (is_context(expr->field.object))
		return place.address; /* the value already */
	if (field->bit_size)
		return emit_bits(cg, field, place);
	return emit_at_place(cg, place, expr->type);
}

/* --- elements ------------------------------------------------------------------ */

static struct place element_place(struct codegen *cg, const struct expr *object, uint64_t number)
{
	return at_offset(cg, emit_place(cg, object), object->type->tuple.fields[number].offset);
}

/* Number of elements that an index is checked against, 0: that of a pointer and of T x[] is not. */
static uint32_t index_limit(const struct type *object)
{
	if (object->kind == TYPE_ARRAY)
		return object->array.length;
	return object->kind == TYPE_STRING ? object->size : 0;
}

/* Of an array, string or pointer; the index is not checked here. */
static struct place index_place(struct codegen *cg, const struct expr *expr, struct val index)
{
	const struct expr *object = expr->index.object;
	uint32_t size = element_size(cg, expr->type);
	struct place place;

	if (object->type->kind == TYPE_POINTER)
		place = (struct place){ emit_expr(cg, object), read_space(object->type) };
	else
		place = emit_place(cg, object);
	if (val_is_const(index))
		place.address = build_offset(cg->b, place.address, index.number * size);
	else
		place.address = build_alu(cg->b, BPF_ADD, place.address,
					  build_alu(cg->b, BPF_MUL, index, val_const(size)));
	return place;
}

/* An index known only at run time: what lies outside reads as 0, which is counted. */
static struct val emit_checked_index(struct codegen *cg, const struct expr *expr, struct val index,
				     uint32_t limit)
{
	struct builder *b = cg->b;
	uint32_t result = build_var(b), outside = build_label(b), end = build_label(b);
	bool in_register = type_in_register(expr->type);
	struct val slot = VAL_NOTHING;

	if (!in_register)
		slot = build_slot(b, expr->type->size);
	build_branch(b, BPF_JGE, index, val_const(limit), outside);
	build_enter(b);
	if (in_register)
		build_var_set(b, result, emit_at_place(cg, index_place(cg, expr, index), expr->type));
	else
		emit_place_into(cg, index_place(cg, expr, index), expr->type, expr->type, slot, false);
	build_leave(b);
	build_jump(b, end);
	build_place(b, outside);
	build_enter(b);
	emit_count(cg, codegen_add_site(cg, SITE_BOUNDS, expr->span, NULL));
	if (in_register)
		build_var_set(b, result, val_const(0));
	else
		emit_zero(cg, slot, expr->type->size);
	build_leave(b);
	build_place(b, end);
	return in_register ? build_var_get(b, result) : slot;
}

static struct val emit_index(struct codegen *cg, const struct expr *expr)
{
	const struct expr *object = expr->index.object;
	uint32_t limit = index_limit(object->type);
	int64_t number;
	struct val index;

	if (object->type->kind == TYPE_TUPLE && expr_is_number(expr->index.index, &number))
		return emit_at_place(cg, element_place(cg, object, (uint64_t)number), expr->type);
	index = emit_expr(cg, expr->index.index);
	if (!limit || (val_is_const(index) && (uint64_t)index.number < limit))
		return emit_at_place(cg, index_place(cg, expr, index), expr->type);
	return emit_checked_index(cg, expr, index, limit);
}

struct val emit_access(struct codegen *cg, const struct expr *expr)
{
	if (expr->kind == EXPR_FIELD)
		return emit_field_access(cg, expr);
	if (expr->kind == EXPR_INDEX)
		return emit_index(cg, expr);
	return emit_at_place(cg, element_place(cg, expr->element.object, expr->element.number),
			     expr->type);
}

/* --- places ---------------------------------------------------------------------- */

static struct place deref_place(struct codegen *cg, const struct expr *expr)
{
	const struct expr *operand = expr->unary.operand;

	return (struct place){ emit_expr(cg, operand), read_space(operand->type) };
}

struct place emit_place(struct codegen *cg, const struct expr *expr)
{
	uint32_t offset;

	if (is_in_context(cg, expr, &offset))
		return (struct place){ emit_from_context(cg, expr, offset), SPACE_NONE };
	if (expr->kind == EXPR_FIELD)
		return field_place(cg, expr);
	if (expr->kind == EXPR_ELEMENT)
		return element_place(cg, expr->element.object, expr->element.number);
	if (expr->kind == EXPR_UNARY && expr->unary.op == UNARY_DEREF)
		return deref_place(cg, expr);
	if (expr->kind == EXPR_INDEX && expr->index.object->type->kind != TYPE_TUPLE) {
		uint32_t limit = index_limit(expr->index.object->type);
		int64_t number;

		/* An index that has to be checked is read at once. */
		if (!limit || (expr_is_number(expr->index.index, &number) && number < limit))
			return index_place(cg, expr, emit_expr(cg, expr->index.index));
	}
	return (struct place){ emit_expr(cg, expr), SPACE_NONE };
}

struct val emit_at_place(struct codegen *cg, struct place place, const struct type *type)
{
	struct val slot;

	if (place.space == SPACE_NONE)
		return emit_load_value(cg, type, place.address);
	type_complete_deep(&cg->program->types, type);
	slot = build_slot(cg->b, MAX(type->size, 1u));
	if (type->kind == TYPE_STRING) {
		emit_place_into(cg, place, type, type, slot, false);
		return slot;
	}
	emit_read(cg, slot, type->size, place.address, place.space);
	return emit_load_value(cg, type, slot);
}
