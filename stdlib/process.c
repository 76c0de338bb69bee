/*
 * Who runs: values of the current task and CPU, and random numbers.
 */
#include <linux/bpf.h>
#include <linux/version.h>
#include <stddef.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/arch.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/kernel_call.h"
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

/* pid(init): as the initial namespace has it; else as the tracer's own does. */
static struct val emit_ids(struct codegen *cg, const struct expr *call)
{
	const struct expr *word = call_arg(call, 0);

	if (word && !strcmp(word->ident.name, "init"))
		return build_call_pure(cg->b, BPF_FUNC_get_current_pid_tgid, NULL, 0);
	return emit_pid_tgid(cg);
}

static void check_ids(struct checker *checker, struct expr *call)
{
	const struct expr *word = call_arg(call, 0);

	if (!word || (word->kind == EXPR_IDENT && (!strcmp(word->ident.name, "init") ||
						   !strcmp(word->ident.name, "curr_ns"))))
		return;
	diag_report(checker->program->diags, word->span, DIAG_ARG_LITERAL,
		    "Invalid PID namespace mode: %s() knows curr_ns and init", call->call.name);
}

static struct val emit_pid(struct codegen *cg, const struct expr *call)
{
	return build_alu(cg->b, BPF_RSH, emit_ids(cg, call), val_const(32));
}

static struct val emit_tid(struct codegen *cg, const struct expr *call)
{
	return build_extend(cg->b, emit_ids(cg, call), 4, false);
}

/* --- comm(pid): the kernel's functions look the task up ----------------------------------- */

static const char task_from_pid[] = "bpf_task_from_pid", task_release[] = "bpf_task_release";

static void check_comm(struct checker *checker, struct expr *call)
{
	struct program *program = checker->program;
	const struct expr *pid = call_arg(call, 0);
	uint32_t id, offset;

	if (!pid)
		return;
	if (!type_is_integer(pid->type)) {
		diag_report(program->diags, pid->span, DIAG_ARG_TYPE,
			    "comm() of a process takes its id (%s provided)", pid->type->name);
		return;
	}
	id = kernel_function_id(program, task_from_pid);
	if (!id || !program->target->member_offset(program->target, "task_struct", "comm", &offset)) {
		diag_report(program->diags, call->span, DIAG_UNSUPPORTED,
			    "comm() of another process needs %s(), which came with Linux 6.2, and the "
			    "kernel's BTF", task_from_pid);
	} else if (!kernel_function_allowed(program, checker->instance, id)) {
		diag_report(program->diags, call->span, DIAG_WRONG_PROBE,
			    "comm() of another process can not be used with %s: this kernel does not let "
			    "such programs call %s()", checker->instance->points.items[0]->name,
			    task_from_pid);
		diag_hint(program->diags, "system calls, interval and profile may; pcomm and leader_comm "
			  "work everywhere");
	}
}

/* Of nobody: "N/A".  The task is held as long as its name is read. */
static void emit_comm_of(struct codegen *cg, const struct expr *pid, struct val address)
{
	struct builder *b = cg->b;
	uint32_t offset = 0, end = build_label(b), nobody = build_label(b);
	struct val number = emit_expr(cg, pid), task;

	cg->program->target->member_offset(cg->program->target, "task_struct", "comm", &offset);
	task = build_call_kernel(b, kernel_function_id(cg->program, task_from_pid), &number, 1);
	build_branch(b, BPF_JEQ, task, val_const(0), nobody);
	build_enter(b);
	emit_string_into(cg, address, COMM_SIZE, build_offset(b, task, offset), SPACE_KERNEL);
	build_call_kernel(b, kernel_function_id(cg->program, task_release), &task, 1);
	build_leave(b);
	build_jump(b, end);
	build_place(b, nobody);
	build_enter(b);
	emit_text(cg, "N/A", 3, COMM_SIZE, address);
	build_leave(b);
	build_place(b, end);
}

static struct val emit_uid(struct codegen *cg, const struct expr *call UNUSED)
{
	return emit_low_half(cg, BPF_FUNC_get_current_uid_gid);
}

static struct val emit_gid(struct codegen *cg, const struct expr *call UNUSED)
{
	return emit_high_half(cg, BPF_FUNC_get_current_uid_gid);
}

/* Kernels from here on keep the bytes of task_struct.comm behind the NUL zero. */
enum { COMM_PADDED = KERNEL_VERSION(5, 17, 0) };

/* Where the name lies in the task, if it can be read by two loads. */
static bool find_comm(struct codegen *cg, uint32_t *ret_offset)
{
	const struct target *target = cg->program->target;

	return target->kernel_version >= COMM_PADDED && target_has(target, FEATURE_TASK_BTF) &&
	       target->member_offset &&
	       target->member_offset(target, "task_struct", "comm", ret_offset) &&
	       *ret_offset % 8 == 0;
}

/* How many bytes may be stored there at once: on the stack only at multiples of as many; 0: one by one. */
static unsigned store_unit(struct val address)
{
	unsigned align = address_align(address);

	return align >= 4 ? align : 0;
}

/*
 * Two loads from the current task take 8 ns, the helper 35.  The helper pads
 * with zeros, but not in all versions: from 5.18 to 6.x it stopped at the NUL.
 */
static void emit_comm(struct codegen *cg, const struct expr *call, struct val address)
{
	unsigned unit = store_unit(address);
	struct val task, word;
	uint32_t offset, i;

	if (call_arg(call, 0)) {
		emit_comm_of(cg, call_arg(call, 0), address);
		return;
	}
	if (unit && find_comm(cg, &offset)) {
		task = build_call_pure(cg->b, BPF_FUNC_get_current_task_btf, NULL, 0);
		for (i = 0; i < COMM_SIZE; i += 8) {
			word = build_load_pure(cg->b, 8, false, task, offset + i);
			build_store(cg->b, unit, address, i, word);
			if (unit == 4)
				build_store(cg->b, 4, address, i + 4,
					    build_alu(cg->b, BPF_RSH, word, val_const(32)));
		}
		return;
	}
	if (!cg->is_wide_open && cg->program->target->kernel_version < KERNEL_VERSION(6, 12, 0))
		emit_zero(cg, address, COMM_SIZE);
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

/* --- the child of -c ------------------------------------------------------------------- */

static void check_cpid(struct checker *checker, struct expr *call)
{
	if (!checker->program->options->has_child)
		diag_report(checker->program->diags, call->span, DIAG_SUSPICIOUS,
			    "No child command (`-c`); cpid is zero");
}

static struct val emit_cpid(struct codegen *cg, const struct expr *call UNUSED)
{
	if (!cg->program->options->has_child)
		return val_const(0);
	return build_load_pure(cg->b, 8, false,
			       val_map_value(codegen_start_map(cg),
					     offsetof(struct object_start, child)), 0);
}

static struct val emit_has_cpid(struct codegen *cg, const struct expr *call UNUSED)
{
	return val_const(cg->program->options->has_child);
}

/* --- users ------------------------------------------------------------------------------- */

static const struct type *infer_username(struct inferer *inferer, struct expr *call UNUSED)
{
	return type_late(&inferer->program->types, LATE_USER);
}

static void emit_username(struct codegen *cg, const struct expr *call, struct val address)
{
	build_store(cg->b, 8, address, 0, emit_uid(cg, call));
}

/* --- usermode ------------------------------------------------------------------------------ */

/* The two lowest bits of the code segment are the ring that was interrupted: 0, or 3 for users. */
enum { RING_BIT = 2 };

static void check_usermode(struct checker *checker, struct expr *call)
{
	const struct arch *arch = checker->program->target->arch;

	if (arch_register(arch, "cs") < 0)
		diag_report(checker->program->diags, call->span, DIAG_UNSUPPORTED,
			    "usermode is known on x86_64 only, this is %s", arch->name);
}

static struct val emit_usermode(struct codegen *cg, const struct expr *call UNUSED)
{
	const struct attach_point *point = cg->instance->points.items[0];
	struct builder *b = cg->b;
	struct val ring;

	if (point->type->flags & PROBE_RUNS_HERE)
		return val_const(1);
	if (!point->mechanism->has_registers)
		return val_const(0);
	ring = build_load_pure(b, 8, false, build_context(b),
			       arch_register(cg->program->target->arch, "cs"));
	return build_alu(b, BPF_RSH, build_alu(b, BPF_AND, ring, val_const(RING_BIT)), val_const(1));
}

const struct builtin process_builtins[] = {
	{ "pid", "uint32 ([any namespace])",
	  "Process id of the current task, in the tracer's namespace; pid(init): in the initial one.",
	  BUILTIN_WORDS, .check = check_ids, .emit = emit_pid,
	  .example = "tracepoint:sched:sched_process_exit { printf(\"%d ends\\n\", pid); }" },
	{ "tid", "uint32 ([any namespace])",
	  "Thread id of the current task, in the tracer's namespace; tid(init): in the initial one.",
	  BUILTIN_WORDS, .check = check_ids, .emit = emit_tid,
	  .example = "tracepoint:sched:sched_process_exit { @[tid == pid] = count(); }" },
	{ "uid", "uint64", "User id of the current task.", .emit = emit_uid,
	  .example = "tracepoint:syscalls:sys_enter_openat /uid != 0/ { @[uid] = count(); }" },
	{ "gid", "uint64", "Group id of the current task.", .emit = emit_gid,
	  .example = "tracepoint:syscalls:sys_enter_openat { @[gid] = count(); }" },
	{ "comm", "string[16] ([any pid])",
	  "Name of the current thread; comm(pid): of the thread with that id in the initial "
	  "namespace, \"N/A\" if there is none.", BUILTIN_KERNEL, .check = check_comm,
	  .emit_into = emit_comm,
	  .example = "begin { print(comm); }\n"
		     "bpfline\n" },
	{ "cpu", "uint64", "Number of the CPU that the probe runs on.", .emit = emit_cpu,
	  .example = "profile:hz:99 { @[cpu] = count(); }" },
	{ "ncpus", "uint64", "Number of CPUs the machine may have.", .emit = emit_ncpus,
	  .example = "begin { printf(\"%d CPUs\\n\", ncpus); }" },
	{ "numaid", "uint64", "Number of the NUMA node that the probe runs on.", .emit = emit_numaid,
	  .example = "profile:hz:99 { @[numaid] = count(); }" },
	{ "cgroup", "uint64", "Id of the current task's cgroup in the version 2 hierarchy.",
	  .emit = emit_cgroup,
	  .example = "tracepoint:sched:sched_process_fork { @[cgroup] = count(); }" },
	{ "curtask", "struct task_struct *",
	  "Address of the kernel's description of the current task; its fields can be read.",
	  .emit = emit_curtask,
	  .example = "profile:hz:99 { @[curtask.prio] = count(); }" },
	{ "cpid", "uint64", "Process id of the command that -c started.", .check = check_cpid,
	  .emit = emit_cpid },
	{ "has_cpid", "bool", "True when there is a command of -c.", .emit = emit_has_cpid,
	  .example = "begin { if (!has_cpid) { print(\"no command\"); } }\n"
		     "no command\n" },
	{ "username", "infer", "Name of the current task's user.", .infer = infer_username,
	  .emit_into = emit_username,
	  .example = "begin { print((username_t)0); }\n"
		     "root\n" },
	{ "usermode", "uint8", "1 when the event came from user space, else 0.",
	  BUILTIN_CONTEXT, .check = check_usermode, .emit = emit_usermode,
	  .example = "profile:hz:99 { @[usermode] = count(); }" },
	{ "rand", "uint64", "A random number below 2^32.", .emit = emit_rand,
	  .example = "interval:s:1 { @[rand % 6 + 1] = count(); }" },
	{ NULL },
};
