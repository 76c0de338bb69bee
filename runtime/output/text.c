/*
 * Output as text, for people and for scripts that read bpftrace's.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/compiler.h"
#include "base/strbuf.h"
#include "runtime/output/outputs.h"
#include "runtime/output/value_text.h"

static void text_attached(struct output *output, uint64_t probes)
{
	if (!output_options_of(output)->quiet)
		fprintf(stderr, "Attached %" PRIu64 " probe%s\n", probes, probes == 1 ? "" : "s");
}

static void text_printf(struct output *output, const char *text, size_t length)
{
	output_write(output, text, length);
}

static void text_text(struct output *output, enum output_text kind UNUSED, const char *text,
		      size_t length)
{
	output_write(output, text, length);
}

static void text_message(struct output *output, enum output_message kind, const char *place,
			 const char *text, size_t length, const char *calls)
{
	output_flush(output);
	fprintf(stderr, "%s: %s: %.*s\n%s", place, kind == OUTPUT_ERRORF ? "ERROR" : "WARNING",
		(int)length, text, calls);
}

static void text_value(struct output *output, const struct value *value)
{
	struct strbuf *line = output_line(output);

	value_text(value, output_options_of(output)->truncation_mark, line);
	strbuf_putc(line, '\n');
	output_write(output, line->text, line->length);
}

void map_entry_text(const struct map_listing *listing, const struct map_entry *entry,
		    const char *mark, struct strbuf *line)
{
	bool has_rows = entry->value.kind == VALUE_HISTOGRAM || entry->value.kind == VALUE_SERIES;

	strbuf_puts(line, listing->name);
	if (listing->is_keyed) {
		strbuf_putc(line, '[');
		key_text(&entry->key, mark, line);
		strbuf_putc(line, ']');
	}
	strbuf_puts(line, has_rows ? ":\n" : ": ");
	value_text(&entry->value, mark, line);
	strbuf_putc(line, '\n');
}

static void text_map(struct output *output, const struct map_listing *listing)
{
	const char *mark = output_options_of(output)->truncation_mark;
	size_t i;

	for (i = 0; i < listing->count; i++) {
		struct strbuf *line = output_line(output);
		struct map_entry entry;

		listing->entry(listing, i, &entry);
		map_entry_text(listing, &entry, mark, line);
		output_write(output, line->text, line->length);
	}
}

static void text_end(struct output *output)
{
	output_write(output, "\n\n", 2);
}

static void text_lost(struct output *output, uint64_t events)
{
	output_flush(output);
	fprintf(stderr, "Lost %" PRIu64 " event%s\n", events, events == 1 ? "" : "s");
}

static void text_warning(struct output *output, const char *place, const char *text,
			 const char *quote)
{
	if (output_options_of(output)->no_warnings)
		return;
	output_flush(output);
	fprintf(stderr, "%s%sWARNING: %s\n%s", place, *place ? ": " : "", text, quote);
}

const struct output_format output_text = {
	.name = "text",
	.attached = text_attached,
	.printf = text_printf,
	.text = text_text,
	.message = text_message,
	.value = text_value,
	.map = text_map,
	.end = text_end,
	.lost = text_lost,
	.warning = text_warning,
};
