/*
 * Types of BTF and DWARF to types of the language: the rules of both.
 */
#include "runtime/host/foreign_types.h"

#include "base/compiler.h"

enum { ALIGN_MAX = 8 };

const struct type *foreign_number(struct types *types, uint64_t size, bool is_signed)
{
	if (size > 8)
		return foreign_array(types, type_int(types, 8, false), false, size / 8);
	return type_int(types, (unsigned)size, is_signed);
}

const struct type *foreign_array(struct types *types, const struct type *element, bool is_char,
				 uint64_t length)
{
	if (is_char && length && length <= UINT32_MAX)
		return type_chars(types, (uint32_t)length);
	if (length > UINT32_MAX / MAX(element->size, 1u))
		length = 0;
	return type_array(types, element, (uint32_t)length);
}

uint32_t foreign_struct_align(uint32_t size)
{
	uint32_t align = ALIGN_MAX;

	while (align > 1 && size % align)
		align /= 2;
	return align;
}

struct type *foreign_enum(struct types *types, const char *tag, uint64_t size, size_t count)
{
	struct type *type = arena_new_struct(types->arena, struct type);

	type->kind = TYPE_ENUM;
	type->name = arena_printf(types->arena, "enum %s", tag ? tag : "(anonymous)");
	type->size = type->align = size == 1 || size == 2 || size == 8 ? (uint32_t)size : 4;
	type->enumeration.tag = tag ? arena_strdup(types->arena, tag) : NULL;
	type->enumeration.count = count;
	type->enumeration.enumerators = arena_new_array(types->arena, struct enumerator, count);
	return type;
}

void foreign_bitfield(struct field *field, uint64_t bits, uint64_t bit_size)
{
	uint32_t unit = field->type->size ? field->type->size * 8 : 8;

	if (bits % unit + bit_size > unit)
		unit = 8; /* packed: across the border of two units */
	field->offset = (uint32_t)(bits / unit * (unit / 8));
	field->bit_offset = (uint8_t)(bits % unit);
	field->bit_size = (uint8_t)bit_size;
	/* In nine bytes: nothing reads it. */
	if (field->bit_offset + bit_size > 64)
		field->name = NULL;
}
