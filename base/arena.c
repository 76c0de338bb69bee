/*
 * Bump allocation in chunks that double up to a megabyte.
 */
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	CHUNK_FIRST = 32 * 1024,
	CHUNK_LARGEST = 1024 * 1024,
	CHUNK_ZERO = 128 * 1024, /* from here on the kernel gives zeros anyway */
	ALIGNMENT = 16,
};

struct chunk {
	struct chunk *next;
	size_t size, used;
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

static struct chunk *chunk_new(size_t size)
{
	bool is_zero = size >= CHUNK_ZERO;
	struct chunk *chunk = is_zero ? calloc(1, sizeof(*chunk) + size) : malloc(sizeof(*chunk) + size);

	if (!chunk)
		die_out_of_memory();
	chunk->next = NULL;
	chunk->size = size;
	chunk->used = 0;
	chunk->is_zero = is_zero;
	return chunk;
}

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		die_out_of_memory();
	arena->chunks = chunk_new(CHUNK_FIRST);
	return arena;
}

void arena_free(struct arena *arena)
{
	struct chunk *chunk, *next;

	if (!arena)
		return;
	for (chunk = arena->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(arena);
}

void arena_reset(struct arena *arena)
{
	struct chunk *chunk = arena->chunks, *next;

	while (chunk->next) { /* the first chunk ever is the last of the list */
		next = chunk->next;
		free(chunk);
		chunk = next;
	}
	chunk->used = 0;
	arena->chunks = chunk;
	arena->handed_out = 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;
	size_t start = chunk->used;

	if (size > SIZE_MAX / 4)
		die_out_of_memory();
	size = ALIGN_UP(size, (size_t)ALIGNMENT);
	if (size > chunk->size - start) {
		size_t next_size = MIN(chunk->size * 2, (size_t)CHUNK_LARGEST);

		chunk = chunk_new(MAX(next_size, size));
		chunk->next = arena->chunks;
		arena->chunks = chunk;
		start = 0;
	}
	chunk->used = start + size;
	arena->handed_out += size;
	/* Small chunks are cleared as they are used: most of the last one never is. */
	if (!chunk->is_zero)
		memset(chunk->data + start, 0, size);
	return chunk->data + start;
}

void *arena_dup(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_alloc(arena, size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	if (length)
		memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, args);
	return text;
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
	joined = end = arena_alloc(arena, length);
	for (i = 0; i < count; i++)
		end = stpcpy(end, texts[i]);
	return joined;
}

size_t arena_size(const struct arena *arena)
{
	return arena->handed_out;
}
