/*
 * Demangling by libiberty, the one library for it that Debian has for C.
 */
#include "runtime/host/demangle.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

#ifdef HAVE_LIBIBERTY
/* From libiberty/demangle.h, which cannot be included beside our headers. */
char *cplus_demangle_v3(const char *name, int options);
enum { WITH_PARAMETERS = 1, WITH_QUALIFIERS = 2 /* DMGL_PARAMS, DMGL_ANSI */ };

const char *demangle(struct arena *arena, const char *name)
{
	const char *copy;
	char *text;

	if (strncmp(name, "_Z", 2) != 0)
		return NULL;
	text = cplus_demangle_v3(name, WITH_PARAMETERS | WITH_QUALIFIERS);
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
