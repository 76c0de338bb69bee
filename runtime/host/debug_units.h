/*
 * What the reader of entries and its index share: units and their tables.
 */
#ifndef RUNTIME_HOST_DEBUG_UNITS_H
#define RUNTIME_HOST_DEBUG_UNITS_H

#include "runtime/host/debug_entries.h"

/* One attribute of all entries of an abbreviation. */
struct abbreviation_item {
	int attribute; /* enum debug_attribute, -1: nobody asks for it */
	uint64_t form;
	int64_t constant; /* of DW_FORM_IMPLICIT_CONST: the value */
};

struct abbreviation {
	uint64_t code, tag;
	bool has_children;
	VEC(struct abbreviation_item) items;
};

VEC_STRUCT(abbreviations, struct abbreviation);

struct debug_unit {
	uint64_t start, first, end; /* in .debug_info: its header, its first entry, the next unit */
	bool is_wide;
	unsigned version;
	uint8_t address_size;
	const struct abbreviations *abbreviations;
	uint64_t text_base, address_base; /* of its tables */
	uint64_t signature, type;	  /* of a unit that holds a type: where; else 0 */
	uint64_t language;
	bool is_elsewhere;		  /* stands for one in another file */
};

struct debug_entries {
	struct arena *arena;
	enum debug_state state;
	struct dwarf_section info, abbrev, text_offsets, addresses;
	struct dwarf_texts texts;
	struct table abbreviations; /* by offset */
	VEC(struct debug_unit) units;
	bool needs_dwz;

	/* Made when the first thing is looked for (debug_index.c). */
	bool is_indexed;
	struct table types;	/* "struct foo" to offset + 1 */
	struct table functions; /* address to offset + 1 */
	VEC(uint64_t) enums;	/* offsets */
	bool has_constants;
	struct table constants; /* name of an enumerator to offset + 1 of its enum */
	struct table names;	/* of functions that tell no address; UINTPTR_MAX: several have it */
};

#endif
