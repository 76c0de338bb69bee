/*
 * A run, as the files of runtime/ share it.
 */
#ifndef RUNTIME_SESSION_INTERNAL_H
#define RUNTIME_SESSION_INTERNAL_H

#include <sys/types.h>

#include "runtime/attacher.h"
#include "runtime/baseline.h"
#include "runtime/consumer.h"
#include "runtime/drain.h"
#include "runtime/late_text.h"
#include "runtime/pcap.h"
#include "runtime/session.h"

struct session {
	struct arena *arena;
	const struct object *object;
	const struct target *target;
	const struct session_options *options;
	struct output *output;
	struct consumer consumer;

	int btf;       /* func and line info; -1: none */
	int *maps;     /* descriptors, as in object.maps */
	int *programs; /* as in object.programs; -1: not loaded */
	const char **refusals; /* of programs whose place the kernel refuses: why; NULL: of none */
	bool *zeroed;  /* maps whose values zero() has set, which nothing else tells */
	struct ring ring;
	struct perf_buffers *packets; /* NULL: the script sends none */
	struct pcap_files pcaps;
	struct symbolizer *symbolizer; /* names of addresses (runtime/symbolize.h) */
	struct links links;
	struct attacher attacher;
	uint64_t attached; /* probes */
	uint64_t missed;   /* events that came while the kernel was busy with a kprobe */

	pid_t child;	/* of -c; 0: none */
	int child_gate; /* closing it lets the child run; -1 */
	int watched;	/* pidfd of the child or of -p; -1: none */
	int signals;	/* signalfd of those that end the run or are for probes; -1: not caught */
	int timer;	/* timerfd of --timeout; -1: none */

	struct late_texts late_texts;
	struct baseline *baselines; /* as in object.maps */

	uint64_t commands_until; /* no command of system() is started after it (CLOCK_MONOTONIC, ns); 0: any;
				    UINT64_MAX: any of end probes, whatever exit() says */
	uint64_t left_out;	/* of them */
	bool is_ending; /* exit() was called, or nothing reads the output any more */
	int exit_status;
};

/* The parts of session_run(), for tests that bring a kernel and events of their own. */
void session_init(struct session *session, const struct object *object, const struct target *target,
		  const struct session_options *options);
void session_finish(struct session *session);
int session_load(struct session *session); /* maps and programs */
/* Runs begin or end probes; 0 or -errno after saying which failed. */
int session_run_here(struct session *session, const struct probe_type *type);
/* Detaches, runs the end probes, prints maps and losses. */
void session_end(struct session *session);

#endif
