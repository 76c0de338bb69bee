/*
 * Names of numbers: errors, signals, system calls.  The programs find them in
 * tables of constants.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

enum { NAME_SIZE = 64, SIGNAL_MAX = 64, SYSCALL_MAX = 512 };

/* From the kernel's headers; made by errnos.sh. */
static const char *const errors[] = {
	[0] = "Success",
#include "errnos.inc"
};

static const char *error_name(const struct target *target UNUSED, unsigned number)
{
	/* One condition with two names. */
	return number == EAGAIN ? "Try again (operation would block)" : errors[number];
}

static const char *signal_text(const struct target *target UNUSED, unsigned number)
{
	return strsignal((int)number);
}

static const char *call_name(const struct target *target, unsigned number)
{
	return target->syscall_name(target, (int)number);
}

struct names {
	unsigned count;
	const char *(*name)(const struct target *target, unsigned number); /* NULL: it has none */
	const char *none;
};

static const struct names error_names = { ARRAY_SIZE(errors), error_name, "Unknown error" };
static const struct names signal_names = { SIGNAL_MAX + 1, signal_text, "N/A" };
static const struct names call_names = { SYSCALL_MAX, call_name, "Unknown syscall" };

/* Entries of NAME_SIZE bytes; the one after the last is for numbers without a name. */
static struct val name_table(struct codegen *cg, const struct names *names)
{
	char *table = arena_alloc(cg->arena, (size_t)(names->count + 1) * NAME_SIZE);
	unsigned i;

	for (i = 0; i <= names->count; i++) {
		const char *name = i < names->count ? names->name(cg->program->target, i) : NULL;

		name = name ? name : names->none;
		memcpy(table + i * NAME_SIZE, name, strnlen(name, NAME_SIZE - 1));
	}
	return codegen_data(cg, table, (names->count + 1) * NAME_SIZE);
}

static struct val emit_name_of(struct codegen *cg, const struct names *names, struct val number)
{
	struct builder *b = cg->b;
	uint32_t address = build_var(b), end = build_label(b);
	struct val table = name_table(cg, names);

	if (val_is_const(number))
		return build_offset(b, table,
				    NAME_SIZE * (int64_t)MIN((uint64_t)number.number,
							     (uint64_t)names->count));
	build_var_set(b, address, build_offset(b, table, (int64_t)names->count * NAME_SIZE));
	build_branch(b, BPF_JGE, number, val_const(names->count), end);
	build_enter(b);
	build_var_set(b, address,
		      build_alu(b, BPF_ADD, table,
				build_alu(b, BPF_MUL, number, val_const(NAME_SIZE))));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, address);
}

/*
 * The number of an error is often met negative, and in 64 bits of which a function that
 * returns an int has set 32.
 */
static struct val emit_strerror(struct codegen *cg, const struct expr *call)
{
	const struct type *type = call_arg(call, 0)->type;
	struct val number = emit_expr(cg, call_arg(call, 0));
	struct builder *b = cg->b;
	uint32_t positive, end;

	if (type->size > sizeof(int) || (type->size == sizeof(int) && !type_is_signed(type)))
		number = build_extend(b, number, sizeof(int), true);
	if (val_is_const(number))
		return emit_name_of(cg, &error_names,
				    val_const(number.number < 0 ? -number.number : number.number));
	positive = build_var(b);
	end = build_label(b);
	build_var_set(b, positive, number);
	build_branch(b, BPF_JSGE, number, val_const(0), end);
	build_enter(b);
	build_var_set(b, positive, build_neg(b, number));
	build_leave(b);
	build_place(b, end);
	return emit_name_of(cg, &error_names, build_var_get(b, positive));
}

static struct val emit_signal_name(struct codegen *cg, const struct expr *call)
{
	return emit_name_of(cg, &signal_names, emit_expr(cg, call_arg(call, 0)));
}

static struct val emit_syscall_name(struct codegen *cg, const struct expr *call)
{
	return emit_name_of(cg, &call_names, emit_expr(cg, call_arg(call, 0)));
}

const struct builtin name_builtins[] = {
	{ "strerror", "string[64] (int)", "What an error number, positive or negative, means.",
	  BUILTIN_MUST_CALL, .emit = emit_strerror,
	  .example = "begin { print(strerror(-2)); }\n"
		     "No such file or directory\n" },
	{ "signal_name", "string[64] (int)", "What a signal's number means.", BUILTIN_MUST_CALL,
	  .emit = emit_signal_name,
	  .example = "begin { print(signal_name(9)); }\n"
		     "Killed\n" },
	{ "syscall_name", "string[64] (int)", "Name of the system call with this number.",
	  BUILTIN_MUST_CALL, .emit = emit_syscall_name,
	  .example = "tracepoint:raw_syscalls:sys_enter { @[syscall_name(args.id)] = count(); "
		     "}" },
	{ NULL },
};
