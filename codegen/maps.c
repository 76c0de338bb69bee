/*
 * What kernel maps a script needs, and how large.
 */
#include "codegen/maps.h"

#include <linux/bpf.h>

#include "base/compiler.h"

/* --- maps of the script ------------------------------------------------------------ */

static const struct {
	const char *kind;
	uint32_t type;
} declared_kinds[] = {
	{ "hash", BPF_MAP_TYPE_HASH },
	{ "lruhash", BPF_MAP_TYPE_LRU_HASH },
	{ "percpuhash", BPF_MAP_TYPE_PERCPU_HASH },
	{ "percpulruhash", BPF_MAP_TYPE_LRU_PERCPU_HASH },
};

/* These know no elements allocated as they come. */
static bool is_lru(const struct object_map *map)
{
	return map->type == BPF_MAP_TYPE_LRU_HASH || map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

enum {
	ELEMENT_OVERHEAD = 48,	     /* of the kernel's own, about */
	PLAIN_BYTES_MAX = 2 << 20,   /* up to here allocating at once costs no more than not */
	PER_CPU_BYTES_MAX = 16 << 20, /* and here it costs some milliseconds */
	SLOTS_BYTES_MAX = 4096,	     /* of an element: up to here the kernel finds memory at once */
	CACHE_LINE = 64,
	LARGE_RECORD = 2048,	     /* of a CPU: more than the kernel has at hand when an event comes */
	LARGE_RECORDS_MIN = 64,	     /* there is room for at least, whatever the number of CPUs */

	SHORT_STRING = 64, /* bytes of a short string in a key, with the NUL */
	LONG_STRING = 128, /* from here on a map has short ones apart */
	FEW_MAPS = 24,	   /* if there are no more of them in the script */
};

/* Bytes that all elements of a hash take. */
static uint64_t map_bytes(const struct target *target, const struct object_map *map)
{
	uint64_t values = object_map_value_size(map);

	if (map->is_per_cpu && !map->slots.count)
		values *= target->cpu_count;

	return map->max_entries * (ELEMENT_OVERHEAD + map->key_size + values);
}

/* Are records sums, which several may add to? */
static bool adds_up(const struct type *value)
{
	if (value->kind != TYPE_AGGREGATE)
		return value->kind == TYPE_INT;
	return value->aggregate.kind != AGGREGATE_MIN && value->aggregate.kind != AGGREGATE_MAX &&
	       value->aggregate.kind != AGGREGATE_SERIES;
}

/*
 * Up to a size, the records of all CPUs lie in one element of a plain hash.  A new element then
 * takes 0.9 us; in the kernel's per-CPU hash 12 us, from an allocator that loses most when many
 * come at once, or 0.4 us for each that there is room for, when it is made.  Records have cache
 * lines of their own, so that CPUs do not wait for each other, unless there are very many.  Of
 * large records there are fewer than CPUs, if they are sums.
 */
static void set_slots(const struct target *target, struct object_map *map)
{
	struct record_slots slots = { .size = ALIGN_UP(map->value_size, (uint32_t)CACHE_LINE),
				      .count = target->cpu_end };

	if (map->type != BPF_MAP_TYPE_PERCPU_HASH)
		return;
	if ((uint64_t)slots.size * slots.count > SLOTS_BYTES_MAX) {
		slots.is_shared = true;
		slots.count = 1;
		while (slots.size * slots.count * 2 <= SLOTS_BYTES_MAX)
			slots.count *= 2;
		if (!adds_up(map->value) || slots.size > SLOTS_BYTES_MAX)
			return;
	}
	map->type = BPF_MAP_TYPE_HASH;
	map->slots = slots;
	if (map_bytes(target, map) > PER_CPU_BYTES_MAX)
		map->slots.size = ALIGN_UP(map->value_size, 8u);
}

/*
 * Memory of each CPU for a large record has to be there before: while events come, the kernel
 * gets a few pages of it at a time, and elements would be lost now and then.
 */
static bool is_large(const struct object_map *map)
{
	return map->is_per_cpu && !map->slots.count && map->value_size > LARGE_RECORD;
}

/* So many keys that allocating all of them stays bearable; who wants more declares it. */
static void limit_large(const struct target *target, struct object_map *map)
{
	uint64_t keys = PER_CPU_BYTES_MAX / ((uint64_t)map->value_size * target->cpu_count);

	map->max_entries = (uint32_t)MIN(map->max_entries, MAX(keys, (uint64_t)LARGE_RECORDS_MIN));
}

static bool is_lazy(const struct target *target, const struct object_map *map)
{
	if (is_large(map))
		return false;
	if (!target_has(target, FEATURE_LAZY_ALLOC))
		return false;
	return map->is_per_cpu || map_bytes(target, map) > PLAIN_BYTES_MAX;
}

static void need_elements(struct codegen *cg, struct object_map *object_map)
{
	if ((object_map->flags & BPF_F_NO_PREALLOC) &&
	    !cg->instance->points.items[0]->mechanism->interrupts_on &&
	    map_bytes(cg->program->target, object_map) <= PER_CPU_BYTES_MAX)
		object_map->flags &= ~(uint32_t)BPF_F_NO_PREALLOC;
}

void maps_need_elements(struct codegen *cg, const struct map *map)
{
	struct object_map *object_map = object_map_of(cg, map);

	need_elements(cg, object_map);
	if (object_map->short_map)
		need_elements(cg, &cg->object->maps.items[object_map->short_map]);
}

/* A map whose shape only its declaration or clear() knows: nothing can be in it. */
static const struct type *value_type_of(struct program *program, const struct map *map)
{
	const struct type *type = map->value_type;

	if (!type)
		return type_int(&program->types, 8, true);
	return type->kind == TYPE_INT ? type_int(&program->types, 8, type->integer.is_signed) : type;
}

static void set_declared(struct program *program, const struct map *map,
			 struct object_map *object_map)
{
	const char *kind = intern_str(program->interner, map->declaration->kind);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(declared_kinds); i++)
		if (intern_str(program->interner, declared_kinds[i].kind) == kind)
			object_map->type = declared_kinds[i].type;
	object_map->max_entries = (uint32_t)map->declaration->capacity->number.value;
}

/* Do differences of its values mean something: are they counts, sums ... ? */
static bool is_additive(const struct map *map)
{
	return map->value_type && !map->declaration && adds_up(map->value_type);
}

static struct object_map script_map(struct program *program, const struct map *map)
{
	bool is_per_cpu = map->layout.is_per_cpu, is_array = map->layout.is_array || !map->value_type;
	struct object_map object_map = {
		.role = OBJECT_MAP_SCRIPT,
		.name = map->name,
		.key_size = MAX(map->layout.key_size, 4u),
		.value_size = MAX(map->layout.value_size, 8u),
		.max_entries = 1,
		.key = map->kind == MAP_KEYED ? map->key_type : NULL,
		.value = value_type_of(program, map),
		.aggregate = map->aggregate,
		.set_offset = map->layout.set_offset,
		.is_per_cpu = is_per_cpu,
		.is_summed = is_additive(map),
	};

	if (map->layout.key_size)
		object_map.key_size = map->layout.key_size;
	if (is_array) {
		object_map.type = is_per_cpu ? BPF_MAP_TYPE_PERCPU_ARRAY : BPF_MAP_TYPE_ARRAY;
		object_map.key_size = 4;
		if (!map->value_type) {
			object_map.key = NULL;
			object_map.value_size = 16;
			object_map.set_offset = 8;
		}
		return object_map;
	}
	object_map.type = is_per_cpu ? BPF_MAP_TYPE_PERCPU_HASH : BPF_MAP_TYPE_HASH;
	object_map.max_entries = map->kind == MAP_KEYED ? (uint32_t)program->config.max_map_keys : 1;
	if (map->declaration)
		set_declared(program, map, &object_map);
	set_slots(program->target, &object_map);
	if (!map->declaration && is_large(&object_map))
		limit_large(program->target, &object_map);
	if (!is_lru(&object_map) && is_lazy(program->target, &object_map))
		object_map.flags = BPF_F_NO_PREALLOC;
	return object_map;
}

/* Offset of the long string that the keys of the map end in, or UINT32_MAX. */
static uint32_t long_string_offset(const struct map *map)
{
	const struct type *type = map->key_type;
	uint32_t offset = 0;

	if (map->kind != MAP_KEYED || !type || !map->value_type)
		return UINT32_MAX;
	if (type->kind == TYPE_TUPLE && type->tuple.count) {
		offset = type->tuple.fields[type->tuple.count - 1].offset;
		type = type->tuple.fields[type->tuple.count - 1].type;
	}
	return type->kind == TYPE_STRING && type->size >= LONG_STRING ? offset : UINT32_MAX;
}

/* The map of the elements with short keys, for a script's map whose keys end in a long string. */
static void add_short(struct program *program, struct object *object, const struct map *map)
{
	struct object_map *whole = &object->maps.items[map->index], part = *whole;
	uint32_t string = long_string_offset(map);

	if (string == UINT32_MAX || map->declaration || map->is_walked)
		return;
	part.role = OBJECT_MAP_SHORT;
	part.name = arena_printf(program->arena, "%s.short", map->name);
	part.key_size = string + SHORT_STRING;
	part.flags = is_lazy(program->target, &part) ? BPF_F_NO_PREALLOC : 0;
	whole->short_map = (uint32_t)object->maps.count;
	whole->short_end = string + SHORT_STRING - 1;
	vec_push(program->arena, &object->maps, part);
}

void maps_add_script(struct program *program, struct object *object)
{
	size_t i;

	for (i = 0; i < program->maps.count; i++)
		vec_push(program->arena, &object->maps, script_map(program, program->maps.items[i]));
	/* A program may use 64 maps, and needs some for other things. */
	for (i = 0; i < program->maps.count && program->maps.count <= FEW_MAPS; i++)
		add_short(program, object, program->maps.items[i]);
}

/* --- the others ------------------------------------------------------------------------ */

uint32_t maps_add_scratch(struct arena *arena, struct object *object)
{
	struct object_map map = { .role = OBJECT_MAP_SCRATCH, .name = "scratch",
				  .type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4,
				  .is_per_cpu = true };

	vec_push(arena, &object->maps, map);
	return (uint32_t)object->maps.count - 1;
}

/* Takes a map out that no program refers to; those after it move up. */
static void remove_map(struct object *object, uint32_t map)
{
	size_t i, j;

	for (i = map; i + 1 < object->maps.count; i++)
		object->maps.items[i] = object->maps.items[i + 1];
	object->maps.count--;
	object->events_map -= object->events_map > (int)map;
	object->counts_map -= object->counts_map > (int)map;
	object->follow.map -= object->follow.map > map;
	for (i = 0; i < object->programs.count; i++)
		for (j = 0; j < object->programs.items[i].relocs.count; j++) {
			struct code_reloc *reloc = &object->programs.items[i].relocs.items[j];

			reloc->map -= reloc->map > map;
		}
}

void maps_finish(struct codegen *cg, uint32_t scratch_map, uint32_t scratch_size)
{
	struct object *object = cg->object;

	if (cg->constants.arena) {
		struct object_map *constants = &object->maps.items[cg->constants_map];

		strbuf_fill(&cg->constants, '\0', -cg->constants.length & 7);
		constants->value_size = (uint32_t)cg->constants.length;
		constants->contents = cg->constants.text;
	}
	if (object->counts_map >= 0)
		object->maps.items[object->counts_map].max_entries = (uint32_t)object->sites.count;
	if (scratch_size) {
		object->maps.items[scratch_map].value_size = scratch_size;
		object->maps.items[scratch_map].max_entries = cg->function_count;
	} else {
		remove_map(object, scratch_map);
	}
}
