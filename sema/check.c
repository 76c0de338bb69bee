/*
 * What is wrong with a typed tree: conditions, values where there are none,
 * control flow, aggregates out of place.  Calls are checked in check_call.c.
 *
 * Needs: types.  Changes nothing but the data that check hooks leave in calls.
 */
#include "sema/check.h"

#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "sema/check_call.h"
#include "sema/check_function.h"
#include "sema/infer_expr.h"
#include "sema/passes.h"

struct walk {
	struct ast_visitor visitor; /* first */
	struct checker checker;
	const struct expr *aggregate;	  /* the call that may stand where we are */
	const struct expr *whole_map; /* a map that may be of any kind where we are */
	bool quiet_value; /* the statement's value may be dropped without a warning */
};

static struct walk *walk_of(struct ast_visitor *visitor)
{
	return (struct walk *)visitor;
}

static struct diags *diags_of(const struct walk *walk)
{
	return walk->checker.program->diags;
}

/* --- conditions ------------------------------------------------------------ */

static void check_condition(struct walk *walk, const struct expr *expr)
{
	const struct type *type = expr->type;

	if (check_was_reported(&walk->checker, expr))
		return;
	if (type_in_register(type) || (type->kind == TYPE_AGGREGATE && aggregate_is_number(type)))
		return;
	diag_report(diags_of(walk), expr->span, DIAG_BAD_CONDITION, "Invalid condition: %s",
		    type->name);
	if (type->kind == TYPE_STRING)
		diag_hint(diags_of(walk), "to ask whether a string is empty, compare it: ... != \"\"");
	else
		diag_hint(diags_of(walk), "a condition is an integer, a bool or a pointer");
}

static void check_logic(struct walk *walk, const struct expr *expr)
{
	if (expr->kind == EXPR_BINARY && (expr->binary.op == BINARY_LOGICAL_AND ||
					  expr->binary.op == BINARY_LOGICAL_OR)) {
		check_condition(walk, expr->binary.left);
		check_condition(walk, expr->binary.right);
	} else if (expr->kind == EXPR_UNARY && expr->unary.op == UNARY_NOT) {
		check_condition(walk, expr->unary.operand);
	} else if (expr->kind == EXPR_TERNARY) {
		check_condition(walk, expr->ternary.condition);
	} else if (expr->kind == EXPR_IF) {
		check_condition(walk, expr->if_.condition);
	}
}

/* --- expressions ------------------------------------------------------------ */

static void check_incdec(struct walk *walk, const struct expr *expr)
{
	const struct expr *operand = expr->incdec.operand;
	const char *text = expr->incdec.increment ? "++" : "--";

	if (operand->kind != EXPR_VAR && operand->kind != EXPR_MAP) {
		diag_report(diags_of(walk), operand->span, DIAG_NOT_A_LVALUE,
			    "increment/decrement requires a variable or map: '%s' cannot change this",
			    text);
	} else if (operand->type->kind == TYPE_AGGREGATE) {
		diag_report(diags_of(walk), expr->span, DIAG_AGGREGATE_USE,
			    "%s holds %s(): it cannot be changed with '%s'", operand->map.name,
			    aggregate_name(operand->type->aggregate.kind), text);
	} else if (operand->type->kind != TYPE_INT && operand->type->kind != TYPE_POINTER &&
		   operand->type->kind != TYPE_VOID) {
		diag_report(diags_of(walk), operand->span, DIAG_BAD_OPERAND,
			    "'%s' works on integers, this is a %s", text, operand->type->name);
	}
}

void check_report_unreadable(struct checker *checker, struct span span, const struct type *type,
			     const char *map_name)
{
	diag_report(checker->program->diags, span, DIAG_AGGREGATE_USE,
		    "Value '%s' cannot be read: it can only be printed, cleared and zeroed as a whole map",
		    type->name);
	diag_hint(checker->program->diags, "print(%s)", map_name);
}

/* The kernel hands out a map's address and lets nobody change it. */
static void check_no_map_address(struct walk *walk, const struct expr *operand)
{
	if (operand->kind == EXPR_UNARY && operand->unary.op == UNARY_ADDRESS &&
	    operand->unary.operand->kind == EXPR_MAP)
		diag_report(diags_of(walk), operand->span, DIAG_BAD_OPERAND,
			    "the address of a map is for functions in C: nothing can be calculated with "
			    "it");
}

static void check_map_read(struct walk *walk, const struct expr *expr)
{
	if (expr != walk->whole_map && expr->type->kind == TYPE_AGGREGATE &&
	    !aggregate_is_number(expr->type))
		check_report_unreadable(&walk->checker, expr->span, expr->type, expr->map.name);
}

static void check_aggregate_place(struct walk *walk, const struct expr *expr)
{
	const struct builtin *builtin = expr->kind == EXPR_CALL	   ? expr->call.builtin
					: expr->kind == EXPR_IDENT ? expr->ident.builtin
								   : NULL;

	if (!builtin || !(builtin->flags & BUILTIN_AGGREGATE) || expr == walk->aggregate)
		return;
	diag_report(diags_of(walk), expr->span, DIAG_AGGREGATE_USE,
		    "%s() must be assigned directly to a map", builtin->name);
	diag_hint(diags_of(walk), "for example: @name = %s(...); or @name[key] = %s(...);",
		  builtin->name, builtin->name);
}

/* Arguments of a call: maps may be of any kind there, the row decides; keys are read. */
static void walk_args(struct walk *walk, struct expr *call)
{
	struct prototype prototype = { 0 };
	size_t i;

	if (call->call.builtin)
		prototype_parse(call->call.builtin->prototype, &prototype);
	for (i = 0; i < call->call.args.count; i++) {
		bool is_key = i < prototype.count && prototype.params[i] == PARAM_KEY;

		walk->whole_map = is_key ? NULL : call->call.args.items[i];
		ast_walk_expr(&walk->visitor, &call->call.args.items[i]);
	}
	walk->whole_map = NULL;
}

static bool enter_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct walk *walk = walk_of(visitor);
	struct expr *expr = *slot;

	if (expr->kind == EXPR_CALL && (expr->call.function || expr->call.c_function)) {
		check_function_call(&walk->checker, expr);
	} else if (expr->kind == EXPR_CALL) {
		check_aggregate_place(walk, expr);
		walk_args(walk, expr);
		check_call(&walk->checker, expr);
		return false;
	}
	if (expr->kind == EXPR_IDENT) {
		check_aggregate_place(walk, expr);
		check_ident(&walk->checker, expr);
	} else if (expr->kind == EXPR_INCDEC) {
		check_incdec(walk, expr);
	} else if (expr->kind == EXPR_BINARY && !binary_op_is_truth(expr->binary.op)) {
		check_no_map_address(walk, expr->binary.left);
		check_no_map_address(walk, expr->binary.right);
	} else if (expr->kind == EXPR_UNARY && expr->unary.op == UNARY_ADDRESS) {
		walk->whole_map = expr->unary.operand; /* of any kind */
	} else if (expr->kind == EXPR_MAP && expr->map.map) {
		check_map_read(walk, expr);
	}
	if (expr->kind == EXPR_IF && !expr->if_.no && expr->if_.yes->value &&
	    expr->if_.yes->value->type->kind != TYPE_VOID && !walk->quiet_value)
		diag_report(diags_of(walk), expr->span, DIAG_NOT_A_VALUE,
			    "this 'if' is used as a value and has no 'else'");
	check_logic(walk, expr);
	return true;
}

/* --- statements -------------------------------------------------------------- */

static void require_value(struct walk *walk, const struct expr *value)
{
	if (value->type->kind != TYPE_VOID || diags_of(walk)->error_count)
		return;
	diag_report(diags_of(walk), value->span, DIAG_NOT_A_VALUE,
		    "Invalid expression for assignment: this has no value");
	if (value->kind == EXPR_IF)
		diag_hint(diags_of(walk), "an 'if' has one when both branches, that of else too, end in one "
			  "without ';'");
}

/* What the value consists of in the end: the last expression of blocks. */
static const struct expr *final_value(const struct expr *value)
{
	while (value->kind == EXPR_BLOCK && value->block->value)
		value = value->block->value;
	return value;
}

static void check_assign(struct walk *walk, struct stmt *stmt)
{
	struct expr *target = stmt->assign.target, *value = stmt->assign.value;

	if (target->kind != EXPR_VAR && target->kind != EXPR_MAP) {
		diag_report(diags_of(walk), target->span, DIAG_NOT_A_LVALUE,
			    "only variables, maps and map elements can be assigned to");
		if (target->kind == EXPR_ELEMENT || target->kind == EXPR_FIELD)
			diag_hint(diags_of(walk), "Tuples and records are immutable once created");
	}
	walk->whole_map = target;
	ast_walk_expr(&walk->visitor, &stmt->assign.target);
	walk->whole_map = NULL;
	walk->aggregate = target->kind == EXPR_MAP && !stmt->assign.compound ? final_value(value) : NULL;
	ast_walk_expr(&walk->visitor, &stmt->assign.value);
	walk->aggregate = NULL;
	require_value(walk, value);
	if (stmt->assign.compound && target->type->kind != TYPE_AGGREGATE &&
	    target->type->kind != TYPE_VOID && value->type->kind != TYPE_VOID &&
	    !infer_arithmetic(&walk->checker.program->types, stmt->assign.op, target->type, value->type))
		diag_report(diags_of(walk), stmt->span, DIAG_BAD_OPERAND,
			    "Type mismatch for '%s=': combining %s with %s",
			    binary_op_text(stmt->assign.op), target->type->name, value->type->name);
}

/* What a macro yields, whose caller may do without it: a literal stands in the macro itself. */
static bool is_of_macro(const struct walk *walk, const struct expr *expr)
{
	bool is_literal = expr->kind == EXPR_NUMBER || expr->kind == EXPR_BOOL ||
			  expr->kind == EXPR_STRING;

	return expr->kind == EXPR_BLOCK ||
	       (is_literal && span_call(walk->checker.program->sources, expr->span).start);
}

/* A statement that is only an expression: is something lost? */
static void check_discarded(struct walk *walk, const struct expr *expr)
{
	const struct builtin *builtin = expr->kind == EXPR_CALL ? expr->call.builtin : NULL;

	if (expr->type->kind == TYPE_VOID || expr->kind == EXPR_INCDEC || expr->kind == EXPR_IF ||
	    is_of_macro(walk, expr) ||
	    (builtin && (builtin->flags & (BUILTIN_DISCARDABLE | BUILTIN_AGGREGATE))))
		return;
	diag_report(diags_of(walk), expr->span, DIAG_DISCARDED, "Return value discarded.");
	if (expr->kind == EXPR_BINARY && expr->binary.op == BINARY_EQ)
		diag_hint(diags_of(walk), "'==' compares; did you mean '='?");
	else
		diag_hint(diags_of(walk), "to say that this is meant, write _ = ...");
}

static void check_loop(struct walk *walk, struct stmt *stmt)
{
	int64_t count;

	if (stmt->kind == STMT_WHILE) {
		ast_walk_expr(&walk->visitor, &stmt->loop.condition);
		check_condition(walk, stmt->loop.condition);
	} else if (!expr_is_number(stmt->loop.condition, &count)) {
		diag_report(diags_of(walk), stmt->loop.condition->span, DIAG_ARG_LITERAL,
			    "invalid unroll value: the number of rounds has to be a constant");
	} else if (count < 1 || count > 100) {
		diag_report(diags_of(walk), stmt->loop.condition->span, DIAG_ARG_RANGE,
			    count < 1 ? "unroll minimum value is 1" : "unroll maximum value is 100");
	}
	walk->checker.loop_depth++;
	ast_walk_block(&walk->visitor, stmt->loop.body);
	walk->checker.loop_depth--;
}

static void check_walked_map(struct walk *walk, const struct expr *map)
{
	const struct type *type = map->kind == EXPR_MAP && map->map.map ? map->map.map->value_type : NULL;

	if (map->kind == EXPR_MAP && map->map.map)
		map->map.map->is_walked = true;
	if (type && type->kind == TYPE_AGGREGATE && !aggregate_is_number(type))
		diag_report(diags_of(walk), map->span, DIAG_AGGREGATE_USE,
			    "Loop expression does not support type: %s", type->name);
}

static void check_for(struct walk *walk, struct stmt *stmt)
{
	if (stmt->kind == STMT_FOR_MAP)
		check_walked_map(walk, stmt->for_.map);
	if (stmt->kind == STMT_FOR_RANGE) {
		struct expr *ends[2] = { stmt->for_.from, stmt->for_.to };
		unsigned i;

		for (i = 0; i < 2; i++) {
			ast_walk_expr(&walk->visitor, &ends[i]);
			if (ends[i]->type->kind != TYPE_INT &&
			    (ends[i]->type->kind != TYPE_VOID || !diags_of(walk)->error_count))
				diag_report(diags_of(walk), ends[i]->span, DIAG_BAD_OPERAND,
					    "Loop range requires an integer for the %s value",
					    i ? "end" : "start");
		}
	}
	walk->checker.loop_depth++;
	ast_walk_block(&walk->visitor, stmt->for_.body);
	walk->checker.loop_depth--;
}

static void check_jump(struct walk *walk, const struct stmt *stmt, const char *word)
{
	if (!walk->checker.loop_depth) {
		const char *noun = instance_noun(walk->checker.instance);

		diag_report(diags_of(walk), stmt->span, DIAG_CONTROL_FLOW,
			    "'%s' statement is not allowed in a %s: it belongs in a loop", word, noun);
		diag_hint(diags_of(walk), "to leave the %s write return", noun);
	}
}

static void check_return(struct walk *walk, struct stmt *stmt)
{
	if (stmt->expr)
		ast_walk_expr(&walk->visitor, &stmt->expr);
	if (walk->checker.instance->function) {
		check_function_return(&walk->checker, stmt);
		return;
	}
	if (!stmt->expr)
		return;
	if (!type_is_integer(stmt->expr->type) &&
	    (stmt->expr->type->kind != TYPE_VOID || !diags_of(walk)->error_count))
		diag_report(diags_of(walk), stmt->expr->span, DIAG_BAD_OPERAND,
			    "a probe returns an integer, this is a %s", stmt->expr->type->name);
}

static bool enter_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	struct walk *walk = walk_of(visitor);
	struct stmt *stmt = *slot;

	switch (stmt->kind) {
	case STMT_EXPR:
		walk->quiet_value = true;
		ast_walk_expr(visitor, &stmt->expr);
		walk->quiet_value = false;
		check_discarded(walk, stmt->expr);
		return false;
	case STMT_DISCARD:
		return true;
	case STMT_ASSIGN:
		check_assign(walk, stmt);
		return false;
	case STMT_LET:
		if (stmt->let.value) {
			ast_walk_expr(visitor, &stmt->let.value);
			require_value(walk, stmt->let.value);
		}
		return false;
	case STMT_WHILE:
	case STMT_UNROLL:
		check_loop(walk, stmt);
		return false;
	case STMT_FOR_RANGE:
	case STMT_FOR_MAP:
		check_for(walk, stmt);
		return false;
	case STMT_BREAK:
		check_jump(walk, stmt, "break");
		return false;
	case STMT_CONTINUE:
		check_jump(walk, stmt, "continue");
		return false;
	case STMT_RETURN:
		check_return(walk, stmt);
		return false;
	case STMT_IMPORT:
		return false; /* done: read_imports */
	}
	unreachable();
}

/* Does nothing after this statement in its block get its turn? */
static bool leaves_block(const struct stmt *stmt)
{
	return stmt->kind == STMT_RETURN || stmt->kind == STMT_BREAK || stmt->kind == STMT_CONTINUE ||
	       (stmt->kind == STMT_EXPR && call_ends_probe(stmt->expr));
}

static bool enter_block(struct ast_visitor *visitor, struct block *block)
{
	struct walk *walk = walk_of(visitor);
	size_t i;

	for (i = 0; i < block->stmts.count; i++) {
		bool is_last = i + 1 == block->stmts.count;

		if (!leaves_block(block->stmts.items[i]) || (is_last && !block->value))
			continue;
		diag_report(diags_of(walk),
			    is_last ? block->value->span : block->stmts.items[i + 1]->span,
			    DIAG_UNREACHABLE, "Unreachable statement.");
		break;
	}
	return true;
}

/* The value a block ends in is dropped where the block is a statement or a body. */
static void check_body_value(struct walk *walk, const struct block *body)
{
	if (body->value)
		check_discarded(walk, body->value);
}

static void check_variables(struct program *program, const struct instance *instance)
{
	size_t i;

	for (i = 0; i < instance->variables.count; i++) {
		const struct variable *variable = instance->variables.items[i];

		if (!variable->is_assigned && variable->type)
			diag_report(program->diags, variable->span, DIAG_UNASSIGNED,
				    "Variable %s was never assigned to.", variable->name);
	}
}

static void check_instance(struct program *program, struct instance *instance)
{
	struct walk walk = {
		.visitor = { .enter_expr = enter_expr, .enter_stmt = enter_stmt,
			     .enter_block = enter_block },
		.checker = { .program = program, .instance = instance },
	};

	walk.quiet_value = true;
	instance_walk(&walk.visitor, instance);
	if (instance->predicate)
		check_condition(&walk, instance->predicate);
	if (instance->function)
		check_function(&walk.checker);
	else
		check_body_value(&walk, instance->body);
	check_variables(program, instance);
}

static void check_maps(struct program *program)
{
	static const char *const kinds[] = { "hash", "lruhash", "percpuhash", "percpulruhash" };
	size_t i, k;

	for (i = 0; i < program->maps.count; i++) {
		const struct map *map = program->maps.items[i];
		bool known = false, is_per_cpu = map->declaration &&
						 !strncmp(map->declaration->kind, "percpu", 6);

		if (!map->declaration)
			continue;
		for (k = 0; k < ARRAY_SIZE(kinds); k++)
			known |= !strcmp(map->declaration->kind, kinds[k]);
		if (!known) {
			diag_report(program->diags, map->declaration->kind_span, DIAG_UNKNOWN_TYPE,
				    "Invalid bpf map type: %s", map->declaration->kind);
			diag_hint(program->diags,
				  "Valid map types: hash, lruhash, percpuhash, percpulruhash");
		} else if (map->declaration->capacity->kind != EXPR_NUMBER) {
			diag_report(program->diags, map->declaration->capacity->span, DIAG_ARG_LITERAL,
				    "how many elements %s can hold is a number that is known when compiling",
				    map->name);
		} else if (!map->declaration->capacity->number.value) {
			diag_report(program->diags, map->declaration->capacity->span, DIAG_ARG_RANGE,
				    "%s would have room for nothing: a capacity is 1 or more", map->name);
		} else if (map->declaration->capacity->number.value > UINT32_MAX) {
			diag_report(program->diags, map->declaration->capacity->span, DIAG_ARG_RANGE,
				    "the capacity of %s is more than the kernel counts: %u at most",
				    map->name, UINT32_MAX);
		} else if (!map->value_type) {
			diag_report(program->diags, map->declaration->name_span, DIAG_UNUSED,
				    "Unused map: %s", map->name);
		} else if (is_per_cpu != (map->value_type->kind == TYPE_AGGREGATE)) {
			diag_report(program->diags, map->declaration->kind_span, DIAG_TYPE_MISMATCH,
				    "Incompatible map types. Type from declaration: %s. Its values are %s, "
				    "which need a %s map",
				    map->declaration->kind, map->value_type->name,
				    is_per_cpu ? "shared" : "percpu");
		}
	}
}

void check(struct program *program)
{
	size_t i;

	for (i = 0; i < program->bodies.count; i++)
		check_instance(program, program->bodies.items[i]);
	check_maps(program);
}
