/*
 * Parts of the tracepoint probe type: its mechanisms and the types of `args`.
 */
#ifndef RUNTIME_PROBES_TRACEPOINT_H
#define RUNTIME_PROBES_TRACEPOINT_H

#include "sema/probe_type.h"
#include "sema/target.h"
#include "sema/type.h"

/* Every point's target is "category:event"; the event of it. */
const char *event_of_target(const char *target);

/*
 * Mechanisms: for system calls; through the raw tracepoint of the same name,
 * for bodies without args; through perf.
 */
const struct mechanism *syscall_mechanism(const struct target *target, const char *category,
					  const char *event, uint64_t *ret_number);
const struct mechanism *raw_mechanism(const struct target *target);
const struct mechanism *perf_mechanism(const struct target *target);

/* Frames of a kernel stack before the event's own: the program and bpf_trace_runN(). */
enum { RAW_STACK_SKIP = 2 };

/* Where in the context of a system call an argument is: field.offset of a field in_register. */
enum syscall_field {
	SYSCALL_FIELD_ARG, /* and the five after it */
	SYSCALL_FIELD_NUMBER = 6,
	SYSCALL_FIELD_RESULT,
	SYSCALL_FIELD_ARGS, /* all six */
};

/* `args` of raw_syscalls, the same on all kernels. */
const struct type *raw_syscall_args(struct types *types, bool is_exit);

/* `args` as a format file says; for syscall mechanisms the fields are syscall_field numbers. */
const struct type *format_args(struct types *types, const char *name,
			       const struct tracepoint_format *format, enum space space,
			       uint32_t max_string, bool is_syscall);

#endif
