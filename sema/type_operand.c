/*
 * sizeof, offsetof, typeof and typeinfo take a type or a value; the parser
 * takes what could be either for a value.
 */
#include "base/compiler.h"
#include "sema/c_names.h"
#include "sema/passes.h"

/*
 * sizeof(T) where a macro's T is a type that could not be read as an
 * expression, and sizeof(typeof(...)): the operand is a type, too.
 */
static void operand_to_type(struct program *program, struct expr *expr)
{
	struct expr *operand = expr->of.operand;
	struct type_spec *spec;

	if (operand->kind == EXPR_TYPE) {
		spec = operand->type_spec;
	} else if (operand->kind == EXPR_TYPEOF) {
		spec = arena_new_struct(program->arena, struct type_spec);
		*spec = (struct type_spec){ .kind = TYPE_SPEC_TYPEOF, .span = operand->span,
					    .inner = operand->of.spec, .expr = operand->of.operand };
	} else {
		return;
	}
	expr->of.spec = spec;
	expr->of.operand = NULL;
}

static bool has_type_operand(const struct expr *expr)
{
	return (expr->kind == EXPR_SIZEOF || expr->kind == EXPR_OFFSETOF ||
		expr->kind == EXPR_TYPEOF || expr->kind == EXPR_TYPEINFO) &&
	       expr->of.operand;
}

/* In sizeof(pid) and sizeof(RED) the name is no type's. */
static bool is_value(const struct program *program, const char *name)
{
	return table_get_str(&program->builtins, name) || table_get_str(&program->c->constants, name);
}

void expr_name_to_type(struct program *program, struct expr *expr)
{
	struct type_spec *spec = arena_new_struct(program->arena, struct type_spec);

	*spec = (struct type_spec){ .kind = TYPE_SPEC_NAME, .span = expr->of.operand->span,
				    .name = expr->of.operand->ident.name };
	expr->of.spec = spec;
	expr->of.operand = NULL;
}

void find_type_operand(struct program *program, struct expr *expr)
{
	if (has_type_operand(expr))
		operand_to_type(program, expr);
	if (has_type_operand(expr) && expr->of.operand->kind == EXPR_IDENT &&
	    !is_value(program, expr->of.operand->ident.name))
		expr_name_to_type(program, expr);
}
