/*
 * Lines of source and inlined functions of one file.
 */
#include "symbols/source_places.h"

#include <string.h>

#include "base/compiler.h"

struct source_places {
	const struct elf_file *elf;
	struct debug_places *places;
};

struct source_places *source_places_read(struct binary *binary)
{
	struct source_places *places = arena_new_struct(binary->elf->arena, struct source_places);

	*places = (struct source_places){ binary->elf, debug_places_open(binary) };
	return places->places ? places : NULL;
}

/* What the file is linked for, by its own headers. */
static bool linked_address(const struct elf_file *elf, uint64_t offset, uint64_t *ret_address)
{
	size_t i;

	for (i = 0; i < elf->segment_count; i++) {
		const Elf64_Phdr *segment = &elf->segments[i];

		if (segment->p_type == PT_LOAD && segment->p_flags & PF_X && offset >= segment->p_offset &&
		    offset - segment->p_offset < segment->p_filesz) {
			*ret_address = offset - segment->p_offset + segment->p_vaddr;
			return true;
		}
	}
	return false;
}

/* Processes that are in a system call stand behind the instruction that made it. */
static bool is_after_system_call(const struct elf_file *elf, uint64_t offset)
{
	static const uint8_t instruction[] = { 0x0f, 0x05 };
	uint8_t bytes[sizeof(instruction)];

	return elf->header.e_machine == EM_X86_64 &&
	       elf_read(elf, offset - sizeof(bytes), bytes, sizeof(bytes)) &&
	       !memcmp(bytes, instruction, sizeof(bytes));
}

size_t source_places_find(struct source_places *places, uint64_t offset, uint64_t into_symbol,
			  bool is_return, struct source_frame ret_frames[INLINED_MAX + 1])
{
	uint64_t address;

	if (!linked_address(places->elf, offset, &address))
		return 0;
	/* What comes after a call may be another line, or another function. */
	if (is_return || (into_symbol >= 2 && is_after_system_call(places->elf, offset)))
		address--;
	return debug_places_find(places->places, address, ret_frames);
}
