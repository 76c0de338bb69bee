/*
 * Reads the raw text once from left to right; quotes keep colons and '$' from
 * meaning anything.
 */
#include "parser/attach_point.h"

#include <string.h>

#include "base/compiler.h"
#include "lexer/literal.h"
#include "lexer/lookahead.h"

struct splitter {
	struct arena *arena;
	struct diags *diags;
	const struct attach_point_text *text;
	const char *const *params;
	size_t param_count;
	struct attach_point_parts *parts;

	struct strbuf part; /* the one being read */
	size_t part_start;
	bool is_quoted;
};

static struct span place(const struct splitter *splitter, size_t start, size_t end)
{
	uint32_t base = splitter->text->span.start;

	return (struct span){ base + (uint32_t)start, base + (uint32_t)end };
}

static void begin_part(struct splitter *splitter, size_t at)
{
	strbuf_init(&splitter->part, splitter->arena);
	splitter->part_start = at;
	splitter->is_quoted = false;
}

static void end_part(struct splitter *splitter, size_t at)
{
	struct attach_point_part part = {
		.text = splitter->part.text,
		.span = place(splitter, splitter->part_start, at),
		.is_quoted = splitter->is_quoted,
	};

	vec_push(splitter->arena, &splitter->parts->parts, part);
}

/* Reads the "$1" at `at`; 0 after a diagnostic, else the offset behind it. */
static size_t read_param(struct splitter *splitter, size_t at)
{
	const char *text = splitter->text->text;
	size_t length = splitter->text->length, end = at + 1, number = 0;

	for (; end < length && text[end] >= '0' && text[end] <= '9'; end++)
		number = number > 1000000 ? number : number * 10 + (size_t)(text[end] - '0');
	if (number && !(end < length && is_word_start(text[end]))) {
		if (number <= splitter->param_count && splitter->params[number - 1])
			strbuf_puts(&splitter->part, splitter->params[number - 1]);
		return end;
	}
	while (end < length && is_word_char(text[end]))
		end++;
	diag_report(splitter->diags, place(splitter, at, end), DIAG_ATTACH_POINT,
		    "'%.*s' is not a positional parameter: those are $1, $2 ...", (int)MIN(end - at, (size_t)64),
		    text + at);
	diag_hint(splitter->diags, "a '$' that is meant as such goes into double quotes");
	return 0;
}

/* Reads the quotes that open at `at`. */
static size_t read_quoted(struct splitter *splitter, size_t at)
{
	const char *text = splitter->text->text;
	const char *close = memchr(text + at + 1, '"', splitter->text->length - at - 1);

	if (!close) {
		diag_report(splitter->diags, place(splitter, at, splitter->text->length),
			    DIAG_ATTACH_POINT, "these quotes are not closed");
		return 0;
	}
	strbuf_add(&splitter->part, text + at + 1, (size_t)(close - text) - at - 1);
	splitter->is_quoted = true;
	return (size_t)(close - text) + 1;
}

/* "name=" before the provider. */
static size_t read_label(struct splitter *splitter)
{
	const char *text = splitter->text->text;
	size_t length = 0;

	while (length < splitter->text->length && is_word_char(text[length]))
		length++;
	if (!length || length == splitter->text->length || text[length] != '=')
		return 0;
	splitter->parts->label = arena_strndup(splitter->arena, text, length);
	return length + 1;
}

static bool check_provider(struct splitter *splitter)
{
	const struct attach_point_part *provider = &splitter->parts->parts.items[0];

	if (*provider->text)
		return true;
	diag_report(splitter->diags, splitter->text->span, DIAG_ATTACH_POINT,
		    "an attach point begins with the type of the probe, as in kprobe:f");
	return false;
}

bool attach_point_split(struct arena *arena, const struct attach_point_text *text,
			const char *const *params, size_t param_count, struct diags *diags,
			struct attach_point_parts *ret_parts)
{
	struct attach_point_parts parts = { .span = text->span };
	struct splitter splitter = { arena, diags, text, params, param_count, &parts, { 0 }, 0, false };
	size_t at = read_label(&splitter);

	begin_part(&splitter, at);
	while (at < text->length) {
		char c = text->text[at];

		if (c == ':') {
			end_part(&splitter, at++);
			begin_part(&splitter, at);
			continue;
		}
		if (c == '"') {
			at = read_quoted(&splitter, at);
		} else if (c == '$') {
			at = read_param(&splitter, at);
		} else {
			strbuf_putc(&splitter.part, c);
			at++;
		}
		if (!at)
			return false;
	}
	end_part(&splitter, at);
	if (!check_provider(&splitter))
		return false;
	*ret_parts = parts;
	return true;
}
