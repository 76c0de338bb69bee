/*
 * Reads symbol tables.
 */
#include "runtime/host/elf_symbols.h"

#include <string.h>

#include "base/compiler.h"

struct reader {
	const struct elf_file *elf, *file;
	const char *names;
	uint64_t names_size;
	bool wants_data;
	struct elf_symbols *symbols;
};

static bool is_wanted(const struct reader *reader, const Elf64_Sym *symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);
	uint64_t offset;

	if (symbol->st_shndx == SHN_UNDEF || !symbol->st_value ||
	    symbol->st_name >= reader->names_size || !reader->names[symbol->st_name])
		return false;
	if (reader->wants_data)
		return type == STT_OBJECT || type == STT_NOTYPE;
	if (type != STT_FUNC && type != STT_GNU_IFUNC)
		return false;
	return elf_offset(reader->file, symbol->st_value, PF_X, &offset);
}

static void read_table(struct reader *reader, const Elf64_Shdr *section)
{
	const struct elf_file *elf = reader->elf;
	const Elf64_Sym *symbols;
	size_t i;

	if (section->sh_link >= elf->section_count || section->sh_entsize != sizeof(*symbols))
		return;
	symbols = elf_bytes(elf, section);
	reader->names = elf_bytes(elf, &elf->sections[section->sh_link]);
	reader->names_size = elf->sections[section->sh_link].sh_size;
	if (!symbols || !reader->names)
		return;
	for (i = 0; i < section->sh_size / sizeof(*symbols); i++) {
		const Elf64_Sym *symbol = &symbols[i];
		struct elf_symbol new = {
			.name = reader->names + symbol->st_name,
			.linkage = reader->names + symbol->st_name,
			.address = symbol->st_value,
			.size = symbol->st_size,
			.is_global = ELF64_ST_BIND(symbol->st_info) != STB_LOCAL,
			.is_chooser = ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC,
		};

		if (is_wanted(reader, symbol))
			vec_push(elf->arena, reader->symbols, new);
	}
}

void elf_add_symbols(const struct elf_file *elf, const struct elf_file *file, bool wants_data,
		     struct elf_symbols *symbols)
{
	struct reader reader = { .elf = elf, .file = file, .wants_data = wants_data,
				 .symbols = symbols };
	const Elf64_Shdr *section = elf_section(elf, NULL, SHT_SYMTAB);

	if (section)
		read_table(&reader, section);
	section = elf_section(elf, NULL, SHT_DYNSYM);
	if (section)
		read_table(&reader, section);
}

static int by_name(const void *a, const void *b)
{
	const struct elf_symbol *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	if (order)
		return order;
	return (left->address > right->address) - (left->address < right->address);
}

/* The names at one address: global ones first, then those that are meant for users. */
static int by_address(const void *a, const void *b)
{
	const struct elf_symbol *left = a, *right = b;
	size_t left_marks, right_marks;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	if (left->is_global != right->is_global)
		return left->is_global ? -1 : 1;
	left_marks = strspn(left->name, "_");
	right_marks = strspn(right->name, "_");
	if (left_marks != right_marks)
		return left_marks < right_marks ? -1 : 1;
	return strcmp(left->name, right->name);
}

static void drop_repeated(struct elf_symbols *symbols, bool by_address_alone)
{
	size_t kept = 0, i;

	for (i = 0; i < symbols->count; i++) {
		const struct elf_symbol *symbol = &symbols->items[i], *last;

		last = kept ? &symbols->items[kept - 1] : NULL;
		if (last && last->address == symbol->address &&
		    (by_address_alone || !strcmp(last->name, symbol->name)))
			continue;
		symbols->items[kept++] = *symbol;
	}
	symbols->count = kept;
}

void elf_sort_symbols(struct elf_symbols *symbols, bool is_unique)
{
	if (!symbols->count)
		return;
	if (is_unique) {
		qsort(symbols->items, symbols->count, sizeof(*symbols->items), by_address);
		drop_repeated(symbols, true);
	}
	qsort(symbols->items, symbols->count, sizeof(*symbols->items), by_name);
	drop_repeated(symbols, false);
}
