/*
 * What happens during an interpreted run, as a case lists it: NAME.events beside
 * NAME.bt, a line for each event.
 *
 *	machine cpus=2
 *	tracepoint:syscalls:sys_enter_openat cpu=1 pid=10 comm=cat filename="/etc/passwd"
 *	tracepoint:sched:sched_wakeup times=3 args.pid=7 time=1500
 *	interval:s:1
 *
 * Words that happenings have (cpu pid tid ppid uid gid comm pcomm cgroup) say who runs
 * where, `time` is in ns since the start of the run, `times` repeats the line; others are
 * fields of the event, which `args.` in front of the name makes certain.  A text in
 * quotes is put into memory where a field is a pointer.  '#' begins a comment.
 */
#ifndef TESTS_INTERP_EVENTS_H
#define TESTS_INTERP_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "tests/interp/kernel.h"

struct event_field {
	const char *name;
	bool is_text, is_used;
	const char *text;
	uint64_t number;
};

struct event {
	unsigned line;
	const char *name;
	struct happening happening;
	uint64_t time; /* 0: goes on by itself */
	uint64_t times;
	VEC(struct event_field) fields;
};

struct events {
	const char *path;
	uint32_t cpus; /* 0: as the target says */
	VEC(struct event) items;
};

/* False after telling what is wrong.  No file: no events. */
bool events_read(struct arena *arena, const char *path, struct events *ret_events);

struct object;
struct session;

/* Runs what is attached to the place, with its context; false after telling what is wrong. */
bool event_fire(struct kernel *kernel, struct session *session, const struct events *events,
		struct event *event);

#endif
