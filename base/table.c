/*
 * Open addressing over an array of entries; at most half the slots are used.
 */
#include "base/table.h"

#include <string.h>

#include "base/vec.h"

uint64_t hash_bytes(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint64_t hash = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return hash ^ (hash >> 29);
}

void table_init(struct table *table, struct arena *arena)
{
	*table = (struct table){ .arena = arena };
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t *find_slot(const struct table *table, const void *key, size_t key_size)
{
	size_t mask = table->slot_count - 1;
	size_t i = hash_bytes(key, key_size) & mask;

	while (table->slots[i]) {
		const struct table_entry *entry = &table->entries[table->slots[i] - 1];

		if (entry->key_size == key_size && !memcmp(entry->key, key, key_size))
			break;
		i = (i + 1) & mask;
	}
	return &table->slots[i];
}

static void grow_slots(struct table *table)
{
	size_t i;

	table->slot_count = table->slot_count ? table->slot_count * 2 : 16;
	table->slots = arena_new_array(table->arena, uint32_t, table->slot_count);
	for (i = 0; i < table->count; i++)
		*find_slot(table, table->entries[i].key, table->entries[i].key_size) = (uint32_t)i + 1;
}

void *table_get(const struct table *table, const void *key, size_t key_size)
{
	uint32_t slot;

	if (!table->slot_count)
		return NULL;
	slot = *find_slot(table, key, key_size);
	return slot ? table->entries[slot - 1].value : NULL;
}

void table_set(struct table *table, const void *key, size_t key_size, void *value)
{
	uint32_t *slot;

	if (table->slot_count < (table->count + 1) * 2)
		grow_slots(table);
	slot = find_slot(table, key, key_size);
	if (*slot) {
		table->entries[*slot - 1].value = value;
		return;
	}
	if (table->count == table->capacity)
		table->entries = vec_grow(table->arena, table->entries, sizeof(*table->entries),
					  table->count, &table->capacity);
	table->entries[table->count++] = (struct table_entry){ key, key_size, value };
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
