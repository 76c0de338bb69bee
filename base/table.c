/*
 * Open addressing over an array of entries; at most half the slots are used.
 */
#include "base/table.h"

#include <string.h>

#include "base/vec.h"

static uint64_t word_at(const unsigned char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static uint64_t half_word_at(const unsigned char *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* Eight bytes at a time; those of the last word may be among those of the one before. */
uint64_t hash_bytes(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint64_t hash = size;
	size_t i;

	for (i = 0; i + 8 < size; i += 8)
		hash = hash_mix(hash, word_at(bytes + i));
	if (size >= 8)
		return hash_mix(hash, word_at(bytes + size - 8));
	if (size >= 4)
		return hash_mix(hash, half_word_at(bytes) | half_word_at(bytes + size - 4) << 32);
	if (size)
		return hash_mix(hash, bytes[0] | (uint64_t)bytes[size / 2] << 8 |
					      (uint64_t)bytes[size - 1] << 16);
	return hash;
}

void table_init(struct table *table, struct arena *arena)
{
	*table = (struct table){ .arena = arena };
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t *find_slot(const struct table *table, const void *key, size_t key_size, uint64_t hash)
{
	size_t mask = table->slot_count - 1;
	size_t i = hash & mask;

	while (table->slots[i]) {
		const struct table_entry *entry = &table->entries[table->slots[i] - 1];

		if (entry->hash == hash && entry->key_size == key_size &&
		    !memcmp(entry->key, key, key_size))
			break;
		i = (i + 1) & mask;
	}
	return &table->slots[i];
}

static void grow_slots(struct table *table)
{
	size_t mask, i, at;

	table->slot_count = table->slot_count ? table->slot_count * 2 : 16;
	table->slots = arena_new_array(table->arena, uint32_t, table->slot_count);
	mask = table->slot_count - 1;
	for (i = 0; i < table->count; i++) {
		for (at = table->entries[i].hash & mask; table->slots[at]; at = (at + 1) & mask)
			;
		table->slots[at] = (uint32_t)i + 1;
	}
}

void *table_get(const struct table *table, const void *key, size_t key_size)
{
	uint32_t slot;

	if (!table->slot_count)
		return NULL;
	slot = *find_slot(table, key, key_size, hash_bytes(key, key_size));
	return slot ? table->entries[slot - 1].value : NULL;
}

void table_set(struct table *table, const void *key, size_t key_size, void *value)
{
	uint64_t hash = hash_bytes(key, key_size);
	uint32_t *slot;

	if (table->slot_count < (table->count + 1) * 2)
		grow_slots(table);
	slot = find_slot(table, key, key_size, hash);
	if (*slot) {
		table->entries[*slot - 1].value = value;
		return;
	}
	if (table->count == table->capacity)
		table->entries = vec_grow(table->arena, table->entries, sizeof(*table->entries),
					  table->count, &table->capacity);
	table->entries[table->count++] = (struct table_entry){ key, key_size, hash, value };
	*slot = (uint32_t)table->count;
}

void *table_get_str(const struct table *table, const char *key)
{
	return table_get(table, key, strlen(key));
}

void table_set_str(struct table *table, const char *key, void *value)
{
	table_set(table, key, strlen(key), value);
}
