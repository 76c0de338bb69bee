/*
 * What is asked of the target about functions of the kernel.
 */
#include "stdlib/kernel_call.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/version.h>

#include "sema/probe_type.h"
#include "sema/program.h"
#include "sema/target.h"

uint32_t kernel_function_id(struct program *program, const char *name)
{
	const struct target *target = program->target;
	struct kernel_function function;

	if (!target->find_function ||
	    target->find_function(target, &program->types, "vmlinux", name, &function))
		return 0;
	return function.btf_id;
}

bool kernel_function_allowed(const struct program *program, const struct instance *instance,
			     uint32_t id)
{
	const struct target *target = program->target;
	uint32_t type = instance->points.items[0]->mechanism->prog_type;

	if (target->may_call)
		return target->may_call(target, type, id);
	if (type == BPF_PROG_TYPE_TRACING)
		return target->kernel_version >= KERNEL_VERSION(6, 2, 0);
	return target->kernel_version >= KERNEL_VERSION(6, 12, 0) &&
	       (type == BPF_PROG_TYPE_TRACEPOINT || type == BPF_PROG_TYPE_PERF_EVENT);
}
