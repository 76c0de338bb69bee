/*
 * Constructors: fields in, node out.  A tree that gets too deep is noted in the
 * maker, and the parser reports it.
 */
#include "parser/ast_new.h"

#include <string.h>

#include "base/compiler.h"
#include "lexer/lookahead.h"

static struct expr *new_expr(struct ast_maker *maker, enum expr_kind kind, struct span span)
{
	struct expr *expr = arena_new_struct(maker->arena, struct expr);

	expr->kind = kind;
	expr->span = span;
	expr->depth = 1;
	return expr;
}

static uint32_t limited(struct ast_maker *maker, struct span span, uint32_t depth)
{
	if (depth > AST_DEPTH_MAX && !maker->too_deep) {
		maker->too_deep = true;
		maker->too_deep_span = span;
	}
	return depth;
}

/* Makes the node deeper than `depth` of something below it. */
static void deepen(struct ast_maker *maker, struct expr *expr, uint32_t depth)
{
	expr->depth = limited(maker, expr->span, MAX(expr->depth, depth + 1));
}

static void above(struct ast_maker *maker, struct expr *expr, const struct expr *child)
{
	if (child)
		deepen(maker, expr, child->depth);
}

static void above_all(struct ast_maker *maker, struct expr *expr, const struct expr_vec *children)
{
	for (size_t i = 0; i < children->count; i++)
		above(maker, expr, children->items[i]);
}

static uint32_t spec_depth(const struct type_spec *spec)
{
	uint32_t depth = 0;

	for (; spec; spec = spec->inner) {
		depth++;
		if (spec->expr)
			return depth + spec->expr->depth;
	}
	return depth;
}

static uint32_t block_depth(const struct block *block)
{
	uint32_t depth = 0;

	if (!block)
		return 0;
	for (size_t i = 0; i < block->stmts.count; i++)
		depth = MAX(depth, block->stmts.items[i]->depth);
	if (block->value)
		depth = MAX(depth, block->value->depth);
	return depth;
}

struct expr *ast_number(struct ast_maker *maker, struct span span, uint64_t value, bool is_unsigned,
			bool is_duration)
{
	struct expr *expr = new_expr(maker, EXPR_NUMBER, span);

	expr->number.value = value;
	expr->number.is_unsigned = is_unsigned;
	expr->number.is_duration = is_duration;
	return expr;
}

struct expr *ast_string(struct ast_maker *maker, struct span span, const char *text, size_t length)
{
	struct expr *expr = new_expr(maker, EXPR_STRING, span);

	expr->string.text = text;
	expr->string.length = length;
	return expr;
}

struct expr *ast_bool(struct ast_maker *maker, struct span span, bool value)
{
	struct expr *expr = new_expr(maker, EXPR_BOOL, span);

	expr->boolean = value;
	return expr;
}

struct expr *ast_ident(struct ast_maker *maker, struct span span, const char *name)
{
	struct expr *expr = new_expr(maker, EXPR_IDENT, span);

	expr->ident.name = name;
	return expr;
}

struct expr *ast_var(struct ast_maker *maker, struct span span, const char *name)
{
	struct expr *expr = new_expr(maker, EXPR_VAR, span);

	expr->var.name = name;
	return expr;
}

struct expr *ast_map(struct ast_maker *maker, struct span span, const char *name,
		     const struct expr_vec *keys)
{
	struct expr *expr = new_expr(maker, EXPR_MAP, span);

	expr->map.name = name;
	if (keys) {
		expr->map.keys = *keys;
		above_all(maker, expr, keys);
	}
	return expr;
}

struct expr *ast_param(struct ast_maker *maker, struct span span, uint64_t number)
{
	struct expr *expr = new_expr(maker, EXPR_PARAM, span);

	expr->param = number;
	return expr;
}

struct expr *ast_param_count(struct ast_maker *maker, struct span span)
{
	return new_expr(maker, EXPR_PARAM_COUNT, span);
}

struct expr *ast_call(struct ast_maker *maker, struct span span, const char *name,
		      struct span name_span, const struct expr_vec *args)
{
	struct expr *expr = new_expr(maker, EXPR_CALL, span);

	expr->call.name = name;
	expr->call.name_span = name_span;
	expr->call.args = *args;
	above_all(maker, expr, args);
	return expr;
}

struct expr *ast_unary(struct ast_maker *maker, struct span span, enum unary_op op,
		       struct expr *operand)
{
	struct expr *expr = new_expr(maker, EXPR_UNARY, span);

	expr->unary.op = op;
	expr->unary.operand = operand;
	above(maker, expr, operand);
	return expr;
}

struct expr *ast_binary(struct ast_maker *maker, struct span span, enum binary_op op,
			struct span op_span, struct expr *left, struct expr *right)
{
	struct expr *expr = new_expr(maker, EXPR_BINARY, span);

	expr->binary.op = op;
	expr->binary.op_span = op_span;
	expr->binary.left = left;
	expr->binary.right = right;
	above(maker, expr, left);
	above(maker, expr, right);
	return expr;
}

struct expr *ast_ternary(struct ast_maker *maker, struct span span, struct expr *condition,
			 struct expr *yes, struct expr *no)
{
	struct expr *expr = new_expr(maker, EXPR_TERNARY, span);

	expr->ternary.condition = condition;
	expr->ternary.yes = yes;
	expr->ternary.no = no;
	above(maker, expr, condition);
	above(maker, expr, yes);
	above(maker, expr, no);
	return expr;
}

struct expr *ast_incdec(struct ast_maker *maker, struct span span, struct expr *operand,
			bool increment, bool prefix)
{
	struct expr *expr = new_expr(maker, EXPR_INCDEC, span);

	expr->incdec.operand = operand;
	expr->incdec.increment = increment;
	expr->incdec.prefix = prefix;
	above(maker, expr, operand);
	return expr;
}

struct expr *ast_cast(struct ast_maker *maker, struct span span, struct type_spec *spec,
		      struct expr *operand)
{
	struct expr *expr = new_expr(maker, EXPR_CAST, span);

	expr->cast.spec = spec;
	expr->cast.operand = operand;
	deepen(maker, expr, spec_depth(spec));
	above(maker, expr, operand);
	return expr;
}

struct expr *ast_field(struct ast_maker *maker, struct span span, struct expr *object,
		       const char *name, struct span name_span)
{
	struct expr *expr = new_expr(maker, EXPR_FIELD, span);

	expr->field.object = object;
	expr->field.name = name;
	expr->field.name_span = name_span;
	above(maker, expr, object);
	return expr;
}

struct expr *ast_index(struct ast_maker *maker, struct span span, struct expr *object,
		       struct expr *index)
{
	struct expr *expr = new_expr(maker, EXPR_INDEX, span);

	expr->index.object = object;
	expr->index.index = index;
	above(maker, expr, object);
	above(maker, expr, index);
	return expr;
}

struct expr *ast_element(struct ast_maker *maker, struct span span, struct expr *object,
			 uint64_t number)
{
	struct expr *expr = new_expr(maker, EXPR_ELEMENT, span);

	expr->element.object = object;
	expr->element.number = number;
	above(maker, expr, object);
	return expr;
}

struct expr *ast_tuple(struct ast_maker *maker, struct span span, const struct expr_vec *items)
{
	struct expr *expr = new_expr(maker, EXPR_TUPLE, span);

	if (items) {
		expr->tuple.items = *items;
		above_all(maker, expr, items);
	}
	return expr;
}

struct expr *ast_record(struct ast_maker *maker, struct span span, const struct name_vec *names,
			const struct expr_vec *items)
{
	struct expr *expr = new_expr(maker, EXPR_RECORD, span);

	expr->record.names = *names;
	expr->record.items = *items;
	above_all(maker, expr, items);
	return expr;
}

struct expr *ast_type(struct ast_maker *maker, struct span span, struct type_spec *spec)
{
	struct expr *expr = new_expr(maker, EXPR_TYPE, span);

	expr->type_spec = spec;
	deepen(maker, expr, spec_depth(spec));
	return expr;
}

struct expr *ast_comptime(struct ast_maker *maker, struct span span, struct expr *operand)
{
	struct expr *expr = new_expr(maker, EXPR_COMPTIME, span);

	expr->comptime = operand;
	above(maker, expr, operand);
	return expr;
}

struct expr *ast_block_expr(struct ast_maker *maker, struct span span, struct block *block)
{
	struct expr *expr = new_expr(maker, EXPR_BLOCK, span);

	expr->block = block;
	deepen(maker, expr, block_depth(block));
	return expr;
}

struct expr *ast_if(struct ast_maker *maker, struct span span, struct expr *condition,
		    struct block *yes, struct block *no, bool no_is_if)
{
	struct expr *expr = new_expr(maker, EXPR_IF, span);

	expr->if_.condition = condition;
	expr->if_.yes = yes;
	expr->if_.no = no;
	expr->if_.no_is_if = no_is_if;
	above(maker, expr, condition);
	deepen(maker, expr, block_depth(yes));
	deepen(maker, expr, block_depth(no));
	return expr;
}

struct expr *ast_of(struct ast_maker *maker, struct span span, enum expr_kind kind,
		    struct expr *operand, const struct name_vec *fields)
{
	struct expr *expr = new_expr(maker, kind, span);

	if (operand->kind == EXPR_TYPE)
		expr->of.spec = operand->type_spec;
	else
		expr->of.operand = operand;
	if (fields)
		expr->of.fields = *fields;
	above(maker, expr, operand);
	return expr;
}

struct type_spec *ast_type_spec(struct ast_maker *maker, struct span span, enum type_spec_kind kind,
				const char *name)
{
	struct type_spec *spec = arena_new_struct(maker->arena, struct type_spec);

	spec->kind = kind;
	spec->span = span;
	spec->name = name;
	return spec;
}

struct type_spec *ast_typeof_spec(struct ast_maker *maker, struct span span, struct expr *operand)
{
	struct type_spec *spec = ast_type_spec(maker, span, TYPE_SPEC_TYPEOF, NULL);

	if (operand->kind == EXPR_TYPE)
		spec->inner = operand->type_spec;
	else
		spec->expr = operand;
	return spec;
}

static struct type_spec *base_type_of_expr(struct ast_maker *maker, const struct expr *base)
{
	struct type_spec *spec;

	switch ((int)base->kind) {
	case EXPR_IDENT:
		return ast_type_spec(maker, base->span, TYPE_SPEC_NAME, base->ident.name);
	case EXPR_TYPEOF:
		spec = ast_type_spec(maker, base->span, TYPE_SPEC_TYPEOF, NULL);
		spec->inner = base->of.spec;
		spec->expr = base->of.operand;
		return spec;
	case EXPR_TYPE:
		return base->type_spec;
	}
	return NULL;
}

struct type_spec *ast_type_of_expr(struct ast_maker *maker, const struct expr *expr, bool any_name)
{
	const struct expr *base = expr;
	struct type_spec *spec;
	size_t count = 0, i;

	for (; base->kind == EXPR_INDEX; base = base->index.object) {
		if (base->index.index->kind != EXPR_NUMBER)
			return NULL;
		count++;
	}
	if (base->kind == EXPR_IDENT && !any_name &&
	    (!count || !is_type_name(base->ident.name, strlen(base->ident.name))))
		return NULL;
	spec = base_type_of_expr(maker, base);
	if (!spec)
		return NULL;
	spec->span = expr->span;
	for (i = 0; i < count; i++)
		vec_push(maker->arena, &spec->suffixes, (struct type_suffix){ 0 });
	for (base = expr; base->kind == EXPR_INDEX; base = base->index.object)
		spec->suffixes.items[--count].length = base->index.index->number.value;
	return spec;
}

bool ast_has_value(const struct expr *expr)
{
	if (expr->kind == EXPR_BLOCK)
		return expr->block->value;
	while (expr->kind == EXPR_IF) {
		if (!expr->if_.yes->value || !expr->if_.no || !expr->if_.no->value)
			return false;
		if (!expr->if_.no_is_if)
			return true;
		expr = expr->if_.no->value;
	}
	return true;
}

struct block *ast_block(struct ast_maker *maker, struct span span, const struct stmt_vec *stmts,
			struct expr *value)
{
	struct block *block = arena_new_struct(maker->arena, struct block);

	block->span = span;
	block->stmts = *stmts;
	block->value = value;
	return block;
}

static struct stmt *new_stmt(struct ast_maker *maker, enum stmt_kind kind, struct span span,
			     uint32_t depth_below)
{
	struct stmt *stmt = arena_new_struct(maker->arena, struct stmt);

	stmt->kind = kind;
	stmt->span = span;
	stmt->depth = limited(maker, span, depth_below + 1);
	return stmt;
}

static uint32_t depth_of(const struct expr *expr)
{
	return expr ? expr->depth : 0;
}

struct stmt *ast_stmt_expr(struct ast_maker *maker, struct span span, struct expr *expr)
{
	struct stmt *stmt = new_stmt(maker, STMT_EXPR, span, expr->depth);

	stmt->expr = expr;
	return stmt;
}

struct stmt *ast_assign(struct ast_maker *maker, struct span span, struct expr *target,
			struct expr *value)
{
	struct stmt *stmt = new_stmt(maker, STMT_ASSIGN, span, MAX(target->depth, value->depth));

	stmt->assign.target = target;
	stmt->assign.value = value;
	return stmt;
}

struct stmt *ast_compound_assign(struct ast_maker *maker, struct span span, struct expr *target,
				 enum binary_op op, struct expr *value)
{
	struct stmt *stmt = ast_assign(maker, span, target, value);

	stmt->assign.compound = true;
	stmt->assign.op = op;
	return stmt;
}

struct stmt *ast_let(struct ast_maker *maker, struct span span, const char *name,
		     struct span name_span, struct type_spec *spec, struct expr *value)
{
	struct stmt *stmt = new_stmt(maker, STMT_LET, span, MAX(spec_depth(spec), depth_of(value)));

	stmt->let.name = name;
	stmt->let.name_span = name_span;
	stmt->let.spec = spec;
	stmt->let.value = value;
	return stmt;
}

struct stmt *ast_discard(struct ast_maker *maker, struct span span, struct expr *expr)
{
	struct stmt *stmt = new_stmt(maker, STMT_DISCARD, span, expr->depth);

	stmt->expr = expr;
	return stmt;
}

struct stmt *ast_loop(struct ast_maker *maker, struct span span, enum stmt_kind kind,
		      struct expr *condition, struct block *body)
{
	struct stmt *stmt = new_stmt(maker, kind, span, MAX(condition->depth, block_depth(body)));

	stmt->loop.condition = condition;
	stmt->loop.body = body;
	return stmt;
}

struct stmt *ast_for_range(struct ast_maker *maker, struct span span, const char *name,
			   struct span name_span, struct expr *from, struct expr *to,
			   struct block *body)
{
	uint32_t depth = MAX(MAX(from->depth, to->depth), block_depth(body));
	struct stmt *stmt = new_stmt(maker, STMT_FOR_RANGE, span, depth);

	stmt->for_.name = name;
	stmt->for_.name_span = name_span;
	stmt->for_.from = from;
	stmt->for_.to = to;
	stmt->for_.body = body;
	return stmt;
}

struct stmt *ast_for_map(struct ast_maker *maker, struct span span, const char *name,
			 struct span name_span, struct expr *map, struct block *body)
{
	struct stmt *stmt = new_stmt(maker, STMT_FOR_MAP, span, MAX(map->depth, block_depth(body)));

	stmt->for_.name = name;
	stmt->for_.name_span = name_span;
	stmt->for_.map = map;
	stmt->for_.body = body;
	return stmt;
}

struct stmt *ast_jump(struct ast_maker *maker, struct span span, enum stmt_kind kind)
{
	return new_stmt(maker, kind, span, 0);
}

struct stmt *ast_return(struct ast_maker *maker, struct span span, struct expr *value)
{
	struct stmt *stmt = new_stmt(maker, STMT_RETURN, span, depth_of(value));

	stmt->expr = value;
	return stmt;
}

struct stmt *ast_import(struct ast_maker *maker, struct span span, const char *path,
			struct span path_span)
{
	struct stmt *stmt = new_stmt(maker, STMT_IMPORT, span, 0);

	maker->has_import = true;
	stmt->import.span = span;
	stmt->import.path = path;
	stmt->import.path_span = path_span;
	return stmt;
}
