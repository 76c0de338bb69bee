/*
 * What clear() and zero() take away from maps that programs only add to.
 *
 * Such a map is not emptied: between reading an element and deleting it an
 * event would be lost.  What it held is remembered instead and subtracted from
 * what is read later, so that every event is in exactly one print.
 */
#ifndef RUNTIME_BASELINE_H
#define RUNTIME_BASELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/table.h"
#include "runtime/maps.h"

struct session;

/* Of one map. */
struct baseline {
	struct raw_map base; /* to be subtracted; no keys: nothing is */
	bool *hidden;	     /* of its elements: cleared, so not shown until they change */
	struct arena *arena; /* of the table */
	struct table index;  /* key to element + 1 */
	struct raw_map printed; /* as the last print() read it, for the clear() right after it */
	bool has_printed;
};

struct baseline *baselines_new(struct arena *arena, size_t count);
void baselines_free(struct baseline *baselines, size_t count);

/* The map's elements, without what was taken away from them. */
int baseline_read(struct session *session, uint32_t map, struct raw_map *ret_raw);

/*
 * Takes away what the map holds, or held when the print() that stands right
 * before was carried out (`after_print`).  `hides`: its elements vanish (clear),
 * else they stay with zeros.  Only for maps that are is_summed.
 */
int baseline_take(struct session *session, uint32_t map, bool hides, bool after_print);

#endif
