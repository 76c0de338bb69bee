/*
 * Kernel maps of a run: made, read whole, emptied.
 */
#ifndef RUNTIME_MAPS_H
#define RUNTIME_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct session;

/* Creates all maps of the object; 0 or -errno after saying which one failed. */
int maps_create(struct session *session);
void maps_close(struct session *session);

/*
 * All elements of a map as they are in the kernel, those with short keys (struct
 * object_map) among the others.  Of per-CPU maps a value is
 * one record for each CPU, `stride` bytes apart.
 */
struct raw_map {
	char *keys, *values;
	size_t count, capacity;
	size_t key_size, value_size; /* of an element; value_size: of all CPUs */
	size_t stride;
};

/* 0 or -errno.  raw_map_free() afterwards in any case. */
int map_read(struct session *session, uint32_t map, struct raw_map *ret_raw);
void raw_map_free(struct raw_map *raw);

void map_delete(struct session *session, uint32_t map, const char *key);

/* Bytes between the records of two CPUs. */
size_t map_stride(const struct session *session, uint32_t map);

/* No element is left, scalars are unset; of the second the elements stay, their values are 0.
 * `after_print`: what the last print showed is meant (runtime/baseline.h). */
int map_clear(struct session *session, uint32_t map, bool after_print);
int map_zero(struct session *session, uint32_t map, bool after_print);

#endif
