/*
 * Tracepoints of system calls, without perf.
 *
 * All of syscalls:sys_enter_* and raw_syscalls:sys_enter of a script are served
 * by one program on the raw tracepoint sys_enter, which tells by the number
 * what is meant; likewise sys_exit.  The fields are the registers.
 *
 * Context: sys_enter { struct pt_regs *, long id }, sys_exit { struct pt_regs *, long ret }.
 * Where the kernel's BTF says what that pointer is, registers are read by plain
 * loads; else a helper has to read them.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/attacher.h"
#include "runtime/bpf.h"
#include "runtime/probes/tracepoint.h"
#include "sema/arch.h"

enum {
	WORD = 8,
	CONTEXT_REGS = 0,
	CONTEXT_SECOND = 8,
	COMPARES_MAX = 3,	/* more points are told apart by a table */
	TABLE_MAX = 4096,
};

/* What `args` and the number are read from. */
static bool is_exit(const struct instance *instance)
{
	return !strncmp(event_of_target(instance->points.items[0]->target), "sys_exit", 8);
}

static bool has_typed_context(const struct codegen *cg)
{
	return cg->instance->points.items[0]->mechanism->btf_type;
}

static struct val context_word(struct codegen *cg, int64_t offset)
{
	return build_load_pure(cg->b, WORD, false, build_context(cg->b), offset);
}

/* Reads a register as the call found it. */
static struct val read_register(struct codegen *cg, uint32_t offset, unsigned size)
{
	struct val regs = context_word(cg, CONTEXT_REGS), slot;

	if (has_typed_context(cg))
		return build_load_pure(cg->b, size, size == 4, regs, offset);
	slot = build_slot(cg->b, WORD);
	emit_read(cg, slot, size, build_offset(cg->b, regs, offset), SPACE_KERNEL);
	return build_load(cg->b, size, size == 4, slot, 0);
}

/* What was read at the head of a program serves all of it; a program is its builder. */
struct number_key {
	const struct builder *b;
	uint64_t what;
};

static struct val exit_number(struct codegen *cg)
{
	const struct arch *arch = cg->program->target->arch;
	struct number_key key = { cg->b, 1 };
	struct val *known = table_get(&cg->data, &key, sizeof(key));
	struct val number;

	if (known && !has_typed_context(cg))
		return *known;
	number = read_register(cg, arch->syscall_number, arch->syscall_number_size);
	table_set(&cg->data, arena_dup(cg->arena, &key, sizeof(key)), sizeof(key),
		  arena_dup(cg->arena, &number, sizeof(number)));
	return number;
}

static struct val syscall_id(struct codegen *cg, const struct instance *instance)
{
	return is_exit(instance) ? exit_number(cg) : context_word(cg, CONTEXT_SECOND);
}

/* --- which call ----------------------------------------------------------- */

static uint64_t largest_number(const struct instance *instance)
{
	uint64_t largest = 0;
	size_t i;

	for (i = 0; i < instance->points.count; i++)
		largest = MAX(largest, instance->points.items[i]->number);
	return largest;
}

/* By number: 1 + index of the instance's point, 0 for calls not meant. */
static struct val point_table(struct codegen *cg, const struct instance *instance,
			      uint64_t largest)
{
	uint16_t table[TABLE_MAX] = { 0 };
	size_t i;

	for (i = 0; i < instance->points.count; i++)
		table[instance->points.items[i]->number] = (uint16_t)(i + 1);
	return codegen_data(cg, table, (uint32_t)((largest + 1) * sizeof(table[0])));
}

static struct val look_up_point(struct codegen *cg, const struct instance *instance)
{
	struct val table = point_table(cg, instance, largest_number(instance));
	struct val offset = build_alu(cg->b, BPF_LSH, syscall_id(cg, instance), val_const(1));

	return build_load_pure(cg->b, sizeof(uint16_t), false,
			       build_alu(cg->b, BPF_ADD, table, offset), 0);
}

static void match_few(struct codegen *cg, const struct instance *instance, uint32_t skip)
{
	struct val id = syscall_id(cg, instance);
	uint32_t found = build_label(cg->b);
	size_t i, last = instance->points.count - 1;

	for (i = 0; i < last; i++)
		build_branch(cg->b, BPF_JEQ, id,
			     val_const((int64_t)instance->points.items[i]->number), found);
	build_branch(cg->b, BPF_JNE, id, val_const((int64_t)instance->points.items[last]->number),
		     skip);
	build_place(cg->b, found);
}

static void match_many(struct codegen *cg, const struct instance *instance, uint32_t skip)
{
	build_branch(cg->b, BPF_JGT, syscall_id(cg, instance),
		     val_const((int64_t)largest_number(instance)), skip);
	build_branch(cg->b, BPF_JEQ, look_up_point(cg, instance), val_const(0), skip);
}

/* Tasks of another ABI number their calls differently; perf leaves them out, too. */
static void skip_compat(struct codegen *cg, uint32_t skip)
{
	const struct target *target = cg->program->target;
	const struct arch *arch = target->arch;
	uint32_t offset = target->kernel_version < arch->compat_moved ? arch->compat_offset_old :
									arch->compat_offset;
	struct val task, flags;

	if (!target_has(target, FEATURE_COMPAT_SYSCALLS))
		return;
	if (target_has(target, FEATURE_TASK_BTF)) {
		task = build_call_pure(cg->b, BPF_FUNC_get_current_task_btf, NULL, 0);
		flags = build_load_pure(cg->b, arch->compat_size, false, task, offset);
	} else {
		struct val slot = build_slot(cg->b, WORD);

		task = build_call_pure(cg->b, BPF_FUNC_get_current_task, NULL, 0);
		emit_read(cg, slot, arch->compat_size, build_offset(cg->b, task, offset),
			  SPACE_KERNEL);
		flags = build_load(cg->b, arch->compat_size, false, slot, 0);
	}
	build_branch(cg->b, BPF_JSET, flags, val_const(arch->compat_mask), skip);
}

static void match_by_number(struct codegen *cg, const struct instance *instance, uint32_t skip)
{
	if (instance->points.count <= COMPARES_MAX)
		match_few(cg, instance, skip);
	else
		match_many(cg, instance, skip);
	skip_compat(cg, skip);
}

static struct val point_index(struct codegen *cg, const struct instance *instance)
{
	struct val id = syscall_id(cg, instance);
	uint32_t var, next;
	size_t i;

	if (instance->points.count > COMPARES_MAX)
		return build_alu(cg->b, BPF_SUB, look_up_point(cg, instance), val_const(1));
	var = build_var(cg->b);
	build_var_set(cg->b, var, val_const(0));
	for (i = 1; i < instance->points.count; i++) {
		next = build_label(cg->b);
		build_branch(cg->b, BPF_JNE, id,
			     val_const((int64_t)instance->points.items[i]->number), next);
		build_enter(cg->b);
		build_var_set(cg->b, var, val_const((int64_t)i));
		build_leave(cg->b);
		build_place(cg->b, next);
	}
	return build_var_get(cg->b, var);
}

/* --- args ------------------------------------------------------------------ */

static struct val emit_all_args(struct codegen *cg)
{
	const struct arch *arch = cg->program->target->arch;
	struct val args = build_slot(cg->b, SYSCALL_ARGS * WORD);
	unsigned i;

	for (i = 0; i < SYSCALL_ARGS; i++)
		build_store(cg->b, WORD, args, i * WORD,
			    read_register(cg, arch->syscall_args[i], WORD));
	return args;
}

static struct val emit_arg(struct codegen *cg, const struct instance *instance,
			   const struct field *field)
{
	const struct arch *arch = cg->program->target->arch;
	struct val word;

	switch (field->offset) {
	case SYSCALL_FIELD_ARGS:
		return emit_all_args(cg);
	case SYSCALL_FIELD_NUMBER:
		word = syscall_id(cg, instance);
		break;
	case SYSCALL_FIELD_RESULT:
		word = context_word(cg, CONTEXT_SECOND);
		break;
	default:
		word = read_register(cg, arch->syscall_args[field->offset - SYSCALL_FIELD_ARG], WORD);
	}
	if (field->type->size < WORD)
		word = build_extend(cg->b, word, field->type->size, type_is_signed(field->type));
	return word;
}

/* --- mechanisms -------------------------------------------------------------- */

static const char *enter_key(const struct attach_point *point UNUSED)
{
	return "sys_enter";
}

static const char *exit_key(const struct attach_point *point UNUSED)
{
	return "sys_exit";
}

static int attach(struct attacher *attacher, const struct object_attachment *attachment,
		  const char *name, int program)
{
	/* A typed program was loaded for its place. */
	int link = bpf_attach_raw_tracepoint(
		program, attachment->mechanism->btf_type ? NULL : name, 0);

	if (link == -ENOENT)
		attacher_explain(attacher, "this kernel has no tracepoints of system calls "
					   "(CONFIG_HAVE_SYSCALL_TRACEPOINTS)");
	if (link < 0)
		return link;
	attacher_hold(attacher, LINK_QUICK, link);
	return 0;
}

static int attach_enter(struct attacher *attacher, const struct object_attachment *attachment,
			int program)
{
	return attach(attacher, attachment, "sys_enter", program);
}

static int attach_exit(struct attacher *attacher, const struct object_attachment *attachment,
		       int program)
{
	return attach(attacher, attachment, "sys_exit", program);
}

#define PLAIN(direction)                                                                        \
	.name = "syscalls", .section = "raw_tp/sys_" #direction,                                \
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,                                              \
	.share_key = direction##_key, .emit_arg = emit_arg, .attach = attach_##direction,           \
	.stack_skip = RAW_STACK_SKIP,                                                               \
	.interrupts_on = true

#define TYPED(direction)                                                                        \
	.name = "syscalls", .section = "tp_btf/sys_" #direction,                                \
	.prog_type = BPF_PROG_TYPE_TRACING,                                                     \
	.attach_type = BPF_TRACE_RAW_TP, .btf_type = "btf_trace_sys_" #direction,               \
	.share_key = direction##_key, .emit_arg = emit_arg, .attach = attach_##direction,           \
	.stack_skip = RAW_STACK_SKIP,                                                               \
	.interrupts_on = true

#define BY_NUMBER .emit_match = match_by_number, .emit_point_index = point_index

static const struct mechanism plain_enter = { PLAIN(enter), BY_NUMBER };
static const struct mechanism plain_exit = { PLAIN(exit), BY_NUMBER };
static const struct mechanism typed_enter = { TYPED(enter), BY_NUMBER };
static const struct mechanism typed_exit = { TYPED(exit), BY_NUMBER };

/* Of raw_syscalls: whatever the call is.  What there is in args needs no registers but the
 * arguments as a whole; a start that need not look into BTF is worth more. */
static const struct mechanism any_enter = { PLAIN(enter) };
static const struct mechanism any_exit = { PLAIN(exit) };

const struct mechanism *syscall_mechanism(const struct target *target, const char *category,
					  const char *event, uint64_t *ret_number)
{
	bool leaves = !strncmp(event, "sys_exit", 8);
	int number;

	*ret_number = 0;
	if (!strcmp(category, "raw_syscalls") &&
	    (!strcmp(event, "sys_enter") || !strcmp(event, "sys_exit")))
		return leaves ? &any_exit : &any_enter;
	if (strcmp(category, "syscalls") != 0 ||
	    (strncmp(event, "sys_enter_", 10) && strncmp(event, "sys_exit_", 9)))
		return NULL;
	number = target->syscall_number(target, event + (leaves ? 9 : 10));
	if (number < 0 || number >= TABLE_MAX)
		return NULL;
	*ret_number = (uint64_t)number;
	if (target_has(target, FEATURE_TP_BTF))
		return leaves ? &typed_exit : &typed_enter;
	return leaves ? &plain_exit : &plain_enter;
}
