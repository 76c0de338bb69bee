/*
 * How types meet: promotion, unification, conversion (language.md 6.4, 6.5).
 */
#include "base/compiler.h"
#include "sema/infer.h"
#include "sema/type.h"

const char *type_base_name(const struct type *type)
{
	switch (type->kind) {
	case TYPE_VOID:
		return "void";
	case TYPE_INT:
		return "int";
	case TYPE_BOOL:
		return "bool";
	case TYPE_STRING:
		return "string";
	case TYPE_POINTER:
		return "pointer";
	case TYPE_ARRAY:
		return "array";
	case TYPE_STRUCT:
		return type->record.is_union ? "union" : "struct";
	case TYPE_ENUM:
		return "enum";
	case TYPE_TUPLE:
		return type_is_record(type) ? "record" : "tuple";
	case TYPE_STACK:
		return type->stack.is_user ? "ustack" : "kstack";
	case TYPE_BUFFER:
		return "buffer";
	case TYPE_AGGREGATE:
	case TYPE_SYMBOL:
	case TYPE_LATE:
		return type->name;
	}
	unreachable();
}

bool type_is_integer(const struct type *type)
{
	return type->kind == TYPE_INT || type->kind == TYPE_BOOL || type->kind == TYPE_ENUM;
}

bool type_in_register(const struct type *type)
{
	return type_is_integer(type) || type->kind == TYPE_POINTER;
}

bool type_is_signed(const struct type *type)
{
	switch (type->kind) {
	case TYPE_INT:
		return type->integer.is_signed;
	case TYPE_ENUM:
		return type->enumeration.is_signed;
	case TYPE_AGGREGATE:
		return type->aggregate.is_signed;
	case TYPE_VOID:
	case TYPE_BOOL:
	case TYPE_STRING:
	case TYPE_POINTER:
	case TYPE_ARRAY:
	case TYPE_STRUCT:
	case TYPE_TUPLE:
	case TYPE_STACK:
	case TYPE_SYMBOL:
	case TYPE_BUFFER:
	case TYPE_LATE:
		return false;
	}
	unreachable();
}

static bool is_literal(const struct type *type)
{
	return type->kind == TYPE_INT && type->integer.is_literal;
}

/* Does the type make an operation signed, whatever the other operand? */
static bool forces_signed(const struct type *type)
{
	return is_literal(type) ? type->integer.is_negative : type_is_signed(type);
}

bool type_operation_is_signed(const struct type *a, const struct type *b)
{
	if (is_literal(a) && is_literal(b))
		return a->integer.is_signed && b->integer.is_signed;
	return forces_signed(a) || forces_signed(b);
}

const struct type *type_read(const struct types *types, const struct type *type)
{
	if (type->kind != TYPE_AGGREGATE)
		return type;
	return type_int(types, 8, type->aggregate.kind != AGGREGATE_COUNT && type->aggregate.is_signed);
}

const struct type *type_settled(struct types *types, const struct type *type)
{
	if (type && is_literal(type))
		return type_int(types, 8, type->integer.is_signed);
	return type;
}

static bool literal_fits(const struct type *literal, const struct type *integer)
{
	unsigned bits = integer->size * 8;

	if (integer->integer.is_signed)
		return literal->integer.literal_bits < bits;
	return !literal->integer.is_negative && literal->integer.literal_bits <= bits;
}

/* The narrowest type of at least the integer's width that a literal fits in. */
static const struct type *widen_for_literal(struct types *types, const struct type *integer,
					    const struct type *literal)
{
	bool is_signed = integer->integer.is_signed || literal->integer.is_negative;
	unsigned size = integer->size;

	if (literal_fits(literal, integer))
		return integer;
	if (is_signed && !integer->integer.is_signed)
		size *= 2;
	for (; size < 8; size *= 2)
		if (literal_fits(literal, type_int(types, size, is_signed)))
			break;
	return type_int(types, size, is_signed);
}

static const struct type *unify_literals(struct types *types, const struct type *a,
					 const struct type *b)
{
	unsigned bits = MAX(a->integer.literal_bits, b->integer.literal_bits);
	bool is_negative = a->integer.is_negative || b->integer.is_negative;
	uint64_t magnitude = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;

	return type_literal(types, is_negative ? ~magnitude : magnitude, is_negative && bits < 64);
}

static const struct type *unify_integers(struct types *types, const struct type *a,
					 const struct type *b)
{
	if (is_literal(a) && is_literal(b))
		return unify_literals(types, a, b);
	if (is_literal(a))
		return widen_for_literal(types, b, a);
	if (is_literal(b))
		return widen_for_literal(types, a, b);
	/* What is an address of one memory now and then is none of it. */
	if (a->integer.space != b->integer.space)
		return unify_integers(types, type_int(types, a->size, type_is_signed(a)),
				      type_int(types, b->size, type_is_signed(b)));
	if (a->integer.is_signed == b->integer.is_signed)
		return a->size >= b->size ? a : b;
	if (b->integer.is_signed) {
		const struct type *swap = a;

		a = b;
		b = swap;
	}
	/* a is signed, b is not */
	return a->size > b->size ? a : type_int(types, MIN(b->size * 2, 8u), true);
}

/* Items and names of a tuple of the unified items, or NULL. */
static const struct type *unify_tuples(struct types *types, const struct type *a,
				       const struct type *b)
{
	size_t i, count = a->tuple.count;
	const struct type **items;
	const char **names;

	if (count != b->tuple.count || type_is_record(a) != type_is_record(b))
		return NULL;
	items = arena_new_array(types->arena, const struct type *, count);
	names = arena_new_array(types->arena, const char *, count);
	for (i = 0; i < count; i++) {
		items[i] = type_unify(types, a->tuple.fields[i].type, b->tuple.fields[i].type);
		names[i] = a->tuple.fields[i].name;
		if (!items[i] || names[i] != b->tuple.fields[i].name)
			return NULL;
	}
	return type_tuple(types, items, type_is_record(a) ? names : NULL, count);
}

static const struct type *unify_aggregates(struct types *types, const struct type *a,
					   const struct type *b)
{
	if (a->aggregate.kind != b->aggregate.kind || a->aggregate.bits != b->aggregate.bits ||
	    a->aggregate.interval != b->aggregate.interval ||
	    a->aggregate.slots != b->aggregate.slots || a->aggregate.series != b->aggregate.series ||
	    a->aggregate.kind == AGGREGATE_LHIST)
		return NULL;
	if (a->aggregate.kind == AGGREGATE_SERIES)
		return type_series(types, a->aggregate.series, a->aggregate.interval,
				   a->aggregate.slots, true);
	if (a->aggregate.kind == AGGREGATE_PERCENTILES)
		return type_percentiles(types, a->aggregate.bits, true);
	return type_aggregate(types, a->aggregate.kind,
			      a->aggregate.is_signed || b->aggregate.is_signed);
}

const struct type *type_unify(struct types *types, const struct type *a, const struct type *b)
{
	if (a == b)
		return a;
	if (a->kind == TYPE_INT && b->kind == TYPE_INT)
		return unify_integers(types, a, b);
	if (a->kind == TYPE_POINTER && (b->kind == TYPE_POINTER || is_literal(b)))
		return a;
	if (b->kind == TYPE_POINTER && is_literal(a))
		return b;
	if (a->kind == TYPE_ENUM && b->kind == TYPE_INT)
		return type_unify(types, type_int(types, a->size, type_is_signed(a)), b);
	if (b->kind == TYPE_ENUM && a->kind == TYPE_INT)
		return type_unify(types, a, type_int(types, b->size, type_is_signed(b)));
	if (a->kind != b->kind)
		return NULL;
	switch (a->kind) {
	case TYPE_STRING:
		if (a->size == b->size)
			return a->string.is_chars ? a : b; /* a literal is never cut */
		return a->size > b->size ? a : b;
	case TYPE_TUPLE:
		return unify_tuples(types, a, b);
	case TYPE_AGGREGATE:
		return unify_aggregates(types, a, b);
	case TYPE_ARRAY:
		return a->array.element == b->array.element && a->array.length == b->array.length ? a
												  : NULL;
	case TYPE_VOID:
	case TYPE_INT:
	case TYPE_BOOL:
	case TYPE_POINTER:
	case TYPE_STRUCT:
	case TYPE_ENUM:
	case TYPE_STACK:
	case TYPE_SYMBOL:
	case TYPE_BUFFER:
	case TYPE_LATE:
		return NULL;
	}
	unreachable();
}

bool type_converts(const struct type *from, const struct type *to)
{
	size_t i;

	if (from == to)
		return true;
	if (from->kind == TYPE_TUPLE && to->kind == TYPE_TUPLE) {
		if (from->tuple.count != to->tuple.count)
			return false;
		for (i = 0; i < from->tuple.count; i++)
			if (!type_converts(from->tuple.fields[i].type, to->tuple.fields[i].type))
				return false;
		return true;
	}
	if (from->kind == TYPE_AGGREGATE)
		return aggregate_is_number(from) && to->kind == TYPE_INT;
	if (from->kind == TYPE_ENUM && to->kind == TYPE_INT)
		return true;
	if (to->kind == TYPE_POINTER && from->kind == TYPE_INT)
		return true;
	return from->kind == to->kind && from->kind != TYPE_STRUCT && from->kind != TYPE_STACK &&
	       from->kind != TYPE_SYMBOL && from->kind != TYPE_BUFFER && from->kind != TYPE_LATE;
}

enum fit type_fit(struct types *types, const struct type *declared, const struct type *type)
{
	bool is_same = type_unify(types, declared, type) == declared;

	if (type->kind == TYPE_INT && type->integer.is_literal && !is_same)
		return FITS_NO_LITERAL;
	if (!type_converts(type, declared))
		return FITS_NOT;
	return !is_same && type->kind == TYPE_INT && type->size > declared->size ? FITS_CUT : FITS;
}
