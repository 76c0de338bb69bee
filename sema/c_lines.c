/*
 * Preprocessor lines: conditions, #define and #undef, and what #defines do to
 * the text of declarations.  #include lines are only remembered.
 */
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "sema/c_reader.h"
#include "sema/arch.h"
#include "sema/target.h"

bool c_is_active(const struct c_reader *reader)
{
	return !reader->conditions.count || vec_last(&reader->conditions).is_active;
}

/* --- replacing -------------------------------------------------------------------- */

/* From "(" after a function-like name: the arguments; the place after ")", 0 without one. */
static size_t read_arguments(struct c_reader *reader, const struct c_tokens *from, size_t at,
			     struct c_tokens *args, size_t count)
{
	size_t arg = 0;
	unsigned depth = 0;
	size_t end = MIN(from->count, at + C_ARGUMENTS_MAX);

	for (at++; at < end; at++) {
		const struct c_token *token = &from->items[at];

		if (c_is_sign(token, '('))
			depth++;
		else if (c_is_sign(token, ')') && !depth--)
			return at + 1;
		if (c_is_sign(token, ',') && !depth && arg + 1 < count) {
			arg++;
			continue;
		}
		if (arg < count)
			vec_push(reader->program->arena, &args[arg], *token);
	}
	return 0;
}

/* The replacement with arguments in the place of parameters. */
static void substitute(struct c_reader *reader, const struct c_define *define,
		       const struct c_tokens *args, struct c_tokens *to)
{
	size_t i, j, k;

	for (i = 0; i < define->tokens.count; i++) {
		const struct c_token *token = &define->tokens.items[i];

		for (j = 0; j < define->params.count; j++)
			if (token->kind == C_TOKEN_NAME && token->name == define->params.items[j])
				break;
		if (j == define->params.count) {
			vec_push(reader->program->arena, to, *token);
			continue;
		}
		for (k = 0; k < args[j].count; k++)
			vec_push(reader->program->arena, to, args[j].items[k]);
	}
}

static void expand_define(struct c_reader *reader, struct c_define *define,
			  const struct c_tokens *args, struct span use, struct c_tokens *to)
{
	struct c_tokens body = { 0 };
	size_t i, first = to->count;

	if (reader->expanded > C_EXPANDED_MAX)
		return;
	substitute(reader, define, args, &body);
	define->is_expanding = true;
	c_expand(reader, &body, to);
	define->is_expanding = false;
	for (i = first; i < to->count; i++)
		to->items[i].span = use;
}

/* The #define that replaces a name here: not within its own replacement, as in C. */
static struct c_define *define_at(struct c_reader *reader, const struct c_token *token)
{
	struct c_define *define;

	if (token->kind != C_TOKEN_NAME || reader->depth > C_DEPTH_MAX ||
	    reader->expanded > C_EXPANDED_MAX)
		return NULL;
	define = table_get_str(&reader->names->defines, token->name);
	return define && !define->is_expanding ? define : NULL;
}

/* The arguments after a function-like name, expanded; the place after them, 0: there are none. */
static size_t expand_arguments(struct c_reader *reader, const struct c_define *define,
			       const struct c_tokens *from, size_t at, struct c_tokens **ret_args)
{
	struct arena *arena = reader->program->arena;
	size_t count = MAX(define->params.count, 1u), i, next = 0;
	struct c_tokens *plain = arena_new_array(arena, struct c_tokens, count);

	if (at < from->count && c_is_sign(&from->items[at], '('))
		next = read_arguments(reader, from, at, plain, define->params.count);
	*ret_args = arena_new_array(arena, struct c_tokens, count);
	for (i = 0; next && i < define->params.count; i++)
		c_expand(reader, &plain[i], &(*ret_args)[i]);
	return next;
}

/* Keeps #defines that double each other from taking for ever. */
static void count_expanded(struct c_reader *reader, size_t tokens, struct span span)
{
	bool was_fine = reader->expanded <= C_EXPANDED_MAX;

	reader->expanded += (uint32_t)MIN(tokens + 1, (size_t)C_EXPANDED_MAX);
	if (was_fine && reader->expanded > C_EXPANDED_MAX)
		c_error(reader, span, "#defines become too much: more than %d words and signs",
			C_EXPANDED_MAX);
}

void c_expand(struct c_reader *reader, const struct c_tokens *from, struct c_tokens *to)
{
	size_t i, next;

	for (i = 0; i < from->count; i = next) {
		const struct c_token *token = &from->items[i];
		struct c_define *define = define_at(reader, token);
		struct c_tokens *args = NULL;
		size_t first = to->count;

		next = i + 1;
		reader->depth++;
		if (define && define->is_function) {
			next = expand_arguments(reader, define, from, next, &args);
			if (!next) { /* a name alone is only a name */
				define = NULL;
				next = i + 1;
			}
		}
		if (define)
			expand_define(reader, define, args, token->span, to);
		else
			vec_push(reader->program->arena, to, *token);
		reader->depth--;
		if (define)
			count_expanded(reader, to->count - first, token->span);
	}
}

/* --- #define ------------------------------------------------------------------------ */

/* Parameters of a function-like #define; the number of its first token after them, 0: none. */
static size_t read_params(struct c_reader *reader, struct c_define *define,
			  const struct c_tokens *line, size_t at)
{
	for (at++; at < line->count; at++) {
		const struct c_token *token = &line->items[at];

		if (c_is_sign(token, ')'))
			return at + 1;
		if (token->kind == C_TOKEN_NAME)
			vec_push(reader->program->arena, &define->params, token->name);
		else if (c_is_sign(token, '.'))
			define->is_variadic = true;
		else if (!c_is_sign(token, ','))
			break;
	}
	c_error(reader, line->items[0].span, "the parameters of this #define do not end in ')'");
	return 0;
}

static void read_define(struct c_reader *reader, const struct c_tokens *line)
{
	struct arena *arena = reader->program->arena;
	struct c_define *define = arena_new_struct(arena, struct c_define);
	size_t i, body = 3;

	if (line->count < 3 || line->items[2].kind != C_TOKEN_NAME) {
		c_error(reader, line->items[1].span, "#define is followed by a name");
		return;
	}
	define->name = line->items[2].name;
	define->span = line->items[2].span;
	if (line->count > 3 && c_is_sign(&line->items[3], '(') && !line->items[3].after_space) {
		define->is_function = true;
		body = read_params(reader, define, line, 3);
		if (!body)
			return;
	}
	for (i = body; i < line->count; i++) {
		vec_push(arena, &define->tokens, line->items[i]);
		define->body = span_join(define->body, line->items[i].span);
	}
	table_set_str(&reader->names->defines, define->name, define);
}

/* --- conditions ------------------------------------------------------------------------ */

/* "defined X" and "defined(X)" become 1 or 0 before anything is replaced. */
static void replace_defined(struct c_reader *reader, const struct c_tokens *line, size_t at,
			    struct c_tokens *to)
{
	for (; at < line->count; at++) {
		struct c_token token = line->items[at];
		bool parenthesis = at + 1 < line->count && c_is_sign(&line->items[at + 1], '(');
		size_t name = at + 1 + parenthesis;

		if (c_is_name(&token, "defined") && name + parenthesis < line->count &&
		    line->items[name].kind == C_TOKEN_NAME) {
			token.kind = C_TOKEN_NUMBER;
			token.value = table_get_str(&reader->names->defines,
						    line->items[name].name) != NULL;
			at = name + parenthesis;
		}
		vec_push(reader->program->arena, to, token);
	}
}

static bool read_condition(struct c_reader *reader, const struct c_tokens *line)
{
	struct arena *arena = reader->program->arena;
	struct c_tokens plain = { 0 }, saved = reader->tokens;
	size_t i, saved_at = reader->at;
	struct c_number number = { 0 };
	bool ok;

	replace_defined(reader, line, 2, &plain);
	reader->tokens = (struct c_tokens){ 0 };
	reader->at = 0;
	c_expand(reader, &plain, &reader->tokens);
	for (i = 0; i < reader->tokens.count; i++)
		if (reader->tokens.items[i].kind == C_TOKEN_NAME) {
			reader->tokens.items[i].kind = C_TOKEN_NUMBER; /* unknown names are 0 */
			reader->tokens.items[i].value = 0;
		}
	vec_push(arena, &reader->tokens,
		 ((struct c_token){ .kind = C_TOKEN_END, .span = vec_last(line).span }));
	ok = c_read_value(reader, &number);
	if (ok && c_peek(reader)->kind != C_TOKEN_END)
		c_error(reader, c_peek(reader)->span, "the condition should end here");
	reader->tokens = saved;
	reader->at = saved_at;
	return number.value != 0;
}

static bool is_defined(struct c_reader *reader, const struct c_tokens *line)
{
	if (line->count < 3 || line->items[2].kind != C_TOKEN_NAME) {
		c_error(reader, line->items[1].span, "a name follows here");
		return false;
	}
	return table_get_str(&reader->names->defines, line->items[2].name) != NULL;
}

/* '#' and its word. */
static struct span span_of(const struct c_tokens *line)
{
	return span_join(line->items[0].span, line->items[1].span);
}

static void open_condition(struct c_reader *reader, const struct c_tokens *line, const char *word)
{
	struct c_condition condition = { .span = span_of(line) };
	bool holds = false;

	if (c_is_active(reader)) {
		c_predefine(reader);
		if (!strcmp(word, "if"))
			holds = read_condition(reader, line);
		else
			holds = is_defined(reader, line) == !strcmp(word, "ifdef");
	} else {
		condition.was_active = true; /* none of its branches is */
	}
	condition.is_active = holds;
	condition.was_active |= holds;
	vec_push(reader->program->arena, &reader->conditions, condition);
}

static void next_condition(struct c_reader *reader, const struct c_tokens *line, const char *word)
{
	struct c_condition *condition;

	if (!reader->conditions.count) {
		c_error(reader, span_of(line), "#%s without #if", word);
		return;
	}
	condition = &vec_last(&reader->conditions);
	if (!strcmp(word, "endif")) {
		reader->conditions.count--;
		return;
	}
	if (condition->has_else)
		c_error(reader, span_of(line), "#%s after #else", word);
	condition->has_else = !strcmp(word, "else");
	if (condition->was_active)
		condition->is_active = false;
	else
		condition->is_active = condition->has_else || read_condition(reader, line);
	condition->was_active |= condition->is_active;
}

/* --- lines ----------------------------------------------------------------------------- */

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

static void read_directive(struct c_reader *reader, const struct c_tokens *line, const char *word)
{
	static const char *const ignored[] = { "pragma", "line", "warning", "ident", NULL };

	if (!strcmp(word, "define")) {
		read_define(reader, line);
	} else if (!strcmp(word, "undef")) {
		if (is_defined(reader, line))
			table_set_str(&reader->names->defines, line->items[2].name, NULL);
	} else if (!strcmp(word, "include") || !strcmp(word, "include_next")) {
		if (!reader->names->include.start)
			reader->names->include =
				span_join(line->items[0].span, vec_last(line).span);
	} else if (!strcmp(word, "error")) {
		c_error(reader, span_join(line->items[0].span, vec_last(line).span),
			"an #error of the script's own");
	} else if (!is_one_of(word, ignored)) {
		c_error(reader, span_of(line), "no such preprocessor line: #%s", word);
	}
}

void c_read_line(struct c_reader *reader, struct span span)
{
	static const char *const opening[] = { "if", "ifdef", "ifndef", NULL };
	static const char *const following[] = { "elif", "else", "endif", NULL };
	struct c_tokens line = { 0 };
	const char *word;

	c_scan(reader, span, &line);
	if (line.count < 2) /* a '#' alone does nothing */
		return;
	word = line.items[1].kind == C_TOKEN_NAME ? line.items[1].name : "line";
	if (is_one_of(word, opening))
		open_condition(reader, &line, word);
	else if (is_one_of(word, following))
		next_condition(reader, &line, word);
	else if (c_is_active(reader))
		read_directive(reader, &line, word);
}

/* The end of a line, which a '\' makes go on. */
static const char *line_end(const char *at, const char *end)
{
	for (; at < end && *at != '\n'; at++)
		if (*at == '\\' && at + 1 < end)
			at++;
	return MIN(at, end);
}

static void read_piece(struct c_reader *reader, struct span span)
{
	struct c_tokens plain = { 0 };

	if (span.start == span.end || !c_is_active(reader))
		return;
	c_scan(reader, span, &plain);
	c_expand(reader, &plain, &reader->tokens);
}

void c_read_text(struct c_reader *reader, struct span span)
{
	const char *text = c_text(reader->program, span), *end = text + (span.end - span.start);
	const char *piece = text, *at, *next;

	for (at = text; at < end; at = next) {
		const char *first = at + strspn(at, " \t");

		next = line_end(at, end);
		next += next < end;
		if (*first != '#')
			continue;
		read_piece(reader, (struct span){ span.start + (uint32_t)(piece - text),
						  span.start + (uint32_t)(at - text) });
		c_read_line(reader, (struct span){ span.start + (uint32_t)(first - text),
						   span.start + (uint32_t)(next - text) });
		piece = next;
	}
	read_piece(reader, (struct span){ span.start + (uint32_t)(piece - text), span.end });
}

void c_predefine(struct c_reader *reader)
{
	const struct target *target = reader->program->target;
	struct strbuf text;
	struct source *source;

	if (reader->has_predefined)
		return;
	reader->has_predefined = true;
	strbuf_init(&text, reader->program->arena);
	strbuf_printf(&text,
		      "#define LINUX_VERSION_CODE %u\n"
		      "#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? "
		      "255 : (c)))\n"
		      "#define __%s__ 1\n",
		      target->kernel_version, target->arch->name);
	if (target->has_types && target->has_types(target))
		strbuf_puts(&text, "#define BPFTRACE_HAVE_BTF 1\n");
	source = sources_add(reader->program->sources, "predefined", text.text, text.length);
	c_read_text(reader, (struct span){ source->base, source->base + source->size });
}
