/*
 * Types as they are written: in casts, declarations, sizeof and prototypes.
 */
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "sema/c_names.h"
#include "sema/infer_expr.h"
#include "sema/target.h"

static const struct {
	const char *name;
	uint8_t length, size;
	bool is_signed;
} integer_names[] = {
#define NAME(name, size, is_signed) { name, sizeof(name) - 1, size, is_signed }
	NAME("int8", 1, true), NAME("int16", 2, true), NAME("int32", 4, true),
	NAME("int64", 8, true), NAME("uint8", 1, false), NAME("uint16", 2, false),
	NAME("uint32", 4, false), NAME("uint64", 8, false), NAME("int", 4, true),
	NAME("long", 8, true), NAME("short", 2, true), NAME("char", 1, true),
	NAME("unsigned", 4, false), NAME("size_t", 8, false), NAME("ssize_t", 8, true),
	NAME("int8_t", 1, true), NAME("int16_t", 2, true), NAME("int32_t", 4, true),
	NAME("int64_t", 8, true), NAME("uint8_t", 1, false), NAME("uint16_t", 2, false),
	NAME("uint32_t", 4, false), NAME("uint64_t", 8, false), NAME("u8", 1, false),
	NAME("u16", 2, false), NAME("u32", 4, false), NAME("u64", 8, false),
	NAME("s8", 1, true), NAME("s16", 2, true), NAME("s32", 4, true),
	NAME("s64", 8, true), NAME("uintptr_t", 8, false), NAME("intptr_t", 8, true),
#undef NAME
};

const struct type *type_plain(struct program *program, const char *name, size_t length)
{
	struct types *types = &program->types;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(integer_names); i++)
		if (integer_names[i].length == length &&
		    !memcmp(integer_names[i].name, name, length))
			return type_int(types, integer_names[i].size, integer_names[i].is_signed);
	if (length == 4 && !memcmp(name, "void", 4))
		return types->void_type;
	if (length == 4 && !memcmp(name, "bool", 4))
		return types->bool_type;
	if (length == 10 && !memcmp(name, "username_t", 10))
		return type_late(types, LATE_USER);
	if (length == 6 && !memcmp(name, "string", 6))
		return type_string(types, (uint32_t)program->config.max_strlen);
	return NULL;
}

/* A type of the program that is probed, or else of the kernel. */
static const struct type *foreign_type(struct inferer *inferer, const char *what, const char *name)
{
	const struct target *target = inferer->program->target;
	const struct instance *instance = inferer->instance;
	const struct attach_point *point =
		instance && instance->points.count ? instance->points.items[0] : NULL;
	const struct type *type = NULL;

	if (point && point->type->find_type)
		type = point->type->find_type(inferer->program, point, what, name);
	if (type)
		return type;
	return target->find_type ? target->find_type(target, &inferer->program->types, what, name)
				 : NULL;
}

static void report_unknown(struct inferer *inferer, const struct type_spec *spec, const char *what)
{
	diag_report(inferer->program->diags, spec->span, DIAG_UNKNOWN_TYPE,
		    "Cannot resolve unknown type \"%s%s%s\"", what, *what ? " " : "", spec->name);
	if (!*what && foreign_type(inferer, "struct", spec->name))
		diag_hint(inferer->program->diags, "did you mean struct %s?", spec->name);
}

/* Of typeof(T), where T may be a macro's parameter that stood for a type. */
static const struct type *type_of_operand(struct inferer *inferer, const struct expr *operand)
{
	if (operand->kind == EXPR_TYPE)
		return type_from_spec(inferer, operand->type_spec);
	if (operand->kind == EXPR_TYPEOF)
		return operand->of.spec ? type_from_spec(inferer, operand->of.spec)
					: type_of_operand(inferer, operand->of.operand);
	return operand->type;
}

static const struct type *base_of_spec(struct inferer *inferer, const struct type_spec *spec)
{
	static const char *const whats[] = { [TYPE_SPEC_NAME] = "", [TYPE_SPEC_STRUCT] = "struct",
					     [TYPE_SPEC_UNION] = "union", [TYPE_SPEC_ENUM] = "enum" };
	const struct type *type = NULL;

	if (spec->kind == TYPE_SPEC_TYPEOF) {
		if (spec->inner)
			return type_from_spec(inferer, spec->inner);
		return type_of_operand(inferer, spec->expr);
	}
	if (spec->kind == TYPE_SPEC_NAME && strchr(spec->name, ' '))
		type = c_type_of_words(&inferer->program->types, spec->name);
	else
		type = c_find_type(inferer->program, whats[spec->kind], spec->name);
	if (!type && spec->kind == TYPE_SPEC_NAME)
		type = type_plain(inferer->program, spec->name, strlen(spec->name));
	if (!type)
		type = foreign_type(inferer, whats[spec->kind], spec->name);
	if (!type)
		report_unknown(inferer, spec, whats[spec->kind]);
	return type;
}

/* The space that an address written as an integer is taken to be in. */
static enum space default_space(const struct inferer *inferer)
{
	const struct instance *instance = inferer->instance;

	return instance && instance->points.count ? instance->points.items[0]->type->space : SPACE_NONE;
}

static const struct type *array_of(struct inferer *inferer, const struct type *element,
				   uint64_t length, struct span span)
{
	if (length > UINT32_MAX / MAX(element->size, 1u)) {
		diag_report(inferer->program->diags, span, DIAG_TOO_LARGE,
			    "an array of %llu elements is too large", (unsigned long long)length);
		length = 1;
	}
	return type_array(&inferer->program->types, element, (uint32_t)length);
}

const struct type *type_from_spec(struct inferer *inferer, const struct type_spec *spec)
{
	struct types *types = &inferer->program->types;
	const struct type *type = base_of_spec(inferer, spec);
	bool is_bare_string = spec->kind == TYPE_SPEC_NAME && type && type->kind == TYPE_STRING;
	size_t i, j;

	if (!type)
		return NULL;
	for (i = 0; i < spec->suffixes.count; i++) {
		const struct type_suffix *suffix = &spec->suffixes.items[i];

		if (suffix->pointer) {
			type = type_pointer(types, type, default_space(inferer));
			continue;
		}
		if (is_bare_string && i == 0) {
			type = type_string(types, (uint32_t)MIN(suffix->length, (uint64_t)UINT32_MAX));
			continue;
		}
		/* T[2][3]: three-element arrays inside, as in C */
		for (j = i; j + 1 < spec->suffixes.count && !spec->suffixes.items[j + 1].pointer; j++)
			;
		for (size_t k = j + 1; k-- > i;)
			type = array_of(inferer, type, spec->suffixes.items[k].length, spec->span);
		i = j;
	}
	return type;
}

const struct type *type_from_words(struct inferer *inferer, const char *words, size_t length)
{
	struct types *types = &inferer->program->types;
	const struct type *type = type_plain(inferer->program, words, length);
	char name[64];

	if (type)
		return type;
	if (length > 7 && !memcmp(words, "string[", 7))
		return type_string(types, (uint32_t)strtoul(words + 7, NULL, 10));
	if (length > 9 && length < sizeof(name) && !memcmp(words, "struct ", 7)) {
		snprintf(name, sizeof(name), "%.*s", (int)(length - 7), words + 7);
		name[strcspn(name, " *")] = '\0';
		type = foreign_type(inferer, "struct", name);
		if (!type)
			type = types->void_type;
		return words[length - 1] == '*' ? type_pointer(types, type, SPACE_KERNEL) : type;
	}
	return NULL;
}

const struct type *type_settled_deep(struct types *types, const struct type *type)
{
	const struct type **items;
	const char **names;
	size_t i;

	if (!type || type->kind != TYPE_TUPLE)
		return type_settled(types, type);
	items = arena_new_array(types->arena, const struct type *, type->tuple.count);
	names = arena_new_array(types->arena, const char *, type->tuple.count);
	for (i = 0; i < type->tuple.count; i++) {
		items[i] = type_settled_deep(types, type->tuple.fields[i].type);
		names[i] = type->tuple.fields[i].name;
	}
	return type_tuple(types, items, type_is_record(type) ? names : NULL, type->tuple.count);
}
