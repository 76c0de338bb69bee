/*
 * Messages of the script that are not output: errorf(), warnf(), debugf().
 */
#include "base/compiler.h"
#include "runtime/output/output.h"
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

static void check_debugf(struct checker *checker, struct expr *call)
{
	check_formatted(checker, call);
	diag_report(checker->program->diags, call->span, DIAG_SUSPICIOUS,
		    "The debugf() builtin is for looking for mistakes: it writes to the kernel's trace "
		    "buffer, which all programs share, and is slow");
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
	  .check = check_debugf, .emit = emit_trace_printk },
	{ NULL },
};
