/*
 * The frame of a loop whose body is a function, and that function's beginning
 * and end.
 *
 * The frame holds the values themselves: numbers in words, strings and tuples
 * as they are.  So the body needs one address for all it shares, which may be
 * one of the stack or of the scratch value.  Values that a turn may have
 * changed are copied back when the loop is over.
 */
#include "codegen/loop_frame.h"

#include "base/compiler.h"
#include "sema/builtin.h"

enum { WORD = 8 };

/* Finds the variables that a body uses. */
struct finder {
	struct ast_visitor visitor; /* first */
	struct codegen *cg;
	struct loop_frame *frame;
};

static struct loop_entry *find_entry(const struct loop_frame *frame, const struct variable *variable)
{
	size_t i;

	for (i = 0; i < frame->entries.count; i++)
		if (frame->entries.items[i]->variable == variable)
			return frame->entries.items[i];
	return NULL;
}

struct loop_entry *loop_frame_add(struct codegen *cg, struct loop_frame *frame,
				  struct variable *variable, struct variable_place *outer)
{
	struct loop_entry *entry = arena_new_struct(cg->arena, struct loop_entry);

	entry->variable = variable;
	entry->outer = outer;
	entry->by_address = variable && variable->is_addressed;
	vec_push(cg->arena, &frame->entries, entry);
	if (entry->by_address) {
		entry->offset = frame->hand_size;
		frame->hand_size += WORD;
		return entry;
	}
	entry->size = outer->is_memory ? ALIGN_UP(MAX(variable->type->size, 1u), WORD) : WORD;
	entry->offset = frame->size;
	frame->size += entry->size;
	return entry;
}

static struct loop_entry *use_variable(struct finder *finder, struct variable *variable)
{
	struct loop_entry *entry = NULL;

	if (!variable || !variable->storage)
		return NULL; /* declared inside */
	entry = find_entry(finder->frame, variable);
	return entry ? entry
		     : loop_frame_add(finder->cg, finder->frame, variable, variable->storage);
}

static void set_variable(struct finder *finder, const struct expr *target)
{
	struct loop_entry *entry = NULL;

	if (target->kind == EXPR_VAR)
		entry = use_variable(finder, target->var.variable);
	if (entry)
		entry->is_set = true;
}

static bool find_in_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct finder *finder = (struct finder *)visitor;
	const struct expr *expr = *slot;
	const struct builtin *builtin = expr->kind == EXPR_IDENT  ? expr->ident.builtin
					: expr->kind == EXPR_CALL ? expr->call.builtin
								  : NULL;

	if (expr->kind == EXPR_VAR)
		use_variable(finder, expr->var.variable);
	else if (expr->kind == EXPR_INCDEC)
		set_variable(finder, expr->incdec.operand);
	if (builtin && (builtin->flags & BUILTIN_STORES))
		set_variable(finder, vec_last(&expr->call.args));
	if (builtin && (builtin->flags & BUILTIN_NEEDS_CONTEXT))
		finder->frame->reads_context = true;
	if (expr->kind == EXPR_CALL && expr->call.function && expr->call.function->reads_context)
		finder->frame->reads_context = true;
	return true;
}

/* `return` sets the variable for the result. */
static void find_result(struct finder *finder)
{
	const struct instance *instance = finder->cg->instance;
	struct loop_entry *entry = NULL;

	finder->frame->returns = true;
	if (instance->function)
		entry = use_variable(finder, instance_result(instance));
	if (entry)
		entry->is_result = entry->is_set = true;
}

static bool find_in_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	struct finder *finder = (struct finder *)visitor;
	const struct stmt *stmt = *slot;
	struct loop_entry *entry = NULL;

	if (stmt->kind == STMT_RETURN)
		find_result(finder);
	else if (stmt->kind == STMT_ASSIGN)
		set_variable(finder, stmt->assign.target);
	else if (stmt->kind == STMT_LET)
		entry = use_variable(finder, stmt->let.variable);
	else if (stmt->kind == STMT_FOR_RANGE || stmt->kind == STMT_FOR_MAP)
		entry = use_variable(finder, stmt->for_.variable);
	if (entry)
		entry->is_set = true;
	return true;
}

void loop_frame_init(struct codegen *cg, struct loop_frame *frame, struct expr *condition,
		     struct block *body)
{
	struct finder finder = { .visitor = { .enter_expr = find_in_expr, .enter_stmt = find_in_stmt },
				 .cg = cg, .frame = frame };

	*frame = (struct loop_frame){ .hand_size = HAND_ADDRESSES, .address = VAL_NOTHING };
	if (condition)
		ast_walk_expr(&finder.visitor, &condition);
	ast_walk_block(&finder.visitor, body);
}

/* --- around the loop --------------------------------------------------------------- */

/* What a callback finds is known to the verifier, which would follow it from turn to turn. */
static struct val frame_word(struct codegen *cg, const struct loop_entry *entry, enum loop_call call)
{
	struct val word = build_var_get(cg->b, entry->outer->cell);

	if (call == LOOP_GLOBAL || (entry->variable && !type_is_integer(entry->variable->type)))
		return word;
	return build_alu(cg->b, BPF_ADD, word, emit_unseen_zero(cg));
}

void loop_frame_fill(struct codegen *cg, struct loop_frame *frame, enum loop_call call)
{
	bool is_empty = call == LOOP_GLOBAL && !frame->size;
	size_t i;

	/* A pointer to nothing is none. */
	frame->size = is_empty ? WORD : frame->size;
	frame->address = build_slot(cg->b, frame->size);
	if (is_empty)
		build_store(cg->b, WORD, frame->address, 0, val_const(0));
	for (i = 0; i < frame->entries.count; i++) {
		const struct loop_entry *entry = frame->entries.items[i];
		struct val address = build_offset(cg->b, frame->address, entry->offset);

		if (entry->is_own || entry->by_address)
			continue;
		if (entry->is_result) /* the verifier may think that a turn has returned where none has */
			emit_zero(cg, address, entry->size);
		else if (entry->outer->is_memory)
			emit_copy(cg, address, entry->outer->address, entry->variable->type->size);
		else
			build_store(cg->b, WORD, address, 0, frame_word(cg, entry, call));
	}
}

static struct val load_entry(struct codegen *cg, const struct loop_entry *entry, struct val address)
{
	if (entry->variable && !type_is_integer(entry->variable->type))
		return build_load(cg->b, WORD, false, address, 0);
	return build_load_number(cg->b, address, 0);
}

static void take_entry(struct codegen *cg, const struct loop_frame *frame,
		       const struct loop_entry *entry)
{
	struct val address = build_offset(cg->b, frame->address, entry->offset);

	if (entry->outer->is_memory)
		emit_copy(cg, entry->outer->address, address, entry->variable->type->size);
	else
		build_var_set(cg->b, entry->outer->cell, load_entry(cg, entry, address));
}

/* A result is there only if a turn has returned. */
static void take_back(struct codegen *cg, const struct loop_frame *frame, bool result)
{
	size_t i;

	for (i = 0; i < frame->entries.count; i++) {
		const struct loop_entry *entry = frame->entries.items[i];

		if (entry->is_set && !entry->is_own && !entry->by_address &&
		    entry->is_result == result)
			take_entry(cg, frame, entry);
	}
}

void loop_frame_end(struct codegen *cg, const struct loop_frame *frame, struct val turn)
{
	struct builder *b = cg->b;
	uint32_t stays = build_label(b);

	take_back(cg, frame, false);
	if (frame->returns && cg->done != cg->leave) {
		build_branch(b, BPF_JNE, turn, val_const(TURN_RETURNS), stays);
		build_enter(b);
		take_back(cg, frame, true);
		build_jump(b, cg->done);
		build_leave(b);
		build_place(b, stays);
	}
	build_branch(b, BPF_JEQ, turn, val_const(TURN_LEAVES), cg->leave);
}

struct val loop_hand(struct codegen *cg, const struct loop_frame *frame)
{
	struct val hand = build_stack_slot(cg->b, frame->hand_size);
	size_t i;

	build_store(cg->b, WORD, hand, HAND_TURN, val_const(TURN_NEXT));
	if (frame->reads_context)
		build_store(cg->b, WORD, hand, HAND_CONTEXT, build_context(cg->b));
	if (frame->size)
		build_store(cg->b, WORD, hand, HAND_FRAME, frame->address);
	for (i = 0; i < frame->entries.count; i++) {
		const struct loop_entry *entry = frame->entries.items[i];

		if (entry->by_address)
			build_store(cg->b, WORD, hand, entry->offset, entry->outer->address);
	}
	return hand;
}

struct val loop_call_global(struct codegen *cg, const struct loop_frame *frame, struct val address,
			    struct val function)
{
	const struct val args[] = { address, frame->reads_context ? build_context(cg->b) : address };

	return build_call_function(cg->b, function.id, args, frame->reads_context ? 2 : 1);
}

/* --- the function -------------------------------------------------------------------- */

/* Where a variable is in the function. */
static void place_entry(struct codegen *cg, const struct loop_function *function,
			struct loop_entry *entry)
{
	struct val address;

	entry->inner.is_memory = entry->outer->is_memory;
	if (entry->by_address) {
		address = build_load(cg->b, WORD, false, function->hand, entry->offset);
		entry->inner.address = val_strict(address);
		return;
	}
	address = build_offset(cg->b, function->address, entry->offset);
	if (entry->inner.is_memory) {
		entry->inner.address = address;
		return;
	}
	entry->inner.cell = build_var(cg->b);
	build_var_set(cg->b, entry->inner.cell, load_entry(cg, entry, address));
}

/* Gives the variables places in the function. */
static void unpack(struct codegen *cg, const struct loop_function *function)
{
	size_t i;

	for (i = 0; i < function->frame->entries.count; i++) {
		struct loop_entry *entry = function->frame->entries.items[i];

		place_entry(cg, function, entry);
		if (entry->variable)
			entry->variable->storage = &entry->inner;
	}
}

static void pack(struct codegen *cg, const struct loop_function *function)
{
	size_t i;

	for (i = 0; i < function->frame->entries.count; i++) {
		const struct loop_entry *entry = function->frame->entries.items[i];

		if (entry->is_set && !entry->inner.is_memory)
			build_store(cg->b, WORD, function->address, entry->offset,
				    build_var_get(cg->b, entry->inner.cell));
	}
}

struct val loop_open_hand(struct codegen *cg, const struct loop_frame *frame, unsigned argument,
			  struct val *ret_address)
{
	struct val hand = build_argument(cg->b, argument), word;

	*ret_address = VAL_NOTHING;
	if (frame->size) {
		word = build_load(cg->b, WORD, false, hand, HAND_FRAME);
		*ret_address = val_strict(word);
	}
	if (frame->reads_context) {
		word = build_load(cg->b, WORD, false, hand, HAND_CONTEXT);
		build_set_context(cg->b, word);
	}
	return hand;
}

void loop_function_begin(struct codegen *cg, struct loop_function *function,
			 struct loop_frame *frame, enum loop_call call, unsigned argument)
{
	bool has_function = cg->done != cg->leave;

	*function = (struct loop_function){
		.frame = frame,
		.call = call,
		.outer_loop = cg->loop,
		.outer_leave = cg->leave,
		.outer_done = cg->done,
		.outer_shared = cg->is_shared,
		.outer_guarded = cg->in_guarded,
		.kept = cg->placed.count,
		.outer = callback_begin(cg, call == LOOP_GLOBAL ? TURN_LEAVES : 1),
	};
	cg->leave = build_label(cg->b);
	cg->done = has_function ? build_label(cg->b) : cg->leave;
	cg->loop = (struct loop_labels){ .leave = build_label(cg->b), .next = build_label(cg->b) };
	cg->is_shared = true; /* `return` leaves by label, with the frame put in order */
	cg->in_guarded = false;
	function->result = build_var(cg->b);
	if (call == LOOP_GLOBAL) {
		function->address = val_strict(build_argument(cg->b, 0));
		if (frame->reads_context)
			build_set_context(cg->b, build_argument(cg->b, 1));
	} else {
		function->hand = loop_open_hand(cg, frame, argument, &function->address);
	}
	unpack(cg, function);
}

void loop_function_next(struct codegen *cg)
{
	build_place(cg->b, cg->loop.next);
}

/* The turn ends in this way: answers and, of a callback, tells the loop's other side. */
static void end_turn(struct codegen *cg, const struct loop_function *function, enum turn turn)
{
	bool is_callback = function->call == LOOP_CALLBACK;

	if (is_callback && turn != TURN_NEXT)
		build_store(cg->b, WORD, function->hand, HAND_TURN, val_const(turn));
	/* A helper goes on for 0 and stops for 1. */
	build_var_set(cg->b, function->result, val_const(is_callback ? turn != TURN_NEXT : turn));
}

/* All ways that a turn may end. */
static void end_turns(struct codegen *cg, const struct loop_function *function)
{
	struct builder *b = cg->b;
	uint32_t end = build_label(b);

	end_turn(cg, function, TURN_NEXT);
	build_jump(b, end);
	if (cg->done != cg->leave) {
		build_place(b, cg->done);
		end_turn(cg, function, TURN_RETURNS);
		build_jump(b, end);
	}
	build_place(b, cg->leave);
	end_turn(cg, function, TURN_LEAVES);
	build_jump(b, end);
	build_place(b, cg->loop.leave);
	end_turn(cg, function, TURN_STOP);
	build_place(b, end);
	pack(cg, function);
	build_exit(b, build_var_get(b, function->result));
}

struct val loop_function_end(struct codegen *cg, struct loop_function *function)
{
	const struct loop_frame *frame = function->frame;
	struct val address;
	size_t i;

	end_turns(cg, function);
	forget_variables(cg, function->kept);
	for (i = 0; i < frame->entries.count; i++) {
		const struct loop_entry *entry = frame->entries.items[i];

		if (entry->variable)
			entry->variable->storage = entry->is_own ? NULL : entry->outer;
	}
	cg->loop = function->outer_loop;
	cg->leave = function->outer_leave;
	cg->done = function->outer_done;
	cg->is_shared = function->outer_shared;
	cg->in_guarded = function->outer_guarded;
	address = callback_end(cg, &function->outer);
	if (function->call == LOOP_GLOBAL && address.id < cg->functions.count) {
		cg->functions.items[address.id]->memory_size = frame->size;
		cg->functions.items[address.id]->takes_context = frame->reads_context;
	}
	return address;
}
