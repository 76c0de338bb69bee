/*
 * What elements of maps were read as.
 *
 * A predicate asks for an element that the body then uses: one lookup serves
 * both.  What was read is known where every path comes by, until the program
 * itself may have changed the map; only keys that are numbers are compared.
 */
#include "codegen/lower.h"

enum { READS_MAX = 16 }; /* the last ones: what is used again stands nearby */

static bool is_same(struct val left, struct val right)
{
	return left.kind == right.kind && left.id == right.id && left.number == right.number;
}

struct val known_read(const struct codegen *cg, const struct map *map, struct val key)
{
	size_t i;

	for (i = cg->reads.count; i-- > 0;) {
		const struct known_read *read = &cg->reads.items[i];

		if (read->map == map && read->builder == cg->b && is_same(read->key, key) &&
		    build_is_past(cg->b, read->point))
			return read->value;
	}
	return VAL_NOTHING;
}

void known_read_add(struct codegen *cg, const struct map *map, struct val key, struct val value)
{
	struct known_read read = { map, cg->b, key, value, build_point(cg->b) };
	size_t i;

	if (cg->reads.count == READS_MAX) {
		for (i = 1; i < READS_MAX; i++)
			cg->reads.items[i - 1] = cg->reads.items[i];
		cg->reads.count--;
	}
	vec_push(cg->arena, &cg->reads, read);
}

void forget_reads(struct codegen *cg, const struct map *map)
{
	size_t from, to = 0;

	for (from = 0; from < cg->reads.count; from++)
		if (map && cg->reads.items[from].map != map)
			cg->reads.items[to++] = cg->reads.items[from];
	cg->reads.count = to;
}
