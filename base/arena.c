/*
 * Bump allocation.  The first chunk is a small one from the heap and is cleared as it is used; those
 * after it are mapped: the kernel clears them, and pages that nobody touches cost nothing.
 */
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	CHUNK_FIRST = 32 * 1024, /* sizes with the head */
	CHUNK_SECOND = 256 * 1024,
	CHUNK_LARGEST = 1024 * 1024,
	ALIGNMENT = 16,
};

struct chunk {
	struct chunk *next;
	size_t size, used; /* of data */
	bool is_mapped;
	bool is_zero; /* behind `used` */
	_Alignas(ALIGNMENT) char data[];
};

struct arena {
	struct chunk *chunks; /* the first one is being filled */
	size_t handed_out;
};

static void die_out_of_memory(void)
{
	static const char text[] = "bpfline: out of memory\n";

	fwrite(text, 1, sizeof(text) - 1, stderr);
	abort();
}

static struct chunk *chunk_init(void *memory, size_t size, bool is_mapped)
{
	struct chunk *chunk = memory;

	if (!memory || memory == MAP_FAILED)
		die_out_of_memory();
	chunk->next = NULL;
	chunk->size = size - sizeof(*chunk);
	chunk->used = 0;
	chunk->is_mapped = chunk->is_zero = is_mapped;
	return chunk;
}

static struct chunk *chunk_first(void)
{
	return chunk_init(malloc(CHUNK_FIRST), CHUNK_FIRST, false);
}

/* Room for `size` bytes, twice as large as the last one or larger. */
static struct chunk *chunk_after(const struct chunk *last, size_t size)
{
	size_t wanted = MIN((last->size + sizeof(*last)) * 2, (size_t)CHUNK_LARGEST);

	wanted = MAX(MAX(wanted, (size_t)CHUNK_SECOND), size + sizeof(*last));
	return chunk_init(mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			  wanted, true);
}

static void chunk_free(struct chunk *chunk)
{
	if (chunk->is_mapped)
		munmap(chunk, chunk->size + sizeof(*chunk));
	else
		free(chunk);
}

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		die_out_of_memory();
	arena->chunks = chunk_first();
	return arena;
}

void arena_free(struct arena *arena)
{
	struct chunk *chunk, *next;

	if (!arena)
		return;
	for (chunk = arena->chunks; chunk; chunk = next) {
		next = chunk->next;
		chunk_free(chunk);
	}
	free(arena);
}

/* The newest chunk is the largest of those that double: what follows needs no other. */
void arena_reset(struct arena *arena)
{
	struct chunk *kept = arena->chunks, *chunk, *next;

	for (chunk = kept->next; chunk; chunk = next) {
		next = chunk->next;
		chunk_free(chunk);
	}
	kept->next = NULL;
	kept->used = 0;
	kept->is_zero = false;
	arena->handed_out = 0;
	if (kept->size > CHUNK_LARGEST) {
		chunk_free(kept);
		arena->chunks = chunk_first();
	}
}

/* *ret_zero: whether the kernel has cleared it already. */
static void *take(struct arena *arena, size_t size, bool *ret_zero)
{
	struct chunk *chunk = arena->chunks;
	size_t start = chunk->used;

	if (size > SIZE_MAX / 4)
		die_out_of_memory();
	size = ALIGN_UP(size, (size_t)ALIGNMENT);
	if (size > chunk->size - start) {
		chunk = chunk_after(chunk, size);
		chunk->next = arena->chunks;
		arena->chunks = chunk;
		start = 0;
	}
	chunk->used = start + size;
	arena->handed_out += size;
	*ret_zero = chunk->is_zero;
	return chunk->data + start;
}

/* Small chunks are cleared as they are used: most of the last one never is. */
void *arena_alloc(struct arena *arena, size_t size)
{
	bool is_zero;
	void *memory = take(arena, size, &is_zero);

	return is_zero ? memory : memset(memory, 0, size);
}

void *arena_take(struct arena *arena, size_t size)
{
	bool is_zero;

	return take(arena, size, &is_zero);
}

void *arena_dup(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_take(arena, size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_take(arena, length + 1);

	if (length)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

/* Nearly all texts are short: formatted once, then copied. */
enum { TEXT_SHORT = 256 };

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	char text[TEXT_SHORT], *copy;
	va_list again;
	size_t length;

	va_copy(again, args);
	length = (size_t)vsnprintf(text, sizeof(text), format, args);
	if (length < sizeof(text)) {
		copy = arena_strndup(arena, text, length);
	} else {
		copy = arena_take(arena, length + 1);
		vsnprintf(copy, length + 1, format, again);
	}
	va_end(again);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

char *arena_join(struct arena *arena, const char *const *texts, size_t count)
{
	size_t length = 1, i;
	char *joined, *end;

	for (i = 0; i < count; i++)
		length += strlen(texts[i]);
	joined = end = arena_take(arena, length);
	*end = '\0';
	for (i = 0; i < count; i++)
		end = stpcpy(end, texts[i]);
	return joined;
}

size_t arena_size(const struct arena *arena)
{
	return arena->handed_out;
}
