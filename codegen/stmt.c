/*
 * Statements and blocks, and where variables live.  Loops are in loop.c.
 *
 * A variable of a type that fits a register is a build_var(); others have a
 * slot that lasts until the block that declares them ends.  Slots made while a
 * statement is evaluated are given back when it ends.
 */
#include "codegen/lower.h"

#include "base/compiler.h"
#include "sema/infer.h"

/* --- variables --------------------------------------------------------------- */

const struct variable_place *variable_place(struct codegen *cg, struct variable *variable)
{
	struct variable_place *place = variable->storage;

	if (place)
		return place;
	place = arena_new_struct(cg->arena, struct variable_place);
	place->is_memory = !type_in_register(variable->type) || variable->is_addressed;
	if (place->is_memory)
		place->address = build_slot(cg->b, MAX(variable->type->size, 1u));
	else
		place->cell = build_var(cg->b);
	variable->storage = place;
	vec_push(cg->arena, &cg->placed, variable);
	return place;
}

void forget_variables(struct codegen *cg, size_t kept)
{
	while (cg->placed.count > kept)
		cg->placed.items[--cg->placed.count]->storage = NULL;
}

void variable_set(struct codegen *cg, struct variable *variable, struct val val,
		  const struct type *type)
{
	const struct variable_place *place = variable_place(cg, variable);

	val = emit_convert(cg, val, type, variable->type);
	if (place->is_memory)
		emit_store_value(cg, variable->type, place->address, val);
	else
		build_var_set(cg->b, place->cell, val);
}

/* $x = value, where the type of $x is one of memory. */
static void assign_memory(struct codegen *cg, struct variable *variable, const struct expr *value)
{
	struct val address = variable_place(cg, variable)->address, slot;

	if (!expr_mentions(value, variable, NULL)) {
		emit_expr_into(cg, value, variable->type, address);
		return;
	}
	slot = build_slot(cg->b, variable->type->size);
	emit_expr_into(cg, value, variable->type, slot);
	emit_copy(cg, address, slot, variable->type->size);
}

void assign_variable(struct codegen *cg, struct variable *variable, const struct expr *value)
{
	if (type_in_register(variable->type))
		variable_set(cg, variable, emit_expr(cg, value), value->type);
	else
		assign_memory(cg, variable, value);
}

/* A variable that nothing is assigned to yet. */
static void emit_empty(struct codegen *cg, struct variable *variable)
{
	const struct variable_place *place = variable_place(cg, variable);

	if (place->is_memory)
		emit_zero(cg, place->address, variable->type->size);
	else
		build_var_set(cg->b, place->cell, val_const(0));
}

void place_hoisted(struct codegen *cg, const struct instance *instance)
{
	size_t i;

	for (i = 0; i < instance->variables.count; i++) {
		struct variable *variable = instance->variables.items[i];

		if (variable->is_hoisted && variable->type && variable->type->kind != TYPE_VOID)
			emit_empty(cg, variable);
	}
}

static void emit_let(struct codegen *cg, const struct stmt *stmt)
{
	struct variable *variable = stmt->let.variable;

	if (!variable->type || variable->type->kind == TYPE_VOID)
		return; /* never assigned */
	if (stmt->let.value)
		assign_variable(cg, variable, stmt->let.value);
	else
		emit_empty(cg, variable);
}

/* --- assignment ----------------------------------------------------------------- */

static void emit_compound(struct codegen *cg, const struct stmt *stmt)
{
	const struct types *types = &cg->program->types;
	const struct expr *target = stmt->assign.target, *value = stmt->assign.value;
	struct val old, val;

	if (target->kind == EXPR_MAP) {
		emit_map_compound(cg, target, stmt->assign.op, value);
		return;
	}
	old = emit_expr(cg, target);
	val = emit_operation(cg, stmt->assign.op, old, target->var.variable->type,
			     emit_expr(cg, value), type_read(types, value->type));
	variable_set(cg, target->var.variable, val, type_int(types, 8, true));
}

static void emit_assign(struct codegen *cg, const struct stmt *stmt)
{
	if (stmt->assign.compound)
		emit_compound(cg, stmt);
	else if (stmt->assign.target->kind == EXPR_MAP)
		emit_map_assign(cg, stmt->assign.target, stmt->assign.value);
	else
		assign_variable(cg, stmt->assign.target->var.variable, stmt->assign.value);
}

/* --- leaving ------------------------------------------------------------------------ */

static void emit_return(struct codegen *cg, const struct stmt *stmt)
{
	struct val val = VAL_NOTHING;

	if (cg->instance->function) {
		if (stmt->expr)
			assign_variable(cg, instance_result(cg->instance), stmt->expr);
		build_jump(cg->b, cg->done);
		return;
	}
	if (stmt->expr)
		val = emit_expr(cg, stmt->expr);
	if (cg->is_shared || val.kind == VAL_NONE || !type_in_register(stmt->expr->type))
		build_jump(cg->b, cg->done);
	else
		build_exit(cg->b, val);
}

/* --- dispatch ------------------------------------------------------------------------ */

static void emit_kind(struct codegen *cg, const struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
	case STMT_DISCARD:
		emit_discard(cg, stmt->expr);
		return;
	case STMT_ASSIGN:
		emit_assign(cg, stmt);
		return;
	case STMT_LET:
		emit_let(cg, stmt);
		return;
	case STMT_WHILE:
		emit_while(cg, stmt);
		return;
	case STMT_UNROLL:
		emit_unroll(cg, stmt);
		return;
	case STMT_FOR_RANGE:
		emit_for_range(cg, stmt);
		return;
	case STMT_FOR_MAP:
		emit_for_map(cg, stmt);
		return;
	case STMT_BREAK:
		build_jump(cg->b, cg->loop.leave);
		return;
	case STMT_CONTINUE:
		build_jump(cg->b, cg->loop.next);
		return;
	case STMT_RETURN:
		emit_return(cg, stmt);
		return;
	case STMT_IMPORT:
		return;
	}
	unreachable();
}

/* The variable that a statement may declare; its place is to outlast the statement. */
static struct variable *declared_by(const struct stmt *stmt)
{
	if (stmt->kind == STMT_LET)
		return stmt->let.variable;
	if (stmt->kind == STMT_ASSIGN && stmt->assign.target->kind == EXPR_VAR)
		return stmt->assign.target->var.variable;
	return NULL;
}

void emit_stmt(struct codegen *cg, const struct stmt *stmt)
{
	struct variable *variable = declared_by(stmt);
	struct span outer = cg->span;
	uint32_t mark;
	size_t kept;

	if (build_is_dead(cg->b) || builder_error(cg->b))
		return;
	cg->span = stmt->span;
	build_span(cg->b, stmt->span);
	if (variable && variable->type && variable->type->kind != TYPE_VOID)
		variable_place(cg, variable);
	mark = build_slots_mark(cg->b);
	kept = cg->placed.count;
	emit_kind(cg, stmt);
	forget_variables(cg, kept);
	build_slots_release(cg->b, mark);
	cg->span = outer;
	build_span(cg->b, outer);
}

/* --- blocks --------------------------------------------------------------------------- */

void emit_stmts(struct codegen *cg, const struct block *block)
{
	size_t i;

	for (i = 0; i < block->stmts.count; i++)
		emit_stmt(cg, block->stmts.items[i]);
}

void emit_block(struct codegen *cg, const struct block *block)
{
	uint32_t mark = build_slots_mark(cg->b);
	size_t kept = cg->placed.count;
	struct span outer = cg->span;

	cg->printed.count = 0;
	emit_stmts(cg, block);
	if (block->value && !build_is_dead(cg->b)) {
		cg->span = block->value->span;
		build_span(cg->b, cg->span);
		emit_discard(cg, block->value);
		cg->span = outer;
		build_span(cg->b, outer);
	}
	cg->printed.count = 0;
	forget_variables(cg, kept);
	build_slots_release(cg->b, mark);
}

/* Its variables stay until the statement ends: the value may lie in one. */
struct val emit_block_value(struct codegen *cg, const struct block *block)
{
	cg->printed.count = 0;
	emit_stmts(cg, block);
	cg->printed.count = 0;
	return block->value ? emit_expr(cg, block->value) : VAL_NOTHING;
}

void emit_block_into(struct codegen *cg, const struct block *block, const struct type *type,
		     struct val address)
{
	cg->printed.count = 0;
	emit_stmts(cg, block);
	cg->printed.count = 0;
	if (block->value)
		emit_expr_into(cg, block->value, type, address);
}
