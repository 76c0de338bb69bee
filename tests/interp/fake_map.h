/*
 * Maps as programs and the bpf system call see them.
 */
#ifndef TESTS_INTERP_FAKE_MAP_H
#define TESTS_INTERP_FAKE_MAP_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/bpf.h"
#include "tests/interp/memory.h"

struct element {
	struct element *next; /* in the order they came */
	uint8_t *key;
	char *value; /* of all CPUs, a stride apart */
	uint64_t *addresses; /* of the value on each CPU */
	bool is_gone;
};

struct fake_map {
	struct memory *memory;
	struct bpf_map_spec spec;
	uint32_t cpus; /* copies of a value: 1 unless per CPU */
	size_t stride;
	struct element *first, **last;
	struct element *elements; /* of an array */
	struct table *index; /* of a hash */
	size_t count;
	struct fake_ring *ring;
};

struct fake_map *fake_map_new(struct memory *memory, const struct bpf_map_spec *spec, uint32_t cpus);

/* NULL: no such element. */
struct element *fake_map_find(const struct fake_map *map, const void *key);

/* As the helper does: `value` is of one CPU.  0 or -errno. */
int fake_map_update(struct fake_map *map, const void *key, const void *value, uint64_t flags,
		    uint32_t cpu);
int fake_map_delete(struct fake_map *map, const void *key);

/* Address of the value on a CPU, 0 if there is none. */
uint64_t fake_map_value(const struct fake_map *map, const void *key, uint32_t cpu);

/* --- the ring buffer: shared memory, laid out as the kernel lays it out --------- */

struct fake_ring;

/* Gives the descriptor that it can be mapped with, or -errno. */
int fake_ring_open(struct fake_map *map);
void fake_ring_close(struct fake_map *map);

/* Address of a record's bytes; 0 when there is no room. */
uint64_t fake_ring_reserve(struct fake_map *map, uint64_t size);
/* False when the address is not that of a reserved record. */
bool fake_ring_commit(struct memory *memory, struct fake_ring *ring, uint64_t address, bool discard);
/* Number of records reserved and not yet committed. */
unsigned fake_ring_pending(const struct fake_map *map);

#endif
