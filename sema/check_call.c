/*
 * Calls against prototypes: how many arguments, of what kind; what a row needs
 * to be allowed at all.
 */
#include "sema/check_call.h"

#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"

/* A call that was to give a value and does not, since it is wrong itself, or of nothing known. */
static bool is_failed_call(const struct expr *call)
{
	if (!call->call.builtin)
		return !call->call.function && !call->call.c_function;
	return strncmp(call->call.builtin->prototype, "void", 4) != 0;
}

static bool is_type(const struct expr *expr)
{
	return expr->kind == EXPR_TYPE || expr->kind == EXPR_TYPEOF;
}

bool check_was_reported(const struct checker *checker, const struct expr *expr)
{
	bool has_errors = checker->program->diags->error_count;

	if (expr->type->kind != TYPE_VOID || expr->kind == EXPR_BLOCK || is_type(expr))
		return false;
	if (expr->kind == EXPR_CALL)
		return is_failed_call(expr) && has_errors;
	return has_errors || expr->kind == EXPR_IDENT;
}

/* Does the argument go with this kind of parameter? */
static bool arg_fits(const struct expr *arg, enum param_kind kind)
{
	const struct type *type = arg->type;

	switch (kind) {
	case PARAM_ANY:
		return type->kind != TYPE_VOID;
	case PARAM_INT:
		return type_is_integer(type) ||
		       (type->kind == TYPE_AGGREGATE && aggregate_is_number(type));
	case PARAM_BOOL:
		return type_in_register(type);
	case PARAM_STRING:
		return type->kind == TYPE_STRING;
	case PARAM_POINTER:
		return type->kind == TYPE_POINTER || type->kind == TYPE_INT ||
		       type->kind == TYPE_STRING || type->kind == TYPE_ARRAY;
	case PARAM_MAP:
		return arg->kind == EXPR_MAP;
	case PARAM_INT_LITERAL:
		return arg->kind == EXPR_NUMBER;
	case PARAM_STRING_LITERAL:
	case PARAM_FORMAT:
		return arg->kind == EXPR_STRING;
	case PARAM_KEY:
		return type->kind != TYPE_VOID;
	case PARAM_TYPE:
		return arg->kind == EXPR_TYPE || arg->kind == EXPR_TYPEOF || arg->kind == EXPR_IDENT;
	}
	unreachable();
}

static bool wants_literal(enum param_kind kind)
{
	return kind == PARAM_INT_LITERAL || kind == PARAM_STRING_LITERAL || kind == PARAM_FORMAT;
}

static const char *article(const char *noun)
{
	return strchr("aeiou", *noun) ? "an" : "a";
}

static void report_arg(struct checker *checker, const struct expr *call, const struct expr *arg,
		       enum param_kind kind)
{
	struct diags *diags = checker->program->diags;
	const char *name = call->call.name, *wanted = param_kind_name(kind);

	if (check_was_reported(checker, arg))
		return;
	if (is_type(arg))
		diag_report(diags, arg->span, DIAG_NOT_A_VALUE,
			    "%s() expects %s %s, this is a type", name, article(wanted), wanted);
	else if (arg->type->kind == TYPE_VOID)
		diag_report(diags, arg->span, DIAG_ARG_TYPE, "%s() expects %s %s, this has no value",
			    name, article(wanted), wanted);
	else if (wants_literal(kind))
		diag_report(diags, arg->span, DIAG_ARG_LITERAL, "%s() expects %s %s (%s provided)", name,
			    article(wanted), wanted, arg->type->name);
	else if (kind == PARAM_MAP)
		diag_report(diags, arg->span, DIAG_ARG_TYPE,
			    "%s() expects a map argument (%s provided)", name, arg->type->name);
	else
		diag_report(diags, arg->span, DIAG_ARG_TYPE,
			    "%s() only supports %s arguments (%s provided)", name, wanted,
			    arg->type->name);
}

/* "lhist(integer, integer literal, ...): one line of manual" */
static void hint_prototype(struct diags *diags, const struct builtin *builtin)
{
	struct strbuf text;

	strbuf_init(&text, diags->arena);
	prototype_format(builtin, &text);
	diag_hint(diags, "%s: %s", text.text, builtin->manual);
}

static void report_count(struct checker *checker, const struct expr *call,
			 const struct prototype *prototype)
{
	struct diags *diags = checker->program->diags;
	const char *name = call->call.name;
	size_t given = call->call.args.count;
	unsigned limit = given < prototype->required ? prototype->required : prototype->count;
	const char *words = prototype->required == prototype->count && !prototype->is_variadic
				    ? "requires"
			    : given < prototype->required ? "requires at least"
							  : "takes up to";

	diag_report(diags, call->span, DIAG_ARG_COUNT, "%s() %s %u argument%s (%zu provided)", name,
		    words, limit, limit == 1 ? "" : "s", given);
	hint_prototype(diags, call->call.builtin);
}

static void check_allowed(struct checker *checker, struct span span, const struct builtin *builtin)
{
	struct diags *diags = checker->program->diags;

	if ((builtin->flags & BUILTIN_UNSAFE) && !checker->program->options->allow_unsafe) {
		diag_report(diags, span, DIAG_UNSAFE,
			    "%s() is an unsafe function being used in safe mode", builtin->name);
		diag_hint(diags, "--unsafe allows functions that change the system");
	}
}

/* False: one is of the wrong kind, which is told here or was told before. */
static bool check_args(struct checker *checker, struct expr *call, const struct prototype *prototype)
{
	bool fit = true;
	size_t i;

	for (i = 0; i < call->call.args.count; i++) {
		const struct expr *arg = call->call.args.items[i];
		enum param_kind kind = i < prototype->count ? prototype->params[i] : PARAM_ANY;

		if (!arg_fits(arg, kind)) {
			report_arg(checker, call, arg, kind);
			fit = false;
		}
	}
	return fit;
}

void check_call(struct checker *checker, struct expr *call)
{
	const struct builtin *builtin = call->call.builtin;
	struct prototype prototype;
	size_t before = checker->program->diags->error_count;
	bool fit = false;

	if (!builtin)
		return;
	prototype_parse(builtin->prototype, &prototype);
	check_allowed(checker, call->span, builtin);
	if (call->call.args.count < prototype.required ||
	    (call->call.args.count > prototype.count && !prototype.is_variadic))
		report_count(checker, call, &prototype);
	else
		fit = check_args(checker, call, &prototype);
	fit |= (builtin->flags & BUILTIN_WORDS) != 0; /* a word has no type */
	if (builtin->check && fit && checker->program->diags->error_count == before)
		builtin->check(checker, call);
}

void check_ident(struct checker *checker, struct expr *ident)
{
	const struct builtin *builtin = ident->ident.builtin;
	struct prototype prototype;

	if (!builtin)
		return;
	prototype_parse(builtin->prototype, &prototype);
	check_allowed(checker, ident->span, builtin);
	if (prototype.required || (builtin->flags & BUILTIN_MUST_CALL)) {
		diag_report(checker->program->diags, ident->span, DIAG_ARG_COUNT,
			    "%s() requires %u argument%s (0 provided)", builtin->name,
			    prototype.required, prototype.required == 1 ? "" : "s");
		hint_prototype(checker->program->diags, builtin);
		return;
	}
	if (builtin->check)
		builtin->check(checker, ident);
}

bool check_number_arg(struct checker *checker, const struct expr *call, unsigned index, int64_t min,
		      int64_t max, int64_t *ret_number)
{
	const struct expr *arg;
	int64_t number;

	if (index >= call->call.args.count)
		return true;
	arg = call->call.args.items[index];
	if (!expr_is_number(arg, &number)) {
		report_arg(checker, call, arg, PARAM_INT_LITERAL);
		return false;
	}
	if (number < min || number > max) {
		const char *format = arg->number.is_negative ? "%" PRId64 : "%" PRIu64;

		diag_report(checker->program->diags, arg->span, DIAG_ARG_RANGE,
			    "%s(): %s is out of range, it must be %" PRId64 " to %" PRId64,
			    call->call.name,
			    arena_printf(checker->program->arena, format, arg->number.value), min, max);
		return false;
	}
	*ret_number = number;
	return true;
}

bool check_printable(struct checker *checker, const struct expr *expr, const char *what)
{
	struct diags *diags = checker->program->diags;
	const struct type *type = expr->type;

	if (check_was_reported(checker, expr))
		return false;
	if (type->kind == TYPE_VOID || (type->kind == TYPE_STRUCT && type->record.is_context &&
					 !type->record.is_printable)) {
		diag_report(diags, expr->span, DIAG_ARG_TYPE, "%s type passed to %s is not printable",
			    type->kind == TYPE_VOID ? "none" : type->name, what);
		return false;
	}
	if (type->kind == TYPE_AGGREGATE && !aggregate_is_number(type)) {
		diag_report(diags, expr->span, DIAG_AGGREGATE_USE,
			    "Map type %s cannot print the value of individual keys. You must print the "
			    "whole map",
			    type->name);
		return false;
	}
	return true;
}
