/*
 * What handle hooks of builtins may do to the run.
 */
#include "runtime/consumer.h"

#include <string.h>

#include "base/diag.h"
#include "runtime/late_text.h"
#include "runtime/map_print.h"
#include "runtime/maps.h"
#include "runtime/output/output.h"
#include "runtime/output/report.h"
#include "runtime/render.h"
#include "runtime/session_internal.h"
#include "runtime/symbolize.h"

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
	map_print(consumer->session, map, selection, false);
}

void consumer_clear_map(struct consumer *consumer, uint32_t map, bool after_print)
{
	int err = map_clear(consumer->session, map, after_print);

	if (err)
		report_error("failed to clear the map '%s': %s",
			     consumer->object->maps.items[map].name, strerror(-err));
}

void consumer_zero_map(struct consumer *consumer, uint32_t map, bool after_print)
{
	int err = map_zero(consumer->session, map, after_print);

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
