/*
 * Ending the run.
 */
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

struct exit_event {
	int64_t status;
};

static struct val emit_exit(struct codegen *cg, const struct expr *call)
{
	const struct expr *status = call_arg(call, 0);
	struct builder *b = cg->b;
	uint32_t lost = build_label(b), event;
	struct val val = status ? emit_expr(cg, status) : val_const(0), payload;

	event = codegen_add_event(cg, call->call.builtin, NULL, NULL, call->span);
	payload = emit_event_reserve(cg, event, sizeof(struct exit_event), lost);
	build_store(b, 8, payload, offsetof(struct exit_event, status), val);
	emit_event_submit(cg, payload);
	build_place(b, lost);
	build_jump(b, cg->leave);
	return VAL_NOTHING;
}

static void handle_exit(struct consumer *consumer, const struct object_event *event UNUSED,
			const void *payload, size_t size UNUSED)
{
	struct exit_event exit_event;

	memcpy(&exit_event, payload, sizeof(exit_event));
	consumer_exit(consumer, (int)(exit_event.status & 0xff));
}

const struct builtin control_builtins[] = {
	{ "exit", "void ([int])",
	  "Ends tracing; the low 8 bits of the argument are the exit status.  Leaves the probe.",
	  BUILTIN_ENDS_PROBE | BUILTIN_MUST_CALL, .emit = emit_exit, .handle = handle_exit },
	{ NULL },
};
