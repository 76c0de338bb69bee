/*
 * Conditions that are known when the script is compiled: what fold could not
 * know yet, because it takes types.
 */
#include "codegen/lower.h"

#include "base/compiler.h"

static bool compare(enum binary_op op, int64_t a, int64_t b, bool is_signed, int64_t *ret)
{
	int order = is_signed ? (a < b ? -1 : a > b)
			      : ((uint64_t)a < (uint64_t)b ? -1 : (uint64_t)a > (uint64_t)b);

	if (!binary_op_is_truth(op))
		return false;
	if (op == BINARY_LOGICAL_AND)
		*ret = a && b;
	else if (op == BINARY_LOGICAL_OR)
		*ret = a || b;
	else
		*ret = binary_op_holds(op, order);
	return true;
}

static bool binary_known(struct codegen *cg, const struct expr *expr, int64_t *ret_value)
{
	const struct expr *left = expr->binary.left, *right = expr->binary.right;
	enum binary_op op = expr->binary.op;
	int64_t a, b;

	if (!type_in_register(left->type) || !type_in_register(right->type))
		return false;
	if (!expr_known(cg, left, &a))
		return false;
	/* One side may be enough. */
	if ((op == BINARY_LOGICAL_AND && !a) || (op == BINARY_LOGICAL_OR && a)) {
		*ret_value = a != 0;
		return true;
	}
	return expr_known(cg, right, &b) &&
	       compare(op, a, b, type_operation_is_signed(left->type, right->type), ret_value);
}

bool expr_known(struct codegen *cg, const struct expr *expr, int64_t *ret_value)
{
	struct val val;

	if (expr->kind == EXPR_COMPTIME)
		return expr_known(cg, expr->comptime, ret_value);
	if (expr->kind == EXPR_UNARY && expr->unary.op == UNARY_NOT) {
		if (!expr_known(cg, expr->unary.operand, ret_value))
			return false;
		*ret_value = !*ret_value;
		return true;
	}
	if (expr->kind == EXPR_BINARY && binary_known(cg, expr, ret_value))
		return true;
	if (!type_in_register(expr->type))
		return false;
	val = emit_expr(cg, expr);
	*ret_value = val.number;
	return val_is_const(val);
}
