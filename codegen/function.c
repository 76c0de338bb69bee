/*
 * Functions of the script: how they are called.
 *
 * A function that is called at one place, or is so small that a call would be
 * longer, becomes part of its caller, and so do those for whose frames there is
 * no room.  The others are functions of the program.  They get, in the registers
 * of arguments:
 *
 *	what was passed: numbers, and addresses of what lies in memory
 *	where the result goes, if it does not come in r0
 *	the probe's context, if the function or one that it calls asks for it
 *
 * Of more than five the later parameters lie in a block on the stack, whose
 * address comes after the first ones.
 *
 * A result in memory leaves r0 free to tell whether the probe goes on: what
 * exit() ends, or a function whose scratch value is missing, leaves the
 * callers up to the probe.  For that a function that may call exit() gives a
 * number through memory, too.
 */
#include "codegen/lower.h"

#include <string.h>

#include "base/compiler.h"

enum {
	WORD = 8,
	REGISTERS = 5,
	SMALL_WEIGHT = 12, /* nodes of a body that is no longer than a call of it */
};

enum { GOES_ON = 0, LEAVES_PROBE = 1 };

/* How a function is called (instance.lowered). */
struct lowered {
	bool is_inline;
	bool is_built;
	bool may_leave;	 /* it may answer LEAVES_PROBE */
	unsigned depth;	 /* frames in use when its body runs */
	uint32_t number; /* in the program, once it is built */
};

/* Words that a call passes: parameters, then what the language adds. */
struct passing {
	unsigned in_registers; /* of the parameters */
	bool has_block;	       /* for the others */
	bool has_address;      /* of the result */
	bool has_context;
	bool has_status; /* r0 is GOES_ON or LEAVES_PROBE */
};

/* --- the plan ----------------------------------------------------------------------- */

static unsigned depth_of(const struct instance *body)
{
	const struct lowered *lowered = body->lowered;

	return body->function ? lowered->depth : 1;
}

static void plan_function(struct codegen *cg, const struct instance *probe, struct instance *function)
{
	struct lowered *lowered = arena_new_struct(cg->arena, struct lowered);
	size_t i;

	for (i = 0; i < function->callers.count; i++) {
		const struct call_site *site = &function->callers.items[i];

		lowered->depth = MAX(lowered->depth, depth_of(site->caller) + site->loop_frames);
	}
	lowered->is_inline = function->callers.count == 1 || function->weight <= SMALL_WEIGHT ||
			     lowered->depth + 1 + function->inner_frames > FRAMES_MAX;
	lowered->depth += !lowered->is_inline;
	function->lowered = lowered;
	function->points = probe->points; /* some may have been taken away */
	cg->frames = MAX(cg->frames, lowered->depth + function->inner_frames);
}

void functions_plan(struct codegen *cg, const struct instance *probe)
{
	size_t i = probe->functions.count;

	/* Callers first. */
	while (i-- > 0)
		plan_function(cg, probe, probe->functions.items[i]);
}

static struct passing passing_of(const struct instance *function)
{
	const struct type *result = instance_result(function)->type;
	unsigned count = (unsigned)function->params.count, registers = REGISTERS;
	bool in_memory = !type_in_register(result) && result->kind != TYPE_VOID;
	struct passing passing = { .has_context = function->reads_context,
				   .has_status = in_memory || function->may_end };

	passing.has_address = passing.has_status && result->kind != TYPE_VOID;
	registers -= passing.has_context + passing.has_address;
	passing.has_block = count > registers;
	passing.in_registers = passing.has_block ? registers - 1 : count;
	return passing;
}

/* --- in the function --------------------------------------------------------------------- */

/* What the body of another function begins with, and is put back after it. */
struct outer_body {
	const struct instance *instance;
	struct span span;
	uint32_t leave, done;
	struct loop_labels loop;
	bool is_shared, is_wide_open, detaches, in_guarded;
	size_t placed;
};

static struct outer_body enter_body(struct codegen *cg, const struct instance *function)
{
	struct outer_body outer = {
		.instance = cg->instance, .span = cg->span, .leave = cg->leave, .done = cg->done,
		.loop = cg->loop, .is_shared = cg->is_shared, .is_wide_open = cg->is_wide_open,
		.detaches = cg->detaches, .in_guarded = cg->in_guarded, .placed = cg->placed.count,
	};

	cg->instance = function;
	cg->is_wide_open = false;
	cg->detaches |= has_many_branches(function);
	cg->printed.count = 0;
	return outer;
}

static void leave_body(struct codegen *cg, const struct outer_body *outer)
{
	forget_variables(cg, outer->placed);
	cg->instance = outer->instance;
	cg->span = outer->span;
	cg->leave = outer->leave;
	cg->done = outer->done;
	cg->loop = outer->loop;
	cg->is_shared = outer->is_shared;
	cg->is_wide_open = outer->is_wide_open;
	cg->detaches = outer->detaches;
	cg->in_guarded = outer->in_guarded;
	cg->printed.count = 0;
	build_span(cg->b, cg->span);
}

/* The variable lies at an address from outside. */
static void place_at(struct codegen *cg, struct variable *variable, struct val address)
{
	struct variable_place *place = arena_new_struct(cg->arena, struct variable_place);

	*place = (struct variable_place){ .is_memory = true, .address = address };
	variable->storage = place;
	vec_push(cg->arena, &cg->placed, variable);
}

/* What was passed stays the caller's: a parameter that is assigned to is a copy. */
static void place_param(struct codegen *cg, struct variable *param, struct val val)
{
	if (type_in_register(param->type))
		variable_set(cg, param, val, param->type);
	else if (param->is_changed || param->is_addressed)
		emit_copy(cg, variable_place(cg, param)->address, val, param->type->size);
	else
		place_at(cg, param, val);
}

/* From its start to where `return` goes; the result and the parameters have their places. */
static void emit_body(struct codegen *cg, const struct instance *function)
{
	struct variable *result = instance_result(function);
	const struct variable_place *place = result->storage;
	const struct block *body = function->body;

	build_enter(cg->b);
	if (function->may_run_out && place->is_memory)
		emit_zero(cg, place->address, result->type->size);
	else if (function->may_run_out)
		build_var_set(cg->b, place->cell, val_const(0));
	place_hoisted(cg, function);
	emit_stmts(cg, body);
	if (body->value && !build_is_dead(cg->b)) {
		cg->span = body->value->span;
		build_span(cg->b, cg->span);
		if (place && body->value->type->kind != TYPE_VOID)
			assign_variable(cg, result, body->value);
		else
			emit_discard(cg, body->value);
	}
	build_leave(cg->b);
	build_place(cg->b, cg->done);
}

/* --- part of the caller --------------------------------------------------------------------- */

static struct val emit_inline(struct codegen *cg, const struct instance *function,
			      const struct val *args, struct val address)
{
	struct outer_body outer = enter_body(cg, function);
	struct variable *result = instance_result(function);
	struct val val = address;
	size_t i;

	cg->done = build_label(cg->b);
	if (address.kind != VAL_NONE)
		place_at(cg, result, address);
	else if (result->type->kind != TYPE_VOID)
		variable_place(cg, result);
	for (i = 0; i < function->params.count; i++)
		place_param(cg, function->params.items[i]->let.variable, args[i]);
	emit_body(cg, function);
	if (address.kind == VAL_NONE && result->type->kind != TYPE_VOID)
		val = build_var_get(cg->b, variable_place(cg, result)->cell);
	leave_body(cg, &outer);
	return val;
}

/* --- a function of the program ------------------------------------------------------------------ */

static void take_params(struct codegen *cg, const struct instance *function,
			const struct passing *passing)
{
	unsigned i;

	for (i = 0; i < function->params.count; i++) {
		struct variable *param = function->params.items[i]->let.variable;
		struct val val;

		if (i < passing->in_registers)
			val = build_argument(cg->b, i);
		else
			val = build_load(cg->b, WORD, false, build_argument(cg->b, passing->in_registers),
					 (i - passing->in_registers) * WORD);
		if (i >= passing->in_registers && type_is_integer(param->type))
			val = build_number(cg->b, val);
		place_param(cg, param, type_in_register(param->type) ? val : val_strict(val));
	}
}

/* The end: what was computed goes out, and whether the probe goes on. */
static void emit_ending(struct codegen *cg, const struct instance *function,
			const struct passing *passing, struct val address)
{
	struct variable *result = instance_result(function);
	struct val val = val_const(GOES_ON);

	if (result->type->kind != TYPE_VOID && type_in_register(result->type)) {
		val = build_var_get(cg->b, variable_place(cg, result)->cell);
		if (passing->has_address) {
			build_store(cg->b, WORD, address, 0, val);
			val = val_const(GOES_ON);
		}
	}
	build_exit(cg->b, val);
	if (!build_is_target(cg->b, cg->leave))
		return;
	/* Without a status nothing but a scratch value that is not there leads here. */
	build_place(cg->b, cg->leave);
	build_exit(cg->b, val_const(passing->has_status ? LEAVES_PROBE : 0));
}

static void build_function(struct codegen *cg, const struct instance *function,
			   struct lowered *lowered)
{
	struct passing passing = passing_of(function);
	unsigned place = passing.in_registers + passing.has_block;
	struct builder_options options = { .name = function->function->name,
					   .target = cg->program->target,
					   .scratch_map = cg->scratch_map,
					   .scratch_key = cg->function_count++,
					   .context = place + passing.has_address,
					   .failure = passing.has_status ? LEAVES_PROBE : 0 };
	const struct type *result = instance_result(function)->type;
	struct outer_body outer = enter_body(cg, function);
	struct outer_function outer_function;
	struct val address = VAL_NOTHING;

	cg->span = function->function->span;
	outer_function = function_begin(cg, &options, lowered->depth);
	cg->leave = build_label(cg->b);
	cg->done = build_label(cg->b);
	cg->is_shared = true;
	cg->in_guarded = true; /* it may be called in such a loop */
	if (passing.has_address)
		address = build_argument(cg->b, place);
	if (passing.has_address && !type_in_register(result))
		place_at(cg, instance_result(function), val_strict(address));
	else if (result->kind != TYPE_VOID)
		variable_place(cg, instance_result(function));
	take_params(cg, function, &passing);
	emit_body(cg, function);
	emit_ending(cg, function, &passing, address);
	lowered->may_leave = build_is_target(cg->b, cg->leave);
	lowered->number = function_end(cg, &outer_function, function->function->name);
	if (lowered->number < cg->functions.count && cg->functions.items[lowered->number]->scratch_size)
		lowered->may_leave = true; /* it looks for its scratch value */
	lowered->is_built = true;
	leave_body(cg, &outer);
}

/* The words as the call passes them: in registers, and in a block for those that are too many. */
static unsigned pass_words(struct codegen *cg, const struct instance *function,
			   const struct passing *passing, const struct val *args, struct val address,
			   struct val *ret_words)
{
	unsigned count = (unsigned)function->params.count, used = passing->in_registers, i;
	struct val block;

	for (i = 0; i < used; i++)
		ret_words[i] = args[i];
	if (passing->has_block) {
		block = build_stack_slot(cg->b, (count - used) * WORD);
		for (i = used; i < count; i++)
			build_store(cg->b, WORD, block, (i - used) * WORD, args[i]);
		ret_words[used++] = block;
	}
	if (passing->has_address)
		ret_words[used++] = address;
	if (passing->has_context)
		ret_words[used++] = build_context(cg->b);
	return used;
}

static struct val emit_call(struct codegen *cg, const struct instance *function,
			    const struct val *args, struct val address)
{
	struct passing passing = passing_of(function);
	struct lowered *lowered = function->lowered;
	bool in_register = type_in_register(instance_result(function)->type);
	struct val words[REGISTERS], result;
	unsigned count;

	if (!lowered->is_built)
		build_function(cg, function, lowered);
	function_is_called(cg, lowered->number);
	if (passing.has_address && in_register)
		address = build_slot(cg->b, WORD);
	count = pass_words(cg, function, &passing, args, address, words);
	result = build_call_function(cg->b, lowered->number, words, count);
	if (passing.has_status && lowered->may_leave)
		build_branch(cg->b, BPF_JNE, result, val_const(GOES_ON), cg->leave);
	if (!in_register)
		return address;
	if (passing.has_address)
		result = build_load(cg->b, WORD, false, address, 0);
	return type_is_integer(instance_result(function)->type) ? build_number(cg->b, result) : result;
}

/* --- calls --------------------------------------------------------------------------------------- */

/* A string that is known, with its zeros, need not be copied. */
static struct val constant_arg(struct codegen *cg, const struct expr *arg, const struct type *type)
{
	char *bytes = arena_alloc(cg->arena, type->size);

	memcpy(bytes, arg->string.text, MIN(arg->string.length, (size_t)type->size));
	return codegen_data(cg, bytes, type->size);
}

static bool any_has_statements(const struct expr *call)
{
	size_t i;

	for (i = 0; i < call->call.args.count; i++)
		if (expr_has_statements(call->call.args.items[i]))
			return true;
	return false;
}

static struct val emit_arg(struct codegen *cg, const struct expr *arg, const struct variable *param,
			   bool may_change)
{
	const struct type *type = param->type;
	struct val slot;

	if (type_in_register(type))
		return emit_convert(cg, emit_expr(cg, arg), type_read(&cg->program->types, arg->type), type);
	if (arg->kind == EXPR_STRING)
		return constant_arg(cg, arg, type);
	if (arg->kind == EXPR_VAR && arg->type == type && !may_change)
		return emit_expr(cg, arg);
	slot = build_slot(cg->b, type->size);
	emit_expr_into(cg, arg, type, slot);
	return slot;
}

struct val emit_function_call(struct codegen *cg, const struct expr *call, struct val address)
{
	const struct instance *function = call->call.function;
	const struct lowered *lowered = function->lowered;
	const struct type *result = instance_result(function)->type;
	struct val *args = arena_new_array(cg->arena, struct val, call->call.args.count);
	bool may_change = any_has_statements(call), was_open = cg->is_wide_open;
	struct val to = address, val;
	size_t i;

	cg->is_wide_open = false;
	for (i = 0; i < call->call.args.count; i++)
		args[i] = emit_arg(cg, call->call.args.items[i],
				   function->params.items[i]->let.variable, may_change);
	cg->is_wide_open = was_open;
	if (build_is_dead(cg->b) || builder_error(cg->b))
		return val_const(0);
	/* A function takes the address of its result for one of 8 bytes. */
	if (!type_in_register(result) && result->kind != TYPE_VOID &&
	    (address.kind == VAL_NONE || address_align(address) != 8))
		to = build_slot(cg->b, result->size);
	forget_reads(cg, NULL);
	val = lowered->is_inline ? emit_inline(cg, function, args, to) : emit_call(cg, function, args, to);
	if (result->kind == TYPE_VOID)
		return VAL_NOTHING;
	if (address.kind == VAL_NONE || to.kind == VAL_NONE)
		return val;
	if (to.kind != address.kind || to.id != address.id || to.number != address.number)
		emit_copy(cg, address, to, result->size);
	return address;
}
