/*
 * Calls of the script's functions: what goes into the parameters, what comes
 * out.  Both are declared, but a string without a size is as large as what it
 * is given.
 */
#include "base/compiler.h"
#include "sema/c_object.h"
#include "sema/infer_expr.h"

static void report_arg(struct inferer *inferer, const struct expr *call, const struct expr *arg,
		       const struct variable *param, enum fit fit)
{
	struct diags *diags = inferer->program->diags;

	if (fit == FITS_CUT)
		diag_report(diags, arg->span, DIAG_TRUNCATION,
			    "a value of type %s is cut to fit %s of %s(), which is declared as %s",
			    arg->type->name,
			    param->name, call->call.name, param->type->name);
	else if (fit == FITS_NO_LITERAL)
		diag_report(diags, arg->span, DIAG_ARG_TYPE,
			    "the constant does not fit %s of %s(), which is declared as %s", param->name,
			    call->call.name, param->type->name);
	else
		diag_report(diags, arg->span, DIAG_ARG_TYPE, "%s of %s() is declared as %s, this is of type %s", param->name,
			    call->call.name, param->type->name, arg->type->name);
	diag_note(diags, param->span, "%s is declared here", param->name);
}

/*
 * An address of another space than the probe's own: the parameter takes it
 * over, so that the function reads the right memory.
 */
static bool adopt_space(struct inferer *inferer, struct variable *param, const struct type *type)
{
	const struct type *declared = param->type;
	bool is_first = !param->has_space;

	if (type->kind != TYPE_POINTER || declared->kind != TYPE_POINTER ||
	    type->pointer.space == SPACE_NONE)
		return true;
	param->has_space = true;
	if (type->pointer.space == declared->pointer.space)
		return true;
	if (!is_first)
		return false;
	param->type = type_pointer(&inferer->program->types, declared->pointer.to, type->pointer.space);
	inferer->changed = true;
	return true;
}

/* A string without a size. */
static void pass_text(struct inferer *inferer, const struct expr *call, struct variable *param,
		      const struct expr *arg)
{
	struct diags *diags = inferer->program->diags;

	if (arg->type->kind == TYPE_STRING) {
		infer_widen(inferer, &param->type, arg->type);
	} else if (inferer->is_final) {
		diag_report(diags, arg->span, DIAG_ARG_TYPE,
			    "%s of %s() is declared as string, this is of type %s", param->name,
			    call->call.name, arg->type->name);
		diag_note(diags, param->span, "%s is declared here", param->name);
	}
}

static void pass_arg(struct inferer *inferer, const struct expr *call, struct variable *param,
		     const struct expr *arg)
{
	const struct type *type = arg->type;
	enum fit fit;

	if (!type || type->kind == TYPE_VOID)
		return; /* check says so */
	if (param->is_text) {
		pass_text(inferer, call, param, arg);
		return;
	}
	if (!param->type || param->type->kind == TYPE_VOID)
		return;
	type = type_read(&inferer->program->types, type);
	if (!adopt_space(inferer, param, type) && inferer->is_final) {
		diag_report(inferer->program->diags, arg->span, DIAG_ARG_TYPE,
			    "%s() is given addresses of the kernel in one place and of a process in "
			    "another: it can read only one of them",
			    call->call.name);
		diag_hint(inferer->program->diags, "write a function for each");
	}
	fit = type_fit(&inferer->program->types, param->type, type);
	if (inferer->is_final && fit != FITS)
		report_arg(inferer, call, arg, param, fit);
}

void infer_function_call(struct inferer *inferer, struct expr *call)
{
	struct instance *function = call->call.function;
	size_t i;

	for (i = 0; i < MIN(function->params.count, call->call.args.count); i++)
		pass_arg(inferer, call, function->params.items[i]->let.variable,
			 call->call.args.items[i]);
	call->type = instance_result(function)->type;
}

/* --- functions in C --------------------------------------------------------------- */

/* What lies in memory goes to a pointer by its address. */
static void pass_c_arg(struct inferer *inferer, const struct expr *call, const struct expr *arg,
		       const struct type *param, size_t number)
{
	struct diags *diags = inferer->program->diags;
	const struct type *type;
	enum fit fit;

	if (!arg->type || arg->type->kind == TYPE_VOID || !inferer->is_final)
		return;
	type = type_read(&inferer->program->types, arg->type);
	if (param->kind == TYPE_POINTER && !type_in_register(type) && type->kind != TYPE_AGGREGATE)
		return;
	fit = type_fit(&inferer->program->types, param, type);
	if (param->kind == TYPE_BOOL && type_is_integer(type))
		fit = FITS;
	if (fit == FITS_CUT)
		diag_report(diags, arg->span, DIAG_TRUNCATION,
			    "a value of type %s is cut to fit argument %zu of %s(), which is declared as %s",
			    type->name, number, call->call.name, param->name);
	else if (fit != FITS)
		diag_report(diags, arg->span, DIAG_ARG_TYPE,
			    "argument %zu of %s() is declared as %s in C, this is of type %s", number,
			    call->call.name, param->name, type->name);
	if (fit != FITS)
		diag_note(diags, call->call.c_function->span, "the function comes from here");
}

void infer_c_call(struct inferer *inferer, struct expr *call)
{
	const struct c_function *function = call->call.c_function;
	size_t i;

	/* What cannot be called has been told of: any type will do. */
	call->type = function->flaw ? type_int(&inferer->program->types, 8, true) : function->result;
	if (function->flaw)
		return;
	for (i = 0; i < MIN(function->params.count, call->call.args.count); i++)
		pass_c_arg(inferer, call, call->call.args.items[i], function->params.items[i], i + 1);
}

/* --- results ------------------------------------------------------------------------ */

static void report_result(struct inferer *inferer, const struct variable *result,
			  const struct expr *value, enum fit fit)
{
	struct diags *diags = inferer->program->diags;
	const char *wanted = result->is_text ? "string" : result->type->name;

	if (fit == FITS_CUT)
		diag_report(diags, value->span, DIAG_TRUNCATION,
			    "a value of type %s is cut to fit the result of %s, which is declared as %s",
			    value->type->name, result->name, wanted);
	else if (fit == FITS_NO_LITERAL)
		diag_report(diags, value->span, DIAG_TYPE_MISMATCH,
			    "the constant does not fit the result of %s, which is declared as %s",
			    result->name, wanted);
	else
		diag_report(diags, value->span, DIAG_TYPE_MISMATCH,
			    "%s is declared to give %s, this is of type %s", result->name, wanted,
			    value->type->name);
	diag_note(diags, result->span, "its result is declared here");
}

/* A value that the function being looked at gives. */
void infer_return(struct inferer *inferer, const struct expr *value)
{
	struct types *types = &inferer->program->types;
	struct variable *result = instance_result(inferer->instance);
	enum fit fit;

	if (!value->type || value->type->kind == TYPE_VOID)
		return;
	if (result->is_text && value->type->kind == TYPE_STRING)
		infer_widen(inferer, &result->type, value->type);
	if (!inferer->is_final || !result->type || result->type->kind == TYPE_VOID)
		return;
	fit = type_fit(types, result->type, type_read(types, value->type));
	if (fit != FITS)
		report_result(inferer, result, value, fit);
}
