/*
 * Names made of attach points: letters, digits and '_' alone.
 */
#include "codegen/program_name.h"

#include <linux/bpf.h>
#include <string.h>

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static const char *as_identifier(struct arena *arena, const char *text, uint32_t number)
{
	char *name = arena_printf(arena, "%s_%u", text, number + 1), *p;

	for (p = name; *p; p++)
		if (!is_word(*p))
			*p = '_';
	return *name >= '0' && *name <= '9' ? arena_printf(arena, "_%s", name) : name;
}

const char *program_function_name(struct arena *arena, const struct instance *instance,
				  const char *share_key)
{
	if (share_key)
		return as_identifier(arena, share_key, instance->number);
	return as_identifier(arena, instance->points.items[0]->name, instance->number);
}

const char *program_short_name(struct arena *arena, const struct instance *instance,
			       const char *share_key)
{
	const char *name = program_function_name(arena, instance, share_key);
	const char *last = strrchr(instance->points.items[0]->name, ':');

	/* Of a long one the event's name says more than the type's; numbers alone say nothing. */
	if (!share_key && strlen(name) >= BPF_OBJ_NAME_LEN && last && is_word(last[1]) &&
	    !(last[1] >= '0' && last[1] <= '9'))
		name = as_identifier(arena, last + 1, instance->number);
	return arena_strndup(arena, name, strnlen(name, BPF_OBJ_NAME_LEN - 1));
}
