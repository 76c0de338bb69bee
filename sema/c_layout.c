/*
 * Where the members of a struct lie: the rules of C as the 64-bit Linux ABIs
 * have them.
 */
#include "base/compiler.h"
#include "sema/c_reader.h"

enum { STRUCT_SIZE_MAX = 1 << 26 };

struct frame {
	uint64_t bits;  /* the first free one */
	uint64_t size;  /* of the largest member, in bits, for a union */
	uint32_t align; /* bytes */
};

/* False: no word of the machine holds it. */
static bool place_bitfield(struct field *field, uint64_t start)
{
	uint32_t unit = MAX(field->type->size, 1u) * 8;

	if (start % unit + field->bit_size > unit)
		unit = 8; /* packed: across the border of two units */
	field->offset = (uint32_t)(start / unit * (unit / 8));
	field->bit_offset = (uint8_t)(start % unit);
	return field->bit_offset + field->bit_size <= 64;
}

/* ":0" ends a unit; others begin a new one where they do not fit. */
static bool add_bitfield(struct frame *frame, const struct c_member *member, bool is_packed,
			 struct field *field)
{
	uint64_t unit = MAX(member->type->size, 1u) * 8ull;

	if (!member->bits) {
		frame->bits = ALIGN_UP(frame->bits, unit);
		return true;
	}
	if (!is_packed && frame->bits % unit + member->bits > unit)
		frame->bits = ALIGN_UP(frame->bits, unit);
	if (member->align)
		frame->bits = ALIGN_UP(frame->bits, member->align * 8ull);
	field->bit_size = (uint8_t)member->bits;
	if (!place_bitfield(field, frame->bits))
		return false;
	frame->bits += member->bits;
	/* Nameless padding does not align the struct on the machines we know. */
	if (member->name)
		frame->align =
			MAX(frame->align, is_packed ? MAX(member->align, 1u)
						    : MAX(member->type->align, member->align));
	return true;
}

static void add_member(struct frame *frame, const struct c_member *member, bool is_packed,
		       struct field *field)
{
	uint32_t align = is_packed || member->is_packed ? 1 : MAX(member->type->align, 1u);

	align = MAX(align, member->align);
	frame->bits = ALIGN_UP(frame->bits, align * 8ull);
	field->offset = (uint32_t)(frame->bits / 8);
	frame->bits += member->type->size * 8ull;
	frame->align = MAX(frame->align, align);
}

bool c_lay_out(struct types *types, struct type *record, const struct c_members *members,
	       bool is_packed, uint32_t align)
{
	struct frame frame = { .align = MAX(align, 1u) };
	uint64_t size;
	size_t i, count = 0;

	record->record.fields = arena_new_array(types->arena, struct field, members->count);
	for (i = 0; i < members->count; i++) {
		const struct c_member *member = &members->items[i];
		struct field *field = &record->record.fields[count];

		*field = (struct field){ .name = member->name, .type = member->type };
		if (record->record.is_union)
			frame.bits = 0;
		if (!member->is_bitfield)
			add_member(&frame, member, is_packed, field);
		else if (!add_bitfield(&frame, member, is_packed || member->is_packed, field))
			return false;
		frame.size = MAX(frame.size, frame.bits);
		if (frame.size / 8 > STRUCT_SIZE_MAX)
			return false;
		count += member->name || !member->is_bitfield;
	}
	size = ALIGN_UP(ALIGN_UP(frame.size, 8ull) / 8, (uint64_t)frame.align);
	record->size = (uint32_t)size;
	record->align = frame.align;
	record->record.count = count;
	record->record.is_complete = true;
	return size <= STRUCT_SIZE_MAX;
}
