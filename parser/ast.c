/*
 * Names of what the tree is made of, and the walk: the one place that knows its shape.
 */
#include "parser/ast.h"

#include "base/compiler.h"

const char *binary_op_text(enum binary_op op)
{
	static const char *const texts[] = {
#define X(id, text, level) text,
		BINARY_OPS(X)
#undef X
	};

	return texts[op];
}

int binary_op_level(enum binary_op op)
{
	static const int levels[] = {
#define X(id, text, level) level,
		BINARY_OPS(X)
#undef X
	};

	return levels[op];
}

bool binary_op_is_truth(enum binary_op op)
{
	switch (op) {
	case BINARY_EQ:
	case BINARY_NE:
	case BINARY_LT:
	case BINARY_GT:
	case BINARY_LE:
	case BINARY_GE:
	case BINARY_LOGICAL_AND:
	case BINARY_LOGICAL_OR:
		return true;
	case BINARY_ADD:
	case BINARY_SUB:
	case BINARY_MUL:
	case BINARY_DIV:
	case BINARY_MOD:
	case BINARY_AND:
	case BINARY_OR:
	case BINARY_XOR:
	case BINARY_SHL:
	case BINARY_SHR:
		return false;
	}
	unreachable();
}

bool binary_op_compares(enum binary_op op)
{
	return binary_op_is_truth(op) && op != BINARY_LOGICAL_AND && op != BINARY_LOGICAL_OR;
}

bool binary_op_holds(enum binary_op op, int order)
{
	if (order < 0)
		return op == BINARY_NE || op == BINARY_LT || op == BINARY_LE;
	if (order > 0)
		return op == BINARY_NE || op == BINARY_GT || op == BINARY_GE;
	return op == BINARY_EQ || op == BINARY_LE || op == BINARY_GE;
}

const char *unary_op_text(enum unary_op op)
{
	static const char *const texts[] = {
#define X(id, text) text,
		UNARY_OPS(X)
#undef X
	};

	return texts[op];
}

const char *expr_kind_name(enum expr_kind kind)
{
	static const char *const names[] = {
#define X(id) #id,
		EXPR_KINDS(X)
#undef X
	};

	return names[kind];
}

static void walk_optional(struct ast_visitor *visitor, struct expr **slot)
{
	if (*slot)
		ast_walk_expr(visitor, slot);
}

static void walk_all(struct ast_visitor *visitor, struct expr_vec *exprs)
{
	for (size_t i = 0; i < exprs->count; i++)
		ast_walk_expr(visitor, &exprs->items[i]);
}

void ast_walk_type_spec(struct ast_visitor *visitor, struct type_spec *spec)
{
	for (; spec; spec = spec->inner)
		walk_optional(visitor, &spec->expr);
}

/* Long because it is one case for each kind. */
static void walk_below_expr(struct ast_visitor *visitor, struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_BOOL:
	case EXPR_IDENT:
	case EXPR_VAR:
	case EXPR_PARAM:
	case EXPR_PARAM_COUNT:
		return;
	case EXPR_MAP:
		walk_all(visitor, &expr->map.keys);
		return;
	case EXPR_CALL:
		walk_all(visitor, &expr->call.args);
		return;
	case EXPR_UNARY:
		ast_walk_expr(visitor, &expr->unary.operand);
		return;
	case EXPR_BINARY:
		ast_walk_expr(visitor, &expr->binary.left);
		ast_walk_expr(visitor, &expr->binary.right);
		return;
	case EXPR_TERNARY:
		ast_walk_expr(visitor, &expr->ternary.condition);
		walk_optional(visitor, &expr->ternary.yes);
		ast_walk_expr(visitor, &expr->ternary.no);
		return;
	case EXPR_INCDEC:
		ast_walk_expr(visitor, &expr->incdec.operand);
		return;
	case EXPR_CAST:
		ast_walk_type_spec(visitor, expr->cast.spec);
		ast_walk_expr(visitor, &expr->cast.operand);
		return;
	case EXPR_FIELD:
		ast_walk_expr(visitor, &expr->field.object);
		return;
	case EXPR_INDEX:
		ast_walk_expr(visitor, &expr->index.object);
		ast_walk_expr(visitor, &expr->index.index);
		return;
	case EXPR_ELEMENT:
		ast_walk_expr(visitor, &expr->element.object);
		return;
	case EXPR_TUPLE:
		walk_all(visitor, &expr->tuple.items);
		return;
	case EXPR_RECORD:
		walk_all(visitor, &expr->record.items);
		return;
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEOF:
	case EXPR_TYPEINFO:
		ast_walk_type_spec(visitor, expr->of.spec);
		walk_optional(visitor, &expr->of.operand);
		return;
	case EXPR_TYPE:
		ast_walk_type_spec(visitor, expr->type_spec);
		return;
	case EXPR_COMPTIME:
		ast_walk_expr(visitor, &expr->comptime);
		return;
	case EXPR_BLOCK:
		ast_walk_block(visitor, expr->block);
		return;
	case EXPR_IF:
		ast_walk_expr(visitor, &expr->if_.condition);
		ast_walk_block(visitor, expr->if_.yes);
		if (expr->if_.no)
			ast_walk_block(visitor, expr->if_.no);
		return;
	}
	unreachable();
}

static void walk_below_stmt(struct ast_visitor *visitor, struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
	case STMT_DISCARD:
	case STMT_RETURN:
		walk_optional(visitor, &stmt->expr);
		return;
	case STMT_ASSIGN:
		ast_walk_expr(visitor, &stmt->assign.target);
		ast_walk_expr(visitor, &stmt->assign.value);
		return;
	case STMT_LET:
		ast_walk_type_spec(visitor, stmt->let.spec);
		walk_optional(visitor, &stmt->let.value);
		return;
	case STMT_WHILE:
	case STMT_UNROLL:
		ast_walk_expr(visitor, &stmt->loop.condition);
		ast_walk_block(visitor, stmt->loop.body);
		return;
	case STMT_FOR_RANGE:
		ast_walk_expr(visitor, &stmt->for_.from);
		ast_walk_expr(visitor, &stmt->for_.to);
		ast_walk_block(visitor, stmt->for_.body);
		return;
	case STMT_FOR_MAP:
		ast_walk_expr(visitor, &stmt->for_.map);
		ast_walk_block(visitor, stmt->for_.body);
		return;
	case STMT_BREAK:
	case STMT_CONTINUE:
	case STMT_IMPORT:
		return;
	}
	unreachable();
}

void ast_walk_expr(struct ast_visitor *visitor, struct expr **slot)
{
	if (visitor->enter_expr && !visitor->enter_expr(visitor, slot))
		return;
	walk_below_expr(visitor, *slot);
	if (visitor->leave_expr)
		visitor->leave_expr(visitor, slot);
}

void ast_walk_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	if (visitor->enter_stmt && !visitor->enter_stmt(visitor, slot))
		return;
	walk_below_stmt(visitor, *slot);
	if (visitor->leave_stmt)
		visitor->leave_stmt(visitor, slot);
}

void ast_walk_block(struct ast_visitor *visitor, struct block *block)
{
	if (visitor->enter_block && !visitor->enter_block(visitor, block))
		return;
	for (size_t i = 0; i < block->stmts.count; i++)
		ast_walk_stmt(visitor, &block->stmts.items[i]);
	walk_optional(visitor, &block->value);
	if (visitor->leave_block)
		visitor->leave_block(visitor, block);
}

void ast_walk_probe(struct ast_visitor *visitor, struct probe *probe)
{
	walk_optional(visitor, &probe->predicate);
	ast_walk_block(visitor, probe->body);
}

void ast_walk_function(struct ast_visitor *visitor, struct function *function)
{
	for (size_t i = 0; i < function->params.count; i++)
		ast_walk_type_spec(visitor, function->params.items[i].spec);
	ast_walk_type_spec(visitor, function->result);
	ast_walk_block(visitor, function->body);
}
