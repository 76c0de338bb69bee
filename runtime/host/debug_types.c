/*
 * Types of DWARF as types of the language.
 *
 * One struct is described again by each unit that includes its header: those
 * that agree in name, size and line are one, or else a pointer of one unit
 * would be of another type than that of the next.
 */
#include "runtime/host/debug_types.h"

#include <string.h>

#include "base/compiler.h"
#include "runtime/host/foreign_types.h"

enum {
	CHAIN_MAX = 64,	      /* typedefs and qualifiers around a type */
	NESTED_MAX = 1000,    /* records looked at for one that holds itself */
	ENCODING_BOOL = 0x02, /* of base types */
	ENCODING_COMPLEX = 0x03,
	ENCODING_FLOAT = 0x04,
	ENCODING_SIGNED = 0x05,
	ENCODING_SIGNED_CHAR = 0x06,
	OP_PLUS_UCONST = 0x23,
};

/* Whose fields are fetched when they are asked for. */
struct origin {
	struct debug_entries *entries;
	uint64_t offset;
};

static const struct type *convert(struct debug_entries *entries, struct types *types,
				  const struct debug_entry *entry, enum debug_attribute attribute,
				  unsigned depth);

/* --- reading ---------------------------------------------------------------------------- */

static bool is_around(uint64_t tag)
{
	return tag == TAG_TYPEDEF || tag == TAG_CONST || tag == TAG_VOLATILE ||
	       tag == TAG_RESTRICT || tag == TAG_ATOMIC;
}

static bool is_record(uint64_t tag)
{
	return tag == TAG_STRUCT || tag == TAG_CLASS || tag == TAG_UNION;
}

bool debug_plain_type(struct debug_entries *entries, const struct debug_entry *entry,
		      enum debug_attribute attribute, struct debug_entry *ret_type)
{
	unsigned i;

	if (!debug_entry_follow(entries, entry, attribute, ret_type))
		return false;
	for (i = 0; is_around(ret_type->tag); i++)
		if (i == CHAIN_MAX ||
		    !debug_entry_follow(entries, ret_type, ATTRIBUTE_TYPE, ret_type))
			return false;
	/* Described in a unit of its own. */
	debug_entry_follow(entries, ret_type, ATTRIBUTE_SIGNATURE, ret_type);
	return true;
}

static uint64_t number(struct debug_entries *entries, const struct debug_entry *entry,
		       enum debug_attribute attribute)
{
	return debug_entry_number(entries, entry, attribute, 0);
}

/* Elements in one dimension, 0 where it is open. */
static uint64_t range_length(struct debug_entries *entries, const struct debug_entry *range)
{
	if (debug_entry_has(range, ATTRIBUTE_COUNT))
		return number(entries, range, ATTRIBUTE_COUNT);
	return debug_entry_number(entries, range, ATTRIBUTE_UPPER_BOUND, UINT64_MAX) + 1;
}

uint64_t debug_array_length(struct debug_entries *entries, const struct debug_entry *array)
{
	struct debug_entry range;
	uint64_t length = 1;
	bool is_there;

	for (is_there = debug_entry_child(entries, array, &range); is_there;
	     is_there = debug_entry_next(entries, &range, &range))
		if (range.tag == TAG_RANGE && __builtin_mul_overflow(length, range_length(entries, &range), &length))
			return 0;
	return length;
}

uint64_t debug_size(struct debug_entries *entries, const struct debug_entry *type)
{
	struct debug_entry element;
	uint64_t size;

	if (debug_entry_has(type, ATTRIBUTE_BYTE_SIZE))
		return number(entries, type, ATTRIBUTE_BYTE_SIZE);
	if (type->tag == TAG_POINTER || type->tag == TAG_REFERENCE || type->tag == TAG_RVALUE_REFERENCE)
		return 8;
	if (type->tag != TAG_ARRAY || !debug_plain_type(entries, type, ATTRIBUTE_TYPE, &element) ||
	    element.tag == TAG_ARRAY ||
	    __builtin_mul_overflow(debug_array_length(entries, type), debug_size(entries, &element), &size))
		return 0;
	return size;
}

bool debug_member_offset(struct debug_entries *entries, const struct debug_entry *member,
			 uint64_t *ret_offset)
{
	struct dwarf_value location = member->values[ATTRIBUTE_DATA_MEMBER_LOCATION];
	struct dwarf_cursor cursor = { 0 };

	*ret_offset = number(entries, member, ATTRIBUTE_DATA_MEMBER_LOCATION);
	if (location.kind != DWARF_BLOCK)
		return true; /* of a union, or of a bitfield, it need not be there */
	cursor.at = location.bytes;
	cursor.end = cursor.at + location.number;
	if (dwarf_take(&cursor, 1) != OP_PLUS_UCONST)
		return false; /* a virtual base: where, only the object knows */
	*ret_offset = dwarf_take_uleb(&cursor);
	return !cursor.is_bad && cursor.at == cursor.end;
}

/* --- numbers, pointers, arrays, enums --------------------------------------------------------- */

static const struct type *convert_base(struct debug_entries *entries, struct types *types,
				       const struct debug_entry *entry)
{
	uint64_t encoding = number(entries, entry, ATTRIBUTE_ENCODING), size = debug_size(entries, entry);

	if (encoding == ENCODING_BOOL && size == 1)
		return types->bool_type;
	/* The language does not compute with them: bytes, which no one takes for a number. */
	if (encoding == ENCODING_FLOAT || encoding == ENCODING_COMPLEX)
		return type_array(types, type_int(types, 1, false), (uint32_t)MIN(size, 32u));
	return foreign_number(types, size,
			      encoding == ENCODING_SIGNED || encoding == ENCODING_SIGNED_CHAR);
}

static const struct type *convert_pointer(struct debug_entries *entries, struct types *types,
					  const struct debug_entry *entry, unsigned depth)
{
	return type_pointer(types, convert(entries, types, entry, ATTRIBUTE_TYPE, depth + 1), SPACE_USER);
}

static bool is_char(struct debug_entries *entries, const struct debug_entry *type)
{
	const char *name = debug_entry_text(entries, type, ATTRIBUTE_NAME);

	return type->tag == TAG_BASE && name && !strcmp(name, "char");
}

static const struct type *convert_array(struct debug_entries *entries, struct types *types,
					const struct debug_entry *entry, unsigned depth)
{
	uint64_t lengths[FOREIGN_DEPTH_MAX];
	struct debug_entry element, range;
	const struct type *type = convert(entries, types, entry, ATTRIBUTE_TYPE, depth + 1);
	bool text = debug_plain_type(entries, entry, ATTRIBUTE_TYPE, &element) &&
		    is_char(entries, &element);
	size_t count = 0;
	bool is_there;

	for (is_there = debug_entry_child(entries, entry, &range); is_there && count < ARRAY_SIZE(lengths);
	     is_there = debug_entry_next(entries, &range, &range))
		if (range.tag == TAG_RANGE)
			lengths[count++] = range_length(entries, &range);
	if (!count)
		lengths[count++] = 0;
	while (count--) { /* the last dimension is the innermost */
		type = foreign_array(types, type, text, lengths[count]);
		text = false;
	}
	return type;
}

/* What is made of an entry is found again in the table of interned types. */
struct entry_key {
	const struct debug_entries *entries;
	uint64_t offset;
};

/* The type made of the entry, or of one that agrees with it, whose key *ret_same is (NULL: nothing
 * is told to agree in). */
static struct type *known_type(struct debug_entries *entries, struct types *types,
			       const struct debug_entry *entry, const char **ret_same)
{
	struct entry_key key = { entries, entry->offset };
	struct type *type = table_get(&types->interned, &key, sizeof(key));
	const char *tag = debug_entry_text(entries, entry, ATTRIBUTE_NAME);

	*ret_same = NULL;
	if (type || !tag)
		return type;
	*ret_same = arena_printf(types->arena, "dwarf %p %llu %s %llu %llu", (void *)entries,
				 (unsigned long long)entry->tag, tag,
				 (unsigned long long)debug_size(entries, entry),
				 (unsigned long long)number(entries, entry, ATTRIBUTE_DECL_LINE));
	return table_get_str(&types->interned, *ret_same);
}

static void remember(struct debug_entries *entries, struct types *types,
		     const struct debug_entry *entry, const char *same, const struct type *type)
{
	struct entry_key key = { entries, entry->offset };

	table_set(&types->interned, arena_dup(types->arena, &key, sizeof(key)), sizeof(key), (void *)type);
	if (same)
		table_set_str(&types->interned, same, (void *)type);
}

static void add_enumerators(struct debug_entries *entries, struct types *types,
			    const struct debug_entry *entry, struct type *type)
{
	struct debug_entry child;
	struct enumerator *to = type->enumeration.enumerators;
	bool is_there;

	for (is_there = debug_entry_child(entries, entry, &child); is_there;
	     is_there = debug_entry_next(entries, &child, &child)) {
		const char *name = debug_entry_text(entries, &child, ATTRIBUTE_NAME);

		if (child.tag != TAG_ENUMERATOR || !name)
			continue;
		to->name = arena_strdup(types->arena, name);
		to->value = (int64_t)number(entries, &child, ATTRIBUTE_CONST_VALUE);
		type->enumeration.is_signed |=
			child.values[ATTRIBUTE_CONST_VALUE].kind == DWARF_SIGNED && to->value < 0;
		to++;
	}
	type->enumeration.count = (size_t)(to - type->enumeration.enumerators);
}

static const struct type *convert_enum(struct debug_entries *entries, struct types *types,
				       const struct debug_entry *entry)
{
	const char *same;
	struct type *type = known_type(entries, types, entry, &same);
	struct debug_entry child;
	size_t count = 0;
	bool is_there;

	if (type)
		return type;
	for (is_there = debug_entry_child(entries, entry, &child); is_there;
	     is_there = debug_entry_next(entries, &child, &child))
		count++;
	type = foreign_enum(types, debug_entry_text(entries, entry, ATTRIBUTE_NAME),
			    debug_size(entries, entry), count);
	add_enumerators(entries, types, entry, type);
	remember(entries, types, entry, same, type);
	return type;
}

/* --- records ------------------------------------------------------------------------------------ */

struct nesting {
	uint64_t outer;	/* offset of the record that is looked for */
	unsigned budget;
};

/* Does a member of the record hold the outer one, by value?  Only what is damaged says so. */
static bool holds(struct debug_entries *entries, const struct debug_entry *record,
		  struct nesting *nesting, unsigned depth)
{
	struct debug_entry member, type;
	bool is_there;
	unsigned i;

	if (record->offset == nesting->outer || depth > FOREIGN_DEPTH_MAX || !nesting->budget)
		return true;
	nesting->budget--;
	for (is_there = debug_entry_child(entries, record, &member); is_there;
	     is_there = debug_entry_next(entries, &member, &member)) {
		if (member.tag != TAG_MEMBER && member.tag != TAG_INHERITANCE)
			continue;
		if (!debug_plain_type(entries, &member, ATTRIBUTE_TYPE, &type))
			continue;
		for (i = 0; i < FOREIGN_DEPTH_MAX && type.tag == TAG_ARRAY; i++)
			if (!debug_plain_type(entries, &type, ATTRIBUTE_TYPE, &type))
				break;
		if (is_record(type.tag) && holds(entries, &type, nesting, depth + 1))
			return true;
	}
	return false;
}

/* A field, or false for a member that has no place in the object or that nothing reads. */
static bool convert_member(struct debug_entries *entries, struct types *types,
			   const struct debug_entry *record, const struct debug_entry *member,
			   struct field *ret_field)
{
	uint64_t offset, bit_size = number(entries, member, ATTRIBUTE_BIT_SIZE), bits;
	const char *name = debug_entry_text(entries, member, ATTRIBUTE_NAME);
	struct nesting nesting = { record->offset, NESTED_MAX };
	struct field field = { 0 };
	struct debug_entry type;

	if ((member->tag != TAG_MEMBER && member->tag != TAG_INHERITANCE) ||
	    debug_entry_has(member, ATTRIBUTE_DECLARATION) ||
	    !debug_member_offset(entries, member, &offset) || offset > UINT32_MAX ||
	    (debug_plain_type(entries, member, ATTRIBUTE_TYPE, &type) && is_record(type.tag) &&
	     holds(entries, &type, &nesting, 0)))
		return false;
	field.name = name && member->tag == TAG_MEMBER ? intern_str(types->interner, name) : NULL;
	field.type = convert(entries, types, member, ATTRIBUTE_TYPE, 0);
	field.offset = (uint32_t)offset;
	if (bit_size && bit_size <= 64 && field.type->size && field.type->size <= 8) {
		bits = offset * 8;
		if (debug_entry_has(member, ATTRIBUTE_DATA_BIT_OFFSET))
			bits = number(entries, member, ATTRIBUTE_DATA_BIT_OFFSET);
		else if (debug_entry_has(member, ATTRIBUTE_BIT_OFFSET)) /* from the other end, up to 3 */
			bits += 8 * debug_entry_number(entries, member, ATTRIBUTE_BYTE_SIZE, field.type->size) -
				number(entries, member, ATTRIBUTE_BIT_OFFSET) - bit_size;
		foreign_bitfield(&field, bits, bit_size);
	}
	*ret_field = field;
	return true;
}

static void complete_record(struct types *types, struct type *record)
{
	const struct origin *origin = record->record.origin;
	struct debug_entry entry, member;
	VEC(struct field) fields = { 0 };
	struct field field;
	bool is_there;

	record->record.is_complete = true;
	if (!debug_entry_at(origin->entries, origin->offset, &entry))
		return;
	for (is_there = debug_entry_child(origin->entries, &entry, &member); is_there;
	     is_there = debug_entry_next(origin->entries, &member, &member))
		if (convert_member(origin->entries, types, &entry, &member, &field))
			vec_push(types->arena, &fields, field);
	record->record.fields = fields.items;
	record->record.count = fields.count;
}

static struct type *new_record(struct debug_entries *entries, struct types *types,
			       const struct debug_entry *entry)
{
	const char *tag = debug_entry_text(entries, entry, ATTRIBUTE_NAME);
	struct type *type = type_struct(types, tag ? arena_strdup(types->arena, tag) : NULL,
					entry->tag == TAG_UNION);
	struct origin *origin = arena_new_struct(types->arena, struct origin);

	*origin = (struct origin){ entries, entry->offset };
	type->record.origin = origin;
	type->record.complete = complete_record;
	type->size = (uint32_t)MIN(debug_size(entries, entry), (uint64_t)INT32_MAX);
	type->align = foreign_struct_align(type->size);
	return type;
}

static const struct type *convert_record(struct debug_entries *entries, struct types *types,
					 const struct debug_entry *entry)
{
	const char *tag = debug_entry_text(entries, entry, ATTRIBUTE_NAME), *same;
	struct debug_entry definition;
	struct type *type;

	if (debug_entry_has(entry, ATTRIBUTE_DECLARATION) && tag &&
	    debug_find_type(entries, entry->tag == TAG_UNION ? "union" : "struct", tag, &definition))
		return convert_record(entries, types, &definition);
	type = known_type(entries, types, entry, &same);
	if (!type)
		type = new_record(entries, types, entry);
	remember(entries, types, entry, same, type);
	return type;
}

/* --- all of them ---------------------------------------------------------------------------------- */

static const struct type *convert_entry(struct debug_entries *entries, struct types *types,
					const struct debug_entry *type, unsigned depth)
{
	switch (type->tag) {
	case TAG_BASE:
		return convert_base(entries, types, type);
	case TAG_POINTER:
	case TAG_REFERENCE:
	case TAG_RVALUE_REFERENCE:
		return convert_pointer(entries, types, type, depth);
	case TAG_MEMBER_POINTER:
		return foreign_number(types, MAX(debug_size(entries, type), 8u), true);
	case TAG_ARRAY:
		return convert_array(entries, types, type, depth);
	case TAG_STRUCT:
	case TAG_CLASS:
	case TAG_UNION:
		return convert_record(entries, types, type);
	case TAG_ENUM:
		return convert_enum(entries, types, type);
	}
	return types->void_type; /* functions, and what other languages have: no value is of it */
}

static const struct type *convert(struct debug_entries *entries, struct types *types,
				  const struct debug_entry *entry, enum debug_attribute attribute,
				  unsigned depth)
{
	struct debug_entry type;

	if (depth > FOREIGN_DEPTH_MAX || !debug_plain_type(entries, entry, attribute, &type))
		return types->void_type;
	return convert_entry(entries, types, &type, depth);
}

const struct type *debug_type_of(struct debug_entries *entries, struct types *types,
				 const struct debug_entry *entry, enum debug_attribute attribute)
{
	return convert(entries, types, entry, attribute, 0);
}

const struct type *debug_named_type(struct debug_entries *entries, struct types *types,
				    const char *what, const char *name)
{
	struct debug_entry entry;

	if (!debug_find_type(entries, what, name, &entry))
		return NULL;
	if (is_around(entry.tag))
		return convert(entries, types, &entry, ATTRIBUTE_TYPE, 0);
	return convert_entry(entries, types, &entry, 0);
}

const struct type *debug_named_constant(struct debug_entries *entries, struct types *types,
					const char *name, int64_t *ret_value)
{
	struct debug_entry entry;

	if (!debug_find_enumerator(entries, name, &entry, ret_value))
		return NULL;
	return convert_enum(entries, types, &entry);
}

/* --- as text ---------------------------------------------------------------------------------------- */

static const char *type_text(struct debug_entries *entries, struct arena *arena,
			     const struct debug_entry *entry, enum debug_attribute attribute,
			     unsigned depth)
{
	struct debug_entry type;
	const char *name, *to;

	if (depth > FOREIGN_DEPTH_MAX || !debug_entry_follow(entries, entry, attribute, &type))
		return "void";
	name = debug_entry_text(entries, &type, ATTRIBUTE_NAME);
	switch (type.tag) {
	case TAG_STRUCT:
		return arena_printf(arena, "struct %s", name ? name : "(anonymous)");
	case TAG_UNION:
		return arena_printf(arena, "union %s", name ? name : "(anonymous)");
	case TAG_ENUM:
		return arena_printf(arena, "enum %s", name ? name : "(anonymous)");
	case TAG_FUNCTION_TYPE:
		return "void";
	}
	if (name)
		return name;
	to = type_text(entries, arena, &type, ATTRIBUTE_TYPE, depth + 1);
	switch (type.tag) {
	case TAG_POINTER:
		return arena_printf(arena, "%s%s*", to, to[strlen(to) - 1] == '*' ? "" : " ");
	case TAG_REFERENCE:
		return arena_printf(arena, "%s &", to);
	case TAG_RVALUE_REFERENCE:
		return arena_printf(arena, "%s &&", to);
	case TAG_CONST:
		return arena_printf(arena, to[strlen(to) - 1] == '*' ? "%s const" : "const %s", to);
	case TAG_VOLATILE:
		return arena_printf(arena, "volatile %s", to);
	case TAG_ARRAY:
		return arena_printf(arena, "%s[%llu]", to,
				    (unsigned long long)debug_array_length(entries, &type));
	}
	return to;
}

const char *debug_type_text(struct debug_entries *entries, const struct debug_entry *entry,
			    enum debug_attribute attribute)
{
	return type_text(entries, debug_entries_arena(entries), entry, attribute, 0);
}
