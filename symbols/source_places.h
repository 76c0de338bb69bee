/*
 * Lines of source and inlined functions of one file.
 */
#ifndef SYMBOLS_SOURCE_PLACES_H
#define SYMBOLS_SOURCE_PLACES_H

#include "runtime/host/debug_places.h"

struct source_places;

/* Of an open file, which outlives it.  NULL: there is no debug information that can be read. */
struct source_places *source_places_read(struct binary *binary);

/*
 * The chain of functions at an offset in the file, which is so far into its
 * symbol; `is_return`: at the call before it.  0: unknown.
 */
size_t source_places_find(struct source_places *places, uint64_t offset, uint64_t into_symbol,
			  bool is_return, struct source_frame ret_frames[INLINED_MAX + 1]);

#endif
