/*
 * The types of fields, elements and indexed values.
 */
#include "base/compiler.h"
#include "sema/infer_expr.h"

static const struct type *void_of(struct inferer *inferer)
{
	return inferer->program->types.void_type;
}

static bool is_void(const struct type *type)
{
	return type->kind == TYPE_VOID;
}

/* An argument that the event has, but that no program can read. */
static bool report_hidden(struct inferer *inferer, const struct expr *expr, const struct type *record)
{
	const struct attach_point *point;
	const char *reason;

	if (!inferer->instance || record != inferer->instance->args)
		return false;
	point = inferer->instance->points.items[0];
	if (!point->type->hidden_arg)
		return false;
	reason = point->type->hidden_arg(inferer->program, point, expr->field.name);
	if (!reason)
		return false;
	diag_report(inferer->program->diags, expr->field.name_span, DIAG_WRONG_PROBE,
		    "the argument '%s' cannot be read: %s", expr->field.name, reason);
	return true;
}

static void report_field(struct inferer *inferer, const struct expr *expr, const struct type *record,
			 const char *kind)
{
	struct diags *diags = inferer->program->diags;
	const struct field *fields = record->kind == TYPE_TUPLE ? record->tuple.fields
								: record->record.fields;
	size_t i, count = record->kind == TYPE_TUPLE ? record->tuple.count : record->record.count;
	struct suggestion suggestion;
	struct strbuf list;

	if (report_hidden(inferer, expr, record))
		return;
	diag_report(diags, expr->field.name_span, DIAG_UNKNOWN_FIELD,
		    "%s '%s' does not contain a field named '%s'", kind, record->name,
		    expr->field.name);
	suggestion_init(&suggestion, expr->field.name);
	strbuf_init(&list, inferer->program->arena);
	for (i = 0; i < count; i++) {
		if (!fields[i].name)
			continue;
		suggestion_offer(&suggestion, fields[i].name);
		strbuf_printf(&list, "%s%s", list.length ? ", " : "", fields[i].name);
	}
	if (suggestion.best)
		diag_hint(diags, "did you mean %s?", suggestion.best);
	if (list.length && count <= 24)
		diag_hint(diags, "its fields: %s", list.text);
}

/* The space of the memory an expression's value lies in, for pointers read from it. */
static enum space space_of(const struct expr *expr)
{
	if (expr->type && expr->type->kind == TYPE_POINTER)
		return expr->type->pointer.space;
	if (expr->kind == EXPR_FIELD)
		return space_of(expr->field.object);
	if (expr->kind == EXPR_INDEX)
		return space_of(expr->index.object);
	if (expr->kind == EXPR_UNARY && expr->unary.op == UNARY_DEREF)
		return space_of(expr->unary.operand);
	return SPACE_NONE;
}

static const struct type *record_field(struct inferer *inferer, struct expr *expr,
				       const struct type *record)
{
	size_t i;

	for (i = 0; i < record->tuple.count; i++)
		if (record->tuple.fields[i].name == expr->field.name) {
			expr->field.field = &record->tuple.fields[i];
			expr->field.offset = record->tuple.fields[i].offset;
			return record->tuple.fields[i].type;
		}
	if (inferer->is_final)
		report_field(inferer, expr, record, "Record");
	return void_of(inferer);
}

static const struct type *struct_field(struct inferer *inferer, struct expr *expr,
				       const struct type *record)
{
	struct types *types = &inferer->program->types;
	const struct field *field = type_field(types, record, expr->field.name, &expr->field.offset);
	enum space space = space_of(expr->field.object);

	expr->field.field = field;
	if (!field) {
		if (inferer->is_final)
			report_field(inferer, expr, record, "Struct/union of type");
		return void_of(inferer);
	}
	if (field->is_data_loc)
		return type_string(types, (uint32_t)inferer->program->config.max_strlen);
	if (field->type->kind == TYPE_POINTER && space != SPACE_NONE &&
	    field->type->pointer.space != space)
		return type_pointer(types, field->type->pointer.to, space);
	return field->type;
}

const struct type *infer_field(struct inferer *inferer, struct expr *expr)
{
	const struct type *object = expr->field.object->type;

	infer_report_void(inferer, expr->field.object);
	if (!object || is_void(object))
		return object;
	if (object->kind == TYPE_POINTER)
		object = object->pointer.to;
	if (object->kind == TYPE_STRUCT)
		return struct_field(inferer, expr, object);
	if (type_is_record(object))
		return record_field(inferer, expr, object);
	if (inferer->is_final) {
		diag_report(inferer->program->diags, expr->span, DIAG_UNKNOWN_FIELD,
			    "Can not access field '%s' on expression of type '%s'", expr->field.name,
			    expr->field.object->type->name);
		if (object->kind == TYPE_INT)
			diag_hint(inferer->program->diags,
				  "if it is the address of a struct, cast it: ((struct NAME *)x).%s",
				  expr->field.name);
	}
	return void_of(inferer);
}

static const struct type *tuple_element(struct inferer *inferer, const struct expr *expr,
					const struct type *tuple, uint64_t number)
{
	if (number < tuple->tuple.count)
		return tuple->tuple.fields[number].type;
	if (inferer->is_final)
		diag_report(inferer->program->diags, expr->span, DIAG_ARG_RANGE,
			    "Invalid tuple index: %llu. Found %zu elements in tuple",
			    (unsigned long long)number, tuple->tuple.count);
	return void_of(inferer);
}

const struct type *infer_element(struct inferer *inferer, struct expr *expr)
{
	const struct type *object = expr->element.object->type;

	infer_report_void(inferer, expr->element.object);
	if (!object || is_void(object))
		return object;
	if (object->kind == TYPE_TUPLE)
		return tuple_element(inferer, expr, object, expr->element.number);
	if (inferer->is_final)
		diag_report(inferer->program->diags, expr->span, DIAG_UNKNOWN_FIELD,
			    "Can not access element %llu on expression of type '%s': it is no tuple",
			    (unsigned long long)expr->element.number, object->name);
	return void_of(inferer);
}

static void report_bad_index(struct inferer *inferer, const struct expr *index)
{
	const struct type *type = index->type;

	if (!inferer->is_final || !type || is_void(type) || type_is_integer(type) ||
	    (type->kind == TYPE_AGGREGATE && aggregate_is_number(type)))
		return;
	diag_report(inferer->program->diags, index->span, DIAG_BAD_OPERAND,
		    "an index is an integer, this is a %s", type->name);
}

const struct type *infer_index(struct inferer *inferer, struct expr *expr)
{
	struct types *types = &inferer->program->types;
	const struct type *object = expr->index.object->type;
	int64_t number;

	infer_report_void(inferer, expr->index.object);
	infer_report_void(inferer, expr->index.index);
	report_bad_index(inferer, expr->index.index);
	if (!object || is_void(object))
		return object;
	switch (object->kind) {
	case TYPE_ARRAY:
		/* One of length 0 ends its struct: how long it is only the kernel knows. */
		if (inferer->is_final && object->array.length &&
		    expr_is_number(expr->index.index, &number) &&
		    (uint64_t)number >= object->array.length)
			diag_report(inferer->program->diags, expr->index.index->span, DIAG_ARG_RANGE,
				    "the index %lld is out of bounds for array of size %u",
				    (long long)number, object->array.length);
		return object->array.element;
	case TYPE_POINTER:
		return is_void(object->pointer.to) ? type_int(types, 1, false) : object->pointer.to;
	case TYPE_STRING:
		return type_int(types, 1, true);
	case TYPE_TUPLE:
		if (expr_is_number(expr->index.index, &number))
			return tuple_element(inferer, expr, object, (uint64_t)number);
		if (inferer->is_final)
			diag_report(inferer->program->diags, expr->index.index->span,
				    DIAG_ARG_LITERAL,
				    "the index of a tuple is a constant: its elements differ in type");
		return void_of(inferer);
	case TYPE_VOID:
	case TYPE_INT:
	case TYPE_BOOL:
	case TYPE_STRUCT:
	case TYPE_ENUM:
	case TYPE_AGGREGATE:
	case TYPE_STACK:
	case TYPE_SYMBOL:
	case TYPE_BUFFER:
	case TYPE_LATE:
		break;
	}
	if (inferer->is_final)
		diag_report(inferer->program->diags, expr->span, DIAG_BAD_OPERAND,
			    "The array index operator [] can only be used on arrays, pointers, and "
			    "tuples, found %s",
			    object->name);
	return void_of(inferer);
}
