/*
 * Symbols of an ELF file: functions by name, by pattern and by address.
 */
#ifndef RUNTIME_HOST_ELF_SYMBOLS_H
#define RUNTIME_HOST_ELF_SYMBOLS_H

#include "runtime/host/elf_file.h"

struct elf_symbol {
	const char *name;
	const char *linkage; /* as the file has it, when `name` is that of the source */
	uint64_t address, size; /* size 0: not told */
	bool is_global;
	bool is_chooser; /* STT_GNU_IFUNC: runs once to choose the function that the name means */
};

VEC_STRUCT(elf_symbols, struct elf_symbol);

/*
 * Adds the functions (or, `wants_data`, the objects) of .symtab and .dynsym
 * that lie in the file.  `file` is where the code is; `elf` the same, or its
 * file of debug information, whose symbols mean addresses of `file`.
 */
void elf_add_symbols(const struct elf_file *elf, const struct elf_file *file, bool wants_data,
		     struct elf_symbols *symbols);

/* By name, each once; at one address only the best of the names when `is_unique`. */
void elf_sort_symbols(struct elf_symbols *symbols, bool is_unique);

#endif
