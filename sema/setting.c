/*
 * config.max_strlen in a script: the setting as a constant.
 */
#include <string.h>

#include "base/compiler.h"
#include "sema/passes.h"

static void become_setting(struct program *program, struct expr *expr)
{
	struct config_value value;

	if (!config_get(&program->config, expr->field.name, &value)) {
		diag_report(program->diags, expr->field.name_span, DIAG_UNKNOWN_FIELD,
			    "there is no setting '%s'", expr->field.name);
		value = (struct config_value){ .kind = CONFIG_NUMBER };
	}
	switch (value.kind) {
	case CONFIG_NUMBER:
		expr->kind = EXPR_NUMBER;
		memset(&expr->number, 0, sizeof(expr->number));
		expr->number.value = value.number;
		return;
	case CONFIG_BOOL:
		expr->kind = EXPR_BOOL;
		expr->boolean = value.boolean;
		return;
	case CONFIG_TEXT:
		expr->kind = EXPR_STRING;
		memset(&expr->string, 0, sizeof(expr->string));
		expr->string.text = value.text;
		expr->string.length = strlen(value.text);
		return;
	}
	unreachable();
}

/* Is it a field of a name that stands for the settings? */
static bool is_setting(const struct program *program, const struct expr *expr)
{
	const struct builtin *builtin;

	if (expr->kind != EXPR_FIELD || expr->field.object->kind != EXPR_IDENT)
		return false;
	builtin = table_get_str(&program->builtins, expr->field.object->ident.name);
	return builtin && (builtin->flags & BUILTIN_SETTINGS);
}

bool resolve_setting(struct program *program, struct expr *expr)
{
	if (!is_setting(program, expr))
		return false;
	become_setting(program, expr);
	return true;
}
