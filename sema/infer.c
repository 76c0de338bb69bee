/*
 * Types of expressions, variables, map keys and map values.
 *
 * Every round walks all instances and gives each expression the type that
 * follows from what is known; variables and maps take the type that all their
 * uses fit in.  Types only get wider, so rounds end; a last one reports what
 * does not fit.
 *
 * Needs: names resolved, constants folded.  Leaves: expr->type set everywhere
 * (void where something is wrong, which has been reported).
 */
#include "sema/infer.h"

#include <string.h>

#include "base/compiler.h"
#include "sema/infer_expr.h"
#include "sema/passes.h"
#include "sema/target.h"

struct walk {
	struct ast_visitor visitor; /* first */
	struct inferer *inferer;
};

static struct inferer *inferer_of(struct ast_visitor *visitor)
{
	return ((struct walk *)visitor)->inferer;
}

/* --- places that collect types ---------------------------------------------- */

bool infer_widen(struct inferer *inferer, const struct type **place, const struct type *type)
{
	const struct type *unified;

	if (!type || type->kind == TYPE_VOID || *place == type)
		return true;
	unified = *place ? type_unify(&inferer->program->types, *place, type) : type;
	if (!unified)
		return false;
	if (unified != *place) {
		*place = unified;
		inferer->changed = true;
	}
	return true;
}

static void assign_declared(struct inferer *inferer, const struct variable *variable,
			    const struct type *type, struct span span)
{
	struct diags *diags = inferer->program->diags;

	switch (type_fit(&inferer->program->types, variable->type, type)) {
	case FITS:
		return;
	case FITS_NO_LITERAL:
		diag_report(diags, span, DIAG_TYPE_MISMATCH,
			    "Type mismatch for %s: the constant does not fit its type %s",
			    variable->name, variable->type->name);
		diag_note(diags, variable->declared_span, "declared here");
		return;
	case FITS_NOT:
		diag_report(diags, span, DIAG_TYPE_MISMATCH,
			    "Type mismatch for %s: trying to assign value of type '%s' when "
			    "variable is declared with type '%s'",
			    variable->name, type->name, variable->type->name);
		diag_note(diags, variable->declared_span, "declared here");
		return;
	case FITS_CUT:
		diag_report(diags, span, DIAG_TRUNCATION,
			    "a value of type %s is cut to fit %s, which is declared as %s",
			    type->name, variable->name, variable->type->name);
		return;
	}
	unreachable();
}

static void assign_variable(struct inferer *inferer, struct variable *variable,
			    const struct type *type, struct span span)
{
	struct diags *diags = inferer->program->diags;

	if (!type || !variable)
		return;
	if (variable->is_declared && (!variable->type || variable->type->kind == TYPE_VOID))
		return; /* a declaration by the type of what has none is told elsewhere */
	type = type_read(&inferer->program->types, type);
	if (variable->is_declared) {
		if (inferer->is_final)
			assign_declared(inferer, variable, type, span);
		return;
	}
	if (!infer_widen(inferer, &variable->type, type) && inferer->is_final) {
		diag_report(diags, span, DIAG_TYPE_MISMATCH,
			    "Type mismatch for %s: trying to assign value of type '%s' when variable "
			    "already has a type '%s'",
			    variable->name, type->name, variable->type->name);
		diag_note(diags, variable->span, "%s begins here", variable->name);
	}
}

static void assign_map(struct inferer *inferer, struct map *map, const struct type *type,
		       struct span span)
{
	struct diags *diags = inferer->program->diags;

	if (!type || !map || diags->is_muted)
		return;
	if (!map->value_type)
		map->value_span = span;
	if (infer_widen(inferer, &map->value_type, type) || !inferer->is_final)
		return;
	diag_report(diags, span, DIAG_TYPE_MISMATCH,
		    "Type mismatch for %s: trying to assign value of type '%s' when map already has "
		    "a type '%s'",
		    map->name, type->name, map->value_type->name);
	diag_note(diags, map->value_span, "the type of %s comes from here", map->name);
}

/* The aggregate call a value consists of: count(), or { ...; count() }. */
static struct expr *aggregate_call(struct expr *value)
{
	while (value->kind == EXPR_BLOCK && value->block->value)
		value = value->block->value;
	if (value->kind == EXPR_CALL && value->call.builtin &&
	    (value->call.builtin->flags & BUILTIN_AGGREGATE))
		return value;
	return NULL;
}

static void assign_map_from(struct inferer *inferer, struct expr *target, struct expr *value)
{
	struct diags *diags = inferer->program->diags;
	struct map *map = target->map.map;
	struct expr *call = aggregate_call(value);

	if (!map || !value->type)
		return;
	if (call) {
		if (!map->aggregate)
			map->aggregate = call->call.builtin;
		assign_map(inferer, map, value->type, value->span);
	} else if (value->type->kind != TYPE_AGGREGATE) {
		assign_map(inferer, map, value->type, value->span);
	} else if (map->value_type && map->value_type->kind == TYPE_INT) {
		assign_map(inferer, map, type_read(&inferer->program->types, value->type), value->span);
	} else if (inferer->is_final) {
		diag_report(diags, value->span, DIAG_AGGREGATE_USE,
			    "Map value '%s' cannot be assigned from one map to another",
			    value->type->name);
		if (aggregate_is_number(value->type))
			diag_hint(diags, "to store its number now, cast it: (int64)...");
		else
			diag_hint(diags, "call %s() here, too", aggregate_name(value->type->aggregate.kind));
	}
}

/* The type of a map's key as one use has it: a tuple when there are several parts. */
static const struct type *key_type_of(struct inferer *inferer, const struct expr_vec *keys)
{
	struct types *types = &inferer->program->types;
	const struct type **items = arena_new_array(types->arena, const struct type *, keys->count);
	size_t i;

	for (i = 0; i < keys->count; i++) {
		items[i] = keys->items[i]->type;
		if (!items[i] || items[i]->kind == TYPE_VOID)
			return NULL;
		items[i] = type_read(types, items[i]);
	}
	return layout_key(inferer->program, keys->count == 1 ? items[0]
							       : type_tuple(types, items, NULL, keys->count));
}

/* Parts without a value, if that has not been told as something else. */
static void report_void_keys(struct inferer *inferer, const struct map *map,
			     const struct expr_vec *keys)
{
	struct diags *diags = inferer->program->diags;
	size_t i;

	for (i = 0; i < keys->count && !diags->error_count; i++)
		if (keys->items[i]->type && keys->items[i]->type->kind == TYPE_VOID)
			diag_report(diags, keys->items[i]->span, DIAG_NOT_A_VALUE,
				    "Invalid key for %s: this has no value", map->name);
}

void infer_map_key(struct inferer *inferer, struct map *map, const struct expr_vec *keys,
		   struct span span)
{
	struct diags *diags = inferer->program->diags;
	const struct type *type = key_type_of(inferer, keys);

	if (diags->is_muted)
		return; /* a branch that is left out decides nothing */
	if (!type && inferer->is_final)
		report_void_keys(inferer, map, keys);
	if (!type || infer_widen(inferer, &map->key_type, type) || !inferer->is_final)
		return;
	diag_report(diags, span, DIAG_TYPE_MISMATCH,
		    "Argument mismatch for %s: trying to access with arguments: '%s' when map expects "
		    "arguments: '%s'",
		    map->name, type->name, map->key_type->name);
	diag_note(diags, map->span, "%s is first used here", map->name);
}

/* --- statements -------------------------------------------------------------- */

static void infer_compound(struct inferer *inferer, struct stmt *stmt)
{
	struct types *types = &inferer->program->types;
	const struct type *old = stmt->assign.target->type, *value = stmt->assign.value->type, *result;

	if (!value)
		return;
	if (old && old->kind == TYPE_AGGREGATE) {
		if (inferer->is_final)
			diag_report(inferer->program->diags, stmt->span, DIAG_AGGREGATE_USE,
				    "%s holds %s(): it cannot be changed with '%s='",
				    stmt->assign.target->map.name, aggregate_name(old->aggregate.kind),
				    binary_op_text(stmt->assign.op));
		return;
	}
	result = infer_arithmetic(types, stmt->assign.op, old ? old : value, value);
	if (!result)
		return; /* check says what is wrong with the operands */
	if (stmt->assign.target->kind == EXPR_VAR)
		assign_variable(inferer, stmt->assign.target->var.variable, result,
				stmt->assign.value->span);
	else if (stmt->assign.target->kind == EXPR_MAP)
		assign_map(inferer, stmt->assign.target->map.map, result, stmt->assign.value->span);
}

static void infer_assign(struct inferer *inferer, struct stmt *stmt)
{
	struct expr *target = stmt->assign.target, *value = stmt->assign.value;

	if (stmt->assign.compound)
		infer_compound(inferer, stmt);
	else if (target->kind == EXPR_VAR)
		assign_variable(inferer, target->var.variable, value->type, value->span);
	else if (target->kind == EXPR_MAP)
		assign_map_from(inferer, target, value);
}

static void infer_for(struct inferer *inferer, struct stmt *stmt)
{
	struct types *types = &inferer->program->types;
	const struct type *items[2];

	if (stmt->kind == STMT_FOR_RANGE) {
		assign_variable(inferer, stmt->for_.variable, type_int(types, 8, true), stmt->span);
		return;
	}
	if (stmt->for_.map->kind != EXPR_MAP || !stmt->for_.map->map.map->key_type ||
	    !stmt->for_.map->map.map->value_type)
		return;
	items[0] = stmt->for_.map->map.map->key_type;
	items[1] = type_read(types, stmt->for_.map->map.map->value_type);
	assign_variable(inferer, stmt->for_.variable, type_tuple(types, items, NULL, 2), stmt->span);
}

static void infer_let(struct inferer *inferer, struct stmt *stmt)
{
	struct variable *variable = stmt->let.variable;
	struct diags *diags = inferer->program->diags;

	if (stmt->let.spec && !variable->type && variable->is_declared)
		variable->type = type_from_spec(inferer, stmt->let.spec);
	if (stmt->let.spec && variable->type && variable->type->kind == TYPE_VOID &&
	    stmt != inferer->instance->result && inferer->is_final && !diags->error_count)
		diag_report(diags, stmt->let.spec->span, DIAG_NOT_A_VALUE,
			    "a variable of type void can hold nothing");
	if (stmt->let.value)
		assign_variable(inferer, variable, stmt->let.value->type, stmt->let.value->span);
}

static void leave_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	struct inferer *inferer = inferer_of(visitor);
	struct stmt *stmt = *slot;

	switch (stmt->kind) {
	case STMT_ASSIGN:
		infer_assign(inferer, stmt);
		return;
	case STMT_LET:
		infer_let(inferer, stmt);
		return;
	case STMT_RETURN:
		if (inferer->instance->function && stmt->expr)
			infer_return(inferer, stmt->expr);
		return;
	case STMT_FOR_MAP:
	case STMT_EXPR:
	case STMT_DISCARD:
	case STMT_WHILE:
	case STMT_UNROLL:
	case STMT_FOR_RANGE:
	case STMT_BREAK:
	case STMT_CONTINUE:
	case STMT_IMPORT:
		return;
	}
	unreachable();
}

/* A loop's variable has its type before the body is looked at. */
static bool enter_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	if ((*slot)->kind == STMT_FOR_RANGE || (*slot)->kind == STMT_FOR_MAP)
		infer_for(inferer_of(visitor), *slot);
	return true;
}

/* --- expressions -------------------------------------------------------------- */

/* ++ and -- make a variable or map element 64 bits wide. */
static void infer_incdec(struct inferer *inferer, struct expr *expr)
{
	struct types *types = &inferer->program->types;
	struct expr *operand = expr->incdec.operand;
	const struct type *old = operand->type, *type;

	if (old && (old->kind == TYPE_AGGREGATE || old->kind == TYPE_POINTER)) {
		expr->type = type_read(types, old);
		return;
	}
	type = type_int(types, 8, !old || !expr->incdec.increment || old->kind != TYPE_INT ||
					  old->integer.is_signed);
	if (operand->kind == EXPR_VAR && !operand->var.variable->is_declared)
		assign_variable(inferer, operand->var.variable, type, expr->span);
	else if (operand->kind == EXPR_MAP)
		assign_map(inferer, operand->map.map, type, expr->span);
	expr->type = old && old->kind == TYPE_INT && operand->kind == EXPR_VAR ?
			     operand->var.variable->type : type;
}

static void infer_map_value(struct inferer *inferer, struct expr *expr)
{
	const struct map *map = expr->map.map;
	struct suggestion suggestion;
	size_t i;

	expr->type = map->value_type;
	if (expr->type || !inferer->is_final)
		return;
	expr->type = inferer->program->types.void_type;
	if (map->is_assigned)
		return; /* what is wrong with the value is told there */
	diag_report(inferer->program->diags, expr->span, DIAG_UNDEFINED_MAP,
		    "Undefined map: %s is never assigned", map->name);
	suggestion_init(&suggestion, map->name);
	for (i = 0; i < inferer->program->maps.count; i++)
		if (inferer->program->maps.items[i]->value_type)
			suggestion_offer(&suggestion, inferer->program->maps.items[i]->name);
	if (suggestion.best)
		diag_hint(inferer->program->diags, "did you mean %s?", suggestion.best);
}

static void leave_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct inferer *inferer = inferer_of(visitor);
	struct expr *expr = *slot;

	if (expr->kind == EXPR_MAP && expr->map.map) {
		if (expr->map.keys.count)
			infer_map_key(inferer, expr->map.map, &expr->map.keys, expr->span);
		infer_map_value(inferer, expr);
	} else if (expr->kind == EXPR_INCDEC) {
		infer_incdec(inferer, expr);
	} else {
		infer_expr(inferer, slot);
	}
}

static void infer_branch(struct ast_visitor *visitor, struct block *block, const struct block *dead)
{
	struct inferer *inferer = inferer_of(visitor);
	struct diags *diags = inferer->program->diags;
	bool was_muted = diags->is_muted;

	if (!block || (block == dead && !inferer->sees_dead))
		return;
	diags->is_muted |= block == dead;
	ast_walk_block(visitor, block);
	diags->is_muted = was_muted;
}

/* A branch that is left out gives types only to variables that get none elsewhere. */
static bool enter_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct expr *expr = *slot;
	struct block *dead = NULL;

	if (expr->kind != EXPR_IF)
		return true;
	inferer_of(visitor)->has_ifs = true;
	ast_walk_expr(visitor, &expr->if_.condition);
	if_is_decided(expr, &dead);
	infer_branch(visitor, expr->if_.yes, dead);
	infer_branch(visitor, expr->if_.no, dead);
	leave_expr(visitor, slot);
	return false;
}

static void infer_instance(struct inferer *inferer, struct instance *instance)
{
	struct walk walk = {
		.visitor = { .enter_expr = enter_expr, .leave_expr = leave_expr,
			     .enter_stmt = enter_stmt, .leave_stmt = leave_stmt },
		.inferer = inferer,
	};

	inferer->instance = instance;
	instance_walk(&walk.visitor, instance);
	if (instance->function && instance->body->value)
		infer_return(inferer, instance->body->value);
}

static void infer_round(struct inferer *inferer)
{
	size_t i;

	inferer->changed = false;
	for (i = 0; i < inferer->program->bodies.count; i++)
		infer_instance(inferer, inferer->program->bodies.items[i]);
}

static void settle_place(struct program *program, const struct type **place, bool *changed)
{
	const struct type *settled = type_settled_deep(&program->types, *place);

	*changed |= settled != *place;
	*place = settled;
}

static void settle_variable(struct program *program, struct variable *variable, bool *changed)
{
	if (!variable->type && variable->is_text) { /* no string is passed: one that is no longer than any */
		variable->type = type_string(&program->types, 1);
		*changed = true;
	}
	settle_place(program, &variable->type, changed);
}

/* Places that only literals were put in become int64.  True if there were any. */
static bool settle(struct program *program)
{
	bool changed = false;
	size_t i, v;

	for (i = 0; i < program->maps.count; i++) {
		struct map *map = program->maps.items[i];

		settle_place(program, &map->key_type, &changed);
		settle_place(program, &map->value_type, &changed);
	}
	for (i = 0; i < program->bodies.count; i++)
		for (v = 0; v < program->bodies.items[i]->variables.count; v++)
			settle_variable(program, program->bodies.items[i]->variables.items[v], &changed);
	return changed;
}

/*
 * Where probes were removed, theirs may be the only ones that assign to a map:
 * it is there, and empty.
 */
static void type_maps_of_removed_probes(struct program *program)
{
	size_t i;

	for (i = 0; i < program->maps.count; i++) {
		struct map *map = program->maps.items[i];

		if (map->value_type || map->is_assigned)
			continue;
		map->value_type = type_int(&program->types, 8, true);
		if (map->kind == MAP_UNKNOWN)
			map->kind = MAP_SCALAR;
	}
}

enum { ROUNDS_MAX = 1000 };

static void infer_until_stable(struct inferer *inferer)
{
	unsigned round;

	for (round = 0; round < ROUNDS_MAX; round++) {
		infer_round(inferer);
		if (!inferer->changed)
			return;
	}
}

static void settle_and_go_on(struct inferer *inferer)
{
	if (settle(inferer->program))
		infer_until_stable(inferer);
}

/* What has been inferred is forgotten; what is declared stays. */
static void forget_types(struct program *program)
{
	size_t i, v;

	for (i = 0; i < program->maps.count; i++) {
		program->maps.items[i]->key_type = program->maps.items[i]->value_type = NULL;
		program->maps.items[i]->aggregate = NULL;
	}
	for (i = 0; i < program->bodies.count; i++) {
		const struct instance *instance = program->bodies.items[i];

		for (v = 0; v < instance->variables.count; v++)
			if (!instance->variables.items[v]->is_declared)
				instance->variables.items[v]->type = NULL;
	}
}

void infer(struct program *program)
{
	struct inferer inferer = { .program = program };

	infer_until_stable(&inferer);
	settle_and_go_on(&inferer);
	while (inferer.has_ifs && decide_conditions(program)) {
		forget_types(program);
		infer_until_stable(&inferer);
		settle_and_go_on(&inferer);
	}
	if (program->has_removed_probes)
		type_maps_of_removed_probes(program);
	if (inferer.has_ifs || program->has_removed_probes) {
		inferer.sees_dead = true;
		infer_until_stable(&inferer);
		settle_and_go_on(&inferer);
	}
	inferer.is_final = true;
	infer_round(&inferer);
}
