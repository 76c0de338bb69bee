/*
 * #defines in expressions: the replacement, read as an expression of the
 * language, is the value of a macro.
 *
 * What only C can read ('x', 0x10UL, (unsigned long)1 << 3) but is constant
 * becomes a number.
 */
#include <string.h>

#include "base/compiler.h"
#include "parser/ast_new.h"
#include "parser/parse.h"
#include "sema/c_reader.h"

/* The replacement stands in a script of its own, at the place it has in the source. */
static const char before[] = "x{(", after[] = "\n)}";

static struct expr *parse_body(struct program *program, const struct c_define *define)
{
	struct diags unheard;
	struct strbuf text;
	struct source source;
	struct script *script;
	const struct block *body;

	strbuf_init(&text, program->arena);
	strbuf_puts(&text, before);
	strbuf_add(&text, c_text(program, define->body), define->body.end - define->body.start);
	strbuf_puts(&text, after);
	source = (struct source){ .name = "define",
				  .text = text.text,
				  .size = (uint32_t)text.length,
				  .base = define->body.start - (uint32_t)strlen(before) };
	diags_init(&unheard, program->arena, program->sources);
	script = parse(program->arena, program->sources, &source, program->interner, &unheard);
	if (unheard.error_count || script->decls.count != 1 ||
	    script->decls.items[0]->kind != DECL_PROBE)
		return NULL;
	body = script->decls.items[0]->probe->body;
	return body && !body->stmts.count ? body->value : NULL;
}

static struct expr *constant_body(struct program *program, struct c_define *define)
{
	struct diags unheard;
	struct c_reader reader = { .program = program, .names = program->c, .diags = &unheard };
	struct ast_maker maker = { .arena = program->arena };
	struct c_number number;
	struct expr *expr;

	if (define->is_function)
		return NULL;
	diags_init(&unheard, program->arena, program->sources);
	define->is_expanding = true;
	c_expand(&reader, &define->tokens, &reader.tokens);
	define->is_expanding = false;
	vec_push(program->arena, &reader.tokens,
		 ((struct c_token){ .kind = C_TOKEN_END, .span = define->body }));
	if (!c_read_value(&reader, &number) || c_peek(&reader)->kind != C_TOKEN_END)
		return NULL;
	expr = ast_number(&maker, define->body, number.value, number.is_unsigned, false);
	expr->number.is_negative = !number.is_unsigned && (int64_t)number.value < 0;
	return expr;
}

static const struct macro *make_macro(struct program *program, struct c_define *define)
{
	struct ast_maker maker = { .arena = program->arena };
	struct macro *macro = arena_new_struct(program->arena, struct macro);
	struct stmt_vec no_stmts = { 0 };
	struct expr *value;
	size_t i;

	value = parse_body(program, define);
	if (!value)
		value = constant_body(program, define);
	if (!value)
		return NULL;
	macro->name = define->name;
	macro->span = define->body;
	macro->name_span = define->span;
	macro->is_define = true;
	macro->body = ast_block(&maker, define->body, &no_stmts, value);
	for (i = 0; i < define->params.count; i++) {
		struct macro_param param = { .kind = MACRO_PARAM_EXPR,
					     .name = define->params.items[i],
					     .span = define->span };

		vec_push(program->arena, &macro->params, param);
	}
	return macro;
}

static bool joins_tokens(const struct c_define *define)
{
	size_t i;

	for (i = 0; i < define->tokens.count; i++)
		if (c_is_sign(&define->tokens.items[i], '#') ||
		    c_is_sign(&define->tokens.items[i], C_SIGN2('#', '#')))
			return true;
	return define->is_variadic;
}

const struct macro *c_define_macro(struct program *program, struct c_define *define,
				   struct span use)
{
	if (!define->is_tried && define->tokens.count && !joins_tokens(define))
		define->macro = make_macro(program, define);
	define->is_tried = true;
	if (define->macro)
		return define->macro;
	if (!define->tokens.count)
		diag_report(program->diags, use, DIAG_C_SYNTAX,
			    "%s is defined as nothing: it has no value", define->name);
	else
		diag_report(program->diags, use, DIAG_C_SYNTAX,
			    "the #define of %s is no expression that can stand here", define->name);
	diag_note(program->diags, span_join(define->span, define->body), "it is defined here");
	return NULL;
}
