/*
 * Texts of syntax errors: what was expected, what was found, the way out.
 */
#include <string.h>

#include "base/strbuf.h"
#include "lexer/grammar.h"
#include "parser/parser.h"

enum { QUOTED_MAX = 32 }; /* bytes of the script repeated in a message */

static const char *text_at(const struct parser *parser, uint32_t offset)
{
	return parser->source->text + (offset - parser->source->base);
}

/* The token as the message names it. */
static const char *found_text(struct parser *parser, struct span span)
{
	uint32_t length = span.end - span.start;
	const char *text = text_at(parser, span.start), *line_end;
	bool cut = length > QUOTED_MAX;

	if (!length)
		return parser->lexer.previous ? "the end of this statement" : "the end of the script";
	length = MIN(length, (uint32_t)QUOTED_MAX);
	line_end = memchr(text, '\n', length);
	if (line_end) {
		length = (uint32_t)(line_end - text);
		cut = true;
	}
	while (cut && length && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--; /* not in the middle of a character */
	return arena_printf(parser->arena, "'%.*s%s'", (int)length, text, cut ? "..." : "");
}

static bool is_wanted(const struct syntax_error *error, const char *name)
{
	for (size_t i = 0; i < error->name_count; i++)
		if (!strcmp(error->names[i], name))
			return true;
	return false;
}

/* "an expression", "')' or ','": what could have followed. */
static const char *wanted_text(struct parser *parser, const struct syntax_error *error)
{
	struct strbuf text;
	size_t i, count = error->name_count;

	if (error->wants_operator && error->wants_semicolon)
		count = MIN(count, (size_t)2); /* "';' or '}'": the '=' is less likely meant */
	if (error->wants_declaration)
		return "a probe";
	if (error->wants_statement)
		return "a statement";
	if (error->wants_expression)
		return "an expression";
	strbuf_init(&text, parser->arena);
	for (i = 0; i < count; i++) {
		if (i)
			strbuf_puts(&text, i + 1 == count ? " or " : ", ");
		strbuf_puts(&text, error->names[i]);
	}
	if (!count)
		strbuf_puts(&text, error->wants_operator ? "an operator" : "something else");
	return text.text;
}

static bool starts_statement(const struct parser *parser)
{
	switch (parser->lexer.previous) {
	case TOKEN_BREAK:
	case TOKEN_CONTINUE:
	case TOKEN_FALSE:
	case TOKEN_FOR:
	case TOKEN_IDENT:
	case TOKEN_IF:
	case TOKEN_IMPORT:
	case TOKEN_LET:
	case TOKEN_MAP:
	case TOKEN_NUMBER:
	case TOKEN_OFFSETOF:
	case TOKEN_PARAM:
	case TOKEN_RETURN:
	case TOKEN_SIZEOF:
	case TOKEN_STRING:
	case TOKEN_TRUE:
	case TOKEN_UNROLL:
	case TOKEN_VAR:
	case TOKEN_WHILE:
	case TOKEN_INCREMENT:
	case TOKEN_DECREMENT:
	case '{':
		return true;
	}
	return false;
}

/* The script ends inside brackets. */
static bool report_unfinished(struct parser *parser, const struct syntax_error *error)
{
	struct span open = lexer_innermost_open(&parser->lexer);
	char bracket;

	if (parser->lexer.previous || !open.start)
		return false;
	bracket = *text_at(parser, open.start);
	diag_report(parser->diags, error->span, DIAG_SYNTAX,
		    "syntax: the script ends where a '%c' is still to come",
		    bracket == '{' ? '}' : bracket == '(' ? ')' : ']');
	diag_note(parser->diags, open, "this '%c' is not closed", bracket);
	lexer_stop(&parser->lexer);
	return true;
}

/* Two statements without a ';' between them: the place is the end of the first. */
static bool report_missing_semicolon(struct parser *parser, const struct syntax_error *error)
{
	uint32_t end = parser->lexer.before_end;

	if (!error->wants_semicolon || error->wants_statement || error->wants_declaration ||
	    !starts_statement(parser) || end <= parser->source->base)
		return false;
	diag_report(parser->diags, (struct span){ end - 1, end }, DIAG_SYNTAX,
		    "syntax: a ';' is missing after this, before %s", found_text(parser, error->span));
	return true;
}

static void add_hint(struct parser *parser, const struct syntax_error *error)
{
	struct diags *diags = parser->diags;
	int found = parser->lexer.previous;

	if (found == '=' && error->wants_operator)
		diag_hint(diags, "did you mean == to compare?");
	else if (found == '=' && error->name_count == 1 && is_wanted(error, "':'"))
		diag_hint(diags, "a loop over numbers: for $i : 0..10 { ... }");
	else if (found == TOKEN_IDENT && is_wanted(error, "'{'"))
		diag_hint(diags, "the body of an if or loop always stands in { }");
	else if (found == TOKEN_IDENT && is_wanted(error, "a variable"))
		diag_hint(diags, "a variable is written $name; a loop over numbers: for $i : 0..10 { ... }");
	else if (found == '.' && error->wants_statement)
		diag_hint(diags, "a record stands in parentheses: (.name = value, .other = value)");
	else if (found == TOKEN_ELSE)
		diag_hint(diags, "an else follows the '}' of its if");
	else if (found == TOKEN_PREDICATE_END && error->wants_expression)
		diag_hint(diags, "a predicate is /condition/, and then the block");
	else if (error->wants_declaration)
		diag_hint(diags, "for example: tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }");
	else if (found == TOKEN_ATTACH_POINT && is_wanted(error, "'{'"))
		diag_hint(diags, "between attach points stands a comma, a predicate stands between two '/'");
	else if (found == TOKEN_VAR && error->name_count == 1 && is_wanted(error, "a map"))
		diag_hint(diags, "outside of probes only maps are declared, for example: let @a = hash(100);");
	else if (found == '{' && !error->wants_operator && is_wanted(error, "':'"))
		diag_hint(diags, "behind its parameters a function has the type of its result: fn name() : void { }");
	else if (error->wants_operator &&
		 (found == '(' || found == TOKEN_RECORD_BEGIN || found == TOKEN_CAST_BEGIN))
		diag_hint(diags, "only functions are called: name(...)");
}

/* The bracket that was still open when a ';' or '}' came. */
static void add_note(struct parser *parser)
{
	struct span open = SPAN_NONE;

	if (parser->lexer.previous == '}')
		open = parser->lexer.unclosed;
	else if (parser->lexer.previous == ';')
		open = lexer_innermost_open(&parser->lexer);
	if (open.start && *text_at(parser, open.start) != '{')
		diag_note(parser->diags, open, "this '%c' is not closed", *text_at(parser, open.start));
}

void syntax_error_report(struct parser *parser, const struct syntax_error *error)
{
	if (parser->lexer.stopped)
		return;
	if (report_missing_semicolon(parser, error))
		return;
	if (report_unfinished(parser, error))
		return;
	if (parser->lexer.stray_brace) {
		diag_report(parser->diags, error->span, DIAG_SYNTAX,
			    "syntax: this '}' closes nothing");
	} else {
		diag_report(parser->diags, error->span, DIAG_SYNTAX, "syntax: expected %s before %s",
			    wanted_text(parser, error), found_text(parser, error->span));
		add_hint(parser, error);
		add_note(parser);
	}
	lexer_recover(&parser->lexer);
}
