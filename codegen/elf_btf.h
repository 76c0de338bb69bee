/*
 * BTF of an object's ELF file: what the object has, with its maps described for
 * libbpf, and which section functions and lines are of.
 */
#ifndef CODEGEN_ELF_BTF_H
#define CODEGEN_ELF_BTF_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "codegen/object.h"

struct elf_map_type {
	uint32_t variable; /* type id */
	uint32_t offset, size; /* in the section of maps */
};

struct elf_btf {
	struct strbuf types, strings;
	uint32_t type_count;
	VEC(struct elf_map_type) maps;
};

void elf_btf_init(struct elf_btf *btf, struct arena *arena, const struct object *object);

/* Adds the map's description; gives the bytes that its variable takes in the section. */
uint32_t elf_btf_add_map(struct elf_btf *btf, struct arena *arena, const struct object_map *map,
			 const char *name, uint32_t offset);

/* The contents of section .BTF. */
void elf_btf_finish(struct elf_btf *btf, struct strbuf *out);

/* Functions and lines of a section, with offsets in instructions. */
struct elf_infos {
	const char *section;
	VEC(struct bpf_func_info) functions;
	VEC(struct bpf_line_info) lines;
};

/* The contents of section .BTF.ext.  Before elf_btf_finish(). */
void elf_btf_ext(struct elf_btf *btf, const struct elf_infos *infos, size_t count, struct strbuf *out);

#endif
