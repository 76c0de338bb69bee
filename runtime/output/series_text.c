/*
 * Time series as text (output.md section 6): time goes down, values to the right.
 */
#include "runtime/output/series_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/compiler.h"
#include "runtime/output/value_text.h"

enum {
	NS_PER_SECOND = 1000000000,
	GRAPH = 53,	  /* columns, the borders included */
	LOW_LABEL = 21,	  /* of them for the smallest value, the rest for the largest */
	NUMBER_MAX = 24,
};

/* As many digits of the second as the intervals need. */
struct resolution {
	uint64_t from; /* ns of an interval */
	unsigned digits;
	const char *title;
};

static const struct resolution resolutions[] = {
	{ NS_PER_SECOND, 0, "hh:mm:ss" },
	{ 1000000, 3, "hh:mm:ss.ms" },
	{ 1000, 6, "hh:mm:ss.\xce\xbcs" }, /* the letter mu */
	{ 0, 9, "hh:mm:ss.ns" },
};

/* Where the values lie. */
struct scale {
	__int128 min, max;
	const char *low, *high; /* as text */
};

void series_time(uint64_t ns, const char *format, unsigned digits, struct strbuf *out)
{
	time_t seconds = (time_t)(ns / NS_PER_SECOND);
	char text[64], fraction[16];
	struct tm local;

	localtime_r(&seconds, &local);
	strbuf_add(out, text, strftime(text, sizeof(text), format, &local));
	if (!digits)
		return;
	snprintf(fraction, sizeof(fraction), "%09u", (unsigned)(ns % NS_PER_SECOND));
	strbuf_putc(out, '.');
	strbuf_add(out, fraction, digits);
}

static __int128 wide(const struct value *series, int64_t number)
{
	return series->is_signed ? (__int128)number : (__int128)(uint64_t)number;
}

static const char *number(const struct value *series, int64_t value, struct arena *arena)
{
	struct strbuf text;

	strbuf_init(&text, arena);
	number_text(value, series->is_signed, &text);
	return text.text;
}

static struct scale scale_of(const struct value *series, struct arena *arena)
{
	const struct series_point *points = series->series.points;
	int64_t min = points->value, max = points->value;
	struct scale scale;
	size_t i;

	for (i = 1; i < series->series.count; i++) {
		if (wide(series, points[i].value) < wide(series, min))
			min = points[i].value;
		if (wide(series, points[i].value) > wide(series, max))
			max = points[i].value;
	}
	if (min == max) { /* a line in the middle */
		min -= series->is_signed ? min != INT64_MIN : min != 0;
		max += series->is_signed ? max != INT64_MAX : (uint64_t)max != UINT64_MAX;
	}
	scale.min = wide(series, min);
	scale.max = wide(series, max);
	scale.low = number(series, min, arena);
	scale.high = number(series, max, arena);
	return scale;
}

static size_t column_of(const struct scale *scale, __int128 value)
{
	return (size_t)((GRAPH - 1) * (value - scale->min) / (scale->max - scale->min));
}

/* The smallest and the largest value, above the ends of the scale. */
static void labels(const struct scale *scale, size_t indent, struct strbuf *out)
{
	size_t low = strlen(scale->low), high = strlen(scale->high);

	strbuf_fill(out, ' ', indent);
	strbuf_puts(out, scale->low);
	strbuf_fill(out, ' ', (low < LOW_LABEL ? LOW_LABEL - low : 0) +
			      (high < GRAPH - LOW_LABEL ? GRAPH - LOW_LABEL - high : 0));
	strbuf_puts(out, scale->high);
	strbuf_putc(out, '\n');
}

static void ruler(char end, struct strbuf *out)
{
	strbuf_putc(out, end);
	strbuf_fill(out, '_', GRAPH - 2);
	strbuf_putc(out, end);
	strbuf_putc(out, '\n');
}

/* The line of an interval; without a point it has no values. */
static void row(const struct value *series, const struct scale *scale,
		const struct series_point *point, struct strbuf *out)
{
	char graph[GRAPH];

	memset(graph, ' ', sizeof(graph));
	graph[0] = graph[GRAPH - 1] = '|';
	if (scale->min < 0 && scale->max > 0)
		graph[column_of(scale, 0)] = '.';
	if (point)
		graph[column_of(scale, wide(series, point->value))] = '*';
	strbuf_add(out, graph, sizeof(graph));
	strbuf_putc(out, ' ');
	if (point)
		number_text(point->value, series->is_signed, out);
	else
		strbuf_putc(out, '-');
	strbuf_putc(out, '\n');
}

void series_text(const struct value *series, struct strbuf *out)
{
	const struct series_point *points = series->series.points;
	const struct resolution *resolution = resolutions;
	uint64_t interval = series->series.interval, epoch;
	size_t title, i = 0;
	struct scale scale;

	if (!series->series.count) {
		strbuf_puts(out, "<no data>\n");
		return;
	}
	/* One interval says nothing of the distance to others. */
	while ((points->epoch == series->series.last ? 1 : interval) < resolution->from)
		resolution++;
	title = strlen("hh:mm:ss") + (resolution->digits ? 1 + resolution->digits : 0);
	scale = scale_of(series, out->arena);
	labels(&scale, title + 1, out);
	strbuf_puts(out, resolution->title);
	i = strlen(resolution->title) - (resolution->digits == 6); /* mu has two bytes */
	strbuf_fill(out, ' ', title + 1 - i);
	ruler('|', out);
	i = 0;
	for (epoch = points->epoch; epoch <= series->series.last; epoch++) {
		bool is_there = i < series->series.count && points[i].epoch == epoch;

		series_time(epoch * interval, "%H:%M:%S", resolution->digits, out);
		strbuf_putc(out, ' ');
		row(series, &scale, is_there ? &points[i++] : NULL, out);
	}
	strbuf_fill(out, ' ', title + 1);
	ruler('v', out);
	labels(&scale, title + 1, out);
}
