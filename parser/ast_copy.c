/*
 * Deep copies of trees.
 *
 * A walk over the copy: each node it comes to is still the original's, and is
 * replaced by its own copy before the walk goes below it.
 */
#include "base/compiler.h"
#include "parser/ast.h"

static struct arena *arena_of(struct ast_visitor *visitor)
{
	return visitor->context;
}

static void copy_items(struct arena *arena, struct expr_vec *exprs)
{
	exprs->items = arena_dup(arena, exprs->items, exprs->count * sizeof(*exprs->items));
	exprs->capacity = exprs->count;
}

static struct type_spec *copy_spec(struct arena *arena, const struct type_spec *spec)
{
	struct type_spec *first = NULL, **slot = &first;

	for (; spec; spec = spec->inner) {
		*slot = arena_dup(arena, spec, sizeof(*spec));
		slot = &(*slot)->inner;
	}
	return first;
}

static struct block *copy_block_itself(struct arena *arena, const struct block *block)
{
	return block ? arena_dup(arena, block, sizeof(*block)) : NULL;
}

static bool copy_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct arena *arena = arena_of(visitor);
	struct expr *expr = arena_dup(arena, *slot, sizeof(**slot));

	*slot = expr;
	switch ((int)expr->kind) {
	case EXPR_MAP:
		copy_items(arena, &expr->map.keys);
		break;
	case EXPR_CALL:
		copy_items(arena, &expr->call.args);
		break;
	case EXPR_TUPLE:
		copy_items(arena, &expr->tuple.items);
		break;
	case EXPR_RECORD:
		copy_items(arena, &expr->record.items);
		break;
	case EXPR_CAST:
		expr->cast.spec = copy_spec(arena, expr->cast.spec);
		break;
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEOF:
	case EXPR_TYPEINFO:
		expr->of.spec = copy_spec(arena, expr->of.spec);
		break;
	case EXPR_TYPE:
		expr->type_spec = copy_spec(arena, expr->type_spec);
		break;
	case EXPR_BLOCK:
		expr->block = copy_block_itself(arena, expr->block);
		break;
	case EXPR_IF:
		expr->if_.yes = copy_block_itself(arena, expr->if_.yes);
		expr->if_.no = copy_block_itself(arena, expr->if_.no);
		break;
	}
	return true;
}

static bool copy_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	struct arena *arena = arena_of(visitor);
	struct stmt *stmt = arena_dup(arena, *slot, sizeof(**slot));

	*slot = stmt;
	switch ((int)stmt->kind) {
	case STMT_LET:
		stmt->let.spec = copy_spec(arena, stmt->let.spec);
		break;
	case STMT_WHILE:
	case STMT_UNROLL:
		stmt->loop.body = copy_block_itself(arena, stmt->loop.body);
		break;
	case STMT_FOR_RANGE:
	case STMT_FOR_MAP:
		stmt->for_.body = copy_block_itself(arena, stmt->for_.body);
		break;
	}
	return true;
}

static bool copy_block_items(struct ast_visitor *visitor, struct block *block)
{
	struct stmt_vec *stmts = &block->stmts;

	stmts->items = arena_dup(arena_of(visitor), stmts->items, stmts->count * sizeof(*stmts->items));
	stmts->capacity = stmts->count;
	return true;
}

static struct ast_visitor copier(struct arena *arena)
{
	return (struct ast_visitor){
		.enter_expr = copy_expr,
		.enter_stmt = copy_stmt,
		.enter_block = copy_block_items,
		.context = arena,
	};
}

struct expr *ast_copy_expr(struct arena *arena, const struct expr *expr)
{
	struct ast_visitor visitor = copier(arena);
	struct expr *copy = (struct expr *)expr;

	if (copy)
		ast_walk_expr(&visitor, &copy);
	return copy;
}

struct block *ast_copy_block(struct arena *arena, const struct block *block)
{
	struct ast_visitor visitor = copier(arena);
	struct block *copy = copy_block_itself(arena, block);

	if (copy)
		ast_walk_block(&visitor, copy);
	return copy;
}

struct type_spec *ast_copy_type_spec(struct arena *arena, const struct type_spec *spec)
{
	struct type_spec *copy = copy_spec(arena, spec), *part;

	for (part = copy; part; part = part->inner)
		part->expr = ast_copy_expr(arena, part->expr);
	return copy;
}
