/*
 * A kernel of our own, in so far as programs and runtime/bpf.h see it: maps,
 * a ring buffer, helpers, a task that runs on a CPU, a clock.
 *
 * kernel.c defines the functions of runtime/bpf.h; a program that is linked with
 * it has the whole runtime on top of this kernel instead of the real one.
 */
#ifndef TESTS_INTERP_KERNEL_H
#define TESTS_INTERP_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "codegen/builder.h"
#include "base/vec.h"
#include "sema/target.h"
#include "sema/type.h"
#include "tests/interp/memory.h"

enum { STACK_SIZE = STACK_MAX };

struct fake_map;

/* Who runs where when an event happens. */
struct happening {
	uint32_t cpu, pid, tid, ppid;
	uint32_t uid, gid;
	const char *comm, *pcomm;
	uint64_t cgroup;
	uint64_t cookie; /* of the attachment */
};

struct fake_program {
	const char *name;
	const struct bpf_insn *insns;
	uint32_t count;
};

/* What a file descriptor stands for. */
struct descriptor {
	int fd;
	struct fake_map *map;	      /* or NULL */
	struct fake_program *program; /* or NULL */
};

struct kernel {
	struct arena *arena;
	const struct target *target;
	struct types types; /* of the target, to lay out what programs look at */
	struct memory memory;
	VEC(struct descriptor) descriptors;
	uint64_t frames[FRAMES_MAX]; /* addresses of the stacks, by depth of calls */
	struct happening now;
	uint64_t task; /* address of the current task_struct */
	uint64_t clock; /* ns since the machine started */
	uint64_t random;
	bool has_failed; /* a program did what the real kernel would not let it */
};

/* There is one at a time: runtime/bpf.h has no handle for it. */
struct kernel *kernel_new(const struct target *target);
void kernel_free(struct kernel *kernel);

/* The default: process 1000, called bpfline, on CPU 0. */
struct happening happening_default(void);

/* Makes this the present: who runs, where. */
void kernel_set_present(struct kernel *kernel, const struct happening *happening);

/* Runs a loaded program; false after telling what went wrong. */
bool kernel_run(struct kernel *kernel, int program, uint64_t context, uint64_t *ret_value);

struct fake_map *kernel_map(const struct kernel *kernel, int fd);

#endif
