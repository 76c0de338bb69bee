/*
 * for $kv : @m { ... }: the kernel walks the map and calls the body back.
 *
 * The body is a function of its own.  What it uses of the variables around it
 * travels in a frame on the stack of the program: numbers are copied there and
 * back, of strings and tuples the address.
 */
#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/builtin.h"

/* How the body ended, in the first word of the frame. */
enum { FRAME_STATUS = 0, FRAME_VARIABLES = 8, WORD = 8 };
enum { STATUS_GOES_ON, STATUS_LEAVES_PROBE, STATUS_RETURNS };

/* Answers of a callback to the kernel. */
enum { NEXT_ELEMENT = 0, STOP = 1 };

/* What a body uses that lies outside of it. */
struct capture {
	struct ast_visitor visitor; /* first */
	VEC(struct variable *) variables;
	VEC(const struct variable_place *) places; /* in the function around it */
	struct variable *result; /* of the function that the loop stands in, or NULL */
	struct arena *arena;
	struct span context; /* of something that reads the probe's context, or SPAN_NONE */
};

static void capture_variable(struct capture *capture, struct variable *variable)
{
	size_t i;

	if (!variable || !variable->storage)
		return;
	for (i = 0; i < capture->variables.count; i++)
		if (capture->variables.items[i] == variable)
			return;
	vec_push(capture->arena, &capture->variables, variable);
	vec_push(capture->arena, &capture->places, (const struct variable_place *)variable->storage);
}

static bool capture_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct capture *capture = (struct capture *)visitor;
	const struct expr *expr = *slot;
	const struct builtin *builtin = expr->kind == EXPR_IDENT  ? expr->ident.builtin
					: expr->kind == EXPR_CALL ? expr->call.builtin
								  : NULL;

	if (expr->kind == EXPR_VAR)
		capture_variable(capture, expr->var.variable);
	if (builtin && (builtin->flags & BUILTIN_NEEDS_CONTEXT))
		capture->context = expr->span;
	if (expr->kind == EXPR_CALL && expr->call.function && expr->call.function->reads_context)
		capture->context = expr->span;
	return true;
}

/* `return` sets the variable for the result. */
static bool capture_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	struct capture *capture = (struct capture *)visitor;

	if ((*slot)->kind == STMT_RETURN)
		capture_variable(capture, capture->result);
	return true;
}

static uint32_t frame_offset(size_t variable)
{
	return FRAME_VARIABLES + (uint32_t)variable * WORD;
}

/* --- in the function around the loop --------------------------------------------- */

static void fill_frame(struct codegen *cg, const struct capture *capture, struct val frame)
{
	struct val zero = emit_unseen_zero(cg), word;
	size_t i;

	build_store(cg->b, WORD, frame, FRAME_STATUS, val_const(STATUS_GOES_ON));
	for (i = 0; i < capture->places.count; i++) {
		const struct variable_place *place = capture->places.items[i];

		word = place->is_memory ? place->address : build_var_get(cg->b, place->cell);
		/* Else the verifier follows what it knows of the number from turn to turn. */
		if (type_is_integer(capture->variables.items[i]->type))
			word = build_alu(cg->b, BPF_ADD, word, zero);
		build_store(cg->b, WORD, frame, frame_offset(i), word);
	}
}

static void take_back(struct codegen *cg, const struct capture *capture, struct val frame)
{
	size_t i;

	for (i = 0; i < capture->places.count; i++) {
		const struct variable_place *place = capture->places.items[i];

		capture->variables.items[i]->storage = (void *)place;
		if (!place->is_memory)
			build_var_set(cg->b, place->cell,
				      build_load(cg->b, WORD, false, frame, frame_offset(i)));
	}
}

/* --- in the callback ---------------------------------------------------------------- */

/* Gives the variables places in the callback. */
static void unpack_frame(struct codegen *cg, const struct capture *capture, struct val frame)
{
	size_t i;

	for (i = 0; i < capture->variables.count; i++) {
		struct variable_place *place = arena_new_struct(cg->arena, struct variable_place);
		struct val word = build_load(cg->b, WORD, false, frame, frame_offset(i));

		place->is_memory = capture->places.items[i]->is_memory;
		if (place->is_memory) {
			place->address = val_strict(word);
		} else {
			place->cell = build_var(cg->b);
			build_var_set(cg->b, place->cell, word);
		}
		capture->variables.items[i]->storage = place;
	}
}

static void pack_frame(struct codegen *cg, const struct capture *capture, struct val frame)
{
	size_t i;

	for (i = 0; i < capture->variables.count; i++) {
		const struct variable_place *place = capture->variables.items[i]->storage;

		if (!place->is_memory)
			build_store(cg->b, WORD, frame, frame_offset(i),
				    build_var_get(cg->b, place->cell));
	}
}

/* $kv = (key, value) of the element that the callback is given. */
static void set_element(struct codegen *cg, const struct stmt *stmt)
{
	const struct map *map = stmt->for_.map->map.map;
	const struct variable_place *place = variable_place(cg, stmt->for_.variable);
	const struct field *fields = stmt->for_.variable->type->tuple.fields;
	const struct type *stored = map_stored_type(cg, map);
	struct val key = build_argument(cg->b, 1), element = build_argument(cg->b, 2), value;
	struct map_key own = { .map = val_map(map->index) };

	emit_zero(cg, place->address, stmt->for_.variable->type->size);
	emit_copy(cg, build_offset(cg->b, place->address, fields[0].offset), key, fields[0].type->size);
	own.address = build_offset(cg->b, place->address, fields[0].offset);
	if (stored->kind == TYPE_AGGREGATE)
		value = emit_aggregate_at(cg, map, own, stmt->for_.map->span);
	else
		value = emit_load_value(cg, stored, element);
	emit_store_value(cg, fields[1].type, build_offset(cg->b, place->address, fields[1].offset),
			 value);
}

/* How the body ends at a label: the frame is told why the loop stops. */
static void emit_ending(struct codegen *cg, struct val frame, uint32_t label, int status,
			uint32_t stop)
{
	build_place(cg->b, label);
	build_store(cg->b, WORD, frame, FRAME_STATUS, val_const(status));
	build_jump(cg->b, stop);
}

static void emit_callback_body(struct codegen *cg, const struct stmt *stmt,
			       const struct capture *capture)
{
	struct builder *b = cg->b;
	struct val frame = build_argument(b, 3);
	uint32_t end = build_label(b), stop = build_label(b), result = build_var(b);
	bool has_function = cg->done != cg->leave;

	cg->leave = build_label(b);
	cg->done = has_function ? build_label(b) : cg->leave;
	cg->loop = (struct loop_labels){ .leave = stop, .next = end };
	cg->is_shared = true; /* `return` leaves by label, with the frame put in order */
	unpack_frame(cg, capture, frame);
	build_var_set(b, result, val_const(NEXT_ELEMENT));
	set_element(cg, stmt);
	emit_block(cg, stmt->for_.body);
	build_jump(b, end);
	if (has_function)
		emit_ending(cg, frame, cg->done, STATUS_RETURNS, stop);
	emit_ending(cg, frame, cg->leave, STATUS_LEAVES_PROBE, stop);
	build_place(b, stop);
	build_var_set(b, result, val_const(STOP));
	build_place(b, end);
	pack_frame(cg, capture, frame);
	build_exit(b, build_var_get(b, result));
}

static struct val emit_callback(struct codegen *cg, const struct stmt *stmt,
				const struct capture *capture)
{
	struct outer_function outer = callback_begin(cg);
	struct loop_labels outer_loop = cg->loop;
	uint32_t outer_leave = cg->leave, outer_done = cg->done;
	bool outer_shared = cg->is_shared;
	size_t kept = cg->placed.count;

	emit_callback_body(cg, stmt, capture);
	forget_variables(cg, kept);
	cg->loop = outer_loop;
	cg->leave = outer_leave;
	cg->done = outer_done;
	cg->is_shared = outer_shared;
	return callback_end(cg, &outer);
}

void emit_for_map(struct codegen *cg, const struct stmt *stmt)
{
	struct capture capture = { .visitor = { .enter_expr = capture_expr, .enter_stmt = capture_stmt },
				   .arena = cg->arena };
	struct val frame, callback, status;

	if (!target_has(cg->program->target, FEATURE_FOR_EACH)) {
		diag_report(cg->program->diags, stmt->span, DIAG_UNSUPPORTED,
			    "a loop over a map needs a kernel with bpf_for_each_map_elem (5.13)");
		return;
	}
	if (cg->instance->function)
		capture.result = instance_result(cg->instance);
	ast_walk_block(&capture.visitor, stmt->for_.body);
	if (capture.context.start) {
		diag_report(cg->program->diags, capture.context, DIAG_CONTROL_FLOW,
			    "what a probe is given cannot be read in a loop over a map: its body is a "
			    "function that the kernel calls");
		diag_hint(cg->program->diags, "copy it to a variable before the loop");
		return;
	}
	map_is_observed(cg, stmt->for_.map->map.map);
	frame = build_stack_slot(cg->b, FRAME_VARIABLES + (uint32_t)capture.variables.count * WORD);
	fill_frame(cg, &capture, frame);
	callback = emit_callback(cg, stmt, &capture);
	BUILD_CALL(cg->b, BPF_FUNC_for_each_map_elem, val_map(stmt->for_.map->map.map->index), callback,
		   frame, val_const(0));
	take_back(cg, &capture, frame);
	status = build_load(cg->b, WORD, false, frame, FRAME_STATUS);
	if (cg->done != cg->leave)
		build_branch(cg->b, BPF_JEQ, status, val_const(STATUS_RETURNS), cg->done);
	build_branch(cg->b, BPF_JNE, status, val_const(STATUS_GOES_ON), cg->leave);
}
