/*
 * Functions of the script: arguments of calls, results, and whether every way
 * through a body comes to a `return`.
 */
#include "sema/check_function.h"

#include "base/compiler.h"
#include "sema/c_object.h"

/* --- ways through a body ------------------------------------------------------------ */

static bool block_ends(const struct block *block);

bool call_ends_probe(const struct expr *expr)
{
	return expr->kind == EXPR_CALL && expr->call.builtin &&
	       (expr->call.builtin->flags & BUILTIN_ENDS_PROBE);
}

/* Does no way lead past it? */
static bool expr_ends(const struct expr *expr)
{
	if (expr->kind == EXPR_BLOCK)
		return block_ends(expr->block);
	if (expr->kind == EXPR_IF)
		return expr->if_.no && block_ends(expr->if_.yes) && block_ends(expr->if_.no);
	return call_ends_probe(expr);
}

static bool block_ends(const struct block *block)
{
	size_t i;

	for (i = 0; i < block->stmts.count; i++) {
		const struct stmt *stmt = block->stmts.items[i];

		if (stmt->kind == STMT_RETURN || (stmt->kind == STMT_EXPR && expr_ends(stmt->expr)))
			return true;
	}
	return block->value && expr_ends(block->value);
}

/* --- the function ----------------------------------------------------------------------- */

static bool is_void(const struct type *type)
{
	return type->kind == TYPE_VOID;
}

/* Nothing can be kept or passed on of what lives in maps alone. */
static void check_declared(struct checker *checker, const struct stmt *declared, const char *what)
{
	const struct type *type = declared->let.variable->type;

	if (type && type->kind == TYPE_AGGREGATE)
		diag_report(checker->program->diags, declared->let.spec->span, DIAG_AGGREGATE_USE,
			    "%s cannot be of type %s, which lives in maps only", what, type->name);
}

void check_function(struct checker *checker)
{
	const struct instance *function = checker->instance;
	const struct variable *result = instance_result(function);
	const struct block *body = function->body;
	size_t i;

	for (i = 0; i < function->params.count; i++)
		check_declared(checker, function->params.items[i], "a parameter");
	check_declared(checker, function->result, "a result");
	if (!result->type || is_void(result->type) || block_ends(body) ||
	    (body->value && !is_void(body->value->type)))
		return;
	checker->instance->may_run_out = true;
	diag_report(checker->program->diags, function->function->name_span, DIAG_NO_RETURN,
		    "%s can end without a return: it gives zeros then", result->name);
	diag_note(checker->program->diags, result->span, "its result is declared here");
}

void check_function_return(struct checker *checker, const struct stmt *stmt)
{
	struct diags *diags = checker->program->diags;
	const struct variable *result = instance_result(checker->instance);
	bool gives_nothing = result->type && is_void(result->type);

	if (stmt->expr && gives_nothing) {
		diag_report(diags, stmt->expr->span, DIAG_TYPE_MISMATCH,
			    "%s is declared to give nothing", result->name);
		diag_note(diags, result->span, "its result is declared here");
	} else if (!stmt->expr && !gives_nothing) {
		diag_report(diags, stmt->span, DIAG_NOT_A_VALUE, "%s is declared to give a value",
			    result->name);
		diag_note(diags, result->span, "its result is declared here");
	} else if (stmt->expr && is_void(stmt->expr->type) && !diags->error_count) {
		diag_report(diags, stmt->expr->span, DIAG_NOT_A_VALUE, "this has no value to return");
	}
}

/* --- calls ------------------------------------------------------------------------------- */

static size_t param_count(const struct expr *call)
{
	return call->call.function ? call->call.function->params.count :
				     call->call.c_function->params.count;
}

static void note_declaration(struct diags *diags, const struct expr *call)
{
	if (call->call.function)
		diag_note(diags, call->call.function->function->name_span, "%s() is declared here",
			  call->call.name);
	else
		diag_note(diags, call->call.c_function->span, "the function comes from here");
}

void check_function_call(struct checker *checker, const struct expr *call)
{
	struct diags *diags = checker->program->diags;
	size_t given = call->call.args.count, wanted = param_count(call), i;

	if (given != wanted) {
		diag_report(diags, given > wanted ? call->call.args.items[wanted]->span : call->span,
			    DIAG_ARG_COUNT, "%s() requires %zu argument%s (%zu provided)",
			    call->call.name, wanted, wanted == 1 ? "" : "s", given);
		note_declaration(diags, call);
		return;
	}
	for (i = 0; i < given; i++)
		if (is_void(call->call.args.items[i]->type) && !diags->error_count)
			diag_report(diags, call->call.args.items[i]->span, DIAG_NOT_A_VALUE,
				    "this has no value to pass to %s()", call->call.name);
}
