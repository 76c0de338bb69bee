/*
 * What all sections of DWARF are made of: numbers, texts and forms, read with
 * distrust.  Whatever leads outside of a section reads as nothing.
 */
#ifndef RUNTIME_HOST_DWARF_DATA_H
#define RUNTIME_HOST_DWARF_DATA_H

#include "runtime/host/elf_file.h"

struct dwarf_section {
	const char *bytes; /* NULL: there is none; else a NUL follows */
	uint64_t size;
};

/* Expanded if it is compressed. */
struct dwarf_section dwarf_section(const struct elf_file *elf, const char *name);

/* "" for an offset that is none. */
const char *dwarf_text(const struct dwarf_section *section, uint64_t offset);

/* A place in a unit of a section. */
struct dwarf_cursor {
	const uint8_t *at, *end;
	bool is_bad; /* once something did not fit: from there on all reads as 0 */
	bool is_wide; /* offsets have 8 bytes */
	unsigned version;
	uint8_t address_size;
};

uint64_t dwarf_take(struct dwarf_cursor *cursor, size_t size); /* up to 8 bytes */
uint64_t dwarf_take_offset(struct dwarf_cursor *cursor);
uint64_t dwarf_take_uleb(struct dwarf_cursor *cursor);
int64_t dwarf_take_sleb(struct dwarf_cursor *cursor);
const char *dwarf_take_text(struct dwarf_cursor *cursor);
void dwarf_skip(struct dwarf_cursor *cursor, uint64_t size);

/*
 * Reads the length that a unit begins with and bounds *ret_unit by it; the
 * cursor goes on behind the unit.  False at the end, and where it does not fit.
 */
bool dwarf_take_unit(struct dwarf_cursor *cursor, struct dwarf_cursor *ret_unit);

/* How a value is written. */
enum dwarf_form {
	DW_FORM_ADDR = 0x01,
	DW_FORM_BLOCK2 = 0x03,
	DW_FORM_BLOCK4,
	DW_FORM_DATA2,
	DW_FORM_DATA4,
	DW_FORM_DATA8,
	DW_FORM_STRING,
	DW_FORM_BLOCK,
	DW_FORM_BLOCK1,
	DW_FORM_DATA1,
	DW_FORM_FLAG,
	DW_FORM_SDATA,
	DW_FORM_STRP,
	DW_FORM_UDATA,
	DW_FORM_REF_ADDR,
	DW_FORM_REF1,
	DW_FORM_REF2,
	DW_FORM_REF4,
	DW_FORM_REF8,
	DW_FORM_REF_UDATA,
	DW_FORM_INDIRECT,
	DW_FORM_SEC_OFFSET,
	DW_FORM_EXPRLOC,
	DW_FORM_FLAG_PRESENT,
	DW_FORM_STRX,
	DW_FORM_ADDRX,
	DW_FORM_REF_SUP4,
	DW_FORM_STRP_SUP,
	DW_FORM_DATA16,
	DW_FORM_LINE_STRP,
	DW_FORM_REF_SIG8,
	DW_FORM_IMPLICIT_CONST,
	DW_FORM_LOCLISTX,
	DW_FORM_RNGLISTX,
	DW_FORM_REF_SUP8,
	DW_FORM_STRX1,
	DW_FORM_STRX2,
	DW_FORM_STRX3,
	DW_FORM_STRX4,
	DW_FORM_ADDRX1,
	DW_FORM_ADDRX2,
	DW_FORM_ADDRX3,
	DW_FORM_ADDRX4,
	DW_FORM_GNU_ADDR_INDEX = 0x1f01,
	DW_FORM_GNU_STR_INDEX = 0x1f02,
	DW_FORM_GNU_REF_ALT = 0x1f20,
	DW_FORM_GNU_STRP_ALT = 0x1f21,
};

struct dwarf_value {
	enum dwarf_value_kind {
		DWARF_NOTHING,	 /* absent */
		DWARF_NUMBER,
		DWARF_SIGNED,	 /* a number written with its sign */
		DWARF_TEXT,
		DWARF_BLOCK,	 /* `number` bytes */
		DWARF_NEAR,	 /* an entry: offset in the unit */
		DWARF_FAR,	 /* an entry: offset in the section */
		DWARF_SIGNATURE, /* an entry: the type unit with this number */
		DWARF_TEXT_INDEX, DWARF_ADDRESS_INDEX, /* in tables that the unit names */
		DWARF_LIST_INDEX, /* the same of a list of ranges or places */
		DWARF_ELSEWHERE, /* in another file (dwz) */
	} kind;
	uint64_t number;
	const void *bytes; /* TEXT, BLOCK */
};

/* Where texts lie. */
struct dwarf_texts {
	struct dwarf_section strings, line_strings;
};

/* A value of that form; NOTHING, and a bad cursor, for a form that is none. */
struct dwarf_value dwarf_take_form(struct dwarf_cursor *cursor, const struct dwarf_texts *texts,
				   uint64_t form);

#endif
