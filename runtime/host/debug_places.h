/*
 * Where in the source an address is: file and line, and the functions that
 * were inlined there.
 */
#ifndef RUNTIME_HOST_DEBUG_PLACES_H
#define RUNTIME_HOST_DEBUG_PLACES_H

#include "runtime/host/binary.h"

struct debug_places;

/* One of a chain of functions that are inlined into each other; the last one is not inlined. */
struct source_frame {
	const char *function; /* as the file names it; NULL for the last one: its symbol tells */
	const char *file;     /* NULL: unknown */
	uint64_t line;
};

enum { INLINED_MAX = 64 };

/* NULL: the binary has no line tables.  Lives in the binary's arena. */
struct debug_places *debug_places_open(struct binary *binary);

/* The chain at an address that the binary is linked for, the innermost one first; 0: unknown. */
size_t debug_places_find(struct debug_places *places, uint64_t address,
			 struct source_frame ret_frames[INLINED_MAX + 1]);

#endif
