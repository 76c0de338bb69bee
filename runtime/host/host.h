/*
 * Targets: the running kernel, and one told by files.
 */
#ifndef RUNTIME_HOST_HOST_H
#define RUNTIME_HOST_HOST_H

#include "base/arena.h"
#include "sema/target.h"

struct host_options {
	const char *btf;	/* path instead of /sys/kernel/btf/vmlinux, or NULL */
	const char *functions;	/* file instead of available_filter_functions, or NULL */
};

/* Opens nothing yet.  NULL on an architecture that there is no row for. */
struct target *host_target_new(struct arena *arena, const struct host_options *options);

/*
 * A folder with
 *
 *	target.conf	lines of KEY=VALUE: kernel_version=6.12.0, cpus=4, arch=x86_64,
 *			features=ringbuf,loop ... (without that line: what the version has)
 *	events/CATEGORY/EVENT/format
 *	available_filter_functions	may be missing
 *	vmlinux.btf	raw BTF; may be missing
 *	root/		its programs and libraries, for probes in user space; may be missing
 *
 * NULL when target.conf does not say what it has to; *ret_error tells.
 */
struct target *file_target_new(struct arena *arena, const char *folder, const char **ret_error);

struct clang_options; /* runtime/host/clang.h */

/* Where headers are looked for; what the options leave open is filled in when it is needed. */
void target_set_headers(struct target *target, const struct clang_options *options);

/* Closes what was opened; the memory belongs to the arena. */
void target_close(struct target *target);

/* The online CPUs, of the running kernel: writes up to `max`, gives how many. */
unsigned online_cpus(uint32_t *cpus, unsigned max);

/* Number of a typedef or a function in the kernel's BTF, for loading; 0 if there is none. */
uint32_t target_typedef_id(const struct target *target, const char *name);
/* The kernel function by which a program of a session learns whether it runs at a return. */
#define SESSION_IS_RETURN "bpf_session_is_return"

uint32_t target_function_id(const struct target *target, const char *name);

#endif
