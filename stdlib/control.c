/*
 * Ending the run.
 */
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "runtime/exit_status.h"
#include "runtime/output/output.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

struct exit_event {
	int64_t status;
};

static void send_exit(struct codegen *cg, uint32_t event, struct val status, uint32_t full)
{
	struct val payload = emit_event_try(cg, event, sizeof(struct exit_event), full);

	build_enter(cg->b);
	build_store(cg->b, 8, payload, offsetof(struct exit_event, status), status);
	emit_event_submit(cg, payload);
	build_leave(cg->b);
	build_jump(cg->b, cg->leave);
}

/*
 * The end must not depend on how busy the output is: without room in the ring
 * buffer the status goes to a map, which the runtime looks at after it has
 * made room.  It may have looked just before, so there is a second try: when
 * that fails too, it has yet to make room.
 */
static void emit_ending(struct codegen *cg, uint32_t event, struct val status)
{
	struct builder *b = cg->b;
	uint32_t full = build_label(b);

	send_exit(cg, event, status, full);
	build_place(b, full);
	build_store(b, 8, val_map_value(codegen_exit_map(cg), 0), 0,
		    build_alu(b, BPF_ADD, status, val_const(1)));
	send_exit(cg, event, status, cg->leave);
}

static struct val emit_exit(struct codegen *cg, const struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);
	struct val status = arg ? emit_expr(cg, arg) : val_const(0);

	emit_ending(cg,
		    codegen_add_event(cg, call->call.builtin, NULL, NULL, call->span),
		    build_alu(cg->b, BPF_AND, status, val_const(0xff)));
	return VAL_NOTHING;
}

static void handle_exit(struct consumer *consumer, const struct object_event *event UNUSED,
			const void *payload, size_t size UNUSED)
{
	struct exit_event exit_event;

	memcpy(&exit_event, payload, sizeof(exit_event));
	consumer_exit(consumer, (int)(exit_event.status & 0xff));
}

/* --- assert ----------------------------------------------------------------------------- */

static struct val emit_assert(struct codegen *cg, const struct expr *call)
{
	uint32_t holds = build_label(cg->b), event;

	emit_branch(cg, call_arg(call, 0), true, holds);
	build_enter(cg->b);
	event = codegen_add_event(cg, call->call.builtin, NULL, call_arg(call, 1)->string.text,
				  call->span);
	emit_ending(cg, event, val_const(STATUS_ASSERTION));
	build_leave(cg->b);
	build_place(cg->b, holds);
	return VAL_NOTHING;
}

static void handle_assert(struct consumer *consumer, const struct object_event *event,
			  const void *payload, size_t size)
{
	struct strbuf text;

	strbuf_init(&text, consumer->arena);
	strbuf_printf(&text, "assert failed: %s", (const char *)event->data);
	consumer_message(consumer, OUTPUT_ERRORF, event->span, &text);
	handle_exit(consumer, event, payload, size);
}

const struct builtin control_builtins[] = {
	{ "exit", "void ([int status])",
	  "Ends tracing; the low 8 bits of the argument are the exit status.  Leaves the probe.",
	  BUILTIN_ENDS_PROBE | BUILTIN_MUST_CALL, .emit = emit_exit, .handle = handle_exit,
	  .example = "interval:s:10 { exit(3); }" },
	{ "assert", "void (bool condition, string-lit message)",
	  "Ends tracing with an error and status 7 when the condition does not hold.",
	  BUILTIN_MUST_CALL | BUILTIN_MAY_END, .emit = emit_assert, .handle = handle_assert,
	  .example = "begin { assert(sizeof(uint64) == 8, \"strange\"); }\n" },
	{ NULL },
};
