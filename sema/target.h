/*
 * Facts about a kernel, the only place the compiler gets them from.
 *
 * The running kernel, a BTF file with a folder of tracepoint formats, and the
 * canned one of the tests each fill in this struct (runtime/host).  Every
 * answer is found when it is asked for: nothing is read that no script needs.
 */
#ifndef SEMA_TARGET_H
#define SEMA_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct type;
struct types;

/* What a kernel can do.  id, name in --info. */
/* clang-format off */
#define TARGET_FEATURES(X) \
	X(ISA_V4,	"isa_v4")	/* movsx, bswap, sdiv, gotol */ \
	X(ATOMIC_FETCH,	"atomic_fetch") \
	X(RINGBUF,	"ringbuf") \
	X(LAZY_ALLOC,	"lazy_alloc")	/* hash maps without preallocation from any program */ \
	X(TASK_BTF,	"get_current_task_btf") \
	X(RAW_TP_COOKIE,	"raw_tp_cookie") \
	X(PERF_LINK,	"perf_link")	/* perf events through bpf_link, with cookies */ \
	X(TEST_RUN,	"test_run")	/* raw_tp programs by BPF_PROG_TEST_RUN */ \
	X(LOOP,		"bpf_loop") \
	X(FOR_EACH,	"for_each_map_elem") \
	X(PERCPU_LOOKUP,	"lookup_percpu_elem") \
	X(UPROBE_MULTI,	"uprobe_multi") \
	X(KPROBE_MULTI,	"kprobe_multi") \
	X(TP_BTF,	"tp_btf")	/* tracepoints with arguments typed by the kernel's BTF */ \
	X(COMPAT_SYSCALLS,	"compat_syscalls")	/* 32-bit tasks may run beside 64-bit ones */
/* clang-format on */

enum target_feature {
#define X(id, name) FEATURE_##id,
	TARGET_FEATURES(X)
#undef X
	FEATURE_COUNT
};

/* One line of a tracepoint's format file. */
struct tracepoint_field {
	const char *c_type; /* "const char *", "pid_t", "char", "__data_loc char[]" */
	const char *name;
	uint32_t offset, size;
	uint32_t length; /* of an array in the declaration, else 0 */
	bool is_array, is_signed, is_data_loc;
};

struct tracepoint_format {
	uint32_t id;
	struct tracepoint_field *fields; /* the common_ ones left out */
	size_t count;
};

struct arch; /* sema/arch.h */

struct target {
	const char *name; /* "running kernel", "tests/canned" */
	const struct arch *arch;
	uint32_t cpu_count;    /* possible CPUs */
	uint32_t kernel_version; /* KERNEL_VERSION(6, 18, 0) as in linux/version.h */
	void *data;	       /* of the implementation */

	bool (*has)(const struct target *target, enum target_feature feature);

	/* 0, -ENOENT when there is no such event, -EACCES, or -ENODEV without tracefs. */
	int (*tracepoint_format)(const struct target *target, struct arena *arena,
				 const char *category, const char *event,
				 struct tracepoint_format *ret_format);

	/*
	 * Calls back with every "category", "event" in the order of their names
	 * whose category matches (NULL: any); a callback that returns false stops.
	 * 0, or an error as above.
	 */
	int (*each_tracepoint)(const struct target *target, const char *category,
			       bool (*callback)(void *context, const char *category,
						const char *event),
			       void *context);

	/*
	 * The kernel's struct, union, enum or typedef of that name from BTF, with
	 * its fields; NULL when there is none.  `what` is "struct", "union", "enum"
	 * or "" for a plain type name.
	 */
	const struct type *(*find_type)(const struct target *target, struct types *types,
					const char *what, const char *name);

	/* Parameters of a raw tracepoint as a struct type (offsets 0, 8, ...), or NULL. */
	const struct type *(*raw_tracepoint_args)(const struct target *target, struct types *types,
						  const char *event);

	/* Number of a system call ("openat"), -1 if there is none of that name. */
	int (*syscall_number)(const struct target *target, const char *name);

	/* Fills in the fields of an incomplete struct type; type_complete() calls it. */
	void (*complete_type)(const struct target *target, struct types *types, struct type *record);

	/* Calls back with every raw tracepoint, sorted by name, until false.  -ENODEV without BTF. */
	int (*each_raw_tracepoint)(const struct target *target,
				   bool (*callback)(void *context, const char *event),
				   void *context);
};

static inline bool target_has(const struct target *target, enum target_feature feature)
{
	return target->has(target, feature);
}

#endif
