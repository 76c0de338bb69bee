/*
 * What list hooks of probe types get: where to put what can be attached to.
 */
#ifndef RUNTIME_LISTER_H
#define RUNTIME_LISTER_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "base/vec.h"
#include "sema/program.h"

struct listed {
	const char *name;    /* "tracepoint:sched:sched_switch" */
	const char *details; /* lines shown with -v, or NULL */
};

struct lister {
	struct arena *arena;
	const struct language *language;
	struct types *types;  /* for the arguments */
	const char *search;   /* pattern for whole names, or NULL */
	bool verbose;	      /* details are wanted */
	bool is_general;      /* nobody asked for this type by name */
	uint32_t pid;	      /* of -p, whose programs are listed, else 0 */
	VEC(struct listed) list;
};

/* Adds what the search pattern lets through; gives NULL for what it does not. */
struct listed *lister_add(struct lister *lister, const char *name);

/*
 * Lists into `out` what matches a pattern ("tracepoint:sched:*", "*switch*",
 * NULL for everything) and, with a pid, can be probed in that process.  False after a diagnostic.
 */
bool list_probes(struct arena *arena, const struct language *language, const char *pattern,
		 uint32_t pid, bool verbose, struct diags *diags, struct strbuf *out);

#endif
