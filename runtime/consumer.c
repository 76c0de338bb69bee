/*
 * What handle hooks of builtins may do to the run.
 */
#include "runtime/consumer.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "runtime/late_text.h"
#include "runtime/map_print.h"
#include "runtime/maps.h"
#include "runtime/output/output.h"
#include "runtime/output/report.h"
#include "runtime/render.h"
#include "runtime/session_internal.h"
#include "runtime/symbolize.h"

enum { COMMANDS_NS = 500000000 }; /* that commands of system() may still take when the run is ended */

void render_value(struct consumer *consumer, const struct type *type, const void *bytes,
		  struct value *ret_value)
{
	render(consumer->arena, type, bytes, ret_value);
	symbolize(consumer->session, type, ret_value);
	late_text(consumer->session, consumer->arena, type, ret_value);
}

void consumer_print_map(struct consumer *consumer, uint32_t map,
			const struct map_selection *selection)
{
	consumer->took_time = true;
	map_print(consumer->session, map, selection, false);
}

void consumer_clear_map(struct consumer *consumer, uint32_t map, bool after_print)
{
	int err = map_clear(consumer->session, map, after_print);

	consumer->took_time = true;
	if (err)
		report_error("failed to clear the map '%s': %s",
			     consumer->object->maps.items[map].name, strerror(-err));
}

void consumer_zero_map(struct consumer *consumer, uint32_t map, bool after_print)
{
	int err = map_zero(consumer->session, map, after_print);

	consumer->took_time = true;
	if (err)
		report_error("failed to zero the map '%s': %s",
			     consumer->object->maps.items[map].name, strerror(-err));
}

void consumer_exit(struct consumer *consumer, int status)
{
	struct session *session = consumer->session;

	if (!session->is_ending)
		session->exit_status = status & 0xff;
	session->is_ending = true;
	consumer_limit_commands(consumer);
}

void consumer_limit_commands(struct consumer *consumer)
{
	struct session *session = consumer->session;

	if (!session->commands_until)
		session->commands_until = clock_ns(CLOCK_MONOTONIC) + COMMANDS_NS;
}

bool consumer_may_run_command(struct consumer *consumer)
{
	struct session *session = consumer->session;

	if (!session->commands_until || clock_ns(CLOCK_MONOTONIC) < session->commands_until)
		return true;
	session->left_out++;
	return false;
}

void consumer_message(struct consumer *consumer, enum output_message kind, struct span span,
		      const struct strbuf *text)
{
	struct sources *sources = consumer->object->sources;
	struct strbuf place, calls;

	strbuf_init(&place, consumer->arena);
	strbuf_init(&calls, consumer->arena);
	span_format(sources, span, &place);
	span_format_calls(sources, span, false, &calls);
	output_format_of(consumer->output)->message(consumer->output, kind, place.text, text->text,
						    text->length, calls.text);
}

int consumer_open_packets(struct consumer *consumer, const char *path, struct span span)
{
	struct session *session = consumer->session;
	struct sources *sources = consumer->object->sources;
	int err = pcap_open(&session->pcaps, path);
	struct strbuf text;

	if (!err) {
		pcap_unblock(&session->pcaps, output_unblocked(session->output));
		return 0;
	}
	strbuf_init(&text, consumer->arena);
	span_format(sources, span, &text);
	strbuf_printf(&text, ": ERROR: Failed to open the file for packets: \"%s\": %s\n", path,
		      err == -ENXIO ? "nobody reads this pipe" : strerror(-err));
	span_quote(sources, span, &text);
	text.text[text.length - 1] = '\0'; /* report_line() ends the line */
	report_line("%s", text.text);
	return err;
}

void consumer_write_packet(struct consumer *consumer, const char *path, const void *bytes,
			   uint32_t size, uint32_t whole)
{
	struct session *session = consumer->session;
	const struct pcap_packet packet = {
		.ns = consumer->boot_ns + (uint64_t)session->late_texts.boot_epoch,
		.bytes = bytes, .size = size, .whole = whole,
	};

	pcap_write(pcap_named(&session->pcaps, path), &packet);
}

void consumer_warn(struct consumer *consumer, struct span span, const char *format, ...)
{
	struct sources *sources = consumer->object->sources;
	struct strbuf place, quote;
	const char *text;
	va_list args;

	va_start(args, format);
	text = arena_vprintf(consumer->arena, format, args);
	va_end(args);
	strbuf_init(&place, consumer->arena);
	strbuf_init(&quote, consumer->arena);
	if (span.start) {
		span_format(sources, span, &place);
		span_quote(sources, span, &quote);
		span_format_calls(sources, span, true, &quote);
	}
	output_format_of(consumer->output)->warning(consumer->output, place.text, text, quote.text);
}
