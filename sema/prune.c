/*
 * Branches of `if` that a constant condition leaves out.
 *
 * Resolve and infer look at them with messages turned off, since they may use
 * what this kernel does not have:
 *
 *	if comptime (sizeof(struct page) == 64) { ... } else { ... }
 *
 * They are not skipped there because scripts of old use variables that only
 * such a branch assigns.  After that they are gone.
 */
#include "base/compiler.h"
#include "sema/passes.h"

bool if_is_decided(const struct expr *expr, struct block **ret_dead)
{
	const struct expr *condition = expr->if_.condition;
	bool truth;

	if (condition->kind == EXPR_BOOL)
		truth = condition->boolean;
	else if (condition->kind == EXPR_NUMBER)
		truth = condition->number.value;
	else
		return false;
	*ret_dead = truth ? expr->if_.no : expr->if_.yes;
	return true;
}

/* --- conditions that types decide ------------------------------------------------ */

struct decider {
	struct ast_visitor visitor; /* first */
	struct program *program;
	struct instance *instance;
	bool has_decided;
};

static bool decide(struct ast_visitor *visitor, struct expr **slot)
{
	struct decider *decider = (struct decider *)visitor;
	struct expr *expr = *slot;
	struct block *dead;

	if (expr->kind == EXPR_IF && !if_is_decided(expr, &dead)) {
		fold_condition(decider->program, decider->instance, true, &expr->if_.condition);
		decider->has_decided |= if_is_decided(expr, &dead);
	}
	return true;
}

bool decide_conditions(struct program *program)
{
	struct decider decider = { .visitor = { .enter_expr = decide }, .program = program };
	size_t i;

	for (i = 0; i < program->bodies.count; i++) {
		decider.instance = program->bodies.items[i];
		instance_walk(&decider.visitor, decider.instance);
	}
	return decider.has_decided;
}

/* --- the branches go ------------------------------------------------------------- */

static bool enter_expr(struct ast_visitor *visitor UNUSED, struct expr **slot)
{
	struct expr *expr = *slot;
	struct block *dead;

	if (expr->kind != EXPR_IF || !if_is_decided(expr, &dead) || !dead)
		return true;
	dead->stmts.count = 0;
	dead->value = NULL;
	if (expr->if_.no) {
		struct block *live = dead == expr->if_.yes ? expr->if_.no : expr->if_.yes;

		expr->kind = EXPR_BLOCK;
		expr->block = live;
	}
	return true;
}

void prune(struct program *program)
{
	struct ast_visitor visitor = { .enter_expr = enter_expr };
	size_t i;

	for (i = 0; i < program->bodies.count; i++)
		instance_walk(&visitor, program->bodies.items[i]);
}
