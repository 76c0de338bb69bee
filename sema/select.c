/*
 * --probe-filter: drops the attach points whose names do not match, once the
 * whole script has been checked.
 */
#include "sema/passes.h"

static bool is_wanted(const regex_t *filter, const struct attach_point *point)
{
	return regexec(filter, point->name, 0, NULL, 0) == 0;
}

void select_probes(struct program *program)
{
	const regex_t *filter = program->options->probe_filter;
	size_t kept_instances = 0, i, j;

	if (!filter)
		return;
	for (i = 0; i < program->instances.count; i++) {
		struct instance *instance = program->instances.items[i];
		size_t kept = 0;

		for (j = 0; j < instance->points.count; j++)
			if (is_wanted(filter, instance->points.items[j]))
				instance->points.items[kept++] = instance->points.items[j];
		instance->points.count = kept;
		if (kept)
			program->instances.items[kept_instances++] = instance;
	}
	program->instances.count = kept_instances;
}
