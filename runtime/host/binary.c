/*
 * Functions of a binary, also those that only its file of debug information
 * names: by build id, or by the name that .gnu_debuglink gives.
 */
#include "runtime/host/binary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/compiler.h"
#include "runtime/host/x86_length.h"

#define DEBUG_FOLDER "/usr/lib/debug"

enum { CODE_MAX = 16 << 20 };

int binary_open(struct arena *arena, const char *path, struct binary **ret_binary)
{
	struct elf_file *elf;
	struct binary *binary;
	int err = elf_open(arena, path, &elf);

	if (err)
		return err;
	if (!elf_is_loadable(elf)) {
		elf_close(elf);
		return -ENOEXEC;
	}
	binary = arena_new_struct(arena, struct binary);
	*binary = (struct binary){ .elf = elf };
	*ret_binary = binary;
	return 0;
}

void binary_close(struct binary *binary)
{
	elf_close(binary->debug);
	elf_close(binary->elf);
}

/* --- debug files ------------------------------------------------------------ */

/* What .gnu_debuglink holds: the name of a file, NUL, zeros up to a multiple of 4, its checksum. */
struct debug_link {
	const char *name; /* NULL: there is none */
	uint32_t checksum;
};

static struct debug_link read_link(const struct binary *binary)
{
	const Elf64_Shdr *section = elf_section(binary->elf, ".gnu_debuglink", 0);
	const char *bytes = section ? elf_bytes(binary->elf, section) : NULL;
	struct debug_link link = { 0 };
	size_t at;

	if (!bytes)
		return link;
	at = ALIGN_UP(strlen(bytes) + 1, (size_t)4);
	if (at + sizeof(link.checksum) > section->sh_size)
		return link;
	/* A name with folders in it would lead anywhere. */
	if (*bytes && !strchr(bytes, '/'))
		link.name = bytes;
	memcpy(&link.checksum, bytes + at, sizeof(link.checksum));
	return link;
}

static bool has_checksum(const struct elf_file *elf, uint32_t checksum)
{
	unsigned char buffer[16384];
	uLong sum = crc32(0, NULL, 0);
	uint64_t at, n;

	for (at = 0; at < elf->size; at += n) {
		n = MIN(elf->size - at, (uint64_t)sizeof(buffer));
		if (!elf_read(elf, at, buffer, n))
			return false;
		sum = crc32(sum, buffer, (uInt)n);
	}
	return sum == checksum;
}

/* Addresses of another build would put probes anywhere. */
static bool same_build(const struct binary *binary, const struct elf_file *debug,
		       const struct debug_link *link)
{
	const char *own = elf_build_id(binary->elf), *other = elf_build_id(debug);

	if (own && other)
		return !strcmp(own, other);
	return link->name && has_checksum(debug, link->checksum);
}

static bool try_debug_file(struct binary *binary, const char *path, const struct debug_link *link)
{
	struct elf_file *debug;

	if (elf_open(binary->elf->arena, path, &debug))
		return false;
	if ((!elf_section(debug, NULL, SHT_SYMTAB) && !elf_section(debug, ".debug_line", 0)) ||
	    !same_build(binary, debug, link)) {
		elf_close(debug);
		return false;
	}
	binary->debug = debug;
	return true;
}

/* Below a folder files lie by build id, as packages or as debuginfod keep them, or as the program's
 * path is, or just so. */
static bool try_debug_folder(struct binary *binary, const char *folder, const char *home,
			     const struct debug_link *link)
{
	struct arena *arena = binary->elf->arena;
	const char *id = elf_build_id(binary->elf);

	if (id && (try_debug_file(binary,
				  arena_printf(arena, "%s/.build-id/%.2s/%s.debug", folder, id, id + 2),
				  link) ||
		   try_debug_file(binary, arena_printf(arena, "%s/%s/debuginfo", folder, id), link)))
		return true;
	return link->name &&
	       (try_debug_file(binary, arena_printf(arena, "%s%s/%s", folder, home, link->name), link) ||
		try_debug_file(binary, arena_printf(arena, "%s/%s", folder, link->name), link));
}

/* What a client of debuginfod has fetched; nothing is fetched from here.  NULL: no such folder. */
static const char *debuginfod_folder(struct arena *arena)
{
	const char *cache = getenv("DEBUGINFOD_CACHE_PATH"), *home = getenv("HOME");

	if (cache && *cache)
		return cache;
	cache = getenv("XDG_CACHE_HOME");
	if (cache && *cache)
		return arena_printf(arena, "%s/debuginfod_client", cache);
	return home ? arena_printf(arena, "%s/.cache/debuginfod_client", home) : NULL;
}

/* How much of "/proc/PID/root/usr/bin/x" leads into the file system of a container. */
static size_t length_of_root(const char *path)
{
	int length = 0;

	sscanf(path, "/proc/%*u/root%n", &length);
	return path[length] == '/' ? (size_t)length : 0;
}

static void find_debug_file(struct binary *binary)
{
	struct arena *arena = binary->elf->arena;
	const char *path = binary->home ? binary->home : binary->elf->path;
	const char *slash = strrchr(path, '/');
	const char *beside = slash ? arena_strndup(arena, path, (size_t)(slash - path)) : ".";
	const char *folder = binary->debug_folders, *end;
	struct debug_link link = read_link(binary);
	size_t root = length_of_root(path);
	const char *home = beside + root;

	if (binary->debug_is_tried)
		return;
	binary->debug_is_tried = true;
	for (; folder && *folder; folder = *end ? end + 1 : end) {
		end = strchrnul(folder, ':');
		if (try_debug_folder(binary, arena_strndup(arena, folder, (size_t)(end - folder)), home,
				     &link))
			return;
	}
	folder = arena_printf(arena, "%.*s" DEBUG_FOLDER, (int)root, path);
	if (try_debug_folder(binary, folder, home, &link) ||
	    (root && try_debug_folder(binary, DEBUG_FOLDER, home, &link)))
		return;
	folder = elf_build_id(binary->elf) ? debuginfod_folder(arena) : NULL;
	if ((folder && try_debug_folder(binary, folder, home, &link)) || !link.name)
		return;
	if (!try_debug_file(binary, arena_printf(arena, "%s/%s", beside, link.name), &link))
		try_debug_file(binary, arena_printf(arena, "%s/.debug/%s", beside, link.name), &link);
}

const struct elf_file *binary_debug_file(struct binary *binary)
{
	find_debug_file(binary);
	return binary->debug;
}

const struct elf_file *binary_debug(struct binary *binary)
{
	if (elf_section(binary->elf, ".debug_line", 0))
		return binary->elf;
	return binary_debug_file(binary);
}

struct debug_entries *binary_entries(struct binary *binary)
{
	const struct elf_file *debug;

	if (!binary->entries) {
		debug = elf_section(binary->elf, ".debug_info", 0) ? binary->elf : binary_debug(binary);
		binary->entries = debug_entries_open(debug ? debug : binary->elf);
	}
	return binary->entries;
}

/* --- functions ---------------------------------------------------------------- */

static const struct elf_symbols *own_functions(struct binary *binary)
{
	if (!binary->own_is_read) {
		binary->own_is_read = true;
		elf_add_symbols(binary->elf, binary->elf, false, &binary->own);
	}
	return &binary->own;
}

const struct elf_symbols *binary_functions(struct binary *binary, bool wants_all)
{
	const struct elf_symbols *own = own_functions(binary);
	size_t i;

	if (!wants_all && elf_section(binary->elf, NULL, SHT_SYMTAB))
		return own;
	if (!binary->all_is_read) {
		binary->all_is_read = true;
		find_debug_file(binary);
		for (i = 0; i < own->count; i++)
			vec_push(binary->elf->arena, &binary->all, own->items[i]);
		if (binary->debug)
			elf_add_symbols(binary->debug, binary->elf, false, &binary->all);
	}
	return &binary->all;
}

uint64_t binary_function_size(struct binary *binary, const struct elf_symbol *symbol)
{
	const struct elf_symbols *symbols = binary_functions(binary, true);
	uint64_t next = 0;
	size_t i;

	if (symbol->size)
		return symbol->size;
	for (i = 0; i < symbols->count; i++)
		if (symbols->items[i].address > symbol->address &&
		    (!next || symbols->items[i].address < next))
			next = symbols->items[i].address;
	return next ? next - symbol->address : 0;
}

const struct elf_symbol *binary_function_at(struct binary *binary, uint64_t address)
{
	const struct elf_symbols *symbols = binary_functions(binary, true);
	const struct elf_symbol *best = NULL;
	size_t i;

	for (i = 0; i < symbols->count; i++) {
		const struct elf_symbol *symbol = &symbols->items[i];

		if (symbol->address > address || (best && symbol->address < best->address) ||
		    (best && symbol->address == best->address && !symbol->is_global))
			continue;
		best = symbol;
	}
	if (best && best->size && address - best->address >= best->size)
		return NULL;
	return best;
}

bool binary_object(struct binary *binary, const char *name, uint64_t *ret_address)
{
	const struct elf_symbols *objects = &binary->objects;
	size_t i;

	if (!binary->objects_are_read) {
		binary->objects_are_read = true;
		elf_add_symbols(binary->elf, binary->elf, true, &binary->objects);
	}
	for (i = 0; i < objects->count; i++) {
		if (strcmp(objects->items[i].name, name) != 0)
			continue;
		*ret_address = objects->items[i].address;
		return true;
	}
	return false;
}

/* --- instructions ----------------------------------------------------------------- */

/* push, nop, jumps and calls: the kernel need not have the processor step over a copy of them. */
static bool is_emulated(const uint8_t *code)
{
	const uint8_t *at = *code == 0x41 ? code + 1 : code; /* of push: r8 to r15 */

	return (*at & 0xf8) == 0x50 ||
	       (at == code && (*at == 0x90 || *at == 0xe8 || *at == 0xe9 || *at == 0xeb));
}

uint64_t binary_cheap_entry(const struct binary *binary, uint64_t address)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	uint8_t code[sizeof(endbr64) + 2];
	uint64_t offset;

	if (binary->elf->header.e_machine != EM_X86_64 ||
	    !elf_offset(binary->elf, address, PF_X, &offset) ||
	    !elf_read(binary->elf, offset, code, sizeof(code)) ||
	    memcmp(code, endbr64, sizeof(endbr64)) != 0 || !is_emulated(code + sizeof(endbr64)))
		return address;
	return address + sizeof(endbr64);
}

/* ret, and ret that takes arguments off the stack; prefixes that mean nothing may precede. */
static bool is_return(const uint8_t *code, size_t length)
{
	while (length > 1 && (*code == 0xf2 || *code == 0xf3)) {
		code++;
		length--;
	}
	return (length == 1 && *code == 0xc3) || (length == 3 && *code == 0xc2);
}

bool binary_returns(struct binary *binary, const struct elf_symbol *symbol,
		    struct binary_places *ret_places)
{
	uint64_t size = binary_function_size(binary, symbol), from, at = 0;
	struct arena *arena = binary->elf->arena;
	size_t length = 0;
	uint8_t *code;

	if (binary->elf->header.e_machine != EM_X86_64 || !size || size > CODE_MAX ||
	    !elf_offset(binary->elf, symbol->address, PF_X, &from))
		return false;
	code = arena_alloc(arena, size);
	if (!elf_read(binary->elf, from, code, size))
		return false;
	for (; at < size; at += length) {
		length = x86_length(code + at, size - at);
		if (!length)
			return false;
		if (is_return(code + at, length))
			vec_push(arena, ret_places, binary->elf->base + from + at);
	}
	return true;
}

static enum boundary x86_boundary(struct binary *binary, uint64_t from, uint64_t offset,
				  uint64_t *ret_last)
{
	uint64_t size = MIN(offset + X86_LENGTH_MAX, binary->elf->size - from), at = 0;
	struct arena *scratch;
	enum boundary boundary = BOUNDARY_UNKNOWN;
	uint8_t *code;

	if (offset > CODE_MAX || offset >= size)
		return BOUNDARY_UNKNOWN;
	scratch = arena_new();
	code = arena_alloc(scratch, size);
	if (elf_read(binary->elf, from, code, size)) {
		while (at < offset) {
			size_t length = x86_length(code + at, size - at);

			if (!length)
				break;
			*ret_last = at;
			at += length;
		}
		if (at == offset)
			boundary = BOUNDARY_YES;
		else if (at > offset)
			boundary = BOUNDARY_INSIDE;
	}
	arena_free(scratch);
	return boundary;
}

enum boundary binary_boundary(struct binary *binary, const struct elf_symbol *symbol,
			      uint64_t offset, uint64_t *ret_last)
{
	uint64_t from;

	if (!offset)
		return BOUNDARY_YES;
	*ret_last = offset & ~3ull;
	if (binary->elf->header.e_machine == EM_AARCH64)
		return offset % 4 ? BOUNDARY_INSIDE : BOUNDARY_YES;
	if (binary->elf->header.e_machine != EM_X86_64 ||
	    !elf_offset(binary->elf, symbol->address, PF_X, &from))
		return BOUNDARY_UNKNOWN;
	return x86_boundary(binary, from, offset, ret_last);
}
