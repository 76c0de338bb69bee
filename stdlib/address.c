/*
 * Addresses and their names.
 */
#include <linux/bpf.h>
#include <stddef.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "sema/target.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

/* --- kaddr ---------------------------------------------------------------------------------- */

/* 0: there is none, or the target does not tell. */
static uint64_t symbol_address(const struct program *program, const struct expr *call)
{
	const struct target *target = program->target;
	const struct expr *name = call_arg(call, 0);
	uint64_t address = 0;

	if (target->kernel_symbol && target->kernel_symbol(target, name->string.text, &address))
		return 0;
	return address;
}

static void check_kaddr(struct checker *checker, struct expr *call)
{
	const char *name = call_arg(call, 0)->string.text;

	if (symbol_address(checker->program, call))
		return;
	diag_report(checker->program->diags, call_arg(call, 0)->span, DIAG_UNKNOWN_SYMBOL,
		    "Failed to resolve kernel symbol: %s", name);
	diag_hint(checker->program->diags,
		  "/proc/kallsyms has the names, and for root the addresses, of the running kernel");
}

static struct val emit_kaddr(struct codegen *cg, const struct expr *call)
{
	return val_const((int64_t)symbol_address(cg->program, call));
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
	struct val pid = build_alu(cg->b, BPF_RSH,
				   build_call_pure(cg->b, BPF_FUNC_get_current_pid_tgid, NULL, 0),
				   val_const(32));

	emit_ksym(cg, call, address);
	build_store(cg->b, 8, address, offsetof(struct symbol_value, pid), pid);
}

const struct builtin address_builtins[] = {
	{ "kaddr", "uint64 (string-lit)", "Address of a symbol of the kernel.", BUILTIN_MUST_CALL,
	  .check = check_kaddr, .emit = emit_kaddr },
	{ "ksym", "infer (pointer)", "An address of the kernel, printed as the name of what is there.",
	  BUILTIN_MUST_CALL, .infer = infer_ksym, .check = check_symbol, .emit_into = emit_ksym },
	{ "usym", "infer (pointer)",
	  "An address of the current process, printed as the name of what is there.",
	  BUILTIN_MUST_CALL, .infer = infer_usym, .check = check_symbol, .emit_into = emit_usym },
	{ NULL },
};
