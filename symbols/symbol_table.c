/*
 * Symbols of ELF files with those of their separate debug files, of the vdso,
 * and of the maps that runtimes write for code they make.
 */
#include "symbols/symbol_table.h"

#include <bcc/bcc_elf.h>
#include <bcc/bcc_syms.h>
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/host/binary.h"

struct symbol {
	uint64_t start, size;
	char *name;
	size_t line; /* of a map of made code; of a file 0 */
};

/* Executable bytes of the file and the addresses they are linked for. */
struct segment {
	uint64_t address, size, offset;
};

struct symbol_table {
	struct symbol *symbols; /* by start, the best name of each place last */
	size_t count, capacity;
	struct segment *segments;
	size_t segment_count;
	bool is_linked; /* places are offsets in the file, symbols addresses */
};

/* --- reading -------------------------------------------------------------------------- */

/* -1 stops libbcc. */
static int add_symbol(const char *name, uint64_t start, uint64_t size, void *context)
{
	struct symbol_table *table = context;
	struct symbol *symbol;

	if (!*name)
		return 0;
	if (table->count == table->capacity) {
		size_t capacity = table->capacity ? 2 * table->capacity : 256;
		struct symbol *symbols = realloc(table->symbols, capacity * sizeof(*symbols));

		if (!symbols)
			return -1;
		table->symbols = symbols;
		table->capacity = capacity;
	}
	symbol = &table->symbols[table->count];
	*symbol = (struct symbol){ start, size, strdup(name), 0 };
	if (!symbol->name)
		return -1;
	table->count++;
	return 0;
}

static int add_segment(uint64_t address, uint64_t size, uint64_t offset, void *context)
{
	struct symbol_table *table = context;
	struct segment *segments = realloc(table->segments, (table->segment_count + 1) *
								     sizeof(*segments));

	if (!segments)
		return -1;
	table->segments = segments;
	segments[table->segment_count++] = (struct segment){ address, size, offset };
	return 0;
}

/* What is no binary to us, such as one of 32 bits, libbcc may know a debug file of. */
static void read_elf(struct symbol_table *table, const char *path, struct binary *binary)
{
	struct bcc_symbol_option option = {
		.use_debug_file = !binary,
		.check_debug_file_crc = 1,
		.use_symbol_type = 1u << STT_FUNC | 1u << STT_GNU_IFUNC | 1u << STT_OBJECT,
	};
	const struct elf_file *debug = NULL;

	table->is_linked = true;
	bcc_elf_foreach_load_section(path, add_segment, table);
	bcc_elf_foreach_sym(path, add_symbol, &option, table);
	if (binary && !elf_section(binary->elf, NULL, SHT_SYMTAB))
		debug = binary_debug_file(binary);
	if (debug)
		bcc_elf_foreach_sym(debug->path, add_symbol, &option, table);
}

/* "START SIZE NAME", numbers in hex; names may have blanks in them. */
static void read_perf_map(struct symbol_table *table, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t capacity = 0;
	uint64_t start, size;
	int name;

	while (file && getline(&line, &capacity, file) > 0) {
		name = 0;
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %n", &start, &size, &name) != 2 || !name)
			continue;
		if (add_symbol(line + name, start, size, table))
			break;
		if (table->count)
			table->symbols[table->count - 1].line = table->count;
	}
	free(line);
	if (file)
		fclose(file);
}

/* --- order ------------------------------------------------------------------------------ */

static size_t underscores(const char *name)
{
	return strspn(name, "_");
}

/* Of several names of one place the last is taken: the plainest, the shortest; of made code what was
 * written last, since memory is used again. */
static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;
	size_t x, y;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	if (!left->size != !right->size)
		return left->size ? 1 : -1;
	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	x = underscores(left->name);
	y = underscores(right->name);
	if (x == y) {
		x = strlen(left->name);
		y = strlen(right->name);
	}
	if (x != y)
		return x > y ? -1 : 1;
	return strcmp(right->name, left->name);
}

struct symbol_table *symbol_table_read(enum symbol_file_kind kind, const char *path,
				       struct binary *binary)
{
	struct symbol_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	switch (kind) {
	case SYMBOL_FILE_ELF:
		read_elf(table, path, binary);
		break;
	case SYMBOL_FILE_VDSO:
		bcc_elf_foreach_vdso_sym(add_symbol, table);
		break;
	case SYMBOL_FILE_PERF_MAP:
		read_perf_map(table, path);
		break;
	}
	if (table->count)
		qsort(table->symbols, table->count, sizeof(*table->symbols), compare_symbols);
	return table;
}

void symbol_table_free(struct symbol_table *table)
{
	size_t i;

	if (!table)
		return;
	for (i = 0; i < table->count; i++)
		free(table->symbols[i].name);
	free(table->symbols);
	free(table->segments);
	free(table);
}

/* --- finding ---------------------------------------------------------------------------- */

static bool linked_address(const struct symbol_table *table, uint64_t offset, uint64_t *ret_address)
{
	size_t i;

	for (i = 0; i < table->segment_count; i++) {
		const struct segment *segment = &table->segments[i];

		if (offset >= segment->offset && offset - segment->offset < segment->size) {
			*ret_address = offset - segment->offset + segment->address;
			return true;
		}
	}
	return false;
}

/* Symbols may lie in one another: up to this many are looked at. */
enum { LOOK_BACK = 64 };

const char *symbol_table_find(const struct symbol_table *table, uint64_t place, uint64_t *ret_offset)
{
	uint64_t address = place;
	size_t low = 0, high = table->count, tries;

	if (table->is_linked && !linked_address(table, place, &address))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->symbols[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (tries = 0; low-- > 0 && tries < LOOK_BACK; tries++) {
		const struct symbol *symbol = &table->symbols[low];

		if (address - symbol->start < symbol->size || address == symbol->start) {
			*ret_offset = address - symbol->start;
			return symbol->name;
		}
	}
	return NULL;
}
