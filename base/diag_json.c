/*
 * Diagnostics as JSON, one object a line: for editors and for CI, which show
 * them at their places.  docs/output.schema.json describes the members.
 */
#include <string.h>

#include "base/diag.h"
#include "base/json.h"

static void add_member(const char *name, const char *text, struct strbuf *out)
{
	strbuf_printf(out, "\"%s\": ", name);
	json_string(text, strlen(text), out);
}

/* Columns are of bytes, from 1; the end is that of the character behind the last. */
static void add_place(const struct diags *diags, struct span span, struct strbuf *out)
{
	struct position start = sources_position(diags->sources, span.start);
	struct position end = sources_position(diags->sources, span.end);

	if (!start.source)
		return;
	strbuf_puts(out, ", ");
	add_member("filename", start.source->name, out);
	strbuf_printf(out, ", \"line\": %u, \"col\": %u, \"end_line\": %u, \"end_col\": %u",
		      start.line, start.column, end.line, end.column);
}

static void add_note(const struct diags *diags, struct span span, const char *text, bool is_first,
		     struct strbuf *out)
{
	strbuf_puts(out, is_first ? "{" : ", {");
	add_member("msg", text, out);
	add_place(diags, span, out);
	strbuf_putc(out, '}');
}

/* The calls that led to a place inside a macro first, as in the text. */
static void add_notes(const struct diags *diags, const struct diag *diag, struct strbuf *out)
{
	struct span call = diag->span;
	bool is_first = true;
	size_t i;

	strbuf_puts(out, ", \"notes\": [");
	while ((call = span_call(diags->sources, call)).start) {
		add_note(diags, call, "expanded from", is_first, out);
		is_first = false;
	}
	for (i = 0; i < diag->notes.count; i++) {
		add_note(diags, diag->notes.items[i].span, diag->notes.items[i].text, is_first, out);
		is_first = false;
	}
	strbuf_putc(out, ']');
}

static void add_hints(const struct diag *diag, struct strbuf *out)
{
	size_t i;

	strbuf_puts(out, ", \"hints\": [");
	for (i = 0; i < diag->hints.count; i++) {
		strbuf_puts(out, i ? ", " : "");
		json_string(diag->hints.items[i], strlen(diag->hints.items[i]), out);
	}
	strbuf_putc(out, ']');
}

void diags_format_json(const struct diags *diags, bool warnings, struct strbuf *out)
{
	size_t i, count;
	struct diag **sorted = diags_sorted(diags, warnings, &count);

	for (i = 0; i < count; i++) {
		const struct diag *diag = sorted[i];

		strbuf_puts(out, "{\"type\": \"diagnostic\", ");
		add_member("id", diag_id_name(diag->id), out);
		strbuf_puts(out, ", ");
		add_member("severity", diag->level == DIAG_LEVEL_ERROR ? "error" : "warning", out);
		strbuf_puts(out, ", ");
		add_member("msg", diag->text, out);
		add_place(diags, diag->span, out);
		add_notes(diags, diag, out);
		add_hints(diag, out);
		strbuf_puts(out, "}\n");
	}
}
