/*
 * Numbers, texts and forms of DWARF.
 */
#include "runtime/host/dwarf_data.h"

#include <string.h>

#include "base/compiler.h"

struct dwarf_section dwarf_section(const struct elf_file *elf, const char *name)
{
	const Elf64_Shdr *header = elf_section(elf, name, 0);
	struct dwarf_section section = { 0 };

	if (header)
		section.bytes = elf_bytes_of(elf, header, &section.size);
	return section;
}

const char *dwarf_text(const struct dwarf_section *section, uint64_t offset)
{
	return section->bytes && offset < section->size ? section->bytes + offset : "";
}

/* --- numbers -------------------------------------------------------------------- */

static void fail(struct dwarf_cursor *cursor)
{
	cursor->is_bad = true;
	cursor->at = cursor->end;
}

uint64_t dwarf_take(struct dwarf_cursor *cursor, size_t size)
{
	uint64_t number = 0;

	if ((size_t)(cursor->end - cursor->at) < size) {
		fail(cursor);
		return 0;
	}
	memcpy(&number, cursor->at, size); /* both little-endian, or elf_open() had refused */
	cursor->at += size;
	return number;
}

uint64_t dwarf_take_offset(struct dwarf_cursor *cursor)
{
	return dwarf_take(cursor, cursor->is_wide ? 8 : 4);
}

/* The 7-bit groups of a number; *ret_bits: how many bits they are. */
static uint64_t take_groups(struct dwarf_cursor *cursor, unsigned *ret_bits, uint8_t *ret_last)
{
	uint64_t number = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = (uint8_t)dwarf_take(cursor, 1);
		if (shift < 64)
			number |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	*ret_bits = shift;
	*ret_last = byte;
	return number;
}

uint64_t dwarf_take_uleb(struct dwarf_cursor *cursor)
{
	unsigned bits;
	uint8_t last;

	return take_groups(cursor, &bits, &last);
}

int64_t dwarf_take_sleb(struct dwarf_cursor *cursor)
{
	unsigned bits;
	uint8_t last;
	uint64_t number = take_groups(cursor, &bits, &last);

	if (bits < 64 && (last & 0x40))
		number |= UINT64_MAX << bits;
	return (int64_t)number;
}

void dwarf_skip(struct dwarf_cursor *cursor, uint64_t size)
{
	if ((uint64_t)(cursor->end - cursor->at) < size)
		fail(cursor);
	else
		cursor->at += size;
}

const char *dwarf_take_text(struct dwarf_cursor *cursor)
{
	const char *text = (const char *)cursor->at;
	const uint8_t *nul = memchr(cursor->at, 0, (size_t)(cursor->end - cursor->at));

	if (!nul) {
		fail(cursor);
		return "";
	}
	cursor->at = nul + 1;
	return text;
}

bool dwarf_take_unit(struct dwarf_cursor *cursor, struct dwarf_cursor *ret_unit)
{
	uint64_t length;

	if (cursor->at >= cursor->end)
		return false;
	length = dwarf_take(cursor, 4);
	*ret_unit = (struct dwarf_cursor){ .is_wide = length == UINT32_MAX };
	if (ret_unit->is_wide)
		length = dwarf_take(cursor, 8);
	if (cursor->is_bad || length > (uint64_t)(cursor->end - cursor->at))
		return false;
	ret_unit->at = cursor->at;
	cursor->at = ret_unit->end = cursor->at + length;
	return true;
}

/* --- forms ------------------------------------------------------------------------- */

static struct dwarf_value number_value(uint64_t number)
{
	return (struct dwarf_value){ DWARF_NUMBER, number, NULL };
}

static struct dwarf_value value_of(enum dwarf_value_kind kind, uint64_t number)
{
	return (struct dwarf_value){ kind, number, NULL };
}

static struct dwarf_value text_value(const char *text)
{
	return (struct dwarf_value){ DWARF_TEXT, 0, text };
}

static struct dwarf_value take_block(struct dwarf_cursor *cursor, uint64_t size)
{
	struct dwarf_value value = { DWARF_BLOCK, size, cursor->at };

	dwarf_skip(cursor, size);
	return cursor->is_bad ? (struct dwarf_value){ 0 } : value;
}

/* Long because DWARF has that many. */
struct dwarf_value dwarf_take_form(struct dwarf_cursor *cursor, const struct dwarf_texts *texts,
				   uint64_t form)
{
	switch (form) {
	case DW_FORM_INDIRECT:
		form = dwarf_take_uleb(cursor);
		if (form != DW_FORM_INDIRECT && form != DW_FORM_IMPLICIT_CONST)
			return dwarf_take_form(cursor, texts, form);
		break;
	case DW_FORM_ADDR:
		return number_value(dwarf_take(cursor, MIN(cursor->address_size, 8)));
	case DW_FORM_DATA1:
	case DW_FORM_FLAG:
		return number_value(dwarf_take(cursor, 1));
	case DW_FORM_DATA2:
		return number_value(dwarf_take(cursor, 2));
	case DW_FORM_DATA4:
		return number_value(dwarf_take(cursor, 4));
	case DW_FORM_DATA8:
		return number_value(dwarf_take(cursor, 8));
	case DW_FORM_DATA16:
		return take_block(cursor, 16);
	case DW_FORM_UDATA:
		return number_value(dwarf_take_uleb(cursor));
	case DW_FORM_SDATA:
		return value_of(DWARF_SIGNED, (uint64_t)dwarf_take_sleb(cursor));
	case DW_FORM_FLAG_PRESENT:
		return number_value(1);
	case DW_FORM_SEC_OFFSET:
		return number_value(dwarf_take_offset(cursor));
	case DW_FORM_LOCLISTX:
	case DW_FORM_RNGLISTX:
		return value_of(DWARF_LIST_INDEX, dwarf_take_uleb(cursor));
	case DW_FORM_STRING:
		return text_value(dwarf_take_text(cursor));
	case DW_FORM_STRP:
		return text_value(dwarf_text(&texts->strings, dwarf_take_offset(cursor)));
	case DW_FORM_LINE_STRP:
		return text_value(dwarf_text(&texts->line_strings, dwarf_take_offset(cursor)));
	case DW_FORM_STRX:
	case DW_FORM_GNU_STR_INDEX:
		return value_of(DWARF_TEXT_INDEX, dwarf_take_uleb(cursor));
	case DW_FORM_STRX1:
	case DW_FORM_STRX2:
	case DW_FORM_STRX3:
	case DW_FORM_STRX4:
		return value_of(DWARF_TEXT_INDEX, dwarf_take(cursor, form - DW_FORM_STRX1 + 1));
	case DW_FORM_ADDRX:
	case DW_FORM_GNU_ADDR_INDEX:
		return value_of(DWARF_ADDRESS_INDEX, dwarf_take_uleb(cursor));
	case DW_FORM_ADDRX1:
	case DW_FORM_ADDRX2:
	case DW_FORM_ADDRX3:
	case DW_FORM_ADDRX4:
		return value_of(DWARF_ADDRESS_INDEX, dwarf_take(cursor, form - DW_FORM_ADDRX1 + 1));
	case DW_FORM_BLOCK:
	case DW_FORM_EXPRLOC:
		return take_block(cursor, dwarf_take_uleb(cursor));
	case DW_FORM_BLOCK1:
		return take_block(cursor, dwarf_take(cursor, 1));
	case DW_FORM_BLOCK2:
		return take_block(cursor, dwarf_take(cursor, 2));
	case DW_FORM_BLOCK4:
		return take_block(cursor, dwarf_take(cursor, 4));
	case DW_FORM_REF1:
		return value_of(DWARF_NEAR, dwarf_take(cursor, 1));
	case DW_FORM_REF2:
		return value_of(DWARF_NEAR, dwarf_take(cursor, 2));
	case DW_FORM_REF4:
		return value_of(DWARF_NEAR, dwarf_take(cursor, 4));
	case DW_FORM_REF8:
		return value_of(DWARF_NEAR, dwarf_take(cursor, 8));
	case DW_FORM_REF_UDATA:
		return value_of(DWARF_NEAR, dwarf_take_uleb(cursor));
	case DW_FORM_REF_ADDR: /* version 2 made it as large as an address */
		return value_of(DWARF_FAR, cursor->version == 2 ?
						   dwarf_take(cursor, MIN(cursor->address_size, 8)) :
						   dwarf_take_offset(cursor));
	case DW_FORM_REF_SIG8:
		return value_of(DWARF_SIGNATURE, dwarf_take(cursor, 8));
	case DW_FORM_REF_SUP4:
		return value_of(DWARF_ELSEWHERE, dwarf_take(cursor, 4));
	case DW_FORM_REF_SUP8:
		return value_of(DWARF_ELSEWHERE, dwarf_take(cursor, 8));
	case DW_FORM_STRP_SUP:
	case DW_FORM_GNU_REF_ALT:
	case DW_FORM_GNU_STRP_ALT:
		return value_of(DWARF_ELSEWHERE, dwarf_take_offset(cursor));
	}
	fail(cursor); /* not an enum of ours: what a file may hold */
	return (struct dwarf_value){ 0 };
}
