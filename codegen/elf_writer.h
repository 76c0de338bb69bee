/*
 * Sections, symbols and relocations of an ELF file that is being made.
 */
#ifndef CODEGEN_ELF_WRITER_H
#define CODEGEN_ELF_WRITER_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/table.h"
#include "base/vec.h"

struct written_symbol {
	const char *name;
	struct written_section *section;
	uint64_t value, size;
	unsigned char type; /* STT_* */
	bool is_global;
	uint32_t number; /* in the file; known when all are */
};

struct written_reloc {
	uint64_t offset;
	uint32_t type; /* R_BPF_* */
	const struct written_symbol *symbol;
};

struct written_section {
	const char *name;
	uint32_t type, flags;
	uint32_t number;
	struct strbuf bytes;
	VEC(struct written_reloc) relocs;
	struct written_symbol *symbol; /* that stands for the section, or NULL */
};

struct elf_writer {
	struct arena *arena;
	struct table by_name;
	VEC(struct written_section *) sections;
	VEC(struct written_symbol *) symbols;

	/* Of elf_writer_finish(). */
	struct strbuf *out, names;
	VEC(Elf64_Shdr) headers;
};

void elf_writer_init(struct elf_writer *writer, struct arena *arena);

/* The section of that name, made when it is asked for first. */
struct written_section *elf_writer_section(struct elf_writer *writer, const char *name, uint32_t type, uint32_t flags);
struct written_symbol *elf_writer_symbol(struct elf_writer *writer, struct written_section *section, const char *name,
				  unsigned char type, bool is_global);

/* The symbol that means the section's begin. */
struct written_symbol *elf_writer_begin(struct elf_writer *writer, struct written_section *section);

void elf_writer_finish(struct elf_writer *writer, struct strbuf *out);

#endif
