/*
 * Growing: the one part of base/vec.h that is no macro.
 */
#include "base/vec.h"

#include <string.h>

void *vec_grow(struct arena *arena, const void *items, size_t item_size, size_t count,
	       size_t *capacity)
{
	size_t grown = *capacity ? *capacity * 2 : 8;
	void *moved = arena_take(arena, grown * item_size);

	if (count)
		memcpy(moved, items, count * item_size);
	*capacity = grown;
	return moved;
}
