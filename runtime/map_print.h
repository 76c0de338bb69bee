/*
 * Printing maps.
 */
#ifndef RUNTIME_MAP_PRINT_H
#define RUNTIME_MAP_PRINT_H

#include <stdbool.h>
#include <stdint.h>

struct session;

/* `at_exit`: nothing is printed of a map that was never filled. */
void map_print(struct session *session, uint32_t map, uint64_t top, uint64_t divisor, bool at_exit);

/* The maps of the script that hold something, by name. */
void maps_print_all(struct session *session);

#endif
