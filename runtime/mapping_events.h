/*
 * Follows what processes map, from the kernel's own records of it.
 */
#ifndef RUNTIME_MAPPING_EVENTS_H
#define RUNTIME_MAPPING_EVENTS_H

#include <stdint.h>

struct mapping_events;
struct mappings;

/* 0, or -errno when the kernel does not let us. */
int mapping_events_open(struct mappings *mappings, struct mapping_events **ret_events);
void mapping_events_close(struct mapping_events *events);

/* Ready to read when buffers get full. */
int mapping_events_fd(const struct mapping_events *events);

/* Adds what has happened up to now. */
void mapping_events_drain(struct mapping_events *events);

/* Records that the kernel had no room for. */
uint64_t mapping_events_lost(const struct mapping_events *events);

#endif
