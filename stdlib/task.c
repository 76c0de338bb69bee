/*
 * The current task's relatives, found through the kernel's struct task_struct.
 */
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

enum { COMM_SIZE = 16 };

/* Which member leads to the relative, and which of its members is wanted. */
struct relative {
	const char *member, *field;
};

static const struct relative ppid = { "real_parent", "pid" };
static const struct relative pcomm = { "real_parent", "comm" };
static const struct relative leader_tid = { "group_leader", "pid" };
static const struct relative leader_comm = { "group_leader", "comm" };

/* False when the target does not tell. */
static bool find_member(struct program *program, const struct relative *relative,
			const struct field **ret_field, uint32_t *ret_member, uint32_t *ret_offset)
{
	struct types *types = &program->types;
	const struct type *task =
		program->target->find_type(program->target, types, "struct", "task_struct");

	if (!task || !type_field(types, task, relative->member, ret_member))
		return false;
	*ret_field = type_field(types, task, relative->field, ret_offset);
	return *ret_field != NULL;
}

static bool is_task(const struct type *type)
{
	const struct type *to = type->kind == TYPE_POINTER ? type->pointer.to : NULL;

	return to && (to->kind == TYPE_VOID || (to->kind == TYPE_STRUCT && to->record.tag &&
						!strcmp(to->record.tag, "task_struct")));
}

static void check_relative(struct checker *checker, struct expr *call,
			   const struct relative *relative)
{
	const struct expr *task = call_arg(call, 0);
	const struct field *field;
	uint32_t member, offset;

	if (!find_member(checker->program, relative, &field, &member, &offset))
		diag_report(checker->program->diags, call->span, DIAG_UNSUPPORTED,
			    "other tasks are found through struct task_struct, which needs the "
			    "kernel's BTF");
	if (task && !is_task(task->type))
		diag_report(checker->program->diags, task->span, DIAG_ARG_TYPE,
			    "%s() only supports struct task_struct * arguments (%s provided)",
			    call->call.name, task->type->name);
}

/* The address of the member that is wanted. */
static struct val emit_relative(struct codegen *cg, const struct expr *call,
				const struct relative *relative, const struct field **ret_field)
{
	const struct expr *arg = call_arg(call, 0);
	struct val task, slot = build_slot(cg->b, 8);
	uint32_t member = 0, offset = 0;

	task = arg ? emit_expr(cg, arg)
		   : build_call_pure(cg->b, BPF_FUNC_get_current_task, NULL, 0);
	if (!find_member(cg->program, relative, ret_field, &member, &offset))
		return val_const(0); /* check has said so */
	emit_read(cg, slot, 8, build_offset(cg->b, task, member), SPACE_KERNEL);
	return build_offset(cg->b, build_load(cg->b, 8, false, slot, 0), offset);
}

static struct val emit_number(struct codegen *cg, const struct expr *call,
			      const struct relative *relative)
{
	const struct field *field;
	struct val address = emit_relative(cg, call, relative, &field);

	return emit_field(cg, field, 0, address, SPACE_KERNEL);
}

static void emit_name(struct codegen *cg, const struct expr *call, const struct relative *relative,
		      struct val address)
{
	const struct field *field;
	struct val name = emit_relative(cg, call, relative, &field);

	emit_string_into(cg, address, COMM_SIZE, name, SPACE_KERNEL);
}

#define NUMBER_OF(what)                                                                         \
	static void check_##what(struct checker *checker, struct expr *call)                    \
	{                                                                                       \
		check_relative(checker, call, &what);                                           \
	}                                                                                       \
	static struct val emit_##what(struct codegen *cg, const struct expr *call)              \
	{                                                                                       \
		return emit_number(cg, call, &what);                                            \
	}

#define NAME_OF(what)                                                                           \
	static void check_##what(struct checker *checker, struct expr *call)                    \
	{                                                                                       \
		check_relative(checker, call, &what);                                           \
	}                                                                                       \
	static void emit_##what(struct codegen *cg, const struct expr *call, struct val address) \
	{                                                                                       \
		emit_name(cg, call, &what, address);                                            \
	}

NUMBER_OF(ppid)
NAME_OF(pcomm)
NUMBER_OF(leader_tid)
NAME_OF(leader_comm)

const struct builtin task_builtins[] = {
	{ "ppid", "int32 ([any task])", "Process id of the parent, of the current or a given task.",
	  .check = check_ppid, .emit = emit_ppid,
	  .example = "tracepoint:syscalls:sys_enter_execve { printf(\"%d of %d\\n\", pid, "
		     "ppid); }" },
	{ "pcomm", "string[16] ([any task])", "Name of the parent, of the current or a given task.",
	  .check = check_pcomm, .emit_into = emit_pcomm,
	  .example = "tracepoint:syscalls:sys_enter_execve { @[pcomm] = count(); }" },
	{ "leader_tid", "int32 ([any task])", "Thread id of the first thread of the task's process.",
	  .check = check_leader_tid, .emit = emit_leader_tid,
	  .example = "profile:hz:99 { @[leader_tid] = count(); }" },
	{ "leader_comm", "string[16] ([any task])", "Name of the first thread of the task's process.",
	  .check = check_leader_comm, .emit_into = emit_leader_comm,
	  .example = "profile:hz:99 { @[leader_comm, comm] = count(); }" },
	{ NULL },
};
