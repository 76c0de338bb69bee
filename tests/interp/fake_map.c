/*
 * Arrays and hashes, with the kernel's rules for flags and for being full.
 *
 * A value that a hash replaces stays where it is until the end of the run, as
 * programs may still hold its address; elements come in the order they were made.
 */
#include "tests/interp/fake_map.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "base/table.h"

static bool is_array(const struct fake_map *map)
{
	return map->spec.type == BPF_MAP_TYPE_ARRAY || map->spec.type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool evicts(const struct fake_map *map)
{
	return map->spec.type == BPF_MAP_TYPE_LRU_HASH ||
	       map->spec.type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_per_cpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* A value of zeros in memory of its own. */
static void element_renew(struct fake_map *map, struct element *element)
{
	struct memory *memory = map->memory;
	uint32_t cpu;

	element->value = arena_alloc(memory->arena, map->stride * map->cpus);
	element->addresses = arena_new_array(memory->arena, uint64_t, map->cpus);
	for (cpu = 0; cpu < map->cpus; cpu++)
		element->addresses[cpu] = memory_map(memory, element->value + cpu * map->stride,
						     map->spec.value_size, MEMORY_OURS);
}

static struct element *element_add(struct fake_map *map, const void *key)
{
	struct element *element = arena_new_struct(map->memory->arena, struct element);

	element->key = arena_dup(map->memory->arena, key, map->spec.key_size);
	element_renew(map, element);
	*map->last = element;
	map->last = &element->next;
	map->count++;
	if (map->index)
		table_set(map->index, element->key, map->spec.key_size, element);
	return element;
}

struct fake_map *fake_map_new(struct memory *memory, const struct bpf_map_spec *spec, uint32_t cpus)
{
	struct fake_map *map = arena_new_struct(memory->arena, struct fake_map);
	uint32_t i;

	*map = (struct fake_map){
		.memory = memory,
		.spec = *spec,
		.cpus = is_per_cpu(spec->type) ? cpus : 1,
		.stride = ALIGN_UP((size_t)spec->value_size, (size_t)8),
	};
	map->last = &map->first;
	if (is_array(map)) {
		for (i = 0; i < spec->max_entries; i++)
			element_add(map, &i);
	} else {
		map->index = arena_new_struct(memory->arena, struct table);
		table_init(map->index, memory->arena);
	}
	return map;
}

struct element *fake_map_find(const struct fake_map *map, const void *key)
{
	struct element *element;
	uint32_t index;

	if (map->index) {
		element = table_get(map->index, key, map->spec.key_size);
		return element && !element->is_gone ? element : NULL;
	}
	memcpy(&index, key, sizeof(index));
	if (index >= map->spec.max_entries)
		return NULL;
	for (element = map->first; index; index--)
		element = element->next;
	return element;
}

int fake_map_delete(struct fake_map *map, const void *key)
{
	struct element *element = fake_map_find(map, key);

	if (!map->index)
		return -EINVAL;
	if (!element)
		return -ENOENT;
	element->is_gone = true;
	map->count--;
	return 0;
}

static void evict_oldest(struct fake_map *map)
{
	struct element *element = map->first;

	while (element->is_gone)
		element = element->next;
	element->is_gone = true;
	map->count--;
}

int fake_map_update(struct fake_map *map, const void *key, const void *value, uint64_t flags,
		    uint32_t cpu)
{
	struct element *element = fake_map_find(map, key);

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (element && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!element && !map->index)
		return -E2BIG;
	if (!element && flags == BPF_EXIST)
		return -ENOENT;
	if (!element) {
		if (map->count >= map->spec.max_entries) {
			if (!evicts(map))
				return -E2BIG;
			evict_oldest(map);
		}
		element = element_add(map, key);
	} else if (map->index && map->cpus == 1) {
		element_renew(map, element);
	}
	memcpy(element->value + (map->cpus > 1 ? cpu : 0) * map->stride, value, map->spec.value_size);
	return 0;
}

uint64_t fake_map_value(const struct fake_map *map, const void *key, uint32_t cpu)
{
	struct element *element = fake_map_find(map, key);

	if (!element || cpu >= (map->cpus > 1 ? map->cpus : cpu + 1))
		return 0;
	return element->addresses[map->cpus > 1 ? cpu : 0];
}
