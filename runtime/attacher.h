/*
 * What attach hooks of mechanisms get.
 */
#ifndef RUNTIME_ATTACHER_H
#define RUNTIME_ATTACHER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "runtime/links.h"
#include "sema/target.h"

struct attacher {
	const struct target *target;
	struct arena *arena; /* of the session */
	uint32_t pid;	     /* -p, else 0; programs of PROBE_FILTERS_PID types compare it themselves */
	uint32_t child;	     /* process of -c, stopped before its exec, else 0 */
	struct links *links;
	bool follows;	     /* --follow: programs know the processes, attaching must not */
	bool verbose;	     /* -v */
	const char *reason; /* of the last failure, in words; NULL: errno says it all */
	VEC(struct skipped_place {
		const char *name;
		const char *reason;
	}) skipped; /* of an attachment that was made without them */
	VEC(int) iterators; /* files to be read to their end, which runs programs */
	VEC(struct pinned_link {
		int link;
		const char *path;
	}) pinned; /* to be kept in the file system */
};

/* The session closes it at the end. */
void attacher_hold(struct attacher *attacher, enum link_kind kind, int fd);

/* Says why attaching failed and what to do about it. */
void attacher_explain(struct attacher *attacher, const char *format, ...) PRINTF_LIKE(2, 3);

/* One of several places failed, as was explained; the others go on. */
void attacher_skip(struct attacher *attacher, const char *name);

#endif
