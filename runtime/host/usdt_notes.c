/*
 * Reads .note.stapsdt.
 *
 * A note holds three addresses (of the probe, of .stapsdt.base when it was
 * linked, of the semaphore) and three texts.  Prelinking moves the section
 * .stapsdt.base but does not rewrite notes: what it moved by is added.
 */
#include "runtime/host/usdt_notes.h"

#include <string.h>

#include "base/compiler.h"

enum { STAPSDT_TYPE = 3, ADDRESSES = 3 };

/* The text at *at, which has to end within the note; NULL: it does not. */
static const char *take_text(const char **at, const char *end)
{
	const char *text = *at, *nul = memchr(text, '\0', (size_t)(end - text));

	if (!nul)
		return NULL;
	*at = nul + 1;
	return text;
}

static bool read_note(const char *at, size_t size, uint64_t base, struct usdt_note *ret_note)
{
	uint64_t addresses[ADDRESSES];
	const char *end = at + size;
	struct usdt_note note;

	if (size < sizeof(addresses))
		return false;
	memcpy(addresses, at, sizeof(addresses));
	at += sizeof(addresses);
	note.provider = take_text(&at, end);
	note.name = note.provider ? take_text(&at, end) : NULL;
	note.args = note.name ? take_text(&at, end) : NULL;
	if (!note.args)
		return false;
	base = base && addresses[1] ? base - addresses[1] : 0;
	note.location = addresses[0] + base;
	note.semaphore = addresses[2] ? addresses[2] + base : 0;
	*ret_note = note;
	return true;
}

void usdt_read_notes(const struct elf_file *elf, struct usdt_notes *ret_notes)
{
	const Elf64_Shdr *section = elf_section(elf, ".note.stapsdt", 0);
	const Elf64_Shdr *base = elf_section(elf, ".stapsdt.base", 0);
	const char *bytes = section ? elf_bytes(elf, section) : NULL;
	uint64_t at = 0, size = bytes ? section->sh_size : 0, length;
	struct usdt_note note;
	Elf64_Nhdr header;

	while (size - at >= sizeof(header)) {
		memcpy(&header, bytes + at, sizeof(header));
		at += sizeof(header);
		length = ALIGN_UP((uint64_t)header.n_namesz, (uint64_t)4);
		if (length > size - at || header.n_descsz > size - at - length)
			return;
		if (header.n_type == STAPSDT_TYPE && header.n_namesz == sizeof("stapsdt") &&
		    !memcmp(bytes + at, "stapsdt", sizeof("stapsdt")) &&
		    read_note(bytes + at + length, header.n_descsz, base ? base->sh_addr : 0, &note))
			vec_push(elf->arena, ret_notes, note);
		length += ALIGN_UP((uint64_t)header.n_descsz, (uint64_t)4);
		if (length > size - at)
			return;
		at += length;
	}
}
