/*
 * Hash table from byte strings to pointers, in an arena.  Keeps insertion
 * order, so that walking it is deterministic.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct table_entry {
	const void *key;
	size_t key_size;
	uint64_t hash;
	void *value;
};

struct table {
	struct arena *arena;
	struct table_entry *entries; /* `count` of them, in insertion order */
	size_t count, capacity;
	uint32_t *slots; /* index + 1 into entries, 0 when free */
	size_t slot_count;
};

void table_init(struct table *table, struct arena *arena);

/* The value, or NULL when absent.  Keys are compared bytewise. */
void *table_get(const struct table *table, const void *key, size_t key_size);

/* Inserts or replaces.  Keeps a pointer to the key: it has to live as long as the table. */
void table_set(struct table *table, const void *key, size_t key_size, void *value);

void *table_get_str(const struct table *table, const char *key);
void table_set_str(struct table *table, const char *key, void *value);

/* All its bits are good, the low ones, too. */
uint64_t hash_bytes(const void *data, size_t size);

/* One more word for a hash: the upper half of the product has what the word's upper bits say. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ word) * 0x9e3779b97f4a7c15;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
