/*
 * sizeof, offsetof and typeinfo: constants that follow from types.
 */
#include <string.h>

#include "base/compiler.h"
#include "sema/infer_expr.h"

static void become_number(struct inferer *inferer, struct expr *expr, uint64_t number)
{
	expr->type = type_literal(&inferer->program->types, number, false);
	if (!inferer->is_final)
		return;
	expr->kind = EXPR_NUMBER;
	memset(&expr->number, 0, sizeof(expr->number));
	expr->number.value = number;
}

/* Of a literal the size of the narrowest signed type that holds it. */
static uint32_t size_of_literal(const struct type *literal)
{
	unsigned size;

	for (size = 1; size < 8 && literal->integer.literal_bits >= size * 8; size *= 2)
		;
	return size;
}

static void infer_sizeof(struct inferer *inferer, struct expr *expr)
{
	const struct type *type = expr->of.spec ? type_from_spec(inferer, expr->of.spec)
						: expr->of.operand->type;

	if (type && type->kind == TYPE_STRUCT)
		type_complete(&inferer->program->types, type);
	if (!type)
		expr->type = inferer->is_final ? inferer->program->types.void_type : NULL;
	else if (type->kind == TYPE_INT && type->integer.is_literal)
		become_number(inferer, expr, size_of_literal(type));
	else
		become_number(inferer, expr, type->size);
}

static void infer_offsetof(struct inferer *inferer, struct expr *expr)
{
	struct types *types = &inferer->program->types;
	const struct type *type = expr->of.spec ? type_from_spec(inferer, expr->of.spec)
						: expr->of.operand->type;
	uint32_t total = 0, offset;
	size_t i;

	for (i = 0; type && i < expr->of.fields.count; i++) {
		const struct field *field = type->kind == TYPE_STRUCT
						    ? type_field(types, type, expr->of.fields.items[i],
								 &offset)
						    : NULL;

		if (!field) {
			if (inferer->is_final)
				diag_report(inferer->program->diags, expr->span, DIAG_UNKNOWN_FIELD,
					    "'%s' does not contain a field named '%s'", type->name,
					    expr->of.fields.items[i]);
			expr->type = inferer->program->types.void_type;
			return;
		}
		total += offset;
		type = field->type;
	}
	if (type)
		become_number(inferer, expr, total);
	else
		expr->type = inferer->is_final ? inferer->program->types.void_type : NULL;
}

/* One literal of the record that typeinfo gives. */
static void add_item(struct inferer *inferer, struct expr *expr, const char *name, const char *text,
		     const struct expr *whole)
{
	struct program *program = inferer->program;
	struct expr *item = arena_new_struct(program->arena, struct expr);

	item->span = whole->span;
	item->depth = 1;
	if (text) {
		item->kind = EXPR_STRING;
		item->string.text = text;
		item->string.length = strlen(text);
		item->type = type_string(&program->types, (uint32_t)strlen(text) + 1);
	} else {
		item->kind = EXPR_NUMBER;
		item->type = type_int(&program->types, 8, false);
	}
	vec_push(program->arena, &expr->record.names, intern_str(program->interner, name));
	vec_push(program->arena, &expr->record.items, item);
}

/* A record of literals once the type is known; its strings are of the type's length. */
static void infer_typeinfo(struct inferer *inferer, struct expr *expr)
{
	const struct type *type = expr->of.spec ? type_from_spec(inferer, expr->of.spec)
						: expr->of.operand->type;
	struct expr record = { .kind = EXPR_RECORD, .span = expr->span, .depth = expr->depth };
	const struct type *types[3];
	size_t i;

	if (!type) {
		expr->type = inferer->is_final ? inferer->program->types.void_type : NULL;
		return;
	}
	add_item(inferer, &record, "btf_id", NULL, expr);
	add_item(inferer, &record, "base_type", type_base_name(type), expr);
	add_item(inferer, &record, "full_type", type->name, expr);
	for (i = 0; i < ARRAY_SIZE(types); i++)
		types[i] = record.record.items.items[i]->type;
	record.type = type_tuple(&inferer->program->types, types, record.record.names.items,
				 ARRAY_SIZE(types));
	if (inferer->is_final)
		*expr = record;
	expr->type = record.type;
}

void infer_of(struct inferer *inferer, struct expr *expr)
{
	if (expr->kind == EXPR_SIZEOF)
		infer_sizeof(inferer, expr);
	else if (expr->kind == EXPR_OFFSETOF)
		infer_offsetof(inferer, expr);
	else
		infer_typeinfo(inferer, expr);
}
