/*
 * Bytes of map keys and values.
 *
 * Needs: types settled.  Leaves: map.layout of every map that has a value.
 * What a key may be at most is said here, too, for infer.c.
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
	SHARE_STEP = 8,    /* keeps what comes after a string where it must be */
};

static uint32_t key_max(const struct program *program)
{
	return program->target->kernel_version < KERNEL_VERSION(5, 11, 0) ? KEY_MAX_OLD : KEY_MAX;
}

static bool is_text(const struct type *type)
{
	return type->kind == TYPE_STRING && !type->string.is_chars;
}

/* The bytes of a tuple whose strings have so many at most. */
static uint32_t size_with(const struct type *tuple, uint32_t share)
{
	uint32_t size = tuple->size;
	size_t i;

	for (i = 0; i < tuple->tuple.count; i++) {
		const struct type *part = tuple->tuple.fields[i].type;

		if (is_text(part) && part->size > share)
			size -= part->size - share;
	}
	return size;
}

const struct type *layout_key(struct program *program, const struct type *type)
{
	struct types *types = &program->types;
	uint32_t most = key_max(program), share = most;
	const struct type **items;
	const char **names;
	size_t i;

	if (most > KEY_MAX_OLD || type->size <= most)
		return type;
	if (is_text(type))
		return type_string(types, most);
	if (type->kind != TYPE_TUPLE)
		return type;
	while (share > SHARE_STEP && size_with(type, share) > most)
		share -= SHARE_STEP;
	items = arena_new_array(types->arena, const struct type *, type->tuple.count);
	names = arena_new_array(types->arena, const char *, type->tuple.count);
	for (i = 0; i < type->tuple.count; i++) {
		const struct field *field = &type->tuple.fields[i];

		items[i] = is_text(field->type) && field->type->size > share ? type_string(types, share)
									      : field->type;
		names[i] = field->name;
	}
	return type_tuple(types, items, type_is_record(type) ? names : NULL, type->tuple.count);
}

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
	if (map->layout.key_size > key_max(program))
		diag_report(program->diags, map->span, DIAG_TOO_LARGE,
			    "keys of %s have %u bytes, %u are allowed", map->name, map->layout.key_size,
			    key_max(program));
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
