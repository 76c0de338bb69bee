/*
 * join(): the strings of an array, as execve() is given one.
 */
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "runtime/output/output.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"
#include "stdlib/source.h"

enum { STRINGS_MAX = 16, STRING_SIZE = 1024, POINTER_SIZE = 8 };

/* As many as there may be; what could not be read is empty, as is all after the end. */
struct join_event {
	char strings[STRINGS_MAX][STRING_SIZE];
};

static bool is_array_of_addresses(const struct type *type)
{
	return type->kind == TYPE_ARRAY && type->array.element->size == POINTER_SIZE &&
	       type_in_register(type->array.element);
}

static void check_join(struct checker *checker, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);
	const struct type *type = arg->type;
	bool is_map = arg->kind == EXPR_UNARY && arg->unary.op == UNARY_ADDRESS &&
		      arg->unary.operand->kind == EXPR_MAP;

	if (is_map || (type->kind != TYPE_POINTER && type->kind != TYPE_INT && !is_array_of_addresses(type)))
		diag_report(checker->program->diags, arg->span, DIAG_ARG_TYPE,
			    "join() takes the address of an array of strings' addresses (%s provided)",
			    type->name);
}

/* How many there may be at most. */
static uint32_t most_strings(const struct type *type)
{
	return type->kind == TYPE_ARRAY ? MIN(type->array.length, (uint32_t)STRINGS_MAX) :
					  STRINGS_MAX;
}

/* Reads the pointers one after the other; those after a NULL stay unread. */
static void emit_strings(struct codegen *cg, struct place array, uint32_t count,
			 struct val payload)
{
	struct builder *b = cg->b;
	uint32_t end = build_label(b), i;
	struct val slot = build_slot(b, POINTER_SIZE);

	for (i = 0; i < STRINGS_MAX; i++)
		build_store(b, 1, payload, (int64_t)i * STRING_SIZE, val_const(0));
	build_enter(b);
	for (i = 0; i < count; i++) {
		struct val pointer;

		emit_read(cg, slot, POINTER_SIZE, build_offset(b, array.address, i * POINTER_SIZE),
			  array.space);
		pointer = build_load(b, POINTER_SIZE, false, slot, 0);
		build_branch(b, BPF_JEQ, pointer, val_const(0), end);
		emit_read_string(cg, build_offset(b, payload, (int64_t)i * STRING_SIZE), STRING_SIZE,
				 pointer, array.space);
	}
	build_leave(b);
	build_place(b, end);
}

static struct val emit_join(struct codegen *cg, const struct expr *call)
{
	const struct expr *arg = call_arg(call, 0), *separator = call_arg(call, 1);
	uint32_t lost = build_label(cg->b), event;
	struct place array = source_of(cg, arg);
	struct val payload;

	event = codegen_add_event(cg, call->call.builtin, NULL,
				  separator ? separator->string.text : " ", call->span);
	payload = emit_event_reserve(cg, event, sizeof(struct join_event), lost);
	build_enter(cg->b);
	emit_strings(cg, array, most_strings(arg->type), payload);
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
	  BUILTIN_MUST_CALL, .check = check_join, .emit = emit_join, .handle = handle_join,
	  .example = "tracepoint:syscalls:sys_enter_execve { join(args.argv); }" },
	{ NULL },
};
