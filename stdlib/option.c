/*
 * getopt(): named parameters, given after `--` on the command line.
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <string.h>
#include <strings.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "lexer/literal.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

/* What the default says an option is. */
enum option_kind { OPTION_BOOL, OPTION_UNSIGNED, OPTION_SIGNED, OPTION_STRING, OPTION_NEITHER };

static enum option_kind kind_of(const struct expr *call)
{
	const struct expr *value = call_arg(call, 1);

	if (!value || value->kind == EXPR_BOOL)
		return OPTION_BOOL;
	if (value->kind == EXPR_NUMBER)
		return value->number.is_negative ? OPTION_SIGNED : OPTION_UNSIGNED;
	return value->kind == EXPR_STRING ? OPTION_STRING : OPTION_NEITHER;
}

static const struct type *infer_getopt(struct inferer *inferer, struct expr *call)
{
	struct types *types = &inferer->program->types;

	switch (kind_of(call)) {
	case OPTION_BOOL:
	case OPTION_NEITHER:
		return types->bool_type;
	case OPTION_UNSIGNED:
		return type_int(types, 8, false);
	case OPTION_SIGNED:
		return type_int(types, 8, true);
	case OPTION_STRING:
		return type_string(types, (uint32_t)inferer->program->config.max_strlen);
	}
	unreachable();
}

/* --- the command line -------------------------------------------------------------------- */

/* Was it given?  *ret_value is NULL for a bare --name. */
static bool find_given(const struct program *program, const char *name, const char **ret_value)
{
	const struct compile_options *options = program->options;
	bool found = false;
	size_t i;

	for (i = 0; i < options->named_count; i++)
		if (!strcmp(options->named[2 * i], name)) {
			*ret_value = options->named[2 * i + 1]; /* the last one counts */
			found = true;
		}
	return found;
}

static bool parse_bool(const char *text, bool *ret_value)
{
	static const char *const words[][2] = { { "false", "true" }, { "0", "1" }, { "off", "on" },
						{ "no", "yes" } };
	size_t i, value;

	*ret_value = true;
	if (!text)
		return true;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		for (value = 0; value < 2; value++)
			if (!strcasecmp(text, words[i][value])) {
				*ret_value = value;
				return true;
			}
	return false;
}

/* One that an option of this kind can have. */
static bool parse_integer(const char *text, enum option_kind kind, int64_t *ret_value)
{
	struct literal_number number;

	if (literal_parse_number(text, strlen(text), LITERAL_ALLOW_BINARY | LITERAL_ALLOW_SIGN,
				 &number) != LITERAL_OK)
		return false;
	if (kind == OPTION_SIGNED ? !number.is_negative && number.value > INT64_MAX : number.is_negative)
		return false;
	*ret_value = (int64_t)number.value;
	return true;
}

/* The number it comes to; false, after saying why when `diags` is not NULL. */
static bool number_of(const struct program *program, const struct expr *call, struct diags *diags,
		      int64_t *ret_number)
{
	const char *name = call_arg(call, 0)->string.text, *text = NULL;
	const struct expr *value = call_arg(call, 1);
	bool truth;

	*ret_number = !value ? 0 : value->kind == EXPR_BOOL ? value->boolean
							    : (int64_t)value->number.value;
	if (!find_given(program, name, &text))
		return true;
	if (kind_of(call) == OPTION_BOOL) {
		if (!parse_bool(text, &truth)) {
			if (diags)
				diag_report(diags, call->span, DIAG_NAMED_PARAM,
					    "program command line option --%s expects a boolean "
					    "(e.g. 'true') (value: %s)", name, text);
			return false;
		}
		*ret_number = truth;
		return true;
	}
	if (text && parse_integer(text, kind_of(call), ret_number))
		return true;
	if (diags)
		diag_report(diags, call->span, DIAG_NAMED_PARAM,
			    text ? "program command line option --%s invalid integer (value: %s)"
				 : "program command line option --%s expects an integer (value: %s)",
			    name, text ? text : "true");
	return false;
}

/* --- checking ---------------------------------------------------------------------------- */

static const char *default_text(struct program *program, const struct expr *value)
{
	if (!value)
		return "false";
	if (value->kind == EXPR_BOOL)
		return value->boolean ? "true" : "false";
	if (value->kind == EXPR_STRING)
		return arena_printf(program->arena, "\"%s\"", value->string.text);
	return arena_printf(program->arena, value->number.is_negative ? "%" PRId64 : "%" PRIu64,
			    value->number.value);
}

/* Every option is kept once, for --help; all uses have to agree. */
static void note_option(struct checker *checker, const struct expr *call)
{
	struct program *program = checker->program;
	const struct expr *description = call_arg(call, 2);
	struct named_param new = { .name = call_arg(call, 0)->string.text,
				   .value = default_text(program, call_arg(call, 1)),
				   .span = call->span };
	size_t i;

	new.description = description ? description->string.text : NULL;
	for (i = 0; i < program->named.count; i++) {
		struct named_param *old = &program->named.items[i];
		bool differs = strcmp(old->value, new.value) != 0;

		if (strcmp(old->name, new.name) != 0)
			continue;
		if (differs || (old->description && new.description &&
				strcmp(old->description, new.description) != 0)) {
			diag_report(program->diags, call->span, DIAG_NAMED_PARAM,
				    "Command line option '%s' needs to have the same %s in all places "
				    "it is used.",
				    new.name, differs ? "default value" : "description");
			diag_note(program->diags, old->span, "the other place");
		}
		if (!old->description)
			old->description = new.description;
		return;
	}
	vec_push(program->arena, &program->named, new);
}

static void check_getopt(struct checker *checker, struct expr *call)
{
	int64_t ignored;

	if (kind_of(call) == OPTION_NEITHER) {
		diag_report(checker->program->diags, call_arg(call, 1)->span, DIAG_ARG_LITERAL,
			    "getopt() expects a literal as the default value (%s provided)",
			    call_arg(call, 1)->type->name);
		return;
	}
	note_option(checker, call);
	if (kind_of(call) != OPTION_STRING)
		number_of(checker->program, call, checker->program->diags, &ignored);
}

/* --- emitting ---------------------------------------------------------------------------- */

static struct val emit_getopt(struct codegen *cg, const struct expr *call)
{
	const char *text = NULL;
	struct val slot;
	int64_t number;

	if (kind_of(call) != OPTION_STRING) {
		number_of(cg->program, call, NULL, &number);
		return val_const(number);
	}
	if (!find_given(cg->program, call_arg(call, 0)->string.text, &text))
		text = call_arg(call, 1)->string.text;
	text = text ? text : "";
	slot = build_slot(cg->b, call->type->size);
	emit_text(cg, text, MIN((uint32_t)strlen(text), call->type->size), call->type->size, slot);
	return slot;
}

/* --- config: its fields are constants already, only the name alone is left ----------------- */

static void refuse_config(struct checker *checker, struct expr *call)
{
	diag_report(checker->program->diags, call->span, DIAG_ARG_TYPE,
		    "config is no value: config.NAME is the setting of that name");
}

const struct builtin option_builtins[] = {
	{ "config", "uint64", "Settings, as constants: config.max_strlen and so on.", BUILTIN_SETTINGS,
	  .check = refuse_config,
	  .example = "begin { print((config.max_strlen, config.print_maps_on_exit, "
		     "config.stack_mode)); }\n"
		     "(1024, true, bpftrace)\n" },
	{ "getopt", "infer (string-lit name, [any default], [string-lit description])",
	  "Value of --NAME=VALUE given after `--`: a default makes it an integer or a string, else it "
	  "is true or false; the third is its line in `-- --help`.",
	  BUILTIN_MUST_CALL, .infer = infer_getopt, .check = check_getopt, .emit = emit_getopt,
	  .example = "begin { print(getopt(\"limit\", 10, \"how many to show\")); }\n"
		     "10\n" },
	{ NULL },
};
