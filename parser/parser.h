/*
 * State of one parse, and what the grammar's actions do beyond plain
 * constructors.
 */
#ifndef PARSER_PARSER_H
#define PARSER_PARSER_H

#include "base/compiler.h"
#include "base/diag.h"
#include "lexer/lexer.h"
#include "parser/ast_new.h"

struct parser {
	struct arena *arena;
	struct diags *diags;
	struct source *source;
	struct lexer lexer;
	struct ast_maker maker;
	struct script *script;
	struct decl *config; /* the one being read */
};

/* The items of a (x=1, y=2) so far. */
struct record_items {
	struct name_vec names;
	struct expr_vec items;
};

/* Lists: NULL begins one; a NULL item adds nothing. */
struct expr_vec *parser_exprs(struct parser *parser, struct expr_vec *list, struct expr *item);
struct expr_vec *parser_exprs_prepend(struct parser *parser, struct expr_vec *list,
				      struct expr *item);
struct name_vec *parser_names(struct parser *parser, struct name_vec *list, const char *name);
struct record_items *parser_record_item(struct parser *parser, struct record_items *list,
					const char *name, struct expr *item);
struct stmt_vec *parser_stmts(struct parser *parser);
struct stmt_vec *parser_stmt(struct parser *parser, struct stmt_vec *list, struct stmt *stmt);

/* Blocks: what ends one is its value, but an if without a value is a statement. */
struct block *parser_block(struct parser *parser, struct span span, struct stmt_vec *stmts,
			   struct expr *last);
struct block *parser_body(struct parser *parser, struct block *block);

struct stmt *parser_assign(struct parser *parser, struct span span, struct expr *target, int op,
			   struct expr *value); /* op -1: plain '=' */
struct stmt *parser_for_map(struct parser *parser, struct span span, const char *name,
			    struct span name_span, struct expr *map, struct block *body);

struct expr *parser_record(struct parser *parser, struct span span, struct record_items *items);
struct expr *parser_element(struct parser *parser, struct span span, struct expr *object,
			    uint64_t number);
struct expr *parser_else_if(struct parser *parser, struct span span, struct expr *condition,
			    struct block *yes, struct expr *no, struct span no_span);

struct type_spec *parser_qualified(struct type_spec *spec, bool is_const, struct span span);
struct type_spec *parser_pointer(struct parser *parser, struct span span, struct type_spec *spec);
struct type_spec *parser_array(struct parser *parser, struct span span, struct type_spec *spec,
			       uint64_t length);
/* The same for a type that is an operand. */
struct expr *parser_type_operand(struct parser *parser, struct expr *operand);
struct expr *parser_pointer_operand(struct parser *parser, struct span span, struct expr *operand);
struct expr *parser_array_operand(struct parser *parser, struct span span, struct expr *operand,
				  uint64_t length);

/* Declarations: added to the script. */
void parser_c_text(struct parser *parser, struct span span, bool is_line);
void parser_config_begin(struct parser *parser);
void parser_config_entry(struct parser *parser, struct span span, const char *key,
			 struct span key_span, struct span value_span, const char *string);
void parser_config_end(struct parser *parser, struct span span);
void parser_import(struct parser *parser, struct span span, const char *path, struct span path_span);
struct probe *parser_attach_point(struct parser *parser, struct probe *probe, struct span span);
struct probe *parser_probe_parts(struct parser *parser, struct probe *probe, struct expr *predicate,
				 struct block *body);
void parser_probe(struct parser *parser, struct span span, struct probe *probe);
struct macro *parser_macro_param(struct parser *parser, struct macro *macro, int kind,
				 const char *name, struct span span);
void parser_macro(struct parser *parser, struct span span, const char *name, struct span name_span,
		  struct macro *macro, struct block *body);
struct function *parser_fn_param(struct parser *parser, struct function *function, const char *name,
				 struct span span, struct type_spec *spec);
void parser_function(struct parser *parser, struct span span, const char *name,
		     struct span name_span, struct function *function, struct type_spec *result,
		     struct block *body);
void parser_map_decl(struct parser *parser, struct span span, const char *name,
		     struct span name_span, const char *kind, struct span kind_span,
		     struct expr *capacity);

/* What was found where the grammar wants something else. */
struct syntax_error {
	struct span span; /* of the token found, which is parser->lexer.previous */
	bool wants_expression, wants_statement, wants_operator, wants_declaration, wants_semicolon;
	const char *names[32]; /* of tokens that could have followed */
	size_t name_count;
};

void syntax_error_report(struct parser *parser, const struct syntax_error *error);

/* Bison's side. */
union token_value;
int grammar_lex(union token_value *value, struct span *span, struct parser *parser);
void grammar_error(struct span *span, struct parser *parser, const char *text);

#endif
