/*
 * Addresses and their names.
 */
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "sema/target.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

/* --- kaddr ---------------------------------------------------------------------------------- */

/* 0 for what there is not, or the target does not tell. */
static void find_symbols(const struct program *program, const char *const *names, size_t count,
			 uint64_t *ret_addresses)
{
	const struct target *target = program->target;

	memset(ret_addresses, 0, count * sizeof(*ret_addresses));
	if (target->kernel_symbols)
		target->kernel_symbols(target, names, count, ret_addresses);
}

static void report_symbol(struct checker *checker, const struct expr *call, const char *what)
{
	struct diags *diags = checker->program->diags;

	diag_report(diags, call_arg(call, 0)->span, DIAG_UNKNOWN_SYMBOL, "%s", what);
	diag_hint(diags, "/proc/kallsyms has the names, and for root the addresses, of the running "
			 "kernel");
}

/* Looked for once: the list of all symbols is long. */
static void check_kaddr(struct checker *checker, struct expr *call)
{
	const char *name = call_arg(call, 0)->string.text;
	uint64_t address;

	find_symbols(checker->program, &name, 1, &address);
	if (!address)
		report_symbol(checker, call,
			      arena_printf(checker->program->arena,
					   "Failed to resolve kernel symbol: %s", name));
	call->call.data = arena_dup(checker->program->arena, &address, sizeof(address));
}

static const struct type *infer_kernel_address(struct inferer *inferer, struct expr *call UNUSED)
{
	return type_address(&inferer->program->types, SPACE_KERNEL);
}

static struct val emit_kaddr(struct codegen *cg UNUSED, const struct expr *call)
{
	return val_const(*(const int64_t *)call->call.data);
}

/* --- percpu_kaddr ----------------------------------------------------------------------------- */

struct percpu {
	uint64_t variable; /* what the offset of a CPU is added to */
	uint64_t offsets;  /* of the array with the offset of each */
};

static void check_percpu(struct checker *checker, struct expr *call)
{
	enum { VARIABLE, OFFSETS, START, END, COUNT };
	struct program *program = checker->program;
	const char *names[COUNT] = { call_arg(call, 0)->string.text, "__per_cpu_offset",
				     "__per_cpu_start", "__per_cpu_end" };
	uint64_t at[COUNT];
	struct percpu percpu;

	find_symbols(program, names, COUNT, at);
	if (!at[VARIABLE]) {
		report_symbol(checker, call,
			      arena_printf(program->arena, "Could not resolve variable \"%s\"",
					   names[VARIABLE]));
	} else if (!at[OFFSETS] || at[VARIABLE] < at[START] || at[VARIABLE] >= at[END]) {
		diag_report(program->diags, call_arg(call, 0)->span, DIAG_UNKNOWN_SYMBOL,
			    "Could not resolve variable \"%s\": it is none that each CPU has of its own",
			    names[VARIABLE]);
		diag_hint(program->diags, "kaddr(\"%s\") is its address", names[VARIABLE]);
	}
	percpu = (struct percpu){ .variable = at[VARIABLE], .offsets = at[OFFSETS] };
	call->call.data = arena_dup(program->arena, &percpu, sizeof(percpu));
}

/* 0 for a CPU that the machine cannot have. */
static struct val emit_percpu(struct codegen *cg, const struct expr *call)
{
	const struct percpu *percpu = call->call.data;
	const struct expr *cpu_arg = call_arg(call, 1);
	struct builder *b = cg->b;
	struct val cpu = cpu_arg ? emit_expr(cg, cpu_arg)
				 : build_call_pure(b, BPF_FUNC_get_smp_processor_id, NULL, 0);
	struct val slot = build_slot(b, sizeof(uint64_t)), place;
	uint32_t result = build_var(b), end = build_label(b);

	build_var_set(b, result, val_const(0));
	build_branch(b, BPF_JGE, cpu, val_const(cg->program->target->cpu_count), end);
	build_enter(b);
	place = build_alu(b, BPF_ADD, build_alu(b, BPF_LSH, cpu, val_const(3)),
			  val_const((int64_t)percpu->offsets));
	emit_read(cg, slot, sizeof(uint64_t), place, SPACE_KERNEL);
	build_var_set(b, result,
		      build_alu(b, BPF_ADD, build_load(b, sizeof(uint64_t), false, slot, 0),
				val_const((int64_t)percpu->variable)));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, result);
}

/* --- ksym, usym ------------------------------------------------------------------------------- */

static const struct type *infer_ksym(struct inferer *inferer, struct expr *call UNUSED)
{
	return type_symbol(&inferer->program->types, false);
}

static const struct type *infer_usym(struct inferer *inferer, struct expr *call UNUSED)
{
	return type_symbol(&inferer->program->types, true);
}

/* An integer or a pointer, and nothing that only has an address. */
static void check_symbol(struct checker *checker, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);

	if (arg->type->kind == TYPE_INT || arg->type->kind == TYPE_POINTER)
		return;
	diag_report(checker->program->diags, arg->span, DIAG_ARG_TYPE,
		    "%s() expects an integer or a pointer argument (%s provided)", call->call.name,
		    arg->type->name);
}

static void emit_ksym(struct codegen *cg, const struct expr *call, struct val address)
{
	build_store(cg->b, 8, address, 0, emit_expr(cg, call_arg(call, 0)));
}

static void emit_usym(struct codegen *cg, const struct expr *call, struct val address)
{
	emit_ksym(cg, call, address);
	build_store(cg->b, 8, address, offsetof(struct symbol_value, pid), emit_owner(cg));
}

const struct builtin address_builtins[] = {
	{ "kaddr", "uint64 (string-lit symbol)", "Address of a symbol of the kernel.", BUILTIN_MUST_CALL,
	  .infer = infer_kernel_address, .check = check_kaddr, .emit = emit_kaddr,
	  .example = "begin { printf(\"%p\\n\", kaddr(\"vfs_read\")); }" },
	{ "percpu_kaddr", "uint64 (string-lit symbol, [int cpu])",
	  "Address of a variable that each CPU of the kernel has: of this CPU, or of the one given.",
	  BUILTIN_MUST_CALL, .infer = infer_kernel_address, .check = check_percpu, .emit = emit_percpu,
	  .example = "interval:s:1 { print(*(uint32*)percpu_kaddr(\"runqueues\", 0)); }" },
	{ "ksym", "infer (pointer address)", "An address of the kernel, printed as the name of what is there.",
	  BUILTIN_MUST_CALL, .infer = infer_ksym, .check = check_symbol, .emit_into = emit_ksym,
	  .example = "begin { print(ksym(kaddr(\"vfs_read\") + 4)); }\n"
		     "vfs_read\n" },
	{ "usym", "infer (pointer address)",
	  "An address of the current process, printed as the name of what is there.",
	  BUILTIN_MUST_CALL, .infer = infer_usym, .check = check_symbol, .emit_into = emit_usym,
	  .example = "tracepoint:syscalls:sys_enter_nanosleep { @[usym(args.rqtp)] = count(); "
		     "}" },
	{ NULL },
};
