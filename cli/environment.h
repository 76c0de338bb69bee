/*
 * What the environment sets.
 */
#ifndef CLI_ENVIRONMENT_H
#define CLI_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct environment {
	const char *const *settings; /* pairs: key, value */
	size_t setting_count;
	const char *btf; /* BPFTRACE_BTF, or NULL */
	const char *kernel_source, *kernel_build; /* BPFTRACE_KERNEL_SOURCE, _BUILD, or NULL */
	const char *arch; /* ARCH, or NULL */
	bool color;	 /* of diagnostics */
	bool notify;	 /* __BPFTRACE_NOTIFY_PROBES_ATTACHED */
};

/* 0, or the exit status after saying which value is invalid. */
int environment_read(struct arena *arena, bool no_warnings, struct environment *ret_environment);

#endif
