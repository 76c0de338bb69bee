/*
 * Printing maps.
 */
#ifndef RUNTIME_MAP_PRINT_H
#define RUNTIME_MAP_PRINT_H

#include <stdbool.h>
#include <stdint.h>

struct session;

/* What elements are ordered by.  Usual: values that have a number by it, others by their keys. */
enum map_sort { MAP_SORT_USUAL, MAP_SORT_KEY, MAP_SORT_VALUE };

/* What of a map is printed, and how. */
struct map_selection {
	uint64_t top;	  /* only so many elements, the largest in the order; 0: all */
	uint64_t divisor; /* of numbers; 0 or 1: as they are */
	enum map_sort sort;
	bool is_descending;
};

/* `at_exit`: nothing is printed of a map that was never filled. */
void map_print(struct session *session, uint32_t map, const struct map_selection *selection,
	       bool at_exit);

/* The maps of the script that hold something, by name. */
void maps_print_all(struct session *session);

#endif
