/*
 * Text on standard error.
 */
#include "runtime/output/side_text.h"

#include <stdio.h>

#include "base/compiler.h"
#include "base/strbuf.h"
#include "runtime/output/outputs.h"
#include "runtime/output/value_text.h"

void side_attached(struct output *output, uint64_t probes)
{
	output_text.attached(output, probes);
}

void side_printf(struct output *output UNUSED, const char *text, size_t length)
{
	fwrite(text, 1, length, stderr);
}

void side_text(struct output *output, enum output_text kind UNUSED, const char *text, size_t length)
{
	side_printf(output, text, length);
}

void side_message(struct output *output, enum output_message kind, const char *place,
		  const char *text, size_t length, const char *calls)
{
	output_text.message(output, kind, place, text, length, calls);
}

void side_value(struct output *output, const struct value *value)
{
	struct strbuf *line = output_line(output);

	value_text(value, output_options_of(output)->truncation_mark, line);
	strbuf_putc(line, '\n');
	fwrite(line->text, 1, line->length, stderr);
}

void side_map(struct output *output, const struct map_listing *listing)
{
	size_t i;

	for (i = 0; i < listing->count; i++) {
		struct strbuf *line = output_line(output);
		struct map_entry entry;

		listing->entry(listing, i, &entry);
		map_entry_text(listing, &entry, output_options_of(output)->truncation_mark, line);
		fwrite(line->text, 1, line->length, stderr);
	}
}

void side_lost(struct output *output, uint64_t events)
{
	output_text.lost(output, events);
}

void side_warning(struct output *output, const char *place, const char *text, const char *quote)
{
	output_text.warning(output, place, text, quote);
}
