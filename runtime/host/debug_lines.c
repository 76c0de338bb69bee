/*
 * Reads .debug_line: for each unit a header with the names of its files, and
 * a program for a small machine that makes rows of address, file and line.
 */
#include "runtime/host/debug_lines.h"

#include <string.h>

#include "base/compiler.h"

enum {
	FILES_MAX = 1 << 16,
	FORMATS_MAX = 16,
	/* What an entry of a v5 table tells. */
	CONTENT_PATH = 1,
	CONTENT_FOLDER = 2,
	/* How it is written. */
	FORM_DATA2 = 0x05,
	FORM_DATA4 = 0x06,
	FORM_DATA8 = 0x07,
	FORM_STRING = 0x08,
	FORM_BLOCK = 0x09,
	FORM_DATA1 = 0x0b,
	FORM_STRP = 0x0e,
	FORM_UDATA = 0x0f,
	FORM_DATA16 = 0x1e,
	FORM_LINE_STRP = 0x1f,
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

struct text_section {
	const char *bytes; /* NULL: there is none; else a NUL follows */
	uint64_t size;
};

struct reader {
	const struct binary *binary;
	const struct source_line *wanted;
	struct arena *arena; /* of the search */
	struct text_section strings, line_strings;

	const uint8_t *at, *end; /* of the unit */
	bool is_bad;
	bool is_wide; /* offsets have 8 bytes */
	unsigned version;

	/* Of the unit's header. */
	uint8_t min_length, line_range, opcode_base;
	int8_t line_base;
	bool default_is_stmt;
	const uint8_t *operand_counts; /* of the standard opcodes, from 1 */
	VEC(const char *) folders;
	VEC(bool) is_meant; /* by the number of the file: is it the wanted one? */

	/* What was found. */
	bool has_file, has_address;
	uint64_t address, next;
};

/* --- numbers -------------------------------------------------------------------- */

static uint64_t take(struct reader *reader, size_t size)
{
	uint64_t number = 0;

	if ((size_t)(reader->end - reader->at) < size) {
		reader->is_bad = true;
		reader->at = reader->end;
		return 0;
	}
	memcpy(&number, reader->at, size); /* both little-endian, or elf_open() had refused */
	reader->at += size;
	return number;
}

static uint64_t take_offset(struct reader *reader)
{
	return take(reader, reader->is_wide ? 8 : 4);
}

static uint64_t take_uleb(struct reader *reader)
{
	uint64_t number = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = (uint8_t)take(reader, 1);
		if (shift < 64)
			number |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return number;
}

static int64_t take_sleb(struct reader *reader)
{
	uint64_t number = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = (uint8_t)take(reader, 1);
		if (shift < 64)
			number |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40))
		number |= UINT64_MAX << shift;
	return (int64_t)number;
}

static void skip(struct reader *reader, uint64_t size)
{
	if ((uint64_t)(reader->end - reader->at) < size) {
		reader->is_bad = true;
		size = (uint64_t)(reader->end - reader->at);
	}
	reader->at += size;
}

static const char *take_text(struct reader *reader)
{
	const char *text = (const char *)reader->at;
	const uint8_t *nul = memchr(reader->at, 0, (size_t)(reader->end - reader->at));

	if (!nul) {
		reader->is_bad = true;
		return "";
	}
	reader->at = nul + 1;
	return text;
}

static const char *text_at(const struct text_section *section, uint64_t offset)
{
	return section->bytes && offset < section->size ? section->bytes + offset : "";
}

/* --- names of files -------------------------------------------------------------- */

static bool is_wanted_file(const struct reader *reader, const char *folder, const char *name)
{
	const char *path = *name == '/' || !*folder ? name :
						      arena_printf(reader->arena, "%s/%s", folder, name);
	const char *wanted = reader->wanted->file;
	size_t length = strlen(path), size = strlen(wanted);

	if (size > length || strcmp(path + length - size, wanted) != 0)
		return false;
	return size == length || path[length - size - 1] == '/';
}

static void add_file(struct reader *reader, const char *name, uint64_t folder)
{
	const char *place = folder < reader->folders.count ? reader->folders.items[folder] : "";
	bool is_meant = is_wanted_file(reader, place, name);

	reader->has_file |= is_meant;
	vec_push(reader->arena, &reader->is_meant, is_meant);
}

/* Up to version 4: lists that end in an empty name; files count from 1, folder 0 is not told. */
static void read_old_files(struct reader *reader)
{
	const char *name;

	vec_push(reader->arena, &reader->folders, "");
	while (*(name = take_text(reader)) && reader->folders.count < FILES_MAX)
		vec_push(reader->arena, &reader->folders, name);
	vec_push(reader->arena, &reader->is_meant, false);
	while (*(name = take_text(reader)) && reader->is_meant.count < FILES_MAX) {
		uint64_t folder = take_uleb(reader);

		take_uleb(reader); /* time */
		take_uleb(reader); /* size */
		add_file(reader, name, folder);
	}
}

struct entry {
	const char *path;
	uint64_t number;
};

static struct entry take_form(struct reader *reader, uint64_t form)
{
	struct entry entry = { .path = "" };

	switch (form) {
	case FORM_STRING:
		entry.path = take_text(reader);
		break;
	case FORM_LINE_STRP:
		entry.path = text_at(&reader->line_strings, take_offset(reader));
		break;
	case FORM_STRP:
		entry.path = text_at(&reader->strings, take_offset(reader));
		break;
	case FORM_UDATA:
		entry.number = take_uleb(reader);
		break;
	case FORM_DATA1:
		entry.number = take(reader, 1);
		break;
	case FORM_DATA2:
		entry.number = take(reader, 2);
		break;
	case FORM_DATA4:
		entry.number = take(reader, 4);
		break;
	case FORM_DATA8:
		entry.number = take(reader, 8);
		break;
	case FORM_DATA16:
		skip(reader, 16);
		break;
	case FORM_BLOCK:
		skip(reader, take_uleb(reader));
		break;
	default: /* not an enum of ours: what a file may hold */
		reader->is_bad = true;
	}
	return entry;
}

/* A table of version 5: its columns, then its rows; folders first, then files. */
static void read_table(struct reader *reader, bool is_folders)
{
	uint64_t contents[FORMATS_MAX], forms[FORMATS_MAX], rows, row;
	size_t count = take(reader, 1), i;

	if (count > FORMATS_MAX) {
		reader->is_bad = true;
		return;
	}
	for (i = 0; i < count; i++) {
		contents[i] = take_uleb(reader);
		forms[i] = take_uleb(reader);
	}
	rows = take_uleb(reader);
	for (row = 0; row < rows && row < FILES_MAX && !reader->is_bad; row++) {
		const char *path = "";
		uint64_t folder = 0;

		for (i = 0; i < count; i++) {
			struct entry entry = take_form(reader, forms[i]);

			if (contents[i] == CONTENT_PATH)
				path = entry.path;
			else if (contents[i] == CONTENT_FOLDER)
				folder = entry.number;
		}
		if (!is_folders)
			add_file(reader, path, folder);
		else
			vec_push(reader->arena, &reader->folders, path);
	}
}

/* --- rows ---------------------------------------------------------------------------- */

struct row {
	uint64_t address, file, line, column;
	bool is_stmt;
};

static struct row first_row(const struct reader *reader)
{
	return (struct row){ .file = 1, .line = 1, .is_stmt = reader->default_is_stmt };
}

static void look_at(struct reader *reader, const struct row *row)
{
	const struct source_line *wanted = reader->wanted;
	uint64_t offset;

	/* What the linker dropped lies at an address that is not code. */
	if (!row->is_stmt || row->file >= reader->is_meant.count ||
	    !reader->is_meant.items[row->file] || row->line < wanted->line ||
	    !elf_offset(reader->binary->elf, row->address, PF_X, &offset))
		return;
	if (row->line > wanted->line) {
		if (!reader->next || row->line < reader->next)
			reader->next = row->line;
		return;
	}
	if (wanted->column && row->column != wanted->column)
		return;
	if (!reader->has_address || row->address < reader->address)
		reader->address = row->address;
	reader->has_address = true;
}

static void run_extended(struct reader *reader, struct row *row)
{
	uint64_t size = take_uleb(reader);
	const uint8_t *start = reader->at;
	uint64_t opcode;

	if (!size || size > (uint64_t)(reader->end - start)) {
		reader->is_bad = true;
		return;
	}
	opcode = take(reader, 1);
	if (opcode == EXTENDED_END_SEQUENCE)
		*row = first_row(reader);
	else if (opcode == EXTENDED_SET_ADDRESS && size == 1 + sizeof(row->address))
		row->address = take(reader, sizeof(row->address));
	reader->at = start + size;
}

static void run_special(struct reader *reader, struct row *row, unsigned opcode)
{
	unsigned adjusted = opcode - reader->opcode_base;

	row->address += (uint64_t)(adjusted / reader->line_range) * reader->min_length;
	row->line += (uint64_t)(int64_t)(reader->line_base + (int)(adjusted % reader->line_range));
	look_at(reader, row);
}

static void run_standard(struct reader *reader, struct row *row, unsigned opcode)
{
	unsigned i;

	switch (opcode) {
	case OP_EXTENDED:
		run_extended(reader, row);
		return;
	case OP_COPY:
		look_at(reader, row);
		return;
	case OP_ADVANCE_PC:
		row->address += take_uleb(reader) * reader->min_length;
		return;
	case OP_ADVANCE_LINE:
		row->line += (uint64_t)take_sleb(reader);
		return;
	case OP_SET_FILE:
		row->file = take_uleb(reader);
		return;
	case OP_SET_COLUMN:
		row->column = take_uleb(reader);
		return;
	case OP_NEGATE_STMT:
		row->is_stmt = !row->is_stmt;
		return;
	case OP_CONST_ADD_PC:
		row->address += (uint64_t)((255u - reader->opcode_base) / reader->line_range) *
				reader->min_length;
		return;
	case OP_FIXED_ADVANCE_PC:
		row->address += take(reader, 2);
		return;
	}
	for (i = 0; i < reader->operand_counts[opcode - 1]; i++)
		take_uleb(reader);
}

static void run_program(struct reader *reader)
{
	struct row row = first_row(reader);

	while (reader->at < reader->end && !reader->is_bad) {
		unsigned opcode = (unsigned)take(reader, 1);

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
	bool had_file = reader->has_file;

	reader->folders.count = reader->is_meant.count = 0;
	reader->is_bad = reader->has_file = false;
	reader->version = (unsigned)take(reader, 2);
	if (reader->version < 2 || reader->version > 5)
		reader->is_bad = true;
	if (reader->version >= 5)
		skip(reader, 2); /* sizes of addresses and segment selectors */
	length = take_offset(reader);
	program = reader->at + MIN(length, (uint64_t)(reader->end - reader->at));
	reader->min_length = (uint8_t)take(reader, 1);
	if (reader->version >= 4)
		skip(reader, 1); /* operations an instruction */
	reader->default_is_stmt = take(reader, 1);
	reader->line_base = (int8_t)take(reader, 1);
	reader->line_range = (uint8_t)take(reader, 1);
	reader->opcode_base = (uint8_t)take(reader, 1);
	reader->operand_counts = reader->at;
	if (!reader->line_range || !reader->opcode_base)
		reader->is_bad = true;
	else
		skip(reader, reader->opcode_base - 1u);
	if (!reader->is_bad && reader->version >= 5) {
		read_table(reader, true);
		read_table(reader, false);
	} else if (!reader->is_bad) {
		read_old_files(reader);
	}
	reader->at = program;
	if (!reader->is_bad && reader->has_file)
		run_program(reader);
	reader->has_file |= had_file;
}

static struct text_section text_section(const struct elf_file *elf, const char *name)
{
	const Elf64_Shdr *section = elf_section(elf, name, 0);
	struct text_section text = { 0 };

	if (section)
		text.bytes = elf_bytes_of(elf, section, &text.size);
	return text;
}

static void read_units(struct reader *reader, const struct text_section *lines)
{
	const uint8_t *at = (const uint8_t *)lines->bytes, *end = at + lines->size;

	while (at < end) {
		uint64_t length;

		reader->at = at;
		reader->end = end;
		reader->is_bad = false;
		length = take(reader, 4);
		reader->is_wide = length == UINT32_MAX;
		if (reader->is_wide)
			length = take(reader, 8);
		if (reader->is_bad || length > (uint64_t)(end - reader->at))
			return;
		at = reader->end = reader->at + length;
		read_unit(reader);
	}
}

enum line_result debug_line_find(struct binary *binary, const struct source_line *wanted,
				 uint64_t *ret_address, uint64_t *ret_next)
{
	const struct elf_file *elf = binary_debug(binary);
	struct text_section lines = elf ? text_section(elf, ".debug_line") : (struct text_section){ 0 };
	struct reader reader = { .binary = binary, .wanted = wanted };

	if (!lines.bytes)
		return LINE_WITHOUT_DEBUG;
	reader.strings = text_section(elf, ".debug_str");
	reader.line_strings = text_section(elf, ".debug_line_str");
	reader.arena = arena_new();
	read_units(&reader, &lines);
	arena_free(reader.arena);
	*ret_next = reader.next;
	if (reader.has_address)
		*ret_address = reader.address;
	if (!reader.has_file)
		return LINE_WITHOUT_FILE;
	return reader.has_address ? LINE_FOUND : LINE_WITHOUT_CODE;
}
