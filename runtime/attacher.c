/*
 * What attach hooks can do: hold descriptors for the session, explain failures.
 */
#include "runtime/attacher.h"

void attacher_hold(struct attacher *attacher, enum link_kind kind, int fd)
{
	links_add(attacher->links, kind, fd);
}

void attacher_explain(struct attacher *attacher, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	attacher->reason = arena_vprintf(attacher->arena, format, args);
	va_end(args);
}

void attacher_skip(struct attacher *attacher, const char *name)
{
	struct skipped_place place = { name, attacher->reason };

	vec_push(attacher->arena, &attacher->skipped, place);
}
