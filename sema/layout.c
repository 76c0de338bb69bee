/*
 * Bytes of map keys and values.
 *
 * Needs: types settled.  Leaves: map.layout of every map that has a value.
 */
#include <linux/version.h>

#include "base/compiler.h"
#include "sema/passes.h"
#include "sema/target.h"

enum {
	SCALAR_KEY_SIZE = 4,   /* the index of an array map */
	PER_CPU_VALUE_MAX = 32768, /* the kernel's limit on every version */
	KEY_MAX = 16640, /* two stacks of 1024 frames, and more */
	KEY_MAX_OLD = 512, /* of hash maps up to 5.10 */
};

/* Integers, bools and pointers take 8 bytes, so that atomic instructions work on them. */
static uint32_t plain_value_size(const struct type *type)
{
	return type_in_register(type) ? 8 : ALIGN_UP(type->size, 8u);
}

static void layout_map(struct program *program, struct map *map)
{
	bool is_aggregate = map->value_type->kind == TYPE_AGGREGATE;
	uint32_t size = is_aggregate ? aggregate_record_size(map->value_type)
				     : plain_value_size(map->value_type);
	bool is_keyed = map->kind == MAP_KEYED;
	uint32_t key_max = program->target->kernel_version < KERNEL_VERSION(5, 11, 0) ? KEY_MAX_OLD
										       : KEY_MAX;

	map->layout.is_per_cpu = is_aggregate;
	map->layout.is_array = !is_keyed && !map->declaration;
	map->layout.key_size = is_keyed ? MAX(map->key_type->size, 1u) : SCALAR_KEY_SIZE;
	/* A record that tells by itself whether it was set needs no word for it. */
	if (map->layout.is_array &&
	    (!is_aggregate || map->value_type->aggregate.kind == AGGREGATE_SUM)) {
		map->layout.set_offset = size;
		size += 8;
	}
	map->layout.value_size = size;
	if (is_aggregate && size > PER_CPU_VALUE_MAX)
		diag_report(program->diags, map->value_span, DIAG_TOO_LARGE,
			    "%s needs %u bytes for each key and CPU, the kernel allows %u", map->name,
			    size, PER_CPU_VALUE_MAX);
	if (map->layout.key_size > key_max)
		diag_report(program->diags, map->span, DIAG_TOO_LARGE,
			    "keys of %s have %u bytes, %u are allowed", map->name, map->layout.key_size,
			    key_max);
}

void layout(struct program *program)
{
	size_t i;

	for (i = 0; i < program->maps.count; i++) {
		struct map *map = program->maps.items[i];

		if (map->value_type && (map->kind != MAP_KEYED || map->key_type))
			layout_map(program, map);
	}
}
