/*
 * Messages of the script that are not output: errorf(), warnf(), debugf().
 */
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "base/diag.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "runtime/output/output.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"
#include "stdlib/printf.h"

/* --- errorf, warnf ------------------------------------------------------------------- */

static void send_message(struct consumer *consumer, const struct object_event *event,
			 enum output_message kind, const void *payload)
{
	struct strbuf text;

	strbuf_init(&text, consumer->arena);
	format_event(consumer, event, event->data, payload, &text);
	consumer_message(consumer, kind, event->span, &text);
}

static void handle_errorf(struct consumer *consumer, const struct object_event *event,
			  const void *payload, size_t size UNUSED)
{
	consumer->has_errors = true;
	send_message(consumer, event, OUTPUT_ERRORF, payload);
}

static void handle_warnf(struct consumer *consumer, const struct object_event *event,
			 const void *payload, size_t size UNUSED)
{
	if (!output_options_of(consumer->output)->no_warnings)
		send_message(consumer, event, OUTPUT_WARNF, payload);
}

/* --- debugf: the kernel formats -------------------------------------------------------- */

enum { DEBUG_ARGS_MAX = 3 };

static bool kernel_knows(enum conversion_kind kind)
{
	return kind == CONVERSION_SIGNED || kind == CONVERSION_UNSIGNED || kind == CONVERSION_HEX ||
	       kind == CONVERSION_POINTER || kind == CONVERSION_STRING;
}

static void check_debugf(struct checker *checker, struct expr *call)
{
	struct diags *diags = checker->program->diags;
	const struct format *format;
	size_t i, next = 1;

	check_formatted(checker, call);
	format = call->call.data;
	if (call_arg_count(call) > DEBUG_ARGS_MAX + 1)
		diag_report(diags, call->span, DIAG_ARG_COUNT,
			    "debugf() takes up to %d arguments after its format: the kernel formats "
			    "no more", DEBUG_ARGS_MAX);
	for (i = 0; i < format->pieces.count; i++) {
		const struct format_piece *piece = &format->pieces.items[i];
		const struct expr *arg = piece->has_conversion ? call_arg(call, next++) : NULL;

		if (!arg)
			continue;
		if (!kernel_knows(piece->conversion.kind) ||
		    (piece->conversion.kind == CONVERSION_STRING && arg->type->kind != TYPE_STRING))
			diag_report(diags, arg->span, DIAG_FORMAT,
				    "debugf() is formatted by the kernel, which can not print a '%s' "
				    "with %.*s", arg->type->name, (int)piece->conversion.length,
				    piece->conversion.text);
	}
	diag_report(diags, call->span, DIAG_SUSPICIOUS,
		    "The debugf() builtin is for looking for mistakes: it writes to the kernel's trace "
		    "buffer, which all programs share, and is slow");
}

static struct val emit_debugf(struct codegen *cg, const struct expr *call)
{
	const struct expr *format = call_arg(call, 0);
	uint32_t size = (uint32_t)format->string.length + 1;
	struct val args[2 + DEBUG_ARGS_MAX];
	unsigned count = 2;
	size_t i;

	args[0] = codegen_data(cg, format->string.text, size);
	args[1] = val_const(size);
	for (i = 1; i < call_arg_count(call); i++)
		args[count++] = emit_expr(cg, call_arg(call, i));
	build_call(cg->b, BPF_FUNC_trace_printk, args, count);
	return VAL_NOTHING;
}

const struct builtin message_builtins[] = {
	{ "errorf", "void (format, ...)",
	  "Writes a formatted message to standard error, with the place it comes from.",
	  BUILTIN_MUST_CALL, .check = check_formatted, .emit = emit_formatted,
	  .handle = handle_errorf,
	  .example = "interval:s:1 { errorf(\"%d is too much\", 3); }" },
	{ "warnf", "void (format, ...)", "The same as a warning, which --no-warnings silences.",
	  BUILTIN_MUST_CALL, .check = check_formatted, .emit = emit_formatted,
	  .handle = handle_warnf,
	  .example = "interval:s:1 { warnf(\"%d is a lot\", 2); }" },
	{ "debugf", "void (format, ...)",
	  "Writes to the kernel's trace buffer at once; up to 3 values.", BUILTIN_MUST_CALL,
	  .check = check_debugf, .emit = emit_debugf },
	{ NULL },
};
