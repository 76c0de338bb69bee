/*
 * Probes on the entry and on the return of the same places, which one attachment
 * can serve: their mechanism is exchanged for the joint one.
 *
 * Only where there is one of each: of several at one place the order would be
 * another than the script's.
 */
#include <string.h>

#include "base/compiler.h"
#include "sema/passes.h"

/* One of a pair, if it finds the other. */
struct half {
	struct instance *instance;
	bool on_return;
	size_t partners;
	struct instance *partner; /* the last one */
};

VEC_STRUCT(half_vec, struct half);

/* Each point as the joint mechanism has it; NULL: it does not take them all. */
static const struct mechanism *joint_of(const struct program *program,
					const struct instance *instance)
{
	const struct mechanism *mechanism = instance->points.items[0]->mechanism, *joint = NULL;
	size_t i;

	for (i = 0; i < instance->points.count; i++) {
		joint = mechanism->joint(program, instance->points.items[i]);
		if (!joint)
			return NULL;
	}
	return joint;
}

/* The whole of a probe that is written with one attach point? */
static bool is_whole(const struct program *program, size_t index)
{
	const struct instance *instance = program->instances.items[index];
	size_t next = index + 1;

	return instance->probe->attach_points.count == 1 &&
	       (index == 0 || program->instances.items[index - 1]->probe != instance->probe) &&
	       (next == program->instances.count ||
		program->instances.items[next]->probe != instance->probe);
}

static bool same_places(const struct instance *a, const struct instance *b)
{
	size_t i;

	if (a->points.count != b->points.count)
		return false;
	for (i = 0; i < a->points.count; i++)
		if (strcmp(a->points.items[i]->function, b->points.items[i]->function) != 0)
			return false;
	return true;
}

static void find_halves(const struct program *program, struct half_vec *ret_halves)
{
	size_t i;

	for (i = 0; i < program->instances.count; i++) {
		struct half half = { .instance = program->instances.items[i] };

		if (!half.instance->points.items[0]->mechanism->joint || !is_whole(program, i))
			continue;
		half.on_return = half.instance->points.items[0]->mechanism->on_return;
		vec_push(program->arena, ret_halves, half);
	}
}

static void count_partners(struct half_vec *halves)
{
	size_t i, j;

	for (i = 0; i < halves->count; i++)
		for (j = 0; j < halves->count; j++)
			if (halves->items[i].on_return != halves->items[j].on_return &&
			    same_places(halves->items[i].instance, halves->items[j].instance)) {
				halves->items[i].partners++;
				halves->items[i].partner = halves->items[j].instance;
			}
}

static bool are_alone(const struct half_vec *halves, const struct half *half)
{
	size_t i;

	if (half->partners != 1)
		return false;
	for (i = 0; i < halves->count; i++)
		if (halves->items[i].instance == half->partner)
			return halves->items[i].partners == 1;
	return false;
}

static void set_mechanism(struct instance *instance, const struct mechanism *mechanism)
{
	size_t i;

	for (i = 0; i < instance->points.count; i++)
		instance->points.items[i]->mechanism = mechanism;
}

void pair(struct program *program)
{
	const struct mechanism *entry, *leave;
	struct half_vec halves = { 0 };
	size_t i;

	if (program->options->probe_filter)
		return; /* it may take one of two away */
	find_halves(program, &halves);
	if (halves.count < 2)
		return;
	count_partners(&halves);
	for (i = 0; i < halves.count; i++) {
		const struct half *half = &halves.items[i];

		if (half->on_return || !are_alone(&halves, half))
			continue;
		entry = joint_of(program, half->instance);
		leave = entry ? joint_of(program, half->partner) : NULL;
		if (!leave)
			continue;
		set_mechanism(half->instance, entry);
		set_mechanism(half->partner, leave);
	}
}
