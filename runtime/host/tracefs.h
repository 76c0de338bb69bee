/*
 * Tracepoints as tracefs, or a folder that looks like it, describes them.
 */
#ifndef RUNTIME_HOST_TRACEFS_H
#define RUNTIME_HOST_TRACEFS_H

#include <stdbool.h>

#include "base/table.h"
#include "sema/target.h"

/*
 * The folder that holds events/.  Where tracefs is not mounted, a mount of our
 * own that no path leads to and that is gone with the descriptor.  -ENODEV:
 * the kernel has none; -EACCES, -EPERM: it may not be read.
 */
int tracefs_open(void);

/* The hooks of struct target, given the folder; what has been read of formats is in `known`. */
int tracefs_format(int folder, struct table *known, const char *category, const char *event,
		   struct tracepoint_format *ret_format);
int tracefs_each(int folder, const char *category,
		 bool (*callback)(void *context, const char *category, const char *event),
		 void *context);

/* Reads the text of a format file; false when it has none of its parts. */
bool tracefs_parse_format(struct arena *arena, char *text, struct tracepoint_format *ret_format);

#endif
