/*
 * Line tables, read with distrust.
 */
#include "runtime/host/line_table.h"

#include "base/compiler.h"

enum {
	FILES_MAX = 1 << 16,
	FORMATS_MAX = 16,
	/* What an entry of a v5 table tells. */
	CONTENT_PATH = 1,
	CONTENT_FOLDER = 2,
	/* Opcodes of the machine. */
	OP_EXTENDED = 0,
	OP_COPY,
	OP_ADVANCE_PC,
	OP_ADVANCE_LINE,
	OP_SET_FILE,
	OP_SET_COLUMN,
	OP_NEGATE_STMT,
	OP_SET_BASIC_BLOCK,
	OP_CONST_ADD_PC,
	OP_FIXED_ADVANCE_PC,
	EXTENDED_END_SEQUENCE = 1,
	EXTENDED_SET_ADDRESS = 2,
};

struct reader {
	const struct line_tables *tables;
	const struct line_visitor *visitor;
	struct dwarf_cursor unit;

	/* Of the unit's header. */
	uint8_t min_length, line_range, opcode_base;
	int8_t line_base;
	bool default_is_stmt;
	const uint8_t *operand_counts; /* of the standard opcodes, from 1 */
	VEC(const char *) folders;
	size_t file_count;
};

/* --- names of files -------------------------------------------------------------- */

static void add_file(struct reader *reader, const char *name, uint64_t folder)
{
	const char *place = folder < reader->folders.count ? reader->folders.items[folder] : "";

	reader->visitor->file(reader->visitor->context, reader->file_count++, place, name);
}

/* Up to version 4: lists that end in an empty name; files count from 1, folder 0 is not told. */
static void read_old_files(struct reader *reader)
{
	const char *name;

	vec_push(reader->visitor->arena, &reader->folders, "");
	while (*(name = dwarf_take_text(&reader->unit)) && reader->folders.count < FILES_MAX)
		vec_push(reader->visitor->arena, &reader->folders, name);
	add_file(reader, "", 0);
	while (*(name = dwarf_take_text(&reader->unit)) && reader->file_count < FILES_MAX) {
		uint64_t folder = dwarf_take_uleb(&reader->unit);

		dwarf_take_uleb(&reader->unit); /* time */
		dwarf_take_uleb(&reader->unit); /* size */
		add_file(reader, name, folder);
	}
}

/* A table of version 5: its columns, then its rows; folders first, then files. */
static void read_table(struct reader *reader, bool is_folders)
{
	uint64_t contents[FORMATS_MAX], forms[FORMATS_MAX], rows, row;
	size_t count = dwarf_take(&reader->unit, 1), i;

	if (count > FORMATS_MAX) {
		reader->unit.is_bad = true;
		return;
	}
	for (i = 0; i < count; i++) {
		contents[i] = dwarf_take_uleb(&reader->unit);
		forms[i] = dwarf_take_uleb(&reader->unit);
	}
	rows = dwarf_take_uleb(&reader->unit);
	for (row = 0; row < rows && row < FILES_MAX && !reader->unit.is_bad; row++) {
		const char *path = "";
		uint64_t folder = 0;

		for (i = 0; i < count; i++) {
			struct dwarf_value value =
				dwarf_take_form(&reader->unit, &reader->tables->texts, forms[i]);

			if (contents[i] == CONTENT_PATH && value.kind == DWARF_TEXT)
				path = value.bytes;
			else if (contents[i] == CONTENT_FOLDER && value.kind == DWARF_NUMBER)
				folder = value.number;
		}
		if (!is_folders)
			add_file(reader, path, folder);
		else
			vec_push(reader->visitor->arena, &reader->folders, path);
	}
}

/* --- rows ---------------------------------------------------------------------------- */

static struct line_row first_row(const struct reader *reader)
{
	return (struct line_row){ .file = 1, .line = 1, .is_stmt = reader->default_is_stmt };
}

static void give_row(const struct reader *reader, const struct line_row *row)
{
	reader->visitor->row(reader->visitor->context, row);
}

static void run_extended(struct reader *reader, struct line_row *row)
{
	uint64_t size = dwarf_take_uleb(&reader->unit);
	const uint8_t *start = reader->unit.at;
	uint64_t opcode;

	if (!size || size > (uint64_t)(reader->unit.end - start)) {
		reader->unit.is_bad = true;
		return;
	}
	opcode = dwarf_take(&reader->unit, 1);
	if (opcode == EXTENDED_END_SEQUENCE) {
		row->is_end = true;
		give_row(reader, row);
		*row = first_row(reader);
	} else if (opcode == EXTENDED_SET_ADDRESS && size == 1 + sizeof(row->address)) {
		row->address = dwarf_take(&reader->unit, sizeof(row->address));
	}
	reader->unit.at = start + size;
}

static void run_special(struct reader *reader, struct line_row *row, unsigned opcode)
{
	unsigned adjusted = opcode - reader->opcode_base;

	row->address += (uint64_t)(adjusted / reader->line_range) * reader->min_length;
	row->line += (uint64_t)(int64_t)(reader->line_base + (int)(adjusted % reader->line_range));
	give_row(reader, row);
}

static void run_standard(struct reader *reader, struct line_row *row, unsigned opcode)
{
	unsigned i;

	switch (opcode) {
	case OP_EXTENDED:
		run_extended(reader, row);
		return;
	case OP_COPY:
		give_row(reader, row);
		return;
	case OP_ADVANCE_PC:
		row->address += dwarf_take_uleb(&reader->unit) * reader->min_length;
		return;
	case OP_ADVANCE_LINE:
		row->line += (uint64_t)dwarf_take_sleb(&reader->unit);
		return;
	case OP_SET_FILE:
		row->file = dwarf_take_uleb(&reader->unit);
		return;
	case OP_SET_COLUMN:
		row->column = dwarf_take_uleb(&reader->unit);
		return;
	case OP_NEGATE_STMT:
		row->is_stmt = !row->is_stmt;
		return;
	case OP_CONST_ADD_PC:
		row->address += (uint64_t)((255u - reader->opcode_base) / reader->line_range) *
				reader->min_length;
		return;
	case OP_FIXED_ADVANCE_PC:
		row->address += dwarf_take(&reader->unit, 2);
		return;
	}
	for (i = 0; i < reader->operand_counts[opcode - 1]; i++)
		dwarf_take_uleb(&reader->unit);
}

static void run_program(struct reader *reader)
{
	struct line_row row = first_row(reader);

	while (reader->unit.at < reader->unit.end && !reader->unit.is_bad) {
		unsigned opcode = (unsigned)dwarf_take(&reader->unit, 1);

		if (opcode >= reader->opcode_base)
			run_special(reader, &row, opcode);
		else
			run_standard(reader, &row, opcode);
	}
}

/* --- units ------------------------------------------------------------------------------ */

static void read_unit(struct reader *reader)
{
	const uint8_t *program;
	uint64_t length;

	reader->folders.count = reader->file_count = 0;
	reader->unit.version = (unsigned)dwarf_take(&reader->unit, 2);
	if (reader->unit.version < 2 || reader->unit.version > 5)
		reader->unit.is_bad = true;
	if (reader->unit.version >= 5)
		dwarf_skip(&reader->unit, 2); /* sizes of addresses and segment selectors */
	length = dwarf_take_offset(&reader->unit);
	program = reader->unit.at + MIN(length, (uint64_t)(reader->unit.end - reader->unit.at));
	reader->min_length = (uint8_t)dwarf_take(&reader->unit, 1);
	if (reader->unit.version >= 4)
		dwarf_skip(&reader->unit, 1); /* operations an instruction */
	reader->default_is_stmt = dwarf_take(&reader->unit, 1);
	reader->line_base = (int8_t)dwarf_take(&reader->unit, 1);
	reader->line_range = (uint8_t)dwarf_take(&reader->unit, 1);
	reader->opcode_base = (uint8_t)dwarf_take(&reader->unit, 1);
	reader->operand_counts = reader->unit.at;
	if (!reader->line_range || !reader->opcode_base)
		reader->unit.is_bad = true;
	else
		dwarf_skip(&reader->unit, reader->opcode_base - 1u);
	if (!reader->unit.is_bad && reader->unit.version >= 5) {
		read_table(reader, true);
		read_table(reader, false);
	} else if (!reader->unit.is_bad) {
		read_old_files(reader);
	}
	reader->unit.at = program;
	if (!reader->unit.is_bad && reader->visitor->wants_rows(reader->visitor->context))
		run_program(reader);
}

struct line_tables line_tables_of(const struct elf_file *elf)
{
	return (struct line_tables){
		.lines = dwarf_section(elf, ".debug_line"),
		.texts = { .strings = dwarf_section(elf, ".debug_str"),
			   .line_strings = dwarf_section(elf, ".debug_line_str") },
	};
}

/* Units from an offset on, at most `count`. */
static void read_units(const struct line_tables *tables, const struct line_visitor *visitor,
		       uint64_t offset, size_t count)
{
	struct reader reader = { .tables = tables, .visitor = visitor };
	struct dwarf_cursor rest = { 0 };

	if (!tables->lines.bytes || offset >= tables->lines.size)
		return;
	rest.at = (const uint8_t *)tables->lines.bytes + offset;
	rest.end = (const uint8_t *)tables->lines.bytes + tables->lines.size;
	while (count-- && dwarf_take_unit(&rest, &reader.unit))
		read_unit(&reader);
}

void line_tables_visit_all(const struct line_tables *tables, const struct line_visitor *visitor)
{
	read_units(tables, visitor, 0, SIZE_MAX);
}

void line_tables_visit(const struct line_tables *tables, uint64_t offset,
		       const struct line_visitor *visitor)
{
	read_units(tables, visitor, offset, 1);
}
