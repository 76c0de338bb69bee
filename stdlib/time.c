/*
 * Clocks, and times as text.
 */
#include <linux/bpf.h>
#include <linux/version.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "runtime/late_text.h"
#include "runtime/output/output.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/clock.h"
#include "stdlib/library.h"

/* --- nsecs --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum clock clock;
} clocks[] = {
	{ "boot", CLOCK_IS_BOOT },
	{ "monotonic", CLOCK_IS_MONOTONIC },
	{ "tai", CLOCK_IS_TAI },
	{ "sw_tai", CLOCK_IS_SW_TAI },
};

/* Of nsecs(word); false when the word is none. */
static bool clock_of(const struct expr *call, enum clock *ret_clock)
{
	const struct expr *word = call_arg(call, 0);
	size_t i;

	*ret_clock = CLOCK_IS_BOOT;
	if (!word)
		return true;
	for (i = 0; i < ARRAY_SIZE(clocks); i++)
		if (word->kind == EXPR_IDENT && !strcmp(word->ident.name, clocks[i].name)) {
			*ret_clock = clocks[i].clock;
			return true;
		}
	return false;
}

static const struct type *infer_nsecs(struct inferer *inferer, struct expr *call)
{
	enum clock clock;

	clock_of(call, &clock);
	if (clock == CLOCK_IS_BOOT)
		return type_int(&inferer->program->types, 8, false);
	return type_clock(&inferer->program->types, clock);
}

static void check_nsecs(struct checker *checker, struct expr *call)
{
	struct diags *diags = checker->program->diags;
	enum clock clock;

	if (!clock_of(call, &clock)) {
		diag_report(diags, call_arg(call, 0)->span, DIAG_CLOCK,
			    "Invalid timestamp mode: nsecs() knows boot, monotonic, tai and sw_tai");
	} else if (clock == CLOCK_IS_TAI &&
		   checker->program->target->kernel_version < KERNEL_VERSION(6, 1, 0)) {
		diag_report(diags, call->span, DIAG_UNSUPPORTED,
			    "Kernel does not support the tai clock, which came with Linux 6.1");
		diag_hint(diags, "nsecs(sw_tai) computes it from the boot clock");
	}
}

static struct val boot_ns(struct codegen *cg)
{
	return build_call(cg->b, BPF_FUNC_ktime_get_boot_ns, NULL, 0);
}

/* A fact that the runtime has stored at the start. */
static struct val start_fact(struct codegen *cg, size_t offset)
{
	return build_load_pure(cg->b, 8, false,
			       val_map_value(codegen_start_map(cg), (int64_t)offset), 0);
}

struct val emit_sw_tai(struct codegen *cg)
{
	return build_alu(cg->b, BPF_ADD, boot_ns(cg),
			 start_fact(cg, offsetof(struct object_start, tai_offset)));
}

static struct val emit_nsecs(struct codegen *cg, const struct expr *call)
{
	enum clock clock;

	clock_of(call, &clock);
	switch (clock) {
	case CLOCK_IS_BOOT:
		return boot_ns(cg);
	case CLOCK_IS_MONOTONIC:
		return build_call(cg->b, BPF_FUNC_ktime_get_ns, NULL, 0);
	case CLOCK_IS_TAI:
		return build_call(cg->b, BPF_FUNC_ktime_get_tai_ns, NULL, 0);
	case CLOCK_IS_SW_TAI:
		return emit_sw_tai(cg);
	}
	unreachable();
}

static struct val emit_elapsed(struct codegen *cg, const struct expr *call UNUSED)
{
	struct val start = start_fact(cg, offsetof(struct object_start, boot_ns));

	return build_alu(cg->b, BPF_SUB, boot_ns(cg), start);
}

static struct val emit_jiffies(struct codegen *cg, const struct expr *call UNUSED)
{
	return build_call(cg->b, BPF_FUNC_jiffies64, NULL, 0);
}

/* --- time() -------------------------------------------------------------------------- */

static struct val emit_time(struct codegen *cg, const struct expr *call)
{
	const struct expr *format = call_arg(call, 0);
	uint32_t event, lost = build_label(cg->b);
	struct val payload;

	event = codegen_add_event(cg, call->call.builtin, NULL,
				  format ? format->string.text : "%H:%M:%S\n", call->span);
	payload = emit_event_reserve(cg, event, 0, lost);
	emit_event_submit(cg, payload);
	build_place(cg->b, lost);
	return VAL_NOTHING;
}

static void handle_time(struct consumer *consumer, const struct object_event *event,
			const void *payload UNUSED, size_t size UNUSED)
{
	time_t now = time(NULL);
	const char *text;
	struct tm local;
	size_t length;

	localtime_r(&now, &local);
	text = format_time(consumer->arena, event->data, &local, &length);
	output_format_of(consumer->output)->text(consumer->output, OUTPUT_TIME, text, length);
}

/* --- strftime() ----------------------------------------------------------------------- */

static const struct type *infer_strftime(struct inferer *inferer, struct expr *call UNUSED)
{
	return type_late(&inferer->program->types, LATE_TIME);
}

static void check_strftime(struct checker *checker, struct expr *call)
{
	struct diags *diags = checker->program->diags;
	const struct expr *ns = call_arg(call, 1);

	if (ns->kind == EXPR_NUMBER && ns->number.is_negative)
		diag_report(diags, ns->span, DIAG_ARG_RANGE,
			    "strftime() only takes non-negative times");
	if (ns->type->kind == TYPE_INT && ns->type->integer.clock == CLOCK_IS_MONOTONIC) {
		diag_report(diags, ns->span, DIAG_CLOCK,
			    "strftime() can not take a monotonic timestamp: that clock has no "
			    "relation to the time of day");
		diag_hint(diags, "nsecs, nsecs(tai) and nsecs(sw_tai) have one");
	}
}

static void emit_strftime(struct codegen *cg, const struct expr *call, struct val address)
{
	const struct expr *format = call_arg(call, 0), *ns = call_arg(call, 1);
	enum clock clock = ns->type->kind == TYPE_INT ? ns->type->integer.clock : CLOCK_IS_BOOT;

	emit_store_value(cg, type_int(&cg->program->types, 8, false), address, emit_expr(cg, ns));
	build_store(cg->b, 4, address, offsetof(struct late_time, text),
		    val_const(codegen_text(cg, format->string.text)));
	build_store(cg->b, 4, address, offsetof(struct late_time, clock), val_const(clock));
}

const struct builtin time_builtins[] = {
	{ "nsecs", "infer ([any clock])",
	  "Nanoseconds of a clock: boot (the default: since the machine started, time asleep "
	  "included), monotonic, tai, sw_tai.",
	  BUILTIN_WORDS, .infer = infer_nsecs, .check = check_nsecs, .emit = emit_nsecs,
	  .example = "interval:s:1 { print(nsecs - nsecs(monotonic)); }" },
	{ "elapsed", "uint64", "Nanoseconds since tracing started.", .emit = emit_elapsed,
	  .example = "interval:s:1 { printf(\"%d s\\n\", elapsed / 1000000000); }" },
	{ "jiffies", "uint64", "The kernel's count of timer ticks.", .emit = emit_jiffies,
	  .example = "begin { @ = jiffies; }" },
	{ "time", "void ([string-lit format])",
	  "Prints the local time in a format of strftime(3), \"%H:%M:%S\\n\" if none is given.",
	  BUILTIN_MUST_CALL, .emit = emit_time, .handle = handle_time,
	  .example = "interval:s:1 { time(\"%H:%M:%S \"); print(@); clear(@); } "
		     "tracepoint:syscalls:sys_enter_openat { @ = count(); }" },
	{ "strftime", "infer (string-lit format, int ns)",
	  "A time of nsecs as text in a format of strftime(3), where %f is microseconds.",
	  BUILTIN_MUST_CALL, .infer = infer_strftime, .check = check_strftime,
	  .emit_into = emit_strftime,
	  .example = "tracepoint:sched:sched_process_exec { printf(\"%s %s\\n\", "
		     "strftime(\"%H:%M:%S.%f\", nsecs), comm); }" },
	{ NULL },
};
