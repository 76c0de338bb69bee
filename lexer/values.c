/*
 * Values of tokens, and complaints about characters that make none.
 */
#include <stdio.h>
#include <string.h>

#include "lexer/lexer.h"
#include "lexer/scan.h"

enum { QUOTED_MAX = 32 }; /* bytes of the script repeated in a message */

bool lexer_error(struct lexer *lexer, struct span span, enum diag_id id, const char *format, ...)
{
	va_list args;
	const char *text;

	if (lexer->recovering || lexer_has_too_many_errors(lexer))
		return false;
	va_start(args, format);
	text = arena_vprintf(lexer->arena, format, args);
	va_end(args);
	diag_report(lexer->diags, span, id, "%s", text);
	return true;
}

static const char *text_of(const struct lexer *lexer, struct span span)
{
	return lexer->source->text + (span.start - lexer->source->base);
}

static int quoted_length(struct span span)
{
	return (int)MIN(span.end - span.start, (uint32_t)QUOTED_MAX);
}

const char *lexer_name(struct lexer *lexer, struct span span)
{
	return intern(lexer->interner, text_of(lexer, span), span.end - span.start);
}

const char *lexer_c_words(struct lexer *lexer, struct span span)
{
	const char *text = text_of(lexer, span), *end = text + (span.end - span.start);
	struct strbuf words;

	strbuf_init(&words, lexer->arena);
	for (; text < end; text++)
		if (is_word_char(*text))
			strbuf_putc(&words, *text);
		else if (is_word_char(text[1]))
			strbuf_putc(&words, ' ');
	return intern(lexer->interner, words.text, words.length);
}

int lexer_number(struct lexer *lexer, struct span span, union token_value *value)
{
	const char *text = text_of(lexer, span);
	enum literal_status status;

	value->number = (struct literal_number){ 0 };
	if (lexer->decl == LEXER_CONFIG)
		return TOKEN_NUMBER; /* the key decides what it may be */
	status = literal_parse_number(text, span.end - span.start, 0, &value->number);
	if (status != LITERAL_OK)
		lexer_error(lexer, span, DIAG_BAD_NUMBER, "bad number '%.*s': %s",
			    quoted_length(span), text, literal_status_text(status));
	return TOKEN_NUMBER;
}

void lexer_report_map_name(struct lexer *lexer, struct span span)
{
	lexer_error(lexer, span, DIAG_BAD_CHARACTER,
		    "'%.*s' is no name of a map: it begins with a digit", quoted_length(span),
		    text_of(lexer, span));
}

int lexer_param(struct lexer *lexer, struct span span, union token_value *value)
{
	struct literal_number *number = &value->number;
	const char *text = text_of(lexer, span), *digit;

	*number = (struct literal_number){ 0 };
	for (digit = text + 1; digit < text + (span.end - span.start); digit++) {
		if (*digit < '0' || *digit > '9') {
			lexer_error(lexer, span, DIAG_BAD_NUMBER,
				    "'%.*s' is neither a parameter ($1) nor a variable ($x)",
				    quoted_length(span), text);
			number->value = 1;
			return TOKEN_PARAM;
		}
		if (number->value < INT64_MAX / 10)
			number->value = number->value * 10 + (uint64_t)(*digit - '0');
		else
			number->value = INT64_MAX / 10;
	}
	if (!number->value || number->value == INT64_MAX / 10) {
		lexer_error(lexer, span, DIAG_BAD_NUMBER,
			    "parameter '%.*s' is out of range: they are numbered from $1 on",
			    quoted_length(span), text);
		number->value = 1;
	}
	return TOKEN_PARAM;
}

/* Copies what stands between the quotes, escapes replaced. */
static void unescape(struct lexer *lexer, struct span inner, union token_value *value)
{
	const char *text = text_of(lexer, inner), *end = text + (inner.end - inner.start), *start = text;
	char *copy = arena_alloc(lexer->arena, (size_t)(end - text) + 1), *out = copy;

	while (text < end) {
		const char *escape = memchr(text, '\\', (size_t)(end - text));
		size_t plain = (size_t)((escape ? escape : end) - text), length, taken;
		struct span blamed;

		memcpy(out, text, plain);
		out += plain;
		text += plain;
		if (text == end)
			break;
		taken = literal_parse_escape(text, (size_t)(end - text), out, &length);
		blamed.start = inner.start + (uint32_t)(text - start);
		blamed.end = blamed.start + (uint32_t)length;
		if (!taken &&
		    lexer_error(lexer, blamed, DIAG_BAD_ESCAPE, "invalid escape '%.*s'",
				quoted_length(blamed), text))
			diag_hint(lexer->diags, "there are \\n \\t \\r \\\" \\\\, \\ooo with octal digits up "
						"to 377 and \\xhh with hexadecimal digits");
		out += taken ? 1 : 0;
		text += length;
	}
	value->string.text = copy;
	value->string.length = (size_t)(out - copy);
}

int lexer_string(struct lexer *lexer, struct span span, bool closed, union token_value *value)
{
	struct span inner = { span.start + 1, span.end - (closed ? 1 : 0) };

	if (!closed) {
		if (lexer_error(lexer, span, DIAG_UNTERMINATED_STRING,
				"this string has no closing '\"' on its line"))
			diag_hint(lexer->diags, "a line break inside a string is written \\n");
		return TOKEN_GRAMMAR_error;
	}
	if (lexer->has_escapes) {
		unescape(lexer, inner, value);
	} else {
		value->string.length = inner.end - inner.start;
		value->string.text = arena_strndup(lexer->arena, text_of(lexer, inner),
						   value->string.length);
	}
	return TOKEN_STRING;
}

static const char *bad_character_hint(const char *text)
{
	switch (*text) {
	case '\'':
		return "strings and characters are written with double quotes";
	case '#':
		return "lines for the C preprocessor stand outside of blocks";
	case '$':
		return "a variable is '$' and a name, a parameter '$' and a number from 1 on";
	case '\\':
		return "a statement goes on over line ends, nothing is needed for that";
	}
	return NULL;
}

int lexer_bad_character(struct lexer *lexer, struct span span)
{
	const unsigned char *text = (const unsigned char *)text_of(lexer, span);
	const char *hint = bad_character_hint((const char *)text);
	bool reported;

	if (*text == '\'' && !memchr(text + 1, '\'', span.end - span.start - 1))
		span.end = span.start + 1; /* not a quoted text: just this one */
	if (*text > ' ' && *text < 0x7f)
		reported = lexer_error(lexer, span, DIAG_BAD_CHARACTER, "unexpected character: %.*s",
				       quoted_length(span), text);
	else
		reported = lexer_error(lexer, span, DIAG_BAD_CHARACTER,
				       "unexpected character with the code 0x%02x", *text);
	if (reported && hint)
		diag_hint(lexer->diags, "%s", hint);
	return TOKEN_GRAMMAR_error;
}

void lexer_comment(struct lexer *lexer, struct span span, bool closed)
{
	if (!closed) {
		span.end = span.start + 2;
		lexer_error(lexer, span, DIAG_UNTERMINATED_COMMENT, "this comment has no end: */");
		lexer_stop(lexer);
		return;
	}
	vec_push(lexer->arena, &lexer->comments, span);
}

/* Without the line break and blanks at its end, unless those keep a '\\' from joining lines. */
int lexer_c_line(struct lexer *lexer, struct span *span, union token_value *value)
{
	const char *text = text_of(lexer, *span);
	uint32_t length = span->end - span->start, trimmed;

	if (text[length - 1] == '\n')
		length--;
	for (trimmed = length; text[trimmed - 1] == ' ' || text[trimmed - 1] == '\t' ||
			       text[trimmed - 1] == '\r' || text[trimmed - 1] == '\n';)
		trimmed--; /* stops at the '#' at last */
	span->end = span->start + (text[trimmed - 1] == '\\' ? length : trimmed);
	if (span->end - span->start > 1 && text[1] == '!')
		lexer_error(lexer, *span, DIAG_BAD_CHARACTER,
			    "a line that begins with #! has to be the first, without anything before it");
	value->is_line = true;
	return TOKEN_C_TEXT;
}

int lexer_unterminated_c(struct lexer *lexer, struct span span)
{
	const char *text = text_of(lexer, span), *line_end;

	line_end = memchr(text, '\n', span.end - span.start);
	if (line_end)
		span.end = span.start + (uint32_t)(line_end - text);
	lexer_error(lexer, span, DIAG_UNTERMINATED_C_BLOCK,
		    "this C definition is not closed: a '}' is missing");
	lexer_stop(lexer);
	return 0;
}

int lexer_decl_word(struct lexer *lexer, struct span span)
{
	static const struct {
		const char *text;
		int token;
		enum lexer_decl decl;
	} words[] = {
		{ "struct", TOKEN_C_TEXT, LEXER_OTHER }, { "union", TOKEN_C_TEXT, LEXER_OTHER },
		{ "enum", TOKEN_C_TEXT, LEXER_OTHER },	 { "typedef", TOKEN_C_TEXT, LEXER_OTHER },
		{ "config", TOKEN_CONFIG, LEXER_CONFIG },
		{ "import", TOKEN_IMPORT, LEXER_IMPORT }, { "macro", TOKEN_MACRO, LEXER_OTHER },
		{ "fn", TOKEN_FN, LEXER_OTHER },	 { "let", TOKEN_LET, LEXER_LET },
	};
	const char *text = text_of(lexer, span);
	uint32_t length = span.end - span.start, at = span.end - lexer->source->base;
	char after = at < lexer->source->size ? lexer->source->text[at] : '\0';
	size_t i;

	/* An attach point: "config:..." is one, "let=begin" has a label. */
	if (after == ':' || after == '*' || (length > 7))
		return 0;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].text) == length && !memcmp(words[i].text, text, length))
			break;
	if (i == ARRAY_SIZE(words))
		return 0;
	if (after == '=' && is_word_start(lookahead_char(&lexer->ahead, at + 1)))
		return 0;
	lexer->decl = words[i].decl;
	return words[i].token;
}
