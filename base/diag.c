/*
 * Collecting messages and making their text: place, quoted line, tildes, hints.
 */
#include "base/diag.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

static const struct {
	const char *name;
	enum diag_level level;
} diag_ids[] = {
#define X(id, level) { #id, DIAG_LEVEL_##level },
	DIAG_IDS(X)
#undef X
};

void diags_init(struct diags *diags, struct arena *arena, struct sources *sources)
{
	*diags = (struct diags){ .arena = arena, .sources = sources };
}

const char *diag_id_name(enum diag_id id)
{
	return diag_ids[id].name;
}

enum diag_level diag_id_level(enum diag_id id)
{
	return diag_ids[id].level;
}

/* The user may have made an error of the warning. */
static enum diag_level level_of(const struct diags *diags, enum diag_id id)
{
	bool is_error = diags->treatment && diags->treatment->of[id] == DIAG_AS_ERROR;

	return is_error ? DIAG_LEVEL_ERROR : diag_ids[id].level;
}

void diag_report(struct diags *diags, struct span span, enum diag_id id, const char *format, ...)
{
	struct diag *diag = arena_new_struct(diags->arena, struct diag);
	va_list args;
	size_t i;

	va_start(args, format);
	*diag = (struct diag){ .id = id, .level = level_of(diags, id), .span = span };
	diag->text = arena_vprintf(diags->arena, format, args);
	va_end(args);
	diags->last = diag;
	if (diags->is_muted)
		return;
	for (i = diags->list.count; i-- > 0 && diags->list.count - i < 100;) {
		const struct diag *old = diags->list.items[i];

		if (old->id == id && old->span.start == span.start && old->span.end == span.end &&
		    !strcmp(old->text, diag->text)) {
			diags->last = diags->list.items[i];
			return;
		}
	}
	vec_push(diags->arena, &diags->list, diag);
	if (diag->level == DIAG_LEVEL_ERROR)
		diags->error_count++;
}

void diag_hint(struct diags *diags, const char *format, ...)
{
	struct diag *diag = diags->last;
	const char *text;
	va_list args;
	size_t i;

	va_start(args, format);
	text = arena_vprintf(diags->arena, format, args);
	va_end(args);
	for (i = 0; i < diag->hints.count; i++)
		if (!strcmp(diag->hints.items[i], text))
			return;
	vec_push(diags->arena, &diag->hints, text);
}

void diag_note(struct diags *diags, struct span span, const char *format, ...)
{
	struct diag *diag = diags->last;
	struct diag_note note = { .span = span };
	va_list args;
	size_t i;

	va_start(args, format);
	note.text = arena_vprintf(diags->arena, format, args);
	va_end(args);
	for (i = 0; i < diag->notes.count; i++)
		if (diag->notes.items[i].span.start == span.start &&
		    !strcmp(diag->notes.items[i].text, note.text))
			return;
	vec_push(diags->arena, &diag->notes, note);
}

void span_format(struct sources *sources, struct span span, struct strbuf *out)
{
	struct position start = sources_position(sources, span.start);
	struct position end = sources_position(sources, span.end);

	if (!start.source)
		return;
	if (start.line == end.line)
		strbuf_printf(out, "%s:%u:%u-%u", start.source->name, start.line, start.column,
			      MAX(end.column, start.column));
	else
		strbuf_printf(out, "%s:%u-%u", start.source->name, start.line, end.line);
}

enum { QUOTED_COLUMNS_MAX = 240, QUOTED_LINES_MAX = 12, TAB_WIDTH = 4 };

/*
 * Quotes text[first, last); what would upset a terminal becomes '?', a tab
 * blanks.  `out` may be NULL.  Returns the columns it takes.
 */
static size_t quote_text(const char *text, size_t first, size_t last, struct strbuf *out)
{
	size_t i, length, columns = 0;

	for (i = first; i < last; i += length) {
		length = utf8_length(text + i, last - i);
		columns += text[i] == '\t' ? TAB_WIDTH : 1;
		if (out && text[i] == '\t')
			strbuf_fill(out, ' ', TAB_WIDTH);
		else if (out && (!length || (unsigned char)text[i] < 0x20 || text[i] == 0x7f))
			strbuf_putc(out, '?');
		else if (out)
			strbuf_add(out, text + i, length);
		length += !length;
	}
	return columns;
}

/* Quotes columns [first, last) of one line, those of the span with tildes below. */
static void quote_one_line(struct sources *sources, struct position start, struct position end,
			   struct strbuf *out)
{
	size_t length, first = 0, last, from, to;
	const char *text = source_line(sources, (struct source *)start.source, start.line, &length);

	from = MIN(start.column - 1, length);
	to = MIN(end.column - 1, length);
	last = length;
	if (length > QUOTED_COLUMNS_MAX) {
		first = from > QUOTED_COLUMNS_MAX / 3 ? from - QUOTED_COLUMNS_MAX / 3 : 0;
		last = MIN(length, first + QUOTED_COLUMNS_MAX);
	}
	quote_text(text, first, last, out);
	strbuf_putc(out, '\n');
	strbuf_fill(out, ' ', quote_text(text, first, MIN(from, last), NULL) +
				      (start.column - 1 - from));
	strbuf_fill(out, '~', quote_text(text, from, MAX(from, MIN(to, last)), NULL));
	strbuf_putc(out, '\n');
}

void span_quote(struct sources *sources, struct span span, struct strbuf *out)
{
	struct position start = sources_position(sources, span.start);
	struct position end = sources_position(sources, span.end);
	uint32_t line;

	if (!start.source)
		return;
	if (start.line == end.line) {
		quote_one_line(sources, start, end, out);
		return;
	}
	for (line = start.line; line <= end.line; line++) {
		size_t length;
		const char *text = source_line(sources, (struct source *)start.source, line, &length);

		if (line - start.line == QUOTED_LINES_MAX) {
			strbuf_puts(out, "...\n");
			return;
		}
		quote_text(text, 0, MIN(length, (size_t)QUOTED_COLUMNS_MAX), out);
		strbuf_putc(out, '\n');
	}
}

static void format_place(const struct diags *diags, struct span span, struct strbuf *out)
{
	if (span.start) {
		span_format(diags->sources, span, out);
		strbuf_puts(out, ": ");
	}
}

void span_format_calls(struct sources *sources, struct span span, bool is_quoted,
		       struct strbuf *out)
{
	while ((span = span_call(sources, span)).start) {
		span_format(sources, span, out);
		strbuf_puts(out, ": expanded from\n");
		if (is_quoted)
			span_quote(sources, span, out);
	}
}

static void format_one(const struct diags *diags, const struct diag *diag, bool color,
		       struct strbuf *out)
{
	bool error = diag->level == DIAG_LEVEL_ERROR;
	size_t i;

	if (color)
		strbuf_puts(out, error ? "\033[31m" : "\033[33m");
	format_place(diags, diag->span, out);
	strbuf_puts(out, error ? "ERROR: " : "WARNING: ");
	strbuf_puts(out, diag->text);
	if (diag_ids[diag->id].level == DIAG_LEVEL_WARNING)
		strbuf_printf(out, " [%s]", diag_ids[diag->id].name);
	if (color)
		strbuf_puts(out, "\033[0m");
	strbuf_putc(out, '\n');
	span_quote(diags->sources, diag->span, out);
	span_format_calls(diags->sources, diag->span, true, out);
	for (i = 0; i < diag->notes.count; i++) {
		format_place(diags, diag->notes.items[i].span, out);
		strbuf_puts(out, diag->notes.items[i].text);
		strbuf_putc(out, '\n');
		span_quote(diags->sources, diag->notes.items[i].span, out);
	}
	for (i = 0; i < diag->hints.count; i++)
		strbuf_printf(out, "HINT: %s\n", diag->hints.items[i]);
}

static int compare_places(const void *left, const void *right)
{
	const struct diag *a = *(struct diag *const *)left, *b = *(struct diag *const *)right;

	if (a->level != b->level)
		return a->level < b->level ? -1 : 1;
	if (a->span.start != b->span.start)
		return a->span.start < b->span.start ? -1 : 1;
	return 0;
}

static bool is_shown(const struct diags *diags, const struct diag *diag, bool warnings)
{
	if (diag->level == DIAG_LEVEL_ERROR)
		return true;
	return warnings && !(diags->treatment && diags->treatment->of[diag->id] == DIAG_SILENT);
}

struct diag **diags_sorted(const struct diags *diags, bool warnings, size_t *ret_count)
{
	size_t i, count = 0;
	struct diag **sorted = arena_new_array(diags->arena, struct diag *, diags->list.count);

	for (i = 0; i < diags->list.count; i++)
		if (is_shown(diags, diags->list.items[i], warnings))
			sorted[count++] = diags->list.items[i];
	qsort(sorted, count, sizeof(*sorted), compare_places);
	*ret_count = count;
	return sorted;
}

void diags_format(const struct diags *diags, bool color, bool warnings, struct strbuf *out)
{
	size_t i, count;
	struct diag **sorted = diags_sorted(diags, warnings, &count);

	for (i = 0; i < count; i++)
		format_one(diags, sorted[i], color, out);
}

enum { SUGGESTION_LENGTH_MAX = 64 };

/* Levenshtein distance, transpositions counted as one step. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned rows[3][SUGGESTION_LENGTH_MAX + 1];
	size_t la = strlen(a), lb = strlen(b), i, j;

	for (j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;
	for (i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (j = 1; j <= lb; j++) {
			unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);

			best = MIN(best, above[j] + 1);
			best = MIN(best, row[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, above2[j - 2] + 1);
			row[j] = best;
		}
	}
	return rows[la % 3][lb];
}

void suggestion_init(struct suggestion *suggestion, const char *name)
{
	*suggestion = (struct suggestion){ .name = name };
	suggestion->best_distance = MAX(((unsigned)strlen(name) + 1) / 3, 1u);
}

void suggestion_offer(struct suggestion *suggestion, const char *candidate)
{
	unsigned distance;

	if (strlen(suggestion->name) > SUGGESTION_LENGTH_MAX || strlen(candidate) > SUGGESTION_LENGTH_MAX)
		return;
	distance = edit_distance(suggestion->name, candidate);
	if (distance < suggestion->best_distance ||
	    (distance == suggestion->best_distance && !suggestion->best)) {
		suggestion->best = candidate;
		suggestion->best_distance = distance;
	}
}
