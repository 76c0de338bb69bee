/*
 * Growable arrays in an arena.
 *
 *	VEC(struct stmt *) stmts = {0};
 *	vec_push(arena, &stmts, stmt);
 *	for (size_t i = 0; i < stmts.count; i++)
 *		use(stmts.items[i]);
 *
 * A VEC() is an anonymous type: to pass one, name it with VEC_STRUCT(name, type).
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>

#include "base/arena.h"

#define VEC(type) struct { type *items; size_t count, capacity; }
#define VEC_STRUCT(name, type) struct name { type *items; size_t count, capacity; }

#define vec_push(arena, vec, item)                                                              \
	do {                                                                                    \
		if ((vec)->count == (vec)->capacity)                                            \
			(vec)->items = vec_grow((arena), (vec)->items, sizeof(*(vec)->items),   \
						(vec)->count, &(vec)->capacity);                \
		(vec)->items[(vec)->count++] = (item);                                          \
	} while (0)

#define vec_last(vec) ((vec)->items[(vec)->count - 1])

/* Doubles `*capacity` (from 8) and returns the moved items. */
void *vec_grow(struct arena *arena, const void *items, size_t item_size, size_t count,
	       size_t *capacity);

#endif
