/*
 * Constructors of the tree.  Each takes every field that the parser knows,
 * and works out how deep the tree below is.
 */
#ifndef PARSER_AST_NEW_H
#define PARSER_AST_NEW_H

#include "parser/ast.h"

struct ast_maker {
	struct arena *arena;
	bool too_deep; /* a node deeper than AST_DEPTH_MAX was made */
	struct span too_deep_span;
	bool has_import; /* a statement was made */
};

struct expr *ast_number(struct ast_maker *maker, struct span span, uint64_t value, bool is_unsigned,
			bool is_duration);
struct expr *ast_string(struct ast_maker *maker, struct span span, const char *text, size_t length);
struct expr *ast_bool(struct ast_maker *maker, struct span span, bool value);
struct expr *ast_ident(struct ast_maker *maker, struct span span, const char *name);
struct expr *ast_var(struct ast_maker *maker, struct span span, const char *name);
struct expr *ast_map(struct ast_maker *maker, struct span span, const char *name,
		     const struct expr_vec *keys);
struct expr *ast_param(struct ast_maker *maker, struct span span, uint64_t number);
struct expr *ast_param_count(struct ast_maker *maker, struct span span);
struct expr *ast_call(struct ast_maker *maker, struct span span, const char *name,
		      struct span name_span, const struct expr_vec *args);
struct expr *ast_unary(struct ast_maker *maker, struct span span, enum unary_op op,
		       struct expr *operand);
struct expr *ast_binary(struct ast_maker *maker, struct span span, enum binary_op op,
			struct span op_span, struct expr *left, struct expr *right);
struct expr *ast_ternary(struct ast_maker *maker, struct span span, struct expr *condition,
			 struct expr *yes, struct expr *no);
struct expr *ast_incdec(struct ast_maker *maker, struct span span, struct expr *operand,
			bool increment, bool prefix);
struct expr *ast_cast(struct ast_maker *maker, struct span span, struct type_spec *spec,
		      struct expr *operand);
struct expr *ast_field(struct ast_maker *maker, struct span span, struct expr *object,
		       const char *name, struct span name_span);
struct expr *ast_index(struct ast_maker *maker, struct span span, struct expr *object,
		       struct expr *index);
struct expr *ast_element(struct ast_maker *maker, struct span span, struct expr *object,
			 uint64_t number);
struct expr *ast_tuple(struct ast_maker *maker, struct span span, const struct expr_vec *items);
struct expr *ast_record(struct ast_maker *maker, struct span span, const struct name_vec *names,
			const struct expr_vec *items);
struct expr *ast_type(struct ast_maker *maker, struct span span, struct type_spec *spec);
struct expr *ast_comptime(struct ast_maker *maker, struct span span, struct expr *operand);
struct expr *ast_block_expr(struct ast_maker *maker, struct span span, struct block *block);
struct expr *ast_if(struct ast_maker *maker, struct span span, struct expr *condition,
		    struct block *yes, struct block *no, bool no_is_if);

/* SIZEOF, TYPEOF, TYPEINFO, OFFSETOF; an EXPR_TYPE as operand becomes the spec. */
struct expr *ast_of(struct ast_maker *maker, struct span span, enum expr_kind kind,
		    struct expr *operand, const struct name_vec *fields);

struct type_spec *ast_type_spec(struct ast_maker *maker, struct span span, enum type_spec_kind kind,
				const char *name);
/* An EXPR_TYPE as operand is a type inside typeof(). */
struct type_spec *ast_typeof_spec(struct ast_maker *maker, struct span span, struct expr *operand);

/*
 * What was read as an expression but spells a type: typeof(x), int32[4]; with
 * `any_name` also foo and foo[4].  NULL if it is none.
 */
struct type_spec *ast_type_of_expr(struct ast_maker *maker, const struct expr *expr, bool any_name);

/* False for blocks and ifs with a branch that ends without a value. */
bool ast_has_value(const struct expr *expr);

/* `value` may be NULL. */
struct block *ast_block(struct ast_maker *maker, struct span span, const struct stmt_vec *stmts,
			struct expr *value);

struct stmt *ast_stmt_expr(struct ast_maker *maker, struct span span, struct expr *expr);
struct stmt *ast_assign(struct ast_maker *maker, struct span span, struct expr *target,
			struct expr *value);
struct stmt *ast_compound_assign(struct ast_maker *maker, struct span span, struct expr *target,
				 enum binary_op op, struct expr *value);
struct stmt *ast_let(struct ast_maker *maker, struct span span, const char *name,
		     struct span name_span, struct type_spec *spec, struct expr *value);
struct stmt *ast_discard(struct ast_maker *maker, struct span span, struct expr *expr);
struct stmt *ast_loop(struct ast_maker *maker, struct span span, enum stmt_kind kind,
		      struct expr *condition, struct block *body);
struct stmt *ast_for_range(struct ast_maker *maker, struct span span, const char *name,
			   struct span name_span, struct expr *from, struct expr *to,
			   struct block *body);
struct stmt *ast_for_map(struct ast_maker *maker, struct span span, const char *name,
			 struct span name_span, struct expr *map, struct block *body);
struct stmt *ast_jump(struct ast_maker *maker, struct span span, enum stmt_kind kind);
struct stmt *ast_return(struct ast_maker *maker, struct span span, struct expr *value);
struct stmt *ast_import(struct ast_maker *maker, struct span span, const char *path,
			struct span path_span);

#endif
