/*
 * Functions that change the traced process: signals, return values, memory.
 */
#include <linux/bpf.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "base/compiler.h"
#include "base/diag.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "runtime/output/output.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"
#include "stdlib/source.h"

enum { SIGNAL_MAX = 64 };

/* --- signal ------------------------------------------------------------------------------ */

/* By the name with or without SIG, in any case; 0: there is none. */
static int signal_number(const char *name)
{
	int number;

	if (!strncasecmp(name, "SIG", 3) && strcasecmp(name, "SIG") != 0)
		name += 3;
	for (number = 1; number < 32; number++)
		if (sigabbrev_np(number) && !strcasecmp(sigabbrev_np(number), name))
			return number;
	return !strcasecmp(name, "IO") ? SIGIO : 0;
}

static void check_place(struct checker *checker, const struct expr *call)
{
	const struct attach_point *point = checker->instance->points.items[0];

	if (!(point->type->flags & PROBE_RUNS_HERE) && strcmp(point->type->name, "interval") != 0)
		return;
	diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
		    "%s() can not be used with '%s' probes: they run in no process of their own",
		    call->call.name, point->type->name);
}

static void check_signal(struct checker *checker, struct expr *call)
{
	struct diags *diags = checker->program->diags;
	const struct expr *arg = call_arg(call, 0);
	int64_t number;

	check_place(checker, call);
	if (arg->kind == EXPR_STRING) {
		if (!signal_number(arg->string.text))
			diag_report(diags, arg->span, DIAG_ARG_RANGE, "'%s' is not a valid signal",
				    arg->string.text);
	} else if (expr_is_number(arg, &number)) {
		if (number < 1 || number > SIGNAL_MAX)
			diag_report(diags, arg->span, DIAG_ARG_RANGE,
				    "%lld is not a valid signal, allowed range: [1,%d]",
				    (long long)number, SIGNAL_MAX);
	} else if (arg->type->kind != TYPE_INT) {
		diag_report(diags, arg->span, DIAG_ARG_TYPE,
			    "%s() only supports string literals and integers (%s provided)",
			    call->call.name, arg->type->name);
	}
}

/* A number known at run time only: one that is none is told, and not sent. */
static void report_bad_number(struct codegen *cg, const struct expr *call)
{
	uint32_t lost = build_label(cg->b), event;
	struct val payload;

	event = codegen_add_event(cg, call->call.builtin, NULL, NULL, call->span);
	payload = emit_event_reserve(cg, event, 0, lost);
	emit_event_submit(cg, payload);
	build_place(cg->b, lost);
}

static struct val emit_with(struct codegen *cg, const struct expr *call, int helper)
{
	const struct expr *arg = call_arg(call, 0);
	struct builder *b = cg->b;
	uint32_t bad = build_label(b), end = build_label(b);
	struct val number;

	number = arg->kind == EXPR_STRING ? val_const(signal_number(arg->string.text))
					  : emit_expr(cg, arg);
	if (val_is_const(number)) {
		if (number.number < 1 || number.number > SIGNAL_MAX)
			report_bad_number(cg, call);
		else
			BUILD_CALL(b, helper, number);
		return VAL_NOTHING;
	}
	build_branch(b, BPF_JGE, build_alu(b, BPF_SUB, number, val_const(1)), val_const(SIGNAL_MAX),
		     bad);
	build_enter(b);
	BUILD_CALL(b, helper, number);
	build_jump(b, end);
	build_leave(b);
	build_place(b, bad);
	build_enter(b);
	report_bad_number(cg, call);
	build_leave(b);
	build_place(b, end);
	return VAL_NOTHING;
}

static struct val emit_signal(struct codegen *cg, const struct expr *call)
{
	return emit_with(cg, call, BPF_FUNC_send_signal);
}

static struct val emit_signal_thread(struct codegen *cg, const struct expr *call)
{
	return emit_with(cg, call, BPF_FUNC_send_signal_thread);
}

static void handle_signal(struct consumer *consumer, const struct object_event *event,
			  const void *payload UNUSED, size_t size UNUSED)
{
	struct strbuf text;

	strbuf_init(&text, consumer->arena);
	strbuf_puts(&text, "the number of a signal is 1 to 64; nothing was sent");
	consumer_message(consumer, OUTPUT_ERRORF, event->span, &text);
}

/* --- write_user -------------------------------------------------------------------------- */

static void check_write_user(struct checker *checker, struct expr *call)
{
	const struct expr *to = call_arg(call, 0), *from = call_arg(call, 1);
	int64_t length = 0;

	check_place(checker, call);
	if (to->type->kind != TYPE_POINTER && to->type->kind != TYPE_INT)
		diag_report(checker->program->diags, to->span, DIAG_ARG_TYPE,
			    "write_user() writes to an address (%s provided)", to->type->name);
	if (from->type->kind == TYPE_POINTER || from->type->kind == TYPE_AGGREGATE)
		diag_report(checker->program->diags, from->span, DIAG_ARG_TYPE,
			    "write_user() writes a value of the script's own (%s provided)",
			    from->type->name);
	else if (expr_is_number(call_arg(call, 2), &length))
		check_number_arg(checker, call, 2, 1, from->type->size, &length);
}

static struct val emit_write_user(struct codegen *cg, const struct expr *call)
{
	const struct type *type = call_arg(call, 1)->type;
	struct val to = emit_expr(cg, call_arg(call, 0)), from = build_slot(cg->b, type->size), length;
	uint32_t error = build_var(cg->b), end = build_label(cg->b);

	emit_expr_into(cg, call_arg(call, 1), type, from);
	length = build_at_most(cg->b, emit_expr(cg, call_arg(call, 2)), type->size);
	/* The helper takes no 0. */
	build_var_set(cg->b, error, val_const(0));
	build_branch(cg->b, BPF_JEQ, length, val_const(0), end);
	build_enter(cg->b);
	build_var_set(cg->b, error,
		      BUILD_CALL(cg->b, BPF_FUNC_probe_write_user, to, from, length));
	build_leave(cg->b);
	build_place(cg->b, end);
	/* 1 when the error is 0 and not negative. */
	return build_alu(cg->b, BPF_RSH,
			 build_alu(cg->b, BPF_XOR, build_var_get(cg->b, error), val_const(-1)),
			 val_const(63));
}

/* --- override ---------------------------------------------------------------------------- */

static void check_override(struct checker *checker, struct expr *call)
{
	const struct attach_point *point = checker->instance->points.items[0];

	if (strcmp(point->type->name, "kprobe") != 0)
		diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
			    "override() can only be used with kprobe probes, this is %s", point->name);
}

static struct val emit_override(struct codegen *cg, const struct expr *call)
{
	BUILD_CALL(cg->b, BPF_FUNC_override_return, build_context(cg->b),
		   emit_expr(cg, call_arg(call, 0)));
	return VAL_NOTHING;
}

const struct builtin signal_builtins[] = {
	{ "signal", "void (any)", "Sends a signal, by number or name, to the current process.",
	  BUILTIN_MUST_CALL | BUILTIN_UNSAFE, .check = check_signal, .emit = emit_signal,
	  .handle = handle_signal },
	{ "signal_thread", "void (any)", "Sends a signal, by number or name, to the current thread.",
	  BUILTIN_MUST_CALL | BUILTIN_UNSAFE, .check = check_signal, .emit = emit_signal_thread,
	  .handle = handle_signal },
	{ "write_user", "bool (any address, any, int length)",
	  "Writes so many bytes of a value to an address of the current process; true when done.",
	  BUILTIN_MUST_CALL | BUILTIN_UNSAFE, .check = check_write_user, .emit = emit_write_user },
	{ "override", "void (int result)",
	  "Skips the function that the kprobe is on, which returns this instead; of functions that the "
	  "kernel marks for it.",
	  BUILTIN_MUST_CALL | BUILTIN_UNSAFE | BUILTIN_CONTEXT, .check = check_override,
	  .emit = emit_override },
	{ NULL },
};
