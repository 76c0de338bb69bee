/*
 * Forms of calls that old releases had, as what is written for them today.
 */
#include "base/compiler.h"
#include "sema/passes.h"

/* delete(@a[1], @b): before 0.22 each argument was an element to remove. */
static bool means_several(const struct expr *call)
{
	const struct expr_vec *args = &call->call.args;
	size_t i;

	if (args->count < 2)
		return false;
	for (i = 0; i < args->count; i++)
		if (args->items[i]->kind != EXPR_MAP)
			return false;
	/* delete(@a, @b): the value of @b is the key. */
	return args->count > 2 || args->items[0]->map.keys.count;
}

static struct stmt *call_with(struct program *program, const struct expr *call, struct expr *arg)
{
	struct stmt *stmt = arena_new_struct(program->arena, struct stmt);

	stmt->kind = STMT_EXPR;
	stmt->span = call->span;
	stmt->expr = arena_dup(program->arena, call, sizeof(*call));
	stmt->expr->call.args = (struct expr_vec){ 0 };
	vec_push(program->arena, &stmt->expr->call.args, arg);
	return stmt;
}

void replace_old_form(struct program *program, struct expr *expr)
{
	const struct expr call = *expr;
	struct block *block;
	size_t i;

	if (!call.call.builtin || !(call.call.builtin->flags & BUILTIN_EACH) || !means_several(&call))
		return;
	block = arena_new_struct(program->arena, struct block);
	block->span = call.span;
	for (i = 0; i < call.call.args.count; i++)
		vec_push(program->arena, &block->stmts,
			 call_with(program, &call, call.call.args.items[i]));
	expr->kind = EXPR_BLOCK;
	expr->block = block;
}
