/*
 * Perf events as places to attach programs to.
 */
#ifndef RUNTIME_PROBES_PERF_H
#define RUNTIME_PROBES_PERF_H

#include <stdbool.h>
#include <stdint.h>

struct attacher;

struct software_event {
	uint64_t config; /* PERF_COUNT_SW_* */
	uint64_t period; /* fires each time that many happened, or nanoseconds passed */
	bool one_cpu;	 /* on one CPU, whatever runs there; else on all */
};

/* All give 0 or -errno and explain. */
int perf_attach_software(struct attacher *attacher, int program, const struct software_event *event);
int perf_attach_tracepoint(struct attacher *attacher, int program, uint32_t id, uint64_t cookie);

#endif
