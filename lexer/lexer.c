/*
 * Owner of a scanner: gives its words the meaning their place has, keeps track of
 * brackets, and skips what the parser cannot use.  What words are worth is in values.c.
 */
#include "lexer/lexer.h"

#include <string.h>

#include "base/compiler.h"
#include "lexer/grammar.h"
#include "lexer/scan.h"

void lexer_init(struct lexer *lexer, struct arena *arena, const struct source *source,
		struct interner *interner, struct diags *diags)
{
	struct lexer_frame top = { .kind = FRAME_TOP };

	*lexer = (struct lexer){
		.arena = arena,
		.interner = interner,
		.diags = diags,
		.source = source,
		.errors_before = diags->error_count,
	};
	lookahead_init(&lexer->ahead, arena, source->text, source->size);
	vec_push(arena, &lexer->frames, top);
	lexer->buffer = arena_alloc(arena, (size_t)source->size + 2);
	memcpy(lexer->buffer, source->text, source->size);
	lexer->scanner = scan_new(lexer, lexer->buffer, (size_t)source->size + 2);
}

void lexer_finish(struct lexer *lexer)
{
	scan_free(lexer->scanner);
}

void lexer_stop(struct lexer *lexer)
{
	lexer->stopped = true;
}

bool lexer_has_too_many_errors(const struct lexer *lexer)
{
	return lexer->diags->error_count - lexer->errors_before >= DIAG_ERRORS_MAX;
}

static struct lexer_frame *innermost(struct lexer *lexer)
{
	return &vec_last(&lexer->frames);
}

struct span lexer_innermost_open(const struct lexer *lexer)
{
	return vec_last(&lexer->frames).open;
}

static bool is_brace(const struct lexer_frame *frame)
{
	return frame->kind == FRAME_BLOCK || frame->kind == FRAME_BODY;
}

static uint32_t end_offset(const struct lexer *lexer, const struct span *span)
{
	return span->end - lexer->source->base;
}

static void end_declaration(struct lexer *lexer)
{
	lexer->frames.count = 1;
	innermost(lexer)->header = false;
	lexer->decl = LEXER_OTHER;
	scan_set_mode(lexer->scanner, SCAN_DECL);
}

static int open_bracket(struct lexer *lexer, int token, enum lexer_frame_kind kind,
			const struct span *span)
{
	struct lexer_frame frame = { .kind = kind, .open = *span };

	if (lexer->recovering && kind != FRAME_BLOCK)
		return token;
	if (lexer->frames.count > LEXER_DEPTH_MAX) {
		diag_report(lexer->diags, *span, DIAG_NESTING,
			    "nested too deeply: more than %d brackets are open here", LEXER_DEPTH_MAX);
		lexer_stop(lexer);
		return 0;
	}
	vec_push(lexer->arena, &lexer->frames, frame);
	return token;
}

static int open_paren(struct lexer *lexer, const struct span *span)
{
	uint32_t at = end_offset(lexer, span);

	switch (lexer->previous) {
	case TOKEN_IDENT:
	case TOKEN_SIZEOF:
	case TOKEN_OFFSETOF:
	case TOKEN_TYPEOF:
	case TOKEN_TYPEINFO:
		return open_bracket(lexer, '(', FRAME_PAREN, span);
	}
	if (lookahead_record(&lexer->ahead, at))
		return open_bracket(lexer, TOKEN_RECORD_BEGIN, FRAME_PAREN, span);
	if (lookahead_cast(&lexer->ahead, at))
		return open_bracket(lexer, TOKEN_CAST_BEGIN, FRAME_CAST, span);
	return open_bracket(lexer, '(', FRAME_PAREN, span);
}

static bool at_statement_start(struct lexer *lexer)
{
	return (lexer->previous == '{' || lexer->previous == '}' || lexer->previous == ';') &&
	       is_brace(innermost(lexer));
}

static int open_brace(struct lexer *lexer, const struct span *span)
{
	struct lexer_frame *outer = innermost(lexer);
	bool body = outer->header && lexer->after_operand, statement;
	int token;

	if (body)
		outer->header = false;
	statement = body || lexer->previous == TOKEN_ELSE ? outer->statement_if
							  : at_statement_start(lexer);
	token = open_bracket(lexer, '{', FRAME_BLOCK, span);
	if (!token)
		return 0;
	innermost(lexer)->statement = statement;
	if (body)
		innermost(lexer)->kind = FRAME_BODY;
	return token;
}

/* ')' or ']'.  One that closes nothing is the parser's to complain about. */
static int close_bracket(struct lexer *lexer, int token)
{
	enum lexer_frame_kind kind = innermost(lexer)->kind;

	lexer->after_operand = true;
	if (token == ')' ? kind == FRAME_PAREN || kind == FRAME_CAST : kind == FRAME_BRACKET) {
		lexer->frames.count--;
		lexer->after_operand = kind != FRAME_CAST;
	}
	if (lexer->decl == LEXER_LET && lexer->frames.count == 1)
		end_declaration(lexer);
	return token;
}

/*
 * A block or if that begins a statement ends there, unless it can have a value
 * and an operator follows.
 */
static bool ends_statement(struct lexer *lexer, const struct span *span, bool has_value)
{
	uint32_t at = lookahead_skip_blank(&lexer->ahead, end_offset(lexer, span));
	const char *text = lexer->source->text + at; /* a NUL ends it */

	if (lexer->source->size - at >= 4 && !memcmp(text, "else", 4) && !is_word_char(text[4]))
		return false;
	switch (*text) {
	case ';':
	case '}':
	case '\0':
		return false;
	case '+':
	case '-':
		return !has_value || text[1] == text[0];
	case '!':
		return !has_value || text[1] != '=';
	default:
		return !has_value || !strchr("*/%&|^<>=?.[", *text);
	}
}

static int close_brace(struct lexer *lexer, const struct span *span)
{
	size_t depth = lexer->frames.count;
	const struct lexer_frame *frame;

	lexer->unclosed = SPAN_NONE;
	while (depth > 1 && !is_brace(&lexer->frames.items[depth - 1])) {
		if (!lexer->unclosed.start)
			lexer->unclosed = lexer->frames.items[depth - 1].open;
		depth--;
	}
	if (depth == 1) {
		lexer->stray_brace = true;
		end_declaration(lexer);
		return '}';
	}
	frame = &lexer->frames.items[depth - 1];
	lexer->after_operand =
		frame->kind == FRAME_BLOCK && lexer->previous != ';' && lexer->previous != '{';
	lexer->semicolon_due =
		frame->statement && ends_statement(lexer, span, lexer->after_operand);
	lexer->frames.count = depth - 1;
	if (depth == 2 && lexer->decl != LEXER_PREDICATE)
		end_declaration(lexer);
	return '}';
}

static bool ends_predicate(struct lexer *lexer, const struct span *span)
{
	char next;
	size_t i;

	if (lexer->decl != LEXER_PREDICATE)
		return false;
	next = lookahead_char(&lexer->ahead, end_offset(lexer, span));
	if (next != '{' && next)
		return false;
	for (i = lexer->frames.count; i-- > 1;)
		if (is_brace(&lexer->frames.items[i]))
			return false;
	lexer->frames.count = 1;
	lexer->decl = LEXER_OTHER;
	return true;
}

/* May an operand follow "comptime" here, or is it just a name? */
static bool starts_operand(char c)
{
	return is_word_char(c) || (c && strchr("$@\"({!~-*&+", c));
}

/* Is the word a keyword in this place? */
static bool is_keyword(struct lexer *lexer, int token, const struct span *span, bool after_operand)
{
	uint32_t at = end_offset(lexer, span);

	switch (lexer->previous) {
	case '.':
	case TOKEN_ARROW:
	case TOKEN_STRUCT:
	case TOKEN_UNION:
	case TOKEN_ENUM:
		return false;
	}
	if (lexer->decl == LEXER_CONFIG)
		return false;
	switch (token) {
	case TOKEN_LET:
	case TOKEN_IMPORT:
		if (lexer->decl == LEXER_LET || lexer->decl == LEXER_IMPORT)
			return true;
		/* fall through */
	case TOKEN_BREAK:
	case TOKEN_CONTINUE:
	case TOKEN_FOR:
	case TOKEN_RETURN:
	case TOKEN_UNROLL:
	case TOKEN_WHILE:
		/* After an operand a ';' was forgotten. */
		return (at_statement_start(lexer) ||
			(after_operand && is_brace(innermost(lexer)))) &&
		       !lookahead_assign(&lexer->ahead, at);
	case TOKEN_UNDERSCORE:
		return at_statement_start(lexer) && lookahead_assign(&lexer->ahead, at);
	case TOKEN_ELSE:
		return lexer->previous == '}';
	case TOKEN_OFFSETOF:
	case TOKEN_SIZEOF:
	case TOKEN_TYPEINFO:
	case TOKEN_TYPEOF:
		return lookahead_char(&lexer->ahead, at) == '(';
	case TOKEN_COMPTIME:
		return starts_operand(lookahead_char(&lexer->ahead, at));
	default:
		return !lookahead_assign(&lexer->ahead, at);
	}
}

static int contextual_word(struct lexer *lexer, int token, union token_value *value,
			   const struct span *span, bool after_operand)
{
	struct lexer_frame *frame = innermost(lexer);

	if (!is_keyword(lexer, token, span, after_operand)) {
		value->name = lexer_name(lexer, *span);
		return TOKEN_IDENT;
	}
	if (token == TOKEN_IF && lexer->previous != TOKEN_ELSE)
		frame->statement_if = at_statement_start(lexer);
	else if (token == TOKEN_FOR || token == TOKEN_WHILE || token == TOKEN_UNROLL)
		frame->statement_if = false;
	if (token == TOKEN_IF || token == TOKEN_FOR || token == TOKEN_WHILE || token == TOKEN_UNROLL)
		frame->header = true;
	return token;
}

/*
 * Gives a word of the scanner its meaning and keeps track of the brackets.
 * Long because it is one line or two for each token that depends on its place.
 */
static int understand(struct lexer *lexer, int token, union token_value *value,
		      const struct span *span)
{
	bool after_operand = lexer->after_operand;

	lexer->after_operand = false;
	switch (token) {
	case TOKEN_IDENT:
	case TOKEN_NUMBER:
	case TOKEN_VAR:
	case TOKEN_MAP:
	case TOKEN_PARAM:
	case TOKEN_PARAM_COUNT:
		lexer->after_operand = true;
		return token;
	case TOKEN_STRING:
		lexer->after_operand = true;
		if (lexer->decl == LEXER_IMPORT)
			end_declaration(lexer);
		return token;
	case '(':
		return open_paren(lexer, span);
	case '[':
		return open_bracket(lexer, '[', FRAME_BRACKET, span);
	case '{':
		lexer->after_operand = after_operand;
		token = open_brace(lexer, span);
		lexer->after_operand = false;
		return token;
	case ')':
	case ']':
		return close_bracket(lexer, token);
	case '}':
		return close_brace(lexer, span);
	case ';':
		innermost(lexer)->header = false;
		return token;
	case '-':
		return after_operand ? '-' : TOKEN_NEGATE;
	case '&':
		return after_operand ? '&' : TOKEN_ADDRESS;
	case '*':
		if (lookahead_type_star(&lexer->ahead, end_offset(lexer, span) - 1))
			return TOKEN_TYPE_STAR;
		return after_operand ? '*' : TOKEN_DEREF;
	case TOKEN_INCREMENT:
	case TOKEN_DECREMENT:
		/* After a block it is of the next statement: a block cannot be counted up. */
		if (!after_operand || lexer->previous == '}')
			return token;
		lexer->after_operand = true;
		return token == TOKEN_INCREMENT ? TOKEN_POST_INCREMENT : TOKEN_POST_DECREMENT;
	case '/':
		return ends_predicate(lexer, span) ? TOKEN_PREDICATE_END : token;
	case TOKEN_PREDICATE_BEGIN:
		lexer->decl = LEXER_PREDICATE;
		return token;
	case TOKEN_GRAMMAR_error:
		lexer->previous = token;
		if (!lexer->recovering)
			lexer_recover(lexer);
		return token;
	}
	if (token >= TOKEN_BREAK && token <= TOKEN_WHILE) {
		token = contextual_word(lexer, token, value, span, after_operand);
		lexer->after_operand = token == TOKEN_IDENT || token == TOKEN_TRUE ||
				       token == TOKEN_FALSE;
	}
	return token;
}

/* Is what follows the type of a variable, where "*=" is a '*' and an '='? */
static void note_let(struct lexer *lexer, int token)
{
	if (token == ':' && lexer->after_let)
		lexer->in_let_type = true;
	else if (token == '=' || token == ';' || token == '}')
		lexer->in_let_type = false;
	lexer->after_let = token == TOKEN_LET || (token == TOKEN_VAR && lexer->after_let);
}

static int read_token(struct lexer *lexer, union token_value *value, struct span *span)
{
	int token = 0;

	lexer->stray_brace = false;
	if (lexer->semicolon_due) {
		lexer->semicolon_due = lexer->after_operand = false;
		lexer->previous = ';';
		span->start = span->end = lexer->previous_span.end;
		return ';';
	}
	if (!lexer->stopped && lexer_has_too_many_errors(lexer)) {
		diag_report(lexer->diags, SPAN_NONE, DIAG_TOO_MANY_ERRORS,
			    "too many errors, the rest of the script is not looked at");
		lexer_stop(lexer);
	}
	if (!lexer->stopped)
		token = scan_token(value, span, lexer->scanner);
	if (token)
		token = understand(lexer, token, value, span);
	if (!token)
		span->start = span->end = lexer->source->base + lexer->source->size;
	note_let(lexer, token);
	lexer->previous = token;
	return token;
}

/* May the parser see the token, read while recovering?  '}' of a skipped block counts as ';'. */
static bool ends_recovery(struct lexer *lexer, int *token)
{
	if (!*token)
		return true;
	if (*token == TOKEN_GRAMMAR_error || lexer->frames.count > lexer->recover_depth)
		return false;
	if (*token == '}' && (lexer->frames.count == lexer->recover_depth || lexer->stray_brace)) {
		*token = ';';
		return true;
	}
	if (*token == '}')
		return true;
	if (*token != ';')
		return false;
	if (lexer->recover_depth == 1)
		end_declaration(lexer);
	return true;
}

int lexer_next(struct lexer *lexer, union token_value *ret_value, struct span *ret_span)
{
	bool was_recovering = lexer->recovering;
	int token;

	lexer->before_end = lexer->previous_span.end;
	if (was_recovering && lexer->stray_brace) {
		/* The parser throws the '}' away; at top level there is nothing to skip. */
		lexer->recovering = lexer->stray_brace = false;
		*ret_span = lexer->previous_span;
		lexer->previous = ';';
		return ';';
	}
	token = read_token(lexer, ret_value, ret_span);
	if (was_recovering) {
		while (!ends_recovery(lexer, &token))
			token = read_token(lexer, ret_value, ret_span);
		lexer->recovering = false;
		lexer->previous = token;
	}
	lexer->previous_span = *ret_span;
	return token;
}

void lexer_recover(struct lexer *lexer)
{
	size_t depth = lexer->frames.count;

	if (lexer->previous == '{' && depth > 1)
		depth--;
	while (depth > 1 && !is_brace(&lexer->frames.items[depth - 1]))
		depth--;
	lexer->recover_depth = depth;
	lexer->semicolon_due = false;
	if (lexer->previous != '{')
		lexer->frames.count = depth;
	lexer->frames.items[depth - 1].header = false;
	if (lexer->decl == LEXER_PREDICATE && depth == 1)
		lexer->decl = LEXER_OTHER;
	if (lexer->previous == ';' && depth == 1)
		end_declaration(lexer);
	/* The parser can use a '}' or ';' itself. */
	lexer->recovering = lexer->stray_brace || (lexer->previous != '}' && lexer->previous != ';');
}
