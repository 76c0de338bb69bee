/*
 * What attach hooks of mechanisms get.
 */
#ifndef RUNTIME_ATTACHER_H
#define RUNTIME_ATTACHER_H

#include <stdint.h>

#include "base/arena.h"
#include "runtime/links.h"
#include "sema/target.h"

struct attacher {
	const struct target *target;
	struct arena *arena; /* of the session */
	uint32_t pid;	     /* -p, else 0; programs of PROBE_FILTERS_PID types compare it themselves */
	uint32_t child;	     /* process of -c, stopped before its exec, else 0 */
	struct links *links;
	const char *reason; /* of the last failure, in words; NULL: errno says it all */
};

/* The session closes it at the end. */
void attacher_hold(struct attacher *attacher, enum link_kind kind, int fd);

/* Says why attaching failed and what to do about it. */
void attacher_explain(struct attacher *attacher, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
