/*
 * for $kv : @m { ... }: the kernel walks the map and calls the body back.
 *
 * A body with many ways through it is a global function, and what the kernel
 * calls back just hands the element on: the verifier then checks it once.
 */
#include "codegen/loop_frame.h"

#include "base/compiler.h"

/* What bpf_for_each_map_elem() gives its callback. */
enum { ARGUMENT_KEY = 1, ARGUMENT_VALUE, ARGUMENT_HAND };

/* A callback and the body's function. */
enum { LEVELS = 2 };

/* $kv = (key, value) of the element that the callback is given. */
static void set_element(struct codegen *cg, const struct stmt *stmt, struct val address)
{
	const struct map *map = stmt->for_.map->map.map;
	const struct field *fields = stmt->for_.variable->type->tuple.fields;
	const struct type *stored = map_stored_type(cg, map);
	struct val key = build_argument(cg->b, ARGUMENT_KEY);
	struct val element = build_argument(cg->b, ARGUMENT_VALUE), value;
	struct map_key own = { .map = val_map(map->index) };

	emit_zero(cg, address, stmt->for_.variable->type->size);
	own.address = build_offset(cg->b, address, fields[0].offset);
	emit_copy(cg, own.address, key, fields[0].type->size);
	if (stored->kind == TYPE_AGGREGATE)
		value = emit_aggregate_at(cg, map, own, stmt->for_.map->span);
	else
		value = emit_load_value(cg, stored, element);
	emit_store_value(cg, fields[1].type, build_offset(cg->b, address, fields[1].offset), value);
}

/* The body in the callback itself. */
static struct val emit_body(struct codegen *cg, const struct stmt *stmt, struct loop_frame *frame)
{
	struct loop_function function;

	loop_function_begin(cg, &function, frame, LOOP_CALLBACK, ARGUMENT_HAND);
	set_element(cg, stmt, variable_place(cg, stmt->for_.variable)->address);
	emit_block(cg, stmt->for_.body);
	loop_function_next(cg);
	return loop_function_end(cg, &function);
}

/* The body as a global function. */
static struct val emit_global_body(struct codegen *cg, const struct stmt *stmt,
				   struct loop_frame *frame)
{
	struct loop_function function;

	loop_function_begin(cg, &function, frame, LOOP_GLOBAL, 0);
	emit_block(cg, stmt->for_.body);
	loop_function_next(cg);
	return loop_function_end(cg, &function);
}

/* A callback that puts the element into the frame and calls the body. */
static struct val emit_caller(struct codegen *cg, const struct stmt *stmt, struct loop_frame *frame,
			      const struct loop_entry *element)
{
	struct outer_function outer = callback_begin(cg, 1);
	struct builder *b = cg->b;
	uint32_t stop = build_label(b);
	struct val hand, address, body, turn;

	hand = loop_open_hand(cg, frame, ARGUMENT_HAND, &address);
	set_element(cg, stmt, build_offset(b, address, element->offset));
	body = emit_global_body(cg, stmt, frame);
	turn = loop_call_global(cg, frame, address, body);
	build_branch(b, BPF_JNE, turn, val_const(TURN_NEXT), stop);
	build_exit(b, val_const(0));
	build_place(b, stop);
	build_store(b, 8, hand, HAND_TURN, turn);
	build_exit(b, val_const(1));
	return callback_end(cg, &outer);
}

/* The place of $kv, which only turns have. */
static struct loop_entry *add_element(struct codegen *cg, const struct stmt *stmt,
				      struct loop_frame *frame)
{
	struct variable_place *place = arena_new_struct(cg->arena, struct variable_place);
	struct loop_entry *entry;

	place->is_memory = true;
	entry = loop_frame_add(cg, frame, stmt->for_.variable, place);
	entry->is_own = true;
	return entry;
}

void emit_for_map(struct codegen *cg, const struct stmt *stmt)
{
	const struct map *map = stmt->for_.map->map.map;
	const struct loop_entry *element = NULL;
	struct loop_frame frame;
	struct val hand, callback, turn;

	if (!target_has(cg->program->target, FEATURE_FOR_EACH)) {
		diag_report(cg->program->diags, stmt->span, DIAG_UNSUPPORTED,
			    "a loop over a map needs a kernel with bpf_for_each_map_elem (5.13)");
		return;
	}
	if (cg->depth == FRAMES_MAX) {
		diag_report(cg->program->diags, stmt->span, DIAG_TOO_LARGE,
			    "functions and loops over maps are nested more than %d deep", FRAMES_MAX);
		return;
	}
	forget_reads(cg, NULL);
	loop_frame_init(cg, &frame, NULL, stmt->for_.body);
	if (loop_body_is_heavy(cg, NULL, stmt->for_.body, LEVELS))
		element = add_element(cg, stmt, &frame);
	map_is_observed(cg, map);
	loop_frame_fill(cg, &frame, LOOP_CALLBACK);
	hand = loop_hand(cg, &frame);
	callback = element ? emit_caller(cg, stmt, &frame, element) : emit_body(cg, stmt, &frame);
	BUILD_CALL(cg->b, BPF_FUNC_for_each_map_elem, val_map(map->index), callback, hand,
		   val_const(0));
	turn = build_load(cg->b, 8, false, hand, HAND_TURN);
	loop_frame_end(cg, &frame, turn);
}
