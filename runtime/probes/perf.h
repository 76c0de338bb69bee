/*
 * Perf events as places to attach programs to.
 */
#ifndef RUNTIME_PROBES_PERF_H
#define RUNTIME_PROBES_PERF_H

#include <stdbool.h>
#include <stdint.h>

struct attacher;

struct software_event {
	uint64_t config; /* PERF_COUNT_SW_*, or of hardware PERF_COUNT_HW_* */
	bool is_hardware;
	uint64_t period; /* fires each time that many happened, or nanoseconds passed */
	bool one_cpu;	 /* on one CPU, whatever runs there; else on all */
};

/* All give 0 or -errno and explain. */
int perf_attach_software(struct attacher *attacher, int program, const struct software_event *event);
int perf_attach_tracepoint(struct attacher *attacher, int program, uint32_t id, uint64_t cookie);

struct perf_uprobe {
	const char *path;
	uint64_t offset, counter; /* in the file; counter 0: there is none */
	bool on_return;
	uint32_t pid; /* 0: all processes */
	uint64_t cookie;
};

/* Accesses to memory; of one process's with all its threads, or of the kernel's on all CPUs. */
struct perf_watchpoint {
	uint64_t address;
	uint32_t length, access; /* HW_BREAKPOINT_* */
	uint32_t pid;		 /* 0: the kernel's memory */
};

int perf_attach_watchpoint(struct attacher *attacher, int program,
			   const struct perf_watchpoint *watchpoint);

int perf_attach_uprobe(struct attacher *attacher, int program, const struct perf_uprobe *uprobe);

struct perf_kprobe {
	const char *symbol;	/* "vfs_read" or "module:function"; NULL: `offset` is an address */
	uint64_t offset;
	bool on_return;
	uint64_t cookie;
};

int perf_attach_kprobe(struct attacher *attacher, int program, const struct perf_kprobe *kprobe);

#endif
