/*
 * Names of C++ as their source has them.
 */
#ifndef RUNTIME_HOST_DEMANGLE_H
#define RUNTIME_HOST_DEMANGLE_H

#include "base/arena.h"

/* NULL for what is no mangled name, and where libiberty was not there to build with. */
const char *demangle(struct arena *arena, const char *name);

#endif
