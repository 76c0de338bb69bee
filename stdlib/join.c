/*
 * join(): the strings of an array, as execve() is given one.
 */
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "runtime/output/output.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

enum { STRINGS_MAX = 16, STRING_SIZE = 1024 };

/* As many as there may be; what could not be read is empty, as is all after the end. */
struct join_event {
	char strings[STRINGS_MAX][STRING_SIZE];
};

static enum space space_of(struct codegen *cg, const struct expr *arg)
{
	enum space space = cg->instance->points.items[0]->type->space;

	if (arg->type->kind == TYPE_POINTER && arg->type->pointer.space != SPACE_NONE)
		space = arg->type->pointer.space;
	return space == SPACE_NONE ? SPACE_KERNEL : space;
}

/* Reads the pointers one after the other; those after a NULL stay unread. */
static void emit_strings(struct codegen *cg, struct val array, enum space space,
			 struct val payload)
{
	struct builder *b = cg->b;
	uint32_t end = build_label(b), i;
	struct val slot = build_slot(b, 8);

	for (i = 0; i < STRINGS_MAX; i++)
		build_store(b, 1, payload, (int64_t)i * STRING_SIZE, val_const(0));
	build_enter(b);
	for (i = 0; i < STRINGS_MAX; i++) {
		struct val pointer;

		emit_read(cg, slot, 8, build_offset(b, array, i * 8), space);
		pointer = build_load(b, 8, false, slot, 0);
		build_branch(b, BPF_JEQ, pointer, val_const(0), end);
		emit_read_string(cg, build_offset(b, payload, (int64_t)i * STRING_SIZE), STRING_SIZE,
				 pointer, space);
	}
	build_leave(b);
	build_place(b, end);
}

static struct val emit_join(struct codegen *cg, const struct expr *call)
{
	const struct expr *arg = call_arg(call, 0), *separator = call_arg(call, 1);
	uint32_t lost = build_label(cg->b), event;
	struct val array = emit_expr(cg, arg), payload;

	event = codegen_add_event(cg, call->call.builtin, NULL,
				  separator ? separator->string.text : " ", call->span);
	payload = emit_event_reserve(cg, event, sizeof(struct join_event), lost);
	build_enter(cg->b);
	emit_strings(cg, array, space_of(cg, arg), payload);
	emit_event_submit(cg, payload);
	build_leave(cg->b);
	build_place(cg->b, lost);
	return VAL_NOTHING;
}

static void handle_join(struct consumer *consumer, const struct object_event *event,
			const void *payload, size_t size UNUSED)
{
	const struct join_event *join = payload;
	struct strbuf text;
	unsigned i;

	strbuf_init(&text, consumer->arena);
	for (i = 0; i < STRINGS_MAX && join->strings[i][0]; i++) {
		if (i)
			strbuf_puts(&text, event->data);
		strbuf_add(&text, join->strings[i], strnlen(join->strings[i], STRING_SIZE));
	}
	strbuf_putc(&text, '\n');
	output_format_of(consumer->output)->text(consumer->output, OUTPUT_JOIN, text.text,
						 text.length);
}

const struct builtin join_builtins[] = {
	{ "join", "void (pointer strings, [string-lit separator])",
	  "Prints the strings that an array points to, at most 16, with a separator between them.",
	  BUILTIN_MUST_CALL, .emit = emit_join, .handle = handle_join,
	  .example = "tracepoint:syscalls:sys_enter_execve { join(args.argv); }" },
	{ NULL },
};
