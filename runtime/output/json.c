/*
 * Output as JSON: one object a line (output.md section 11).
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/json.h"
#include "runtime/output/compact_text.h"
#include "runtime/output/outputs.h"
#include "runtime/output/series_text.h"
#include "runtime/output/value_text.h"

/* Readers that keep numbers as doubles hold integers exactly up to here. */
#define EXACT_MAX (1ull << 53)

static void integer_json(int64_t number, bool is_signed, struct strbuf *out)
{
	uint64_t magnitude = is_signed && number < 0 ? -(uint64_t)number : (uint64_t)number;
	bool is_exact = magnitude <= EXACT_MAX;

	if (!is_exact)
		strbuf_putc(out, '"');
	number_text(number, is_signed, out);
	if (!is_exact)
		strbuf_putc(out, '"');
}

static void value_json(const struct value *value, const char *mark, struct strbuf *out);

static void list_json(const struct value *value, const char *mark, struct strbuf *out)
{
	bool is_record = value->kind == VALUE_RECORD;
	size_t i;

	strbuf_putc(out, is_record ? '{' : '[');
	for (i = 0; i < value->list.count; i++) {
		if (i)
			strbuf_puts(out, is_record ? ", " : ",");
		if (is_record) {
			json_string(value->list.names[i], strlen(value->list.names[i]), out);
			strbuf_puts(out, ": ");
		}
		value_json(&value->list.items[i], mark, out);
	}
	strbuf_putc(out, is_record ? '}' : ']');
}

static void histogram_json(const struct value *value, struct strbuf *out)
{
	size_t i;

	strbuf_putc(out, '[');
	for (i = 0; i < value->histogram.count; i++) {
		const struct histogram_bucket *bucket = &value->histogram.buckets[i];

		strbuf_puts(out, i ? ", {" : "{");
		if (!bucket->no_min) {
			strbuf_puts(out, "\"min\": ");
			signed_text(bucket->min, out);
			strbuf_puts(out, ", ");
		}
		if (!bucket->no_max) {
			strbuf_puts(out, "\"max\": ");
			signed_text(bucket->max, out);
			strbuf_puts(out, ", ");
		}
		strbuf_puts(out, "\"count\": ");
		unsigned_text(bucket->count, out);
		strbuf_putc(out, '}');
	}
	strbuf_putc(out, ']');
}

static void stats_json(const struct value *value, struct strbuf *out)
{
	strbuf_puts(out, "{\"count\": ");
	integer_json((int64_t)value->stats.count, false, out);
	strbuf_puts(out, ", \"average\": ");
	integer_json(value->stats.average, value->is_signed, out);
	strbuf_puts(out, ", \"total\": ");
	integer_json(value->stats.total, value->is_signed, out);
	strbuf_putc(out, '}');
}

static void percentiles_json(const struct value *value, struct strbuf *out)
{
	size_t i;

	strbuf_puts(out, "{\"count\": ");
	integer_json((int64_t)value->percentiles.count, false, out);
	strbuf_puts(out, ", \"average\": ");
	integer_json(value->percentiles.average, value->is_signed, out);
	strbuf_puts(out, ", \"stddev\": ");
	integer_json((int64_t)value->percentiles.deviation, false, out);
	for (i = 0; value->percentiles.at && i < PERCENTILE_COUNT; i++) {
		strbuf_printf(out, ", \"%s\": ", percentiles[i].name);
		integer_json(value->percentiles.at[i], value->is_signed, out);
	}
	strbuf_putc(out, '}');
}

/* Intervals without values between others are null. */
static void series_json(const struct value *value, struct strbuf *out)
{
	uint64_t epoch = value->series.count ? value->series.points->epoch : UINT64_MAX;
	size_t i = 0;

	strbuf_putc(out, '[');
	for (; epoch <= value->series.last; epoch++) {
		strbuf_puts(out, i ? ", " : "");
		strbuf_puts(out, "{\"interval_start\":\"");
		series_time(epoch * value->series.interval, "%Y-%m-%dT%H:%M:%S", 9, out);
		strbuf_puts(out, "\",\"value\":");
		if (i < value->series.count && value->series.points[i].epoch == epoch)
			integer_json(value->series.points[i++].value, value->is_signed, out);
		else
			strbuf_puts(out, "null");
		strbuf_putc(out, '}');
	}
	strbuf_putc(out, ']');
}

/* Text of its own, quoted: with the mark of a string that was cut. */
static void cut_string_json(const struct value *value, const char *mark, struct strbuf *out)
{
	struct strbuf text;

	strbuf_init(&text, out->arena);
	value_text(value, mark, &text);
	json_string(text.text, text.length, out);
}

/* What is text in every format. */
static void text_json(const struct value *value, const char *mark, struct strbuf *out)
{
	struct strbuf text;

	strbuf_init(&text, out->arena);
	value_text(value, mark, &text);
	json_string(text.text, text.length, out);
}

/* Signed bytes, as the reference has them. */
static void buffer_json(const struct value *value, struct strbuf *out)
{
	size_t i;

	strbuf_putc(out, '[');
	for (i = 0; i < value->string.length; i++) {
		if (i)
			strbuf_putc(out, ',');
		signed_text((signed char)value->string.bytes[i], out);
	}
	strbuf_putc(out, ']');
}

static void value_json(const struct value *value, const char *mark, struct strbuf *out)
{
	switch (value->kind) {
	case VALUE_NONE:
		strbuf_puts(out, "null");
		return;
	case VALUE_INT:
		integer_json(value->i, true, out);
		return;
	case VALUE_UINT:
	case VALUE_POINTER:
		integer_json((int64_t)value->u, false, out);
		return;
	case VALUE_BOOL:
		strbuf_puts(out, value->u ? "true" : "false");
		return;
	case VALUE_ENUM:
		integer_json(value->string.number, true, out);
		return;
	case VALUE_STRING:
		if (value->is_truncated)
			cut_string_json(value, mark, out);
		else
			json_string(value->string.bytes, value->string.length, out);
		return;
	case VALUE_ARRAY:
	case VALUE_TUPLE:
	case VALUE_RECORD:
		list_json(value, mark, out);
		return;
	case VALUE_AVERAGE:
		integer_json(value->stats.average, value->is_signed, out);
		return;
	case VALUE_STATS:
		stats_json(value, out);
		return;
	case VALUE_HISTOGRAM:
		histogram_json(value, out);
		return;
	case VALUE_PERCENTILES:
		percentiles_json(value, out);
		return;
	case VALUE_SERIES:
		series_json(value, out);
		return;
	case VALUE_SYMBOL:
	case VALUE_STACK:
	case VALUE_LATE:
		text_json(value, mark, out);
		return;
	case VALUE_BUFFER:
		buffer_json(value, out);
		return;
	}
	unreachable();
}

static void key_json(const struct value *key, const char *mark, struct strbuf *out)
{
	struct strbuf text;

	strbuf_init(&text, out->arena);
	compact_key_text(key, mark, &text);
	json_string(text.text, text.length, out);
}

static struct strbuf begin(const char *type)
{
	struct strbuf line;

	strbuf_init(&line, arena_new());
	strbuf_puts(&line, "{\"type\": \"");
	strbuf_puts(&line, type);
	strbuf_puts(&line, "\", ");
	return line;
}

static void finish(struct output *output, struct strbuf *line)
{
	strbuf_puts(line, "}\n");
	output_write(output, line->text, line->length);
	arena_free(line->arena);
}

static void json_attached(struct output *output, uint64_t probes)
{
	struct strbuf line;

	if (output_options_of(output)->quiet)
		return;
	line = begin("attached_probes");
	strbuf_puts(&line, "\"count\": ");
	unsigned_text(probes, &line);
	strbuf_puts(&line, ", \"data\": {\"probes\": ");
	unsigned_text(probes, &line);
	strbuf_putc(&line, '}');
	finish(output, &line);
}

static void json_printf(struct output *output, const char *text, size_t length)
{
	struct strbuf line = begin("printf");

	strbuf_puts(&line, "\"data\": ");
	json_string(text, length, &line);
	finish(output, &line);
}

static void json_text(struct output *output, enum output_text kind, const char *text, size_t length)
{
	static const char *const types[] = { [OUTPUT_TIME] = "time", [OUTPUT_JOIN] = "join",
					     [OUTPUT_CAT] = "cat", [OUTPUT_SYSTEM] = "syscall" };
	struct strbuf line = begin(types[kind]);

	if (kind == OUTPUT_JOIN && length && text[length - 1] == '\n')
		length--;
	strbuf_puts(&line, "\"data\": ");
	json_string(text, length, &line);
	finish(output, &line);
}

static void json_value(struct output *output, const struct value *value)
{
	struct strbuf line = begin("value");

	strbuf_puts(&line, "\"data\": ");
	value_json(value, output_options_of(output)->truncation_mark, &line);
	finish(output, &line);
}

static const char *map_type(const struct map_listing *listing)
{
	struct map_entry entry;

	if (!listing->count)
		return "map";
	listing->entry(listing, 0, &entry);
	switch (entry.value.kind) {
	case VALUE_HISTOGRAM:
		return "hist";
	case VALUE_SERIES:
		return "tseries";
	case VALUE_AVERAGE:
	case VALUE_STATS:
	case VALUE_PERCENTILES:
		return "stats";
	case VALUE_NONE:
	case VALUE_INT:
	case VALUE_UINT:
	case VALUE_BOOL:
	case VALUE_POINTER:
	case VALUE_ENUM:
	case VALUE_STRING:
	case VALUE_ARRAY:
	case VALUE_TUPLE:
	case VALUE_RECORD:
	case VALUE_SYMBOL:
	case VALUE_STACK:
	case VALUE_BUFFER:
	case VALUE_LATE:
		return "map";
	}
	unreachable();
}

static void json_map(struct output *output, const struct map_listing *listing)
{
	const char *mark = output_options_of(output)->truncation_mark;
	struct strbuf line = begin(map_type(listing));
	size_t i;

	strbuf_puts(&line, "\"data\": {");
	json_string(listing->name, strlen(listing->name), &line);
	strbuf_puts(&line, listing->is_keyed ? ": {" : ": ");
	for (i = 0; i < listing->count; i++) {
		struct map_entry entry;

		listing->entry(listing, i, &entry);
		if (i)
			strbuf_puts(&line, ", ");
		if (listing->is_keyed) {
			key_json(&entry.key, mark, &line);
			strbuf_puts(&line, ": ");
		}
		value_json(&entry.value, mark, &line);
	}
	if (!listing->is_keyed && !listing->count)
		strbuf_puts(&line, "null");
	strbuf_puts(&line, listing->is_keyed ? "}}" : "}");
	finish(output, &line);
}

/* Lines are all there is: nothing stands before the maps at exit. */
static void json_end(struct output *output UNUSED)
{
}

static void json_lost(struct output *output, uint64_t events)
{
	struct strbuf line = begin("lost_events");

	strbuf_puts(&line, "\"count\": ");
	unsigned_text(events, &line);
	strbuf_puts(&line, ", \"data\": {\"events\": ");
	unsigned_text(events, &line);
	strbuf_putc(&line, '}');
	finish(output, &line);
}

/* "FILE:LINE:COL-END": the parts as members. */
static void place_json(const char *place, struct strbuf *line)
{
	const char *column = strrchr(place, ':'), *number;
	size_t length;

	if (!column || column == place)
		return;
	number = memrchr(place, ':', (size_t)(column - place));
	if (!number)
		return;
	length = (size_t)(number - place);
	strbuf_puts(line, ", \"filename\": ");
	json_string(place, length, line);
	strbuf_puts(line, ", \"line\": ");
	unsigned_text(strtoul(number + 1, NULL, 10), line);
	strbuf_puts(line, ", \"col\": ");
	unsigned_text(strtoul(column + 1, NULL, 10), line);
}

static void json_message(struct output *output, enum output_message kind, const char *place,
			 const char *text, size_t length, const char *calls UNUSED)
{
	struct strbuf line = begin(kind == OUTPUT_ERRORF ? "errorf" : "warnf");

	strbuf_puts(&line, "\"msg\": ");
	json_string(text, length, &line);
	place_json(place, &line);
	finish(output, &line);
}

static void json_helper_error(struct output *output, const char *place,
			      const struct helper_failure *failure)
{
	struct strbuf line;
	const char *text = strerror(-failure->error);

	if (output_options_of(output)->no_warnings)
		return;
	line = begin("helper_error");
	strbuf_puts(&line, "\"msg\": ");
	json_string(text, strlen(text), &line);
	strbuf_puts(&line, ", \"helper\": ");
	json_string(failure->helper, strlen(failure->helper), &line);
	strbuf_puts(&line, ", \"retcode\": ");
	signed_text(failure->error, &line);
	strbuf_puts(&line, ", \"count\": ");
	unsigned_text(failure->count, &line);
	place_json(place, &line);
	finish(output, &line);
}

static void json_warning(struct output *output, const char *place, const char *text,
			 const char *quote UNUSED)
{
	struct strbuf line;

	if (output_options_of(output)->no_warnings)
		return;
	line = begin("runtime_error");
	strbuf_puts(&line, "\"msg\": ");
	json_string(text, strlen(text), &line);
	place_json(place, &line);
	finish(output, &line);
}

static struct strbuf begin_trial(const char *type, const char *name)
{
	struct strbuf line = begin(type);

	strbuf_puts(&line, "\"data\": {");
	json_string(name, strlen(name), &line);
	return line;
}

static void json_test(struct output *output, const char *name, uint64_t ns, bool passed)
{
	struct strbuf line = begin_trial("test_result", name);

	strbuf_puts(&line, ": {\"duration\": ");
	unsigned_text(ns, &line);
	strbuf_puts(&line, passed ? ", \"passed\": true}}" : ", \"passed\": false}}");
	finish(output, &line);
}

static void json_benchmark(struct output *output, const char *name, uint64_t average_ns, uint64_t runs)
{
	struct strbuf line = begin_trial("benchmark_result", name);

	strbuf_puts(&line, ": {\"average\": ");
	unsigned_text(average_ns, &line);
	strbuf_puts(&line, ", \"iters\": ");
	unsigned_text(runs, &line);
	strbuf_puts(&line, "}}");
	finish(output, &line);
}

const struct output_format output_json = {
	.name = "json",
	.attached = json_attached,
	.printf = json_printf,
	.text = json_text,
	.message = json_message,
	.value = json_value,
	.map = json_map,
	.end = json_end,
	.lost = json_lost,
	.warning = json_warning,
	.helper_error = json_helper_error,
	.test = json_test,
	.benchmark = json_benchmark,
};
