/*
 * Statements and blocks, and where variables live.
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
	place->is_memory = !type_in_register(variable->type);
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

	build_var_set(cg->b, place->cell, emit_convert(cg, val, type, variable->type));
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

void place_hoisted(struct codegen *cg, const struct instance *instance)
{
	size_t i;

	for (i = 0; i < instance->variables.count; i++) {
		struct variable *variable = instance->variables.items[i];
		const struct variable_place *place;

		if (!variable->is_hoisted || !variable->type || variable->type->kind == TYPE_VOID)
			continue;
		place = variable_place(cg, variable);
		if (place->is_memory)
			emit_zero(cg, place->address, variable->type->size);
		else
			build_var_set(cg->b, place->cell, val_const(0));
	}
}

static void emit_let(struct codegen *cg, const struct stmt *stmt)
{
	struct variable *variable = stmt->let.variable;

	if (!variable->type || variable->type->kind == TYPE_VOID)
		return; /* never assigned */
	if (stmt->let.value)
		assign_variable(cg, variable, stmt->let.value);
	else if (type_in_register(variable->type))
		build_var_set(cg->b, variable_place(cg, variable)->cell, val_const(0));
	else
		emit_zero(cg, variable_place(cg, variable)->address, variable->type->size);
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

/* --- loops ------------------------------------------------------------------------ */

/* The body with `break` and `continue` going to these labels. */
static void emit_loop_body(struct codegen *cg, const struct block *body, uint32_t leave,
			   uint32_t next)
{
	struct loop_labels outer = cg->loop;

	cg->loop = (struct loop_labels){ .leave = leave, .next = next };
	emit_block(cg, body);
	cg->loop = outer;
}

/*
 * Where the target can end a loop that turns too often, it may: the verifier
 * then need not see where the loop ends.  Elsewhere it walks every turn.
 */
static bool has_guard(const struct codegen *cg)
{
	return target_has(cg->program->target, FEATURE_MAY_GOTO);
}

/* Variables from outside that a loop changes are made unknown to the verifier before it. */
struct blur {
	struct ast_visitor visitor; /* first */
	struct codegen *cg;
	struct val zero;
};

/*
 * The verifier takes a guarded loop once a turn brings nothing new.  A number
 * that it knows exactly at the start is new in each turn; one that it does not
 * know is not.  So zero is added, from memory whose content it cannot see.
 */
static void blur_cell(struct codegen *cg, uint32_t cell, struct val zero)
{
	build_var_set(cg->b, cell, build_alu(cg->b, BPF_ADD, build_var_get(cg->b, cell), zero));
}

static void blur_variable(struct blur *blur, const struct expr *target)
{
	const struct variable *variable = target->kind == EXPR_VAR ? target->var.variable : NULL;
	const struct variable_place *place = variable ? variable->storage : NULL;

	if (place && type_is_integer(variable->type))
		blur_cell(blur->cg, place->cell, blur->zero);
}

static bool blur_expr(struct ast_visitor *visitor, struct expr **slot)
{
	if ((*slot)->kind == EXPR_INCDEC)
		blur_variable((struct blur *)visitor, (*slot)->incdec.operand);
	return true;
}

static bool blur_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	if ((*slot)->kind == STMT_ASSIGN)
		blur_variable((struct blur *)visitor, (*slot)->assign.target);
	return true;
}

struct val emit_unseen_zero(struct codegen *cg)
{
	static const uint64_t zero;

	return build_load(cg->b, sizeof(zero), false, codegen_data(cg, &zero, sizeof(zero)), 0);
}

static void blur_loop(struct codegen *cg, struct expr *condition, struct block *body,
		      struct val zero)
{
	struct blur blur = { .visitor = { .enter_expr = blur_expr, .enter_stmt = blur_stmt },
			     .cg = cg, .zero = zero };

	if (condition)
		ast_walk_expr(&blur.visitor, &condition);
	ast_walk_block(&blur.visitor, body);
}

/* Where a guard leads to, the loop was cut, which is counted. */
static void emit_loop_end(struct codegen *cg, const struct stmt *stmt, bool is_guarded, uint32_t cut,
			  uint32_t end)
{
	if (is_guarded) {
		build_jump(cg->b, end);
		build_place(cg->b, cut);
		emit_count(cg, codegen_add_site(cg, SITE_LOOP, stmt->span, NULL));
	}
	build_leave(cg->b);
	build_place(cg->b, end);
}

static void emit_while(struct codegen *cg, const struct stmt *stmt)
{
	struct builder *b = cg->b;
	uint32_t top = build_label(b), next = build_label(b), end = build_label(b);
	uint32_t cut = build_label(b);
	bool detaches = cg->detaches, in_guarded = cg->in_guarded;

	cg->detaches &= has_guard(cg); /* else what is learnt from the condition ends the loop */
	cg->in_guarded |= has_guard(cg);
	if (has_guard(cg))
		blur_loop(cg, stmt->loop.condition, stmt->loop.body, emit_unseen_zero(cg));
	build_enter(b);
	build_place(b, top);
	if (has_guard(cg))
		build_may_goto(b, cut);
	emit_unless(cg, stmt->loop.condition, end);
	emit_loop_body(cg, stmt->loop.body, end, next);
	build_place(b, next);
	if (has_guard(cg))
		blur_loop(cg, stmt->loop.condition, stmt->loop.body, emit_unseen_zero(cg));
	build_jump(b, top);
	emit_loop_end(cg, stmt, has_guard(cg), cut, end);
	cg->detaches = detaches;
	cg->in_guarded = in_guarded;
}

static void emit_unroll(struct codegen *cg, const struct stmt *stmt)
{
	struct builder *b = cg->b;
	uint32_t end = build_label(b);
	int64_t count = 0, i;

	if (!expr_is_number(stmt->loop.condition, &count)) {
		emit_unsupported(cg, stmt->loop.condition->span, "a count that is not constant");
		return;
	}
	build_enter(b);
	for (i = 0; i < count && !builder_error(b); i++) {
		uint32_t next = build_label(b);

		build_enter(b);
		emit_loop_body(cg, stmt->loop.body, end, next);
		build_leave(b);
		build_place(b, next);
	}
	build_leave(b);
	build_place(b, end);
}

/* So many turns the verifier may walk; where it need not, it does not. */
enum { WALKED_TURNS_MAX = 64 };

/* Does the verifier see the end of a range soon enough? */
static bool is_short_range(struct val from, struct val to)
{
	return val_is_const(from) && val_is_const(to) && to.number - from.number <= WALKED_TURNS_MAX;
}

/* Before the first turn, and after each: what one path set is no different from another's. */
static void blur_range(struct codegen *cg, const struct stmt *stmt, uint32_t counter)
{
	struct val zero = emit_unseen_zero(cg);

	blur_cell(cg, counter, zero);
	blur_loop(cg, NULL, stmt->for_.body, zero);
}

static void emit_for_range(struct codegen *cg, const struct stmt *stmt)
{
	struct builder *b = cg->b;
	uint32_t top = build_label(b), next = build_label(b), end = build_label(b);
	uint32_t cut = build_label(b), counter;
	const struct type *type = type_int(&cg->program->types, 8, true);
	struct val from = emit_expr(cg, stmt->for_.from), to = emit_expr(cg, stmt->for_.to);
	bool in_guarded = cg->in_guarded;
	bool is_guarded = has_guard(cg) && (in_guarded || !is_short_range(from, to));

	if (!has_guard(cg) && (!val_is_const(from) || !val_is_const(to))) {
		emit_unsupported(cg, stmt->span, "a range whose bounds are known only at run time");
		return;
	}
	counter = build_var(b);
	build_var_set(b, counter, from);
	cg->in_guarded |= is_guarded;
	if (is_guarded)
		blur_range(cg, stmt, counter);
	build_enter(b);
	build_place(b, top);
	if (is_guarded)
		build_may_goto(b, cut);
	build_branch(b, BPF_JSGE, build_var_get(b, counter), to, end);
	variable_set(cg, stmt->for_.variable, build_var_get(b, counter), type);
	emit_loop_body(cg, stmt->for_.body, end, next);
	build_place(b, next);
	build_var_set(b, counter, build_alu(b, BPF_ADD, build_var_get(b, counter), val_const(1)));
	if (is_guarded)
		blur_range(cg, stmt, counter);
	build_jump(b, top);
	emit_loop_end(cg, stmt, is_guarded, cut, end);
	cg->in_guarded = in_guarded;
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
		emit_unsupported(cg, stmt->span, "an import");
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
