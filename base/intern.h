/*
 * Names as pointers: equal text gives the same pointer.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stddef.h>

#include "base/table.h"

struct interner {
	struct table names;
};

void interner_init(struct interner *interner, struct arena *arena);

/* NUL-terminated copy that lives as long as the arena. */
const char *intern(struct interner *interner, const char *text, size_t length);
const char *intern_str(struct interner *interner, const char *text);

/* NULL when no such name has been interned. */
const char *intern_find(const struct interner *interner, const char *text);

#endif
