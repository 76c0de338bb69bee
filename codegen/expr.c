/*
 * The value of an expression, kind by kind.
 *
 * Operators are in operators.c, truth and jumps in branch.c, access to parts
 * of memory in access.c, maps in map_access.c.
 */
#include "codegen/lower.h"

#include <string.h>

#include "base/compiler.h"
#include "sema/infer.h"

enum { TEXT_BY_STORES_MAX = 64 };

struct val emit_unsupported(struct codegen *cg, struct span span, const char *what)
{
	diag_report(cg->program->diags, span, DIAG_UNSUPPORTED, "%s is not supported yet", what);
	return val_const(0);
}

/* --- literals, variables, builtins ----------------------------------------- */

static struct val emit_string(struct codegen *cg, const struct expr *expr)
{
	return codegen_data(cg, expr->string.text, (uint32_t)expr->string.length + 1);
}

static struct val emit_var(struct codegen *cg, struct variable *variable)
{
	const struct variable_place *place = variable_place(cg, variable);

	if (place->is_memory)
		return emit_load_value(cg, variable->type, place->address);
	return build_var_get(cg->b, place->cell);
}

static struct val emit_builtin(struct codegen *cg, const struct expr *expr,
			       const struct builtin *builtin)
{
	struct val slot;

	if (builtin->emit)
		return builtin->emit(cg, expr);
	if (!builtin->emit_into)
		return emit_unsupported(cg, expr->span, builtin->name);
	slot = build_slot(cg->b, expr->type->size);
	builtin->emit_into(cg, expr, slot);
	return slot;
}

/* --- values made of parts ---------------------------------------------------- */

static struct val emit_in_slot(struct codegen *cg, const struct expr *expr)
{
	struct val slot = build_slot(cg->b, expr->type->size);

	emit_expr_into(cg, expr, expr->type, slot);
	return slot;
}

/* c ?: b */
static struct val emit_or_else(struct codegen *cg, const struct expr *expr)
{
	const struct expr *condition = expr->ternary.condition;
	struct builder *b = cg->b;
	uint32_t result = build_var(b), end = build_label(b);
	struct val val = emit_convert(cg, emit_expr(cg, condition), condition->type, expr->type);

	build_var_set(b, result, val);
	build_branch(b, BPF_JNE, val, val_const(0), end);
	build_enter(b);
	build_var_set(b, result, emit_convert(cg, emit_expr(cg, expr->ternary.no),
					      expr->ternary.no->type, expr->type));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, result);
}

/* Sets `result` to a branch's value, if there is to be one. */
static void emit_choice(struct codegen *cg, const struct expr *choice, const struct expr *whole,
			uint32_t result)
{
	build_enter(cg->b);
	if (whole->type->kind == TYPE_VOID)
		emit_discard(cg, choice);
	else
		build_var_set(cg->b, result,
			      emit_convert(cg, emit_expr(cg, choice), choice->type, whole->type));
	build_leave(cg->b);
}

/* c ? a : b */
static struct val emit_ternary(struct codegen *cg, const struct expr *expr)
{
	struct builder *b = cg->b;
	bool is_void = expr->type->kind == TYPE_VOID;
	uint32_t result, no, end;

	if (!is_void && !type_in_register(expr->type))
		return emit_in_slot(cg, expr);
	if (!expr->ternary.yes)
		return emit_or_else(cg, expr);
	result = build_var(b);
	no = build_label(b);
	end = build_label(b);
	emit_unless(cg, expr->ternary.condition, no);
	emit_choice(cg, expr->ternary.yes, expr, result);
	build_jump(b, end);
	build_place(b, no);
	emit_choice(cg, expr->ternary.no, expr, result);
	build_place(b, end);
	return is_void ? VAL_NOTHING : build_var_get(b, result);
}

/* The value of one branch of an if, converted to that of the whole; nothing if it has none. */
static void emit_branch_value(struct codegen *cg, const struct block *block, const struct expr *expr,
			      uint32_t result)
{
	struct val val = emit_block_value(cg, block);

	if (val.kind != VAL_NONE)
		build_var_set(cg->b, result,
			      emit_convert(cg, val, block->value->type, expr->type));
}

static void report_comptime(struct codegen *cg, const struct expr *expr)
{
	diag_report(cg->program->diags, expr->span, DIAG_ARG_LITERAL,
		    "this is not known when the script is compiled, as `comptime` wants it");
}

/*
 * `if comptime`: only the branch that is taken is emitted.  False for other
 * ifs; *ret_branch is NULL when there is nothing to do.
 */
static bool choose_branch(struct codegen *cg, const struct expr *expr, const struct block **ret_branch)
{
	const struct expr *condition = expr->if_.condition;
	int64_t truth = 0;

	if (condition->kind != EXPR_COMPTIME && condition->kind != EXPR_BOOL)
		return false;
	if (!expr_known(cg, condition, &truth))
		report_comptime(cg, condition);
	*ret_branch = truth ? expr->if_.yes : expr->if_.no;
	return true;
}

static struct val emit_if(struct codegen *cg, const struct expr *expr)
{
	struct builder *b = cg->b;
	const struct block *branch;
	uint32_t result, no, end;

	if (expr->type->kind == TYPE_VOID || !expr->if_.no) {
		emit_discard(cg, expr);
		return VAL_NOTHING;
	}
	if (choose_branch(cg, expr, &branch))
		return emit_block_value(cg, branch);
	if (!type_in_register(expr->type))
		return emit_in_slot(cg, expr);
	result = build_var(b);
	no = build_label(b);
	end = build_label(b);
	emit_unless(cg, expr->if_.condition, no);
	build_enter(b);
	emit_branch_value(cg, expr->if_.yes, expr, result);
	build_leave(b);
	build_jump(b, end);
	build_place(b, no);
	build_enter(b);
	emit_branch_value(cg, expr->if_.no, expr, result);
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, result);
}

/* --- casts -------------------------------------------------------------------- */

/* The value of a register as the bytes of an array. */
static struct val emit_array_of(struct codegen *cg, struct val val, const struct type *array)
{
	struct val slot = build_slot(cg->b, MAX(array->size, 8u));

	build_store(cg->b, 8, slot, 0, val);
	if (array->size > 8)
		emit_zero(cg, build_offset(cg->b, slot, 8), array->size - 8);
	return slot;
}

/*
 * Where the kernel knows what a pointer points to, memory of ours or an object of a typed program,
 * it refuses most arithmetic, though its number was asked for.  What is added to a number in memory
 * has become one.
 */
static struct val emit_number_of(struct codegen *cg, struct val pointer)
{
	bool is_typed = cg->instance->points.items[0]->mechanism->prog_type == BPF_PROG_TYPE_TRACING;
	struct val slot;

	if (val_is_const(pointer) || (pointer.kind == VAL_REG && !is_typed))
		return pointer;
	slot = build_slot(cg->b, 8);
	build_store(cg->b, 8, slot, 0, val_const(0));
	build_atomic(cg->b, BPF_ADD, 8, slot, 0, pointer);
	return build_load_number(cg->b, slot, 0);
}

static struct val emit_cast(struct codegen *cg, const struct expr *expr)
{
	const struct expr *operand = expr->cast.operand;
	const struct type *from = type_read(&cg->program->types, operand->type), *to = expr->type;

	if (type_in_register(to)) {
		if (from->kind == TYPE_ARRAY)
			return build_load(cg->b, to->size, type_is_signed(to), emit_expr(cg, operand), 0);
		if (from->kind == TYPE_POINTER && to->kind == TYPE_INT)
			return emit_convert(cg, emit_number_of(cg, emit_expr(cg, operand)), from, to);
		return emit_convert(cg, emit_expr(cg, operand), from, to);
	}
	if (to->kind == TYPE_LATE && type_in_register(from)) {
		struct val slot = build_slot(cg->b, to->size);

		build_store(cg->b, 8, slot, 0, emit_expr(cg, operand));
		return slot;
	}
	if (to->kind == TYPE_ARRAY && type_in_register(from))
		return emit_array_of(cg, emit_expr(cg, operand), to);
	if (from->size == to->size && to->kind == TYPE_ARRAY)
		return emit_expr(cg, operand);
	return emit_in_slot(cg, expr);
}

static struct val emit_comptime(struct codegen *cg, const struct expr *expr)
{
	int64_t number;

	/* Of what lies in memory only literals are constants: those that fold has left. */
	if (expr->comptime->kind == EXPR_STRING)
		return emit_expr(cg, expr->comptime);
	if (expr_known(cg, expr->comptime, &number))
		return val_const(number);
	report_comptime(cg, expr);
	return val_const(0);
}

/* --- dispatch ------------------------------------------------------------------- */

struct val emit_expr(struct codegen *cg, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_NUMBER:
		return val_const((int64_t)expr->number.value);
	case EXPR_STRING:
		return emit_string(cg, expr);
	case EXPR_BOOL:
		return val_const(expr->boolean);
	case EXPR_IDENT:
		return emit_builtin(cg, expr, expr->ident.builtin);
	case EXPR_CALL:
		if (expr->call.function)
			return emit_function_call(cg, expr, VAL_NOTHING);
		if (expr->call.c_function)
			return emit_c_call(cg, expr);
		return emit_builtin(cg, expr, expr->call.builtin);
	case EXPR_VAR:
		return emit_var(cg, expr->var.variable);
	case EXPR_MAP:
		return emit_map_read(cg, expr);
	case EXPR_UNARY:
	case EXPR_BINARY:
	case EXPR_INCDEC:
		return emit_operator(cg, expr);
	case EXPR_TERNARY:
		return emit_ternary(cg, expr);
	case EXPR_CAST:
		return emit_cast(cg, expr);
	case EXPR_FIELD:
	case EXPR_INDEX:
	case EXPR_ELEMENT:
		return emit_access(cg, expr);
	case EXPR_TUPLE:
	case EXPR_RECORD:
		return emit_in_slot(cg, expr);
	case EXPR_COMPTIME:
		return emit_comptime(cg, expr);
	case EXPR_BLOCK:
		return emit_block_value(cg, expr->block);
	case EXPR_IF:
		return emit_if(cg, expr);
	case EXPR_PARAM:
	case EXPR_PARAM_COUNT:
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEINFO:
		break; /* gone since fold and infer */
	case EXPR_TYPEOF:
	case EXPR_TYPE:
		diag_report(cg->program->diags, expr->span, DIAG_NOT_A_VALUE,
			    "this is a type, and a value is expected here");
		return val_const(0);
	}
	return emit_unsupported(cg, expr->span, "this expression");
}

static void discard_if(struct codegen *cg, const struct expr *expr)
{
	struct builder *b = cg->b;
	uint32_t no, end;
	const struct block *branch;

	if (choose_branch(cg, expr, &branch)) {
		if (branch)
			emit_block(cg, branch);
		return;
	}
	no = build_label(b);
	emit_unless(cg, expr->if_.condition, no);
	build_enter(b);
	emit_block(cg, expr->if_.yes);
	build_leave(b);
	if (!expr->if_.no) {
		build_place(b, no);
		return;
	}
	end = build_label(b);
	build_jump(b, end);
	build_place(b, no);
	build_enter(b);
	emit_block(cg, expr->if_.no);
	build_leave(b);
	build_place(b, end);
}

void emit_discard(struct codegen *cg, const struct expr *expr)
{
	if (expr->kind == EXPR_IF)
		discard_if(cg, expr);
	else if (expr->kind == EXPR_BLOCK)
		emit_block(cg, expr->block);
	else if (expr->kind == EXPR_INCDEC)
		emit_incdec(cg, expr, false);
	else
		emit_expr(cg, expr);
}

/* --- into memory ----------------------------------------------------------------- */

/* The bytes of a tuple that belong to no item, so that equal tuples are equal bytes. */
static void zero_gaps(struct codegen *cg, const struct type *tuple, struct val address)
{
	uint32_t at = 0, size;
	size_t i;

	for (i = 0; i <= tuple->tuple.count; i++) {
		uint32_t next = i < tuple->tuple.count ? tuple->tuple.fields[i].offset : tuple->size;

		for (; at < next; at += size) {
			struct val gap = build_offset(cg->b, address, at);

			size = next - at >= 4 && at % 4 == 0 ? 4 : next - at >= 2 && at % 2 == 0 ? 2 : 1;
			size = MIN(size, address_align(gap));
			build_store(cg->b, size, gap, 0, val_const(0));
		}
		if (i < tuple->tuple.count)
			at = next + tuple->tuple.fields[i].type->size;
	}
}

static void emit_items_into(struct codegen *cg, const struct expr_vec *items,
			    const struct type *tuple, struct val address)
{
	size_t i;

	zero_gaps(cg, tuple, address);
	for (i = 0; i < items->count; i++)
		emit_expr_into(cg, items->items[i], tuple->tuple.fields[i].type,
			       build_offset(cg->b, address, tuple->tuple.fields[i].offset));
}

static void emit_ternary_into(struct codegen *cg, const struct expr *expr, const struct type *type,
			      struct val address)
{
	struct builder *b = cg->b;
	uint32_t no = build_label(b), end = build_label(b);

	emit_unless(cg, expr->ternary.condition, no);
	build_enter(b);
	emit_expr_into(cg, expr->ternary.yes, type, address);
	build_leave(b);
	build_jump(b, end);
	build_place(b, no);
	build_enter(b);
	emit_expr_into(cg, expr->ternary.no, type, address);
	build_leave(b);
	build_place(b, end);
}

static void emit_if_into(struct codegen *cg, const struct expr *expr, const struct type *type,
			 struct val address)
{
	struct builder *b = cg->b;
	uint32_t no = build_label(b), end = build_label(b);

	emit_unless(cg, expr->if_.condition, no);
	build_enter(b);
	emit_block_into(cg, expr->if_.yes, type, address);
	build_leave(b);
	build_jump(b, end);
	build_place(b, no);
	build_enter(b);
	emit_block_into(cg, expr->if_.no, type, address);
	build_leave(b);
	build_place(b, end);
}

/* By stores when it is short, else copied. */
void emit_text(struct codegen *cg, const char *text, uint32_t length, uint32_t size,
	       struct val address)
{
	uint32_t used = cg->is_wide_open ? MIN(length + 1, size) : size, at = 0;

	if (length > TEXT_BY_STORES_MAX) {
		emit_copy(cg, address, codegen_data(cg, text, length), length);
		at = length;
	}
	while (at < length) {
		struct val to = build_offset(cg->b, address, at);
		unsigned step = address_align(to);
		int64_t word = 0;

		while (step > used - at)
			step /= 2;
		memcpy(&word, text + at, MIN(step, length - at));
		build_store(cg->b, step, to, 0, val_const(word));
		at += step;
	}
	if (at < used)
		emit_zero(cg, build_offset(cg->b, address, at), used - at);
}

static void emit_text_into(struct codegen *cg, const struct expr *expr, uint32_t size,
			   struct val address)
{
	uint32_t length = (uint32_t)strnlen(expr->string.text, expr->string.length);

	emit_text(cg, expr->string.text, MIN(length, size), size, address);
}

/* A call that writes its result where it is told to; of strings the sizes may differ. */
static void emit_builtin_into(struct codegen *cg, const struct expr *expr,
			      const struct builtin *builtin, const struct type *type,
			      struct val address)
{
	uint32_t size = expr->type->size;

	if (size > type->size) {
		struct val slot = build_slot(cg->b, size);

		builtin->emit_into(cg, expr, slot);
		emit_copy(cg, address, slot, type->size);
		return;
	}
	builtin->emit_into(cg, expr, address);
	if (size < type->size)
		emit_zero(cg, build_offset(cg->b, address, size),
			  cg->is_wide_open ? 1 : type->size - size);
}

static const struct builtin *builtin_of(const struct expr *expr)
{
	if (expr->kind == EXPR_CALL)
		return expr->call.builtin;
	return expr->kind == EXPR_IDENT ? expr->ident.builtin : NULL;
}

/* Strings of structs may have anything after their NUL; ours have zeros. */
static bool is_padded(const struct expr *expr)
{
	if (expr->kind == EXPR_INDEX)
		return false;
	return expr->kind != EXPR_FIELD || expr->field.object->type->kind == TYPE_TUPLE;
}

/* Memory types only. */
static void emit_memory_into(struct codegen *cg, const struct expr *expr, const struct type *type,
			     struct val address)
{
	const struct builtin *builtin = builtin_of(expr);

	if (expr->kind == EXPR_TUPLE)
		emit_items_into(cg, &expr->tuple.items, type, address);
	else if (expr->kind == EXPR_RECORD)
		emit_items_into(cg, &expr->record.items, type, address);
	else if (expr->kind == EXPR_TERNARY && expr->ternary.yes)
		emit_ternary_into(cg, expr, type, address);
	else if (expr->kind == EXPR_IF)
		emit_if_into(cg, expr, type, address);
	else if (expr->kind == EXPR_BLOCK)
		emit_block_into(cg, expr->block, type, address);
	else if (expr->kind == EXPR_COMPTIME && expr->comptime->kind == EXPR_STRING)
		emit_text_into(cg, expr->comptime, type->size, address);
	else if (expr->kind == EXPR_STRING)
		emit_text_into(cg, expr, type->size, address);
	else if (expr->kind == EXPR_CALL && expr->call.function && expr->type == type)
		emit_function_call(cg, expr, address);
	else if (builtin && builtin->emit_into &&
		 (expr->type == type || expr->type->kind == TYPE_STRING))
		emit_builtin_into(cg, expr, builtin, type, address);
	else if (expr->kind == EXPR_CAST && expr->type == type && expr->type->kind != TYPE_ARRAY &&
		 expr->type->kind != TYPE_LATE)
		emit_memory_into(cg, expr->cast.operand, type, address);
	else
		emit_place_into(cg, emit_place(cg, expr), expr->type, type, address, is_padded(expr));
}

void emit_expr_into(struct codegen *cg, const struct expr *expr, const struct type *type,
		    struct val address)
{
	struct val val;

	if (!type_in_register(type)) {
		emit_memory_into(cg, expr, type, address);
		return;
	}
	val = emit_expr(cg, expr);
	val = emit_convert(cg, val, type_read(&cg->program->types, expr->type), type);
	emit_store_value(cg, type, address, val);
}
