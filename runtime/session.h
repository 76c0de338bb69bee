/*
 * Life of a run: maps, programs, links, events, end.
 */
#ifndef RUNTIME_SESSION_H
#define RUNTIME_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "codegen/object.h"
#include "runtime/output/output.h"
#include "sema/target.h"

enum session_mode {
	SESSION_TRACE,
	SESSION_TEST,  /* --test: only runs its test probes */
	SESSION_BENCH, /* --bench: the same of bench probes */
};

struct session_options {
	enum session_mode mode;
	struct output_options output;
	uint32_t pid;	     /* -p: stop when it exits; 0: none */
	const char *command; /* -c, or NULL */
	uint64_t timeout_ns; /* --timeout: stop so long after attaching; 0: never */
	bool verbose;	     /* -v */
	bool dry_run;	     /* attach, detach, run nothing */
	bool tell_quiet;     /* -k: also losses that are part of ordinary life */
	bool strict;	     /* losses change the exit status */
	bool notify;	     /* __BPFTRACE_NOTIFY_PROBES_ATTACHED */
};

/* Runs a compiled script to its end; gives the exit status.  Has said what went wrong. */
int session_run(const struct object *object, const struct target *target,
		const struct session_options *options);

#endif
