/*
 * Memory of one compilation: everything is freed together.
 *
 * Allocation never fails: out of memory ends the process, since a compiler
 * can do nothing useful then.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/compiler.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Gives everything back but stays ready: cheaper than a new one for each event. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type.  A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* The same with anything in it: for what is written at once. */
void *arena_take(struct arena *arena, size_t size);

/* Copies `size` bytes. */
void *arena_dup(struct arena *arena, const void *data, size_t size);

/* Copies `length` bytes and adds a NUL. */
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_strdup(struct arena *arena, const char *text);

char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list args);

/* Texts one after the other; much cheaper than to have them formatted. */
char *arena_join(struct arena *arena, const char *const *texts, size_t count);
#define ARENA_JOIN(arena, ...)                                                                  \
	arena_join((arena), (const char *const[]){ __VA_ARGS__ },                               \
		   sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

/* Bytes handed out so far, for --stats and tests. */
size_t arena_size(const struct arena *arena);

#define arena_new_struct(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_new_array(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

#endif
