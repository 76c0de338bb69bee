/*
 * One copy of each name, found by its bytes.
 */
#include "base/intern.h"

#include <string.h>

void interner_init(struct interner *interner, struct arena *arena)
{
	table_init(&interner->names, arena);
}

const char *intern(struct interner *interner, const char *text, size_t length)
{
	char *name = table_get(&interner->names, text, length);

	if (!name) {
		name = arena_strndup(interner->names.arena, text, length);
		table_set(&interner->names, name, length, name);
	}
	return name;
}

const char *intern_find(const struct interner *interner, const char *text)
{
	return table_get_str(&interner->names, text);
}

const char *intern_str(struct interner *interner, const char *text)
{
	return intern(interner, text, strlen(text));
}
