/*
 * Clocks.
 */
#include <linux/bpf.h>
#include <time.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "runtime/output/output.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

static struct val emit_nsecs(struct codegen *cg, const struct expr *call UNUSED)
{
	return build_call(cg->b, BPF_FUNC_ktime_get_boot_ns, NULL, 0);
}

/* The runtime has stored the same clock's time of the start. */
static struct val emit_elapsed(struct codegen *cg, const struct expr *call)
{
	struct val start = build_load_pure(cg->b, 8, false,
					   val_map_value(codegen_start_map(cg), 0), 0);

	return build_alu(cg->b, BPF_SUB, emit_nsecs(cg, call), start);
}

static struct val emit_jiffies(struct codegen *cg, const struct expr *call UNUSED)
{
	return build_call(cg->b, BPF_FUNC_jiffies64, NULL, 0);
}

/* --- time() -------------------------------------------------------------------------- */

enum { TIME_TEXT_MAX = 64 };

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
	char text[TIME_TEXT_MAX];
	time_t now = time(NULL);
	struct tm local;
	size_t length;

	localtime_r(&now, &local);
	length = strftime(text, sizeof(text), event->data, &local);
	output_format_of(consumer->output)->printf(consumer->output, text, length);
}

const struct builtin time_builtins[] = {
	{ "nsecs", "uint64", "Nanoseconds since the machine started, time asleep included.",
	  .emit = emit_nsecs },
	{ "elapsed", "uint64", "Nanoseconds since tracing started.", .emit = emit_elapsed },
	{ "jiffies", "uint64", "The kernel's count of timer ticks.", .emit = emit_jiffies },
	{ "time", "void ([string-lit])",
	  "Prints the local time in a format of strftime(3), \"%H:%M:%S\\n\" if none is given.",
	  BUILTIN_MUST_CALL, .emit = emit_time, .handle = handle_time },
	{ NULL },
};
