/*
 * .debug_line of DWARF 2 to 5: for each unit a header with the names of its
 * files, and a program for a small machine that makes rows of address, file
 * and line.
 */
#ifndef RUNTIME_HOST_LINE_TABLE_H
#define RUNTIME_HOST_LINE_TABLE_H

#include "runtime/host/dwarf_data.h"

struct line_row {
	uint64_t address, file, line, column;
	bool is_stmt;
	bool is_end; /* of a run of rows: the address behind its last instruction */
};

/* Who reads.  All hooks are set. */
struct line_visitor {
	void *context;
	struct arena *arena; /* for the time of the visit */
	/* The next file of a unit, whose files are numbered from 0.  Texts last as long as the section. */
	void (*file)(void *context, size_t index, const char *folder, const char *name);
	/* After the files: are the unit's rows of interest? */
	bool (*wants_rows)(void *context);
	void (*row)(void *context, const struct line_row *row);
};

struct line_tables {
	struct dwarf_section lines; /* bytes NULL: there are none */
	struct dwarf_texts texts;
};

struct line_tables line_tables_of(const struct elf_file *elf);

/* Visits all units, or the one at an offset. */
void line_tables_visit_all(const struct line_tables *tables, const struct line_visitor *visitor);
void line_tables_visit(const struct line_tables *tables, uint64_t offset,
		       const struct line_visitor *visitor);

#endif
