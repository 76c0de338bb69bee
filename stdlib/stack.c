/*
 * Stacks: captured as addresses in the layout of struct stack_header, printed
 * as names by whoever prints the value (runtime/symbolize.c).
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/version.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

enum {
	LIMIT_DEFAULT = 127,
	LIMIT_MAX = 1024,
	/* Where keys have at most 512 bytes: room for two stacks and a name. */
	LIMIT_DEFAULT_OLD = 28,
};

/* --- which stack ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	enum stack_mode mode;
} modes[] = {
	{ "bpftrace", STACK_BPFTRACE },
	{ "perf", STACK_PERF },
	{ "raw", STACK_RAW },
	{ "build_id", STACK_BUILD_ID },
};

static bool find_mode(const char *name, enum stack_mode *ret_mode)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcasecmp(modes[i].name, name)) {
			*ret_mode = modes[i].mode;
			return true;
		}
	return false;
}

static bool is_user(const struct expr *call)
{
	return *(call->kind == EXPR_CALL ? call->call.name : call->ident.name) == 'u';
}

/* The word of a bare name or of a string; NULL: it is neither. */
static const char *word_of(const struct expr *arg)
{
	if (arg->kind == EXPR_IDENT)
		return arg->ident.name;
	return arg->kind == EXPR_STRING ? arg->string.text : NULL;
}

/* The setting stack_mode; the kernel has no build ids of its own code. */
static enum stack_mode default_mode(const struct program *program, bool of_user)
{
	enum stack_mode mode = STACK_BPFTRACE;

	find_mode(program->config.stack_mode, &mode);
	return mode == STACK_BUILD_ID && !of_user ? STACK_RAW : mode;
}

static int64_t default_limit(const struct target *target)
{
	return target->kernel_version < KERNEL_VERSION(5, 11, 0) ? LIMIT_DEFAULT_OLD : LIMIT_DEFAULT;
}

static const struct expr *limit_arg(const struct expr *call)
{
	const struct expr *first = call_arg(call, 0);

	return first && word_of(first) ? call_arg(call, 1) : first;
}

static const struct type *infer_stack(struct inferer *inferer, struct expr *call)
{
	bool of_user = is_user(call);
	enum stack_mode mode = default_mode(inferer->program, of_user);
	const struct expr *first = call_arg(call, 0), *limit = limit_arg(call);
	int64_t number = default_limit(inferer->program->target), given;

	if (first && word_of(first))
		find_mode(word_of(first), &mode);
	/* Others are reported by check. */
	if (limit && expr_is_number(limit, &given) && given >= 0 && given <= LIMIT_MAX)
		number = given;
	return type_stack(&inferer->program->types, of_user, mode, (uint32_t)number);
}

/* --- checking ----------------------------------------------------------------------------- */

static void check_mode(struct checker *checker, const struct expr *call, const struct expr *arg)
{
	struct diags *diags = checker->program->diags;
	enum stack_mode mode;

	if (!find_mode(word_of(arg), &mode)) {
		diag_report(diags, arg->span, DIAG_STACK_MODE,
			    "Unknown stack mode '%s': valid modes are bpftrace, perf, raw, and "
			    "build_id",
			    word_of(arg));
		return;
	}
	if (mode == STACK_BUILD_ID && !is_user(call)) {
		diag_report(diags, arg->span, DIAG_STACK_MODE,
			    "build_id is a mode of ustack only: the kernel's code has no build ids");
		diag_hint(diags, "kstack(raw) gives bare addresses");
	}
}

static void check_limit(struct checker *checker, const struct expr *call, const struct expr *arg)
{
	struct diags *diags = checker->program->diags;
	const char *name = call->call.name;
	int64_t number;

	if (!expr_is_number(arg, &number))
		diag_report(diags, arg->span, DIAG_ARG_LITERAL,
			    "%s() wants the number of frames as a literal", name);
	else if (number < 0)
		diag_report(diags, arg->span, DIAG_ARG_RANGE,
			    "%s(): limit can not be negative (%" PRId64 " provided)", name, number);
	else if (number > LIMIT_MAX)
		diag_report(diags, arg->span, DIAG_ARG_RANGE,
			    "%s(): limit shouldn't exceed %d, %" PRId64 " given", name, LIMIT_MAX,
			    number);
}

static void check_fallback(struct checker *checker, const struct expr *call)
{
	enum stack_mode mode;

	if (is_user(call) || !find_mode(checker->program->config.stack_mode, &mode) ||
	    mode != STACK_BUILD_ID)
		return;
	diag_report(checker->program->diags, call->span, DIAG_SUSPICIOUS,
		    "the setting stack_mode=build_id is for ustack: kstack is shown as with raw");
}

static void check_stack(struct checker *checker, struct expr *call)
{
	const struct expr *first = call_arg(call, 0), *second = call_arg(call, 1);

	if (first && word_of(first))
		check_mode(checker, call, first);
	else
		check_fallback(checker, call);
	if (second && !word_of(first)) {
		diag_report(checker->program->diags, call->span, DIAG_STACK_MODE,
			    "%s() takes the mode first, then the number of frames", call->call.name);
		return;
	}
	if (limit_arg(call))
		check_limit(checker, call, limit_arg(call));
}

/* --- capture --------------------------------------------------------------------------------- */

/* Counted where -k asks for it: threads of the kernel have no user stack, for one. */
static void emit_failure(struct codegen *cg, const struct expr *call)
{
	uint32_t site = codegen_add_site(cg, SITE_STACK, call->span, NULL);

	cg->object->sites.items[site].is_quiet = true;
	emit_count(cg, site);
}

/* Gives the number of entries.  The helper zeroes what it does not fill, also when it fails. */
static struct val emit_capture(struct codegen *cg, const struct expr *call, struct val address)
{
	const struct type *type = call->type;
	struct builder *b = cg->b;
	struct val frames = build_offset(b, address, sizeof(struct stack_header)), bytes;
	uint32_t count = build_var(b), end = build_label(b);
	uint32_t size = type->size - (uint32_t)sizeof(struct stack_header);
	uint64_t flags = 0;

	if (type->stack.is_user)
		flags |= BPF_F_USER_STACK;
	else
		flags |= cg->instance->points.items[0]->mechanism->stack_skip;
	if (type->stack.mode == STACK_BUILD_ID)
		flags |= BPF_F_USER_BUILD_ID;
	/* Raw tracepoints of older kernels want to see memory that was written to. */
	if (cg->program->target->kernel_version < KERNEL_VERSION(6, 1, 0))
		emit_zero(cg, frames, size);
	bytes = BUILD_CALL(b, BPF_FUNC_get_stack, build_context(b), frames, val_const(size),
			   val_const((int64_t)flags));
	build_var_set(b, count, bytes);
	build_branch(b, BPF_JSGE, bytes, val_const(0), end);
	build_enter(b);
	emit_failure(cg, call);
	build_var_set(b, count, val_const(0));
	build_leave(b);
	build_place(b, end);
	return build_alu(b, BPF_DIV, build_var_get(b, count), val_const(stack_entry_size(type)));
}

static void emit_stack(struct codegen *cg, const struct expr *call, struct val address)
{
	const struct type *type = call->type;
	struct builder *b = cg->b;
	struct val count = val_const(0), pid = val_const(0);

	if (type->stack.limit)
		count = emit_capture(cg, call, address);
	if (type->stack.is_user)
		pid = emit_owner(cg);
	build_store(b, 4, address, offsetof(struct stack_header, count), count);
	build_store(b, 4, address, offsetof(struct stack_header, pid), pid);
}

const struct builtin stack_builtins[] = {
	{ "kstack", "infer ([any mode], [any frames])",
	  "Stack of the kernel: of so many frames (127), as bpftrace, perf or raw shows it.",
	  BUILTIN_CONTEXT | BUILTIN_WORDS, .infer = infer_stack, .check = check_stack,
	  .emit_into = emit_stack,
	  .example = "tracepoint:sched:sched_switch { @[kstack(5)] = count(); }" },
	{ "ustack", "infer ([any mode], [any frames])",
	  "Stack of the process: of so many frames (127), as bpftrace, perf, raw or build_id shows it.",
	  BUILTIN_HANDS_ON | BUILTIN_WORDS, .infer = infer_stack, .check = check_stack,
	  .emit_into = emit_stack,
	  .example = "profile:hz:99 { @[ustack(perf, 3)] = count(); }" },
	{ NULL },
};
