/*
 * Characters of C to tokens.  Comments and white space go; lines are the
 * business of c_lines.c.
 */
#include <string.h>

#include "base/compiler.h"
#include "lexer/literal.h"
#include "sema/c_reader.h"

struct scan {
	struct c_reader *reader;
	const char *text, *end; /* the NUL after the source's text may be looked at */
	uint32_t base;          /* place of text[0] */
	const char *at;
	struct c_tokens *tokens;
	bool after_space;
};

const char *c_text(const struct program *program, struct span span)
{
	const struct source *source = sources_at(program->sources, span.start);

	return source->text + (span.start - source->base);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct span span_from(const struct scan *scan, const char *start)
{
	return (struct span){ scan->base + (uint32_t)(start - scan->text),
			      scan->base + (uint32_t)(scan->at - scan->text) };
}

static void skip_comment(struct scan *scan)
{
	if (scan->at[1] == '/') {
		while (scan->at < scan->end && *scan->at != '\n')
			scan->at++;
		return;
	}
	for (scan->at += 2; scan->at < scan->end; scan->at++)
		if (scan->at + 1 < scan->end && scan->at[0] == '*' && scan->at[1] == '/') {
			scan->at += 2;
			return;
		}
}

static void skip_blank(struct scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end) {
		char c = *scan->at;

		if (c == '/' && scan->at + 1 < scan->end &&
		    (scan->at[1] == '/' || scan->at[1] == '*'))
			skip_comment(scan);
		else if (c == ' ' || (c >= '\t' && c <= '\r') || c == '\\')
			scan->at++;
		else
			break;
	}
	scan->after_space = scan->at != start;
}

/* Digits of any base, and what is stuck to them. */
static void scan_number(struct scan *scan, struct c_token *token)
{
	const char *at = scan->at;
	unsigned radix = 10;
	bool any = false;

	token->kind = C_TOKEN_NUMBER;
	if (at[0] == '0' && at + 1 < scan->end && (at[1] | 32) == 'x') {
		radix = 16;
		at += 2;
	} else if (at[0] == '0' && at + 1 < scan->end && (at[1] | 32) == 'b') {
		radix = 2;
		at += 2;
	} else if (at[0] == '0') {
		radix = 8;
	}
	for (; at < scan->end; at++, any = true) {
		unsigned digit = is_digit(*at) ? (unsigned)(*at - '0')
				 : (*at | 32) >= 'a' && (*at | 32) <= 'f'
					 ? (unsigned)((*at | 32) - 'a') + 10
					 : 99;

		if (digit >= radix)
			break;
		token->is_bad |= token->value > (UINT64_MAX - digit) / radix;
		token->value = token->value * radix + digit;
	}
	token->is_bad |= !any;
	for (; at < scan->end && ((*at | 32) == 'u' || (*at | 32) == 'l'); at++)
		token->is_unsigned |= (*at | 32) == 'u';
	for (; at < scan->end && (is_letter(*at) || is_digit(*at) || *at == '.'); at++)
		token->is_bad = true;
	token->is_unsigned |= token->value > INT64_MAX;
	scan->at = at;
}

/* To the quote that closes; false when the line ends before. */
static bool skip_quoted(struct scan *scan, char quote)
{
	for (scan->at++; scan->at < scan->end && *scan->at != '\n'; scan->at++) {
		if (*scan->at == '\\' && scan->at + 1 < scan->end)
			scan->at++;
		else if (*scan->at == quote) {
			scan->at++;
			return true;
		}
	}
	return false;
}

static void scan_char(struct scan *scan, struct c_token *token)
{
	const char *start = scan->at;
	size_t length, bad;
	char byte = start[1];

	token->kind = C_TOKEN_NUMBER;
	token->is_bad = !skip_quoted(scan, '\'');
	if (token->is_bad)
		return;
	length = (size_t)(scan->at - start) - 2;
	if (byte == '\\') {
		if (literal_parse_escape(start + 1, length, &byte, &bad) != length)
			token->is_bad = true;
	} else if (length != 1) {
		token->is_bad = true;
	}
	token->value = (uint64_t)(int64_t)(signed char)byte;
}

static void scan_sign(struct scan *scan, struct c_token *token)
{
	static const char pairs[][3] = {
		"<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "->", "##"
	};
	size_t i;

	token->kind = C_TOKEN_SIGN;
	token->sign = (unsigned char)*scan->at;
	for (i = 0; i < ARRAY_SIZE(pairs) && scan->at + 1 < scan->end; i++)
		if (scan->at[0] == pairs[i][0] && scan->at[1] == pairs[i][1]) {
			token->sign = C_SIGN2(pairs[i][0], pairs[i][1]);
			scan->at++;
			break;
		}
	scan->at++;
}

static void scan_token(struct scan *scan)
{
	struct c_token token = { .after_space = scan->after_space };
	const char *start = scan->at;

	if (is_letter(*start)) {
		while (scan->at < scan->end && (is_letter(*scan->at) || is_digit(*scan->at)))
			scan->at++;
		token.kind = C_TOKEN_NAME;
		token.name =
			intern(scan->reader->program->interner, start, (size_t)(scan->at - start));
	} else if (is_digit(*start)) {
		scan_number(scan, &token);
	} else if (*start == '\'') {
		scan_char(scan, &token);
	} else if (*start == '"') {
		token.kind = skip_quoted(scan, '"') ? C_TOKEN_STRING : C_TOKEN_OTHER;
	} else if (*start > ' ' && *start < 127) {
		scan_sign(scan, &token);
	} else {
		token.kind = C_TOKEN_OTHER;
		scan->at++;
	}
	token.span = span_from(scan, start);
	vec_push(scan->reader->program->arena, scan->tokens, token);
}

void c_scan(struct c_reader *reader, struct span span, struct c_tokens *tokens)
{
	const char *text = c_text(reader->program, span);
	struct scan scan = { .reader = reader,
			     .text = text,
			     .end = text + (span.end - span.start),
			     .base = span.start,
			     .at = text,
			     .tokens = tokens };

	for (;;) {
		skip_blank(&scan);
		if (scan.at >= scan.end)
			return;
		scan_token(&scan);
	}
}
