/*
 * Which addresses an entry of debug information is about.
 */
#ifndef RUNTIME_HOST_DEBUG_RANGES_H
#define RUNTIME_HOST_DEBUG_RANGES_H

#include "runtime/host/debug_entries.h"

struct debug_ranges {
	struct debug_entries *entries;
	struct dwarf_section ranges;	/* .debug_ranges, up to version 4 */
	struct dwarf_section lists;	/* .debug_rnglists, from version 5 on */
};

/* Of the unit that the entry is in. */
struct unit_base {
	uint64_t address;   /* that ranges begin from */
	uint64_t lists;	    /* where its table of lists begins */
};

struct debug_ranges debug_ranges_of(const struct elf_file *elf, struct debug_entries *entries);

/* `unit` is its first entry. */
struct unit_base debug_unit_base(const struct debug_ranges *ranges, const struct debug_entry *unit);

/* Has the entry code at the address? */
bool debug_entry_covers(const struct debug_ranges *ranges, const struct unit_base *base,
			const struct debug_entry *entry, uint64_t address);

#endif
