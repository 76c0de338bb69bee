/*
 * Puts lexer, grammar and tree together.
 */
#include "parser/parse.h"

#include "lexer/grammar.h"
#include "parser/parser.h"

static void report_nesting(struct parser *parser, struct span span)
{
	if (parser->lexer.stopped)
		return;
	diag_report(parser->diags, span, DIAG_NESTING,
		    "nested too deeply: an expression or block has more than %d levels",
		    AST_DEPTH_MAX);
	lexer_stop(&parser->lexer);
}

int grammar_lex(union token_value *value, struct span *span, struct parser *parser)
{
	if (parser->maker.too_deep)
		report_nesting(parser, parser->maker.too_deep_span);
	return lexer_next(&parser->lexer, value, span);
}

/* Only called when the stack is full: syntax errors go to syntax_error_report(). */
void grammar_error(struct span *span, struct parser *parser, const char *text UNUSED)
{
	report_nesting(parser, *span);
}

static void finish_script(struct parser *parser, size_t errors_before)
{
	struct lexer *lexer = &parser->lexer;

	parser->script->imports_in_blocks = parser->maker.has_import;
	for (size_t i = 0; i < lexer->comments.count; i++) {
		struct comment comment = { lexer->comments.items[i] };

		vec_push(parser->arena, &parser->script->comments, comment);
	}
	if (!parser->script->decls.count && parser->diags->error_count == errors_before)
		diag_report(parser->diags, SPAN_NONE, DIAG_EMPTY_PROGRAM,
			    "the program is empty: it has no probe");
}

struct script *parse(struct arena *arena, struct sources *sources UNUSED, struct source *source,
		     struct interner *interner, struct diags *diags)
{
	struct parser parser = {
		.arena = arena,
		.diags = diags,
		.source = source,
		.maker = { .arena = arena },
		.script = arena_new_struct(arena, struct script),
	};
	size_t errors_before = diags->error_count;

	parser.script->source = source;
	lexer_init(&parser.lexer, arena, source, interner, diags);
	grammar_parse(&parser);
	lexer_finish(&parser.lexer);
	finish_script(&parser, errors_before);
	return parser.script;
}
