/*
 * Instances, as all passes look at them.
 */
#include "sema/program.h"

struct variable *instance_result(const struct instance *instance)
{
	return instance->result->let.variable;
}

const char *instance_noun(const struct instance *instance)
{
	return instance->function ? "function" : "probe";
}

void instance_walk(struct ast_visitor *visitor, struct instance *instance)
{
	size_t i;

	for (i = 0; i < instance->params.count; i++)
		ast_walk_stmt(visitor, &instance->params.items[i]);
	if (instance->result)
		ast_walk_stmt(visitor, &instance->result);
	if (instance->predicate)
		ast_walk_expr(visitor, &instance->predicate);
	ast_walk_block(visitor, instance->body);
}
