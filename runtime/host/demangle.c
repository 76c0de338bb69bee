/*
 * Demangling by the C++ runtime's own function, which alone of it is linked.
 */
#include "runtime/host/demangle.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

#ifdef HAVE_CXA_DEMANGLE
char *__cxa_demangle(const char *name, char *buffer, size_t *length, int *status);

const char *demangle(struct arena *arena, const char *name)
{
	const char *copy;
	char *text;
	int status;

	/* It takes types, too: "i" would be "int". */
	if (strncmp(name, "_Z", 2) != 0)
		return NULL;
	text = __cxa_demangle(name, NULL, NULL, &status);
	copy = text ? arena_strdup(arena, text) : NULL;
	free(text);
	return copy;
}
#else
const char *demangle(struct arena *arena UNUSED, const char *name UNUSED)
{
	return NULL;
}
#endif
