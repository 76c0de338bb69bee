/*
 * ELF files of programs and libraries, read with distrust: whatever a file
 * says of itself is checked against its size first.
 */
#ifndef RUNTIME_HOST_ELF_FILE_H
#define RUNTIME_HOST_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"

struct elf_file {
	struct arena *arena;
	const char *path; /* of the archive, if it is in one */
	int fd;
	uint64_t base; /* where in the file of that path it begins */
	uint64_t size;
	Elf64_Ehdr header;
	const Elf64_Phdr *segments;
	size_t segment_count;
	const Elf64_Shdr *sections;
	size_t section_count;
	const char *section_names; /* ends in a NUL, whatever the file says */
	uint64_t section_names_size;
};

/*
 * The path may be of a member of an archive: "app.zip!/libx.so" (zip.h).
 * 0, -errno, -ENOEXEC when it is no ELF file, -ENOTSUP for one of 32 bits or
 * the other byte order, -EBADMSG when its headers are wrong.
 */
int elf_open(struct arena *arena, const char *path, struct elf_file **ret_elf);
void elf_close(struct elf_file *elf);

/* Programs and libraries, as opposed to object files and dumps. */
bool elf_is_loadable(const struct elf_file *elf);

/* The section of that name, or the first of that type (name NULL); NULL: there is none. */
const Elf64_Shdr *elf_section(const struct elf_file *elf, const char *name, uint32_t type);
const char *elf_section_name(const struct elf_file *elf, const Elf64_Shdr *section);

/* The bytes of a section and a NUL after them; NULL when they are not in the file. */
const void *elf_bytes(const struct elf_file *elf, const Elf64_Shdr *section);

/* The same of one that may be compressed, with the size it then has. */
const void *elf_bytes_of(const struct elf_file *elf, const Elf64_Shdr *section, uint64_t *ret_size);

/* Exactly `size` bytes at an offset. */
bool elf_read(const struct elf_file *elf, uint64_t offset, void *to, size_t size);

/* Where in the file an address lies that is loaded from it; with `flags` (PF_X) alone of segments
 * that have them.  False: nowhere. */
bool elf_offset(const struct elf_file *elf, uint64_t address, uint32_t flags, uint64_t *ret_offset);

/* A program of the Go language: the stack of a goroutine moves. */
bool elf_is_go(const struct elf_file *elf);

/* The build id in hexadecimal digits, or NULL. */
const char *elf_build_id(const struct elf_file *elf);

#endif
