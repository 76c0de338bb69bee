/*
 * Operators that give values: arithmetic, conversions, ++ and --.
 *
 * Values are 64 bits wide, extended by their type; so is the result of every
 * operator (language.md 6.4).
 */
#include "codegen/lower.h"

#include "base/compiler.h"

/* --- conversions ------------------------------------------------------------ */

/* Do all values of `from`, as they are extended, keep their meaning as a `to`? */
static bool is_kept(const struct type *from, const struct type *to)
{
	if (to->size >= 8)
		return true;
	if (from->size > to->size)
		return false;
	if (type_is_signed(from) == type_is_signed(to))
		return true;
	return type_is_signed(to) && from->size < to->size;
}

static struct val emit_is_nonzero(struct codegen *cg, struct val val)
{
	struct builder *b = cg->b;
	uint32_t result, end;

	if (val_is_const(val))
		return val_const(val.number != 0);
	result = build_var(b);
	end = build_label(b);
	build_var_set(b, result, val_const(0));
	build_branch(b, BPF_JEQ, val, val_const(0), end);
	build_enter(b);
	build_var_set(b, result, val_const(1));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, result);
}

struct val emit_convert(struct codegen *cg, struct val val, const struct type *from,
			const struct type *to)
{
	if (val.kind == VAL_NONE)
		return val_const(0); /* reported, or after an exit */
	if (from->kind == TYPE_AGGREGATE)
		from = type_read(&cg->program->types, from);
	if (from == to || !type_in_register(to))
		return val;
	if (to->kind == TYPE_BOOL)
		return from->kind == TYPE_BOOL ? val : emit_is_nonzero(cg, val);
	if (is_kept(from, to))
		return val;
	return build_extend(cg->b, val, to->size, type_is_signed(to));
}

/* --- arithmetic --------------------------------------------------------------- */

/* l / r or l % r, whichever `op` is; 1 when r is 0, which is counted. */
static struct val emit_division(struct codegen *cg, enum binary_op op, struct val left,
				struct val right, bool is_signed)
{
	struct builder *b = cg->b;
	uint32_t result = 0, zero = 0, end = 0;
	bool is_checked = !val_is_const(right) || right.number == 0;
	struct val val;

	if (is_checked) {
		result = build_var(b);
		zero = build_label(b);
		end = build_label(b);
		build_branch(b, BPF_JEQ, right, val_const(0), zero);
		build_enter(b);
	}
	if (op == BINARY_DIV)
		val = is_signed ? build_sdiv(b, left, right) : build_alu(b, BPF_DIV, left, right);
	else
		val = is_signed ? build_smod(b, left, right) : build_alu(b, BPF_MOD, left, right);
	if (!is_checked)
		return val;
	build_var_set(b, result, val);
	build_leave(b);
	build_jump(b, end);
	build_place(b, zero);
	build_enter(b);
	emit_count(cg, codegen_add_site(cg, SITE_DIVISION, cg->span, NULL));
	build_var_set(b, result, val_const(1));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, result);
}

int64_t step_of(struct codegen *cg, const struct type *type)
{
	if (type->kind != TYPE_POINTER)
		return 1;
	if (type->pointer.to->kind == TYPE_STRUCT)
		type_complete(&cg->program->types, type->pointer.to);
	return MAX(type->pointer.to->size, 1u);
}

static struct val scaled(struct codegen *cg, struct val val, const struct type *by)
{
	return build_alu(cg->b, BPF_MUL, val, val_const(step_of(cg, by)));
}

struct val emit_operation(struct codegen *cg, enum binary_op op, struct val left,
			  const struct type *left_type, struct val right,
			  const struct type *right_type)
{
	struct builder *b = cg->b;
	bool is_signed = type_operation_is_signed(left_type, right_type);

	switch (op) {
	case BINARY_ADD:
		if (left_type->kind == TYPE_POINTER)
			right = scaled(cg, right, left_type);
		else if (right_type->kind == TYPE_POINTER)
			left = scaled(cg, left, right_type);
		return build_alu(b, BPF_ADD, left, right);
	case BINARY_SUB:
		if (left_type->kind == TYPE_POINTER)
			right = scaled(cg, right, left_type);
		return build_alu(b, BPF_SUB, left, right);
	case BINARY_MUL:
		return build_alu(b, BPF_MUL, left, right);
	case BINARY_DIV:
	case BINARY_MOD:
		return emit_division(cg, op, left, right, is_signed);
	case BINARY_AND:
		return build_alu(b, BPF_AND, left, right);
	case BINARY_OR:
		return build_alu(b, BPF_OR, left, right);
	case BINARY_XOR:
		return build_alu(b, BPF_XOR, left, right);
	case BINARY_SHL:
		return build_alu(b, BPF_LSH, left, right);
	case BINARY_SHR:
		return build_alu(b, type_is_signed(left_type) ? BPF_ARSH : BPF_RSH, left, right);
	case BINARY_EQ:
	case BINARY_NE:
	case BINARY_LT:
	case BINARY_GT:
	case BINARY_LE:
	case BINARY_GE:
	case BINARY_LOGICAL_AND:
	case BINARY_LOGICAL_OR:
		break; /* in branch.c */
	}
	unreachable();
}

static struct val emit_binary(struct codegen *cg, const struct expr *expr)
{
	const struct types *types = &cg->program->types;
	struct span outer = cg->span;
	struct val left, right, result;

	if (binary_op_is_truth(expr->binary.op))
		return emit_truth(cg, expr);
	left = emit_expr(cg, expr->binary.left);
	right = emit_expr(cg, expr->binary.right);
	cg->span = expr->span;
	result = emit_operation(cg, expr->binary.op, left, type_read(types, expr->binary.left->type),
				right, type_read(types, expr->binary.right->type));
	cg->span = outer;
	return result;
}

static struct val emit_unary(struct codegen *cg, const struct expr *expr)
{
	const struct expr *operand = expr->unary.operand;
	const struct type *type = type_read(&cg->program->types, operand->type);
	struct val val;

	switch (expr->unary.op) {
	case UNARY_NOT:
		return emit_truth(cg, expr);
	case UNARY_NEG:
		return build_neg(cg->b, emit_expr(cg, operand));
	case UNARY_COMPLEMENT:
		/* In the width of the operand, as its own type extends it. */
		val = build_alu(cg->b, BPF_XOR, emit_expr(cg, operand), val_const(-1));
		return type_is_signed(type) || type->size == 8
			       ? val : build_extend(cg->b, val, type->size, false);
	case UNARY_DEREF:
		return emit_at_place(cg, emit_place(cg, expr), expr->type);
	case UNARY_ADDRESS:
		if (operand->kind == EXPR_MAP)
			return val_map(operand->map.map->index);
		return variable_place(cg, operand->var.variable)->address;
	}
	unreachable();
}

struct val emit_incdec(struct codegen *cg, const struct expr *expr, bool wants_value)
{
	const struct expr *operand = expr->incdec.operand;
	struct val old, new;
	int64_t step;

	if (operand->kind == EXPR_MAP)
		return emit_map_incdec(cg, expr, wants_value);
	step = step_of(cg, operand->type);
	old = emit_expr(cg, operand);
	new = build_alu(cg->b, BPF_ADD, old, val_const(expr->incdec.increment ? step : -step));
	variable_set(cg, operand->var.variable, new, type_int(&cg->program->types, 8, true));
	if (!expr->incdec.prefix)
		return old;
	return emit_expr(cg, operand);
}

struct val emit_operator(struct codegen *cg, const struct expr *expr)
{
	if (expr->kind == EXPR_UNARY)
		return emit_unary(cg, expr);
	if (expr->kind == EXPR_INCDEC)
		return emit_incdec(cg, expr, true);
	return emit_binary(cg, expr);
}
