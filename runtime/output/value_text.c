/*
 * The default text of values, as print() and %s show it (output.md section 3).
 */
#include "runtime/output/value_text.h"

#include <string.h>

#include "base/compiler.h"
#include "runtime/output/output.h"
#include "runtime/output/series_text.h"
#include "runtime/output/stack_text.h"

enum { LABEL_WIDTH = 16, COUNT_WIDTH = 8, BAR_WIDTH = 52, DIGITS_MAX = 20 };

void unsigned_text(uint64_t number, struct strbuf *out)
{
	char digits[DIGITS_MAX];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	strbuf_add(out, digits + at, sizeof(digits) - at);
}

void signed_text(int64_t number, struct strbuf *out)
{
	if (number < 0)
		strbuf_putc(out, '-');
	unsigned_text(number < 0 ? -(uint64_t)number : (uint64_t)number, out);
}

void number_text(int64_t number, bool is_signed, struct strbuf *out)
{
	if (is_signed)
		signed_text(number, out);
	else
		unsigned_text((uint64_t)number, out);
}

void hex_text(uint64_t number, struct strbuf *out)
{
	char digits[16];
	size_t at = sizeof(digits);

	do
		digits[--at] = "0123456789abcdef"[number & 15];
	while (number >>= 4);
	strbuf_add(out, digits + at, sizeof(digits) - at);
}

static void list_text(const struct value *value, const char *separator, const char *mark,
		      struct strbuf *out)
{
	size_t i;

	for (i = 0; i < value->list.count; i++) {
		if (i)
			strbuf_puts(out, separator);
		value_text(&value->list.items[i], mark, out);
	}
}

static void record_text(const struct value *value, const char *mark, struct strbuf *out)
{
	size_t i;

	if (!value->list.count) {
		strbuf_puts(out, "{}");
		return;
	}
	for (i = 0; i < value->list.count; i++) {
		strbuf_puts(out, i ? ", ." : "{ .");
		strbuf_puts(out, value->list.names[i]);
		strbuf_puts(out, " = ");
		value_text(&value->list.items[i], mark, out);
	}
	strbuf_puts(out, " }");
}

static void stats_text(const struct value *value, struct strbuf *out)
{
	strbuf_puts(out, "{ .count = ");
	unsigned_text(value->stats.count, out);
	strbuf_puts(out, ", .average = ");
	number_text(value->stats.average, value->is_signed, out);
	strbuf_puts(out, ", .total = ");
	number_text(value->stats.total, value->is_signed, out);
	strbuf_puts(out, " }");
}

static void percentiles_text(const struct value *value, struct strbuf *out)
{
	size_t i;

	strbuf_puts(out, "{ .count = ");
	unsigned_text(value->percentiles.count, out);
	strbuf_puts(out, ", .average = ");
	number_text(value->percentiles.average, value->is_signed, out);
	strbuf_puts(out, ", .stddev = ");
	unsigned_text(value->percentiles.deviation, out);
	for (i = 0; value->percentiles.at && i < PERCENTILE_COUNT; i++) {
		strbuf_puts(out, ", .");
		strbuf_puts(out, percentiles[i].name);
		strbuf_puts(out, " = ");
		number_text(value->percentiles.at[i], value->is_signed, out);
	}
	strbuf_puts(out, " }");
}

static void bucket_text(const struct histogram_bucket *bucket, uint64_t largest, struct strbuf *out)
{
	size_t length = strlen(bucket->label), start, bar;

	strbuf_add(out, bucket->label, length);
	if (length < LABEL_WIDTH)
		strbuf_fill(out, ' ', LABEL_WIDTH - length);
	start = out->length;
	unsigned_text(bucket->count, out);
	length = out->length - start;
	if (length < COUNT_WIDTH) {
		strbuf_fill(out, ' ', COUNT_WIDTH - length);
		memmove(out->text + start + COUNT_WIDTH - length, out->text + start, length);
		memset(out->text + start, ' ', COUNT_WIDTH - length);
	}
	strbuf_puts(out, " |");
	bar = largest ? (size_t)((unsigned __int128)BAR_WIDTH * bucket->count / largest) : 0;
	strbuf_fill(out, '@', bar);
	strbuf_fill(out, ' ', BAR_WIDTH - bar);
	strbuf_puts(out, "|\n");
}

static void histogram_text(const struct value *value, struct strbuf *out)
{
	uint64_t largest = 0;
	size_t i;

	for (i = 0; i < value->histogram.count; i++)
		largest = MAX(largest, value->histogram.buckets[i].count);
	for (i = 0; i < value->histogram.count; i++)
		bucket_text(&value->histogram.buckets[i], largest, out);
}

static void enclosed_text(const struct value *value, const char *brackets, const char *separator,
			  const char *mark, struct strbuf *out)
{
	strbuf_putc(out, brackets[0]);
	list_text(value, separator, mark, out);
	strbuf_putc(out, brackets[1]);
}

static void buffer_text(const struct value *value, struct strbuf *out)
{
	size_t i;

	for (i = 0; i < value->string.length; i++) {
		unsigned char byte = (unsigned char)value->string.bytes[i];

		if (byte >= 0x20 && byte < 0x7f) {
			strbuf_putc(out, (char)byte);
			continue;
		}
		strbuf_puts(out, "\\x");
		strbuf_putc(out, "0123456789abcdef"[byte >> 4]);
		strbuf_putc(out, "0123456789abcdef"[byte & 15]);
	}
}

/* Long because there are many kinds. */
void value_text(const struct value *value, const char *mark, struct strbuf *out)
{
	switch (value->kind) {
	case VALUE_NONE:
		return;
	case VALUE_INT:
		signed_text(value->i, out);
		return;
	case VALUE_UINT:
		unsigned_text(value->u, out);
		return;
	case VALUE_BOOL:
		strbuf_puts(out, value->u ? "true" : "false");
		return;
	case VALUE_POINTER:
		strbuf_puts(out, "0x");
		hex_text(value->u, out);
		return;
	case VALUE_ENUM:
		if (value->string.length)
			strbuf_add(out, value->string.bytes, value->string.length);
		else
			signed_text(value->string.number, out);
		return;
	case VALUE_STRING:
		strbuf_add(out, value->string.bytes, value->string.length);
		if (value->is_truncated)
			strbuf_puts(out, mark);
		return;
	case VALUE_ARRAY:
		enclosed_text(value, "[]", ",", mark, out);
		return;
	case VALUE_TUPLE:
		enclosed_text(value, "()", ", ", mark, out);
		return;
	case VALUE_RECORD:
		record_text(value, mark, out);
		return;
	case VALUE_AVERAGE:
		number_text(value->stats.average, value->is_signed, out);
		return;
	case VALUE_STATS:
		stats_text(value, out);
		return;
	case VALUE_HISTOGRAM:
		histogram_text(value, out);
		return;
	case VALUE_PERCENTILES:
		percentiles_text(value, out);
		return;
	case VALUE_SERIES:
		series_text(value, out);
		return;
	case VALUE_SYMBOL:
		symbol_text(value, out);
		return;
	case VALUE_STACK:
		stack_text(value, out);
		return;
	case VALUE_BUFFER:
		buffer_text(value, out);
		return;
	case VALUE_LATE:
		return;
	}
	unreachable();
}

void key_text(const struct value *key, const char *mark, struct strbuf *out)
{
	if (key->kind == VALUE_TUPLE)
		list_text(key, ", ", mark, out);
	else
		value_text(key, mark, out);
}
