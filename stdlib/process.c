/*
 * Who runs: values of the current task and CPU, and random numbers.
 */
#include <linux/bpf.h>

#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/library.h"

enum { COMM_SIZE = 16 };

/* One call serves pid, tid and the -p filter. */
static struct val emit_high_half(struct codegen *cg, int helper)
{
	return build_alu(cg->b, BPF_RSH, build_call_pure(cg->b, helper, NULL, 0), val_const(32));
}

static struct val emit_low_half(struct codegen *cg, int helper)
{
	return build_extend(cg->b, build_call_pure(cg->b, helper, NULL, 0), 4, false);
}

static struct val emit_pid(struct codegen *cg, const struct expr *call UNUSED)
{
	return emit_high_half(cg, BPF_FUNC_get_current_pid_tgid);
}

static struct val emit_tid(struct codegen *cg, const struct expr *call UNUSED)
{
	return emit_low_half(cg, BPF_FUNC_get_current_pid_tgid);
}

static struct val emit_uid(struct codegen *cg, const struct expr *call UNUSED)
{
	return emit_low_half(cg, BPF_FUNC_get_current_uid_gid);
}

static struct val emit_gid(struct codegen *cg, const struct expr *call UNUSED)
{
	return emit_high_half(cg, BPF_FUNC_get_current_uid_gid);
}

/* The helper pads with zeros. */
static void emit_comm(struct codegen *cg, const struct expr *call UNUSED, struct val address)
{
	BUILD_CALL(cg->b, BPF_FUNC_get_current_comm, address, val_const(COMM_SIZE));
}

static struct val emit_cpu(struct codegen *cg, const struct expr *call UNUSED)
{
	return build_extend(cg->b,
			    build_call_pure(cg->b, BPF_FUNC_get_smp_processor_id, NULL, 0), 4, false);
}

static struct val emit_ncpus(struct codegen *cg, const struct expr *call UNUSED)
{
	return val_const(cg->program->target->cpu_count);
}

static struct val emit_numaid(struct codegen *cg, const struct expr *call UNUSED)
{
	return build_call_pure(cg->b, BPF_FUNC_get_numa_node_id, NULL, 0);
}

static struct val emit_cgroup(struct codegen *cg, const struct expr *call UNUSED)
{
	return build_call_pure(cg->b, BPF_FUNC_get_current_cgroup_id, NULL, 0);
}

static struct val emit_curtask(struct codegen *cg, const struct expr *call UNUSED)
{
	return build_call_pure(cg->b, BPF_FUNC_get_current_task, NULL, 0);
}

static struct val emit_rand(struct codegen *cg, const struct expr *call UNUSED)
{
	return build_extend(cg->b, build_call(cg->b, BPF_FUNC_get_prandom_u32, NULL, 0), 4, false);
}

/* --- the parent ---------------------------------------------------------------------- */

/* task_struct.real_parent and a field of it; false when the target does not tell. */
static bool find_parent_field(struct program *program, const char *name,
			      const struct field **ret_field, uint32_t *ret_parent,
			      uint32_t *ret_offset)
{
	struct types *types = &program->types;
	const struct type *task =
		program->target->find_type(program->target, types, "struct", "task_struct");

	if (!task || !type_field(types, task, "real_parent", ret_parent))
		return false;
	*ret_field = type_field(types, task, name, ret_offset);
	return *ret_field != NULL;
}

static void check_parent(struct checker *checker, struct expr *call, const char *name)
{
	const struct field *field;
	uint32_t parent, offset;

	if (!find_parent_field(checker->program, name, &field, &parent, &offset))
		diag_report(checker->program->diags, call->span, DIAG_UNSUPPORTED,
			    "the parent process is found through struct task_struct, which needs the "
			    "kernel's BTF");
}

static struct val emit_parent_field(struct codegen *cg, const char *name,
				    const struct field **ret_field)
{
	uint32_t parent = 0, offset = 0;
	struct val task = emit_curtask(cg, NULL), slot = build_slot(cg->b, 8);

	if (!find_parent_field(cg->program, name, ret_field, &parent, &offset))
		return val_const(0); /* check has said so */
	emit_read(cg, slot, 8, build_offset(cg->b, task, parent), SPACE_KERNEL);
	return build_offset(cg->b, build_load(cg->b, 8, false, slot, 0), offset);
}

static void check_ppid(struct checker *checker, struct expr *call)
{
	check_parent(checker, call, "pid");
}

static struct val emit_ppid(struct codegen *cg, const struct expr *call UNUSED)
{
	const struct field *field;
	struct val address = emit_parent_field(cg, "pid", &field);

	return emit_field(cg, field, 0, address, SPACE_KERNEL);
}

static void check_pcomm(struct checker *checker, struct expr *call)
{
	check_parent(checker, call, "comm");
}

static void emit_pcomm(struct codegen *cg, const struct expr *call UNUSED, struct val address)
{
	const struct field *field;
	struct val comm = emit_parent_field(cg, "comm", &field);

	emit_string_into(cg, address, COMM_SIZE, comm, SPACE_KERNEL);
}

const struct builtin process_builtins[] = {
	{ "pid", "uint32", "Process id of the current task, as the initial namespace has it.",
	  .emit = emit_pid },
	{ "tid", "uint32", "Thread id of the current task.", .emit = emit_tid },
	{ "uid", "uint64", "User id of the current task.", .emit = emit_uid },
	{ "gid", "uint64", "Group id of the current task.", .emit = emit_gid },
	{ "comm", "string[16]", "Name of the current thread.", .emit_into = emit_comm },
	{ "cpu", "uint64", "Number of the CPU that the probe runs on.", .emit = emit_cpu },
	{ "ncpus", "uint64", "Number of CPUs the machine may have.", .emit = emit_ncpus },
	{ "numaid", "uint64", "Number of the NUMA node that the probe runs on.", .emit = emit_numaid },
	{ "cgroup", "uint64", "Id of the current task's cgroup in the version 2 hierarchy.",
	  .emit = emit_cgroup },
	{ "curtask", "struct task_struct *",
	  "Address of the kernel's description of the current task; its fields can be read.",
	  .emit = emit_curtask },
	{ "ppid", "int32", "Process id of the current task's parent.", .check = check_ppid,
	  .emit = emit_ppid },
	{ "pcomm", "string[16]", "Name of the current task's parent.", .check = check_pcomm,
	  .emit_into = emit_pcomm },
	{ "rand", "uint64", "A random number below 2^32.", .emit = emit_rand },
	{ NULL },
};
