/*
 * Several macros of one name, told apart by the number and kinds of their
 * parameters.
 */
#include "sema/overload.h"

#include "base/compiler.h"

static bool param_takes(const struct macro_param *param, const struct expr *arg)
{
	switch (param->kind) {
	case MACRO_PARAM_VAR:
		return arg->kind == EXPR_VAR;
	case MACRO_PARAM_MAP:
		return arg->kind == EXPR_MAP && !arg->map.keys.count;
	case MACRO_PARAM_EXPR:
		return true;
	}
	unreachable();
}

static bool macro_takes(const struct macro *macro, const struct expr_vec *args)
{
	size_t i;

	if (macro->params.count != args->count)
		return false;
	for (i = 0; i < args->count; i++)
		if (!param_takes(&macro->params.items[i], args->items[i]))
			return false;
	return true;
}

/* The more parameters ask for a variable or a map, the better a match is. */
static unsigned macro_precision(const struct macro *macro)
{
	unsigned precision = 0;
	size_t i;

	for (i = 0; i < macro->params.count; i++)
		precision += macro->params.items[i].kind != MACRO_PARAM_EXPR;
	return precision;
}

const struct macro *overload_choose(const struct overload *overloads, const struct expr_vec *args)
{
	const struct macro *best = NULL;

	for (; overloads; overloads = overloads->next)
		if (macro_takes(overloads->macro, args) &&
		    (!best || macro_precision(overloads->macro) > macro_precision(best)))
			best = overloads->macro;
	return best;
}

void overload_report(struct program *program, const struct expr *call,
		     const struct overload *overloads, const struct expr_vec *args)
{
	static const char *const kinds[] = { "a variable", "a map", "an expression" };
	struct diags *diags = program->diags;
	const struct macro *closest = overloads->macro;
	size_t i;

	for (; overloads; overloads = overloads->next)
		if (overloads->macro->params.count == args->count)
			closest = overloads->macro;
	diag_report(diags, call->span, DIAG_MACRO_ARGS,
		    "Call to %s() has arguments that do not match any definition.", closest->name);
	if (closest->params.count != args->count) {
		diag_note(diags, closest->name_span,
			  "The closest definition of %s() has a different number of arguments. "
			  "Expected: %zu but got %zu",
			  closest->name, closest->params.count, args->count);
		return;
	}
	for (i = 0; i < args->count; i++) {
		const struct macro_param *param = &closest->params.items[i];

		if (param_takes(param, args->items[i]))
			continue;
		diag_note(diags, args->items[i]->span,
			  "Mismatched arg. %s() expects %s for arg %s but got %s.", closest->name,
			  kinds[param->kind], param->name,
			  args->items[i]->kind == EXPR_MAP ? "a map element" : "an expression");
		diag_note(diags, param->span, "This is the argument in the closest definition.");
	}
}

static bool same_signature(const struct macro *a, const struct macro *b)
{
	size_t i;

	if (a->params.count != b->params.count)
		return false;
	for (i = 0; i < a->params.count; i++)
		if (a->params.items[i].kind != b->params.items[i].kind)
			return false;
	return true;
}

void overload_add(struct program *program, struct table *macros, const struct macro *macro)
{
	struct overload *first = table_get_str(macros, macro->name), *other;
	struct overload *overload = arena_new_struct(program->arena, struct overload);

	for (other = first; other; other = other->next)
		if (same_signature(other->macro, macro)) {
			diag_report(program->diags, macro->name_span, DIAG_REDECLARED,
				    "macro %s() is defined twice with the same parameters", macro->name);
			diag_note(program->diags, other->macro->name_span, "first here");
		}
	*overload = (struct overload){ .macro = macro, .next = first };
	table_set_str(macros, macro->name, overload);
}
