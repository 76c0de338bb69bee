/*
 * From bytes and a type to a value.
 */
#ifndef RUNTIME_RENDER_H
#define RUNTIME_RENDER_H

#include "base/arena.h"
#include "base/value.h"
#include "sema/type.h"

/* The value may point into `bytes`; lists come from the arena. */
void render(struct arena *arena, const struct type *type, const void *bytes,
	    struct value *ret_value);

/* Order of two values by their bytes: numbers by value, strings bytewise, tuples part by part. */
int compare_bytes(const struct type *type, const void *a, const void *b);

/* The bytes of an integer type as a number that unsigned comparison orders rightly. */
uint64_t sortable_number(const struct type *type, const void *bytes);

/* The value of an aggregate that nothing was added to. */
void render_empty_aggregate(const struct type *type, struct value *ret_value);

#endif
