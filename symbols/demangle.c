/*
 * The one place that knows libiberty, whose header goes its own ways.
 */
#include "symbols/demangle.h"

#include <stddef.h>

#include <libiberty/demangle.h>

char *demangle(const char *name)
{
	char *plain;

	if (name[0] != '_')
		return NULL;
	/* Rust first: its older names are valid ones of C++, too, with a hash at the end. */
	plain = rust_demangle(name, DMGL_NO_OPTS);
	return plain ? plain : cplus_demangle_v3(name, DMGL_PARAMS | DMGL_ANSI);
}
