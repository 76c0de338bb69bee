/*
 * What a value of a type has in it.
 */
#include "base/compiler.h"
#include "sema/type.h"

static void complete_fields(struct types *types, const struct field *fields, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		type_complete_deep(types, fields[i].type);
}

void type_complete_deep(struct types *types, const struct type *type)
{
	while (type->kind == TYPE_ARRAY)
		type = type->array.element;
	if (type->kind == TYPE_TUPLE) {
		complete_fields(types, type->tuple.fields, type->tuple.count);
	} else if (type->kind == TYPE_STRUCT) {
		type_complete(types, type);
		complete_fields(types, type->record.fields, type->record.count);
	}
}

static bool any_has_symbols(const struct field *fields, size_t count, bool of_users)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (type_has_symbols(fields[i].type, of_users))
			return true;
	return false;
}

bool type_has_symbols(const struct type *type, bool of_users)
{
	switch (type->kind) {
	case TYPE_STACK:
		return type->stack.is_user == of_users && type->stack.mode != STACK_RAW &&
		       type->stack.mode != STACK_BUILD_ID;
	case TYPE_SYMBOL:
		return type->symbol.is_user == of_users;
	case TYPE_TUPLE:
		return any_has_symbols(type->tuple.fields, type->tuple.count, of_users);
	case TYPE_ARRAY:
		return type_has_symbols(type->array.element, of_users);
	case TYPE_VOID:
	case TYPE_INT:
	case TYPE_BOOL:
	case TYPE_STRING:
	case TYPE_POINTER:
	case TYPE_STRUCT:
	case TYPE_ENUM:
	case TYPE_AGGREGATE:
	case TYPE_BUFFER:
	case TYPE_LATE:
		return false;
	}
	unreachable();
}

static bool any_has_late(const struct field *fields, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (type_has_late(fields[i].type))
			return true;
	return false;
}

bool type_has_late(const struct type *type)
{
	if (type->kind == TYPE_TUPLE)
		return any_has_late(type->tuple.fields, type->tuple.count);
	if (type->kind == TYPE_ARRAY)
		return type_has_late(type->array.element);
	return type->kind == TYPE_LATE;
}
