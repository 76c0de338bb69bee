/*
 * Functions on whole maps and on single keys.
 */
#include <linux/bpf.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

/* --- clear, zero: done by the runtime ------------------------------------------------------ */

/* Only the whole map: clear(@m[k]) is not a thing. */
static void check_whole(struct checker *checker, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);

	if (!arg->map.keys.count)
		return;
	diag_report(checker->program->diags, arg->span, DIAG_ARG_TYPE,
		    "%s() expects a map argument, this is one element of %s", call->call.name,
		    arg->map.name);
	diag_hint(checker->program->diags, "delete(%s, key) removes one element", arg->map.name);
}

struct whole_map {
	uint32_t map;
	bool after_print; /* a print() of it stands right before, in the same block */
};

static struct val emit_map_event(struct codegen *cg, const struct expr *call,
				 const struct map *map)
{
	struct whole_map whole = { .map = map->index };
	uint32_t lost = build_label(cg->b), event;
	struct val payload;
	size_t i;

	for (i = 0; i < cg->printed.count; i++)
		whole.after_print |= cg->printed.items[i] == map->index;
	if (whole.after_print)
		cg->object->maps.items[map->index].keeps_printed = true;
	event = codegen_add_event(cg, call->call.builtin, NULL,
				  arena_dup(cg->arena, &whole, sizeof(whole)), call->span);
	payload = emit_event_reserve(cg, event, 0, lost);
	emit_event_submit(cg, payload);
	build_place(cg->b, lost);
	return VAL_NOTHING;
}

static struct val emit_whole(struct codegen *cg, const struct expr *call)
{
	return emit_map_event(cg, call, call_arg(call, 0)->map.map);
}

static void handle_clear(struct consumer *consumer, const struct object_event *event,
			 const void *payload UNUSED, size_t size UNUSED)
{
	const struct whole_map *whole = event->data;

	consumer_clear_map(consumer, whole->map, whole->after_print);
}

static void handle_zero(struct consumer *consumer, const struct object_event *event,
			const void *payload UNUSED, size_t size UNUSED)
{
	const struct whole_map *whole = event->data;

	consumer_zero_map(consumer, whole->map, whole->after_print);
}

/* --- delete, has_key: done at once --------------------------------------------------------- */

static void check_key(struct checker *checker, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);
	const struct map *map = arg->kind == EXPR_MAP ? arg->map.map : NULL;
	bool is_keyed = map && map->kind == MAP_KEYED, has_key = call_arg(call, 1);

	if (!map)
		return; /* what is given instead has been told */
	has_key |= arg->map.keys.count;
	if (arg->map.keys.count && call_arg(call, 1))
		diag_report(checker->program->diags, arg->span, DIAG_ARG_TYPE,
			    "%s() takes %s, key or %s[key], not both", call->call.name, map->name,
			    map->name);
	else if (is_keyed && !has_key)
		diag_report(checker->program->diags, arg->span, DIAG_MAP_SHAPE,
			    "%s() needs a key: %s has several elements", call->call.name, map->name);
	else if (!is_keyed && has_key)
		diag_report(checker->program->diags, call->span, DIAG_MAP_SHAPE,
			    "%s() can not be given a key here: %s has none", call->call.name,
			    map->name);
}

static void check_delete(struct checker *checker, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);

	check_key(checker, call);
	if (arg->kind == EXPR_MAP && arg->map.map)
		arg->map.map->is_deleted_from = true;
}

static struct map_key key_of(struct codegen *cg, const struct expr *call)
{
	const struct expr *map_expr = call_arg(call, 0), *key = call_arg(call, 1);

	return key ? emit_key(cg, map_expr->map.map, key) : emit_map_key(cg, map_expr);
}

/* 1 when `error`, which a helper gave, is 0; without a branch, so that it vanishes when unused. */
static struct val succeeded(struct codegen *cg, struct val error)
{
	error = build_extend(cg->b, error, 4, true);
	return build_alu(cg->b, BPF_RSH, build_alu(cg->b, BPF_XOR, error, val_const(-1)),
			 val_const(63));
}

/* The element of an array is always there: what says that it was set goes, and the value. */
static struct val unset_scalar(struct codegen *cg, const struct map *map)
{
	struct val address = val_map_value(map->index, 0);
	struct val was_set = build_load(cg->b, 8, false, address, map->layout.set_offset);

	emit_zero(cg, address, map->layout.value_size);
	return was_set;
}

static struct val emit_delete(struct codegen *cg, const struct expr *call)
{
	const struct map *map = call_arg(call, 0)->map.map;
	struct map_key key;

	map_is_observed(cg, map);
	forget_reads(cg, map);
	if (map->layout.is_array && map->layout.is_per_cpu) {
		/* The records of other CPUs are out of a program's reach. */
		emit_map_event(cg, call, map);
		return val_const(1);
	}
	if (map->layout.is_array)
		return unset_scalar(cg, map);
	key = key_of(cg, call);
	return succeeded(cg, BUILD_CALL(cg->b, BPF_FUNC_map_delete_elem, key.map, key.address));
}

static struct val emit_has_key(struct codegen *cg, const struct expr *call)
{
	const struct map *map = call_arg(call, 0)->map.map;
	struct val element;

	map_is_observed(cg, map);
	element = emit_map_lookup(cg, key_of(cg, call));
	return emit_convert(cg, element, type_int(&cg->program->types, 8, false), call->type);
}

/* --- find, len ---------------------------------------------------------------------------- */

static struct variable *found_variable(const struct expr *call)
{
	const struct expr *arg = call_arg(call, 2);

	return arg && arg->kind == EXPR_VAR ? arg->var.variable : NULL;
}

/* The variable takes the type of the map's values, if it has none of its own. */
static const struct type *infer_find(struct inferer *inferer, struct expr *call)
{
	struct types *types = &inferer->program->types;
	struct variable *variable = found_variable(call);
	const struct expr *map = call_arg(call, 0);
	const struct type *type;

	if (!variable || map->kind != EXPR_MAP || !map->map.map || !map->map.map->value_type)
		return types->bool_type;
	variable->is_assigned = true;
	type = type_read(types, map->map.map->value_type);
	if (variable->type && !variable->is_declared)
		type = type_unify(types, variable->type, type);
	if (type && type != variable->type && !variable->is_declared) {
		variable->type = type;
		inferer->changed = true;
	}
	return types->bool_type;
}

static void check_find(struct checker *checker, struct expr *call)
{
	const struct variable *variable = found_variable(call);
	const struct map *map = call_arg(call, 0)->map.map;

	check_key(checker, call);
	if (map->value_type && map->value_type->kind == TYPE_AGGREGATE &&
	    !aggregate_is_number(map->value_type))
		check_report_unreadable(checker, call_arg(call, 0)->span, map->value_type, map->name);
	else if (!variable)
		diag_report(checker->program->diags, call_arg(call, 2)->span, DIAG_ARG_TYPE,
			    "find() stores what it found in a variable; this is none");
	else if (map->value_type && variable->type &&
		 !type_converts(type_read(&checker->program->types, map->value_type), variable->type))
		diag_report(checker->program->diags, call_arg(call, 2)->span, DIAG_TYPE_MISMATCH,
			    "Type mismatch for %s: values of %s have type '%s', the variable '%s'",
			    variable->name, map->name, map->value_type->name, variable->type->name);
}

/* The value of an element that is there, into the variable. */
static void take_value(struct codegen *cg, const struct expr *call, struct map_key key,
		       struct val element)
{
	struct variable *variable = found_variable(call);
	const struct map *map = call_arg(call, 0)->map.map;
	const struct type *stored = map_stored_type(cg, map);
	struct val val;

	if (stored->kind == TYPE_AGGREGATE)
		val = emit_aggregate_at(cg, map, key, call->span);
	else
		val = emit_load_value(cg, stored, element);
	if (type_in_register(variable->type))
		variable_set(cg, variable, val, type_read(&cg->program->types, stored));
	else
		emit_place_into(cg, (struct place){ val, SPACE_NONE }, stored, variable->type,
				variable_place(cg, variable)->address, true);
}

static struct val emit_find(struct codegen *cg, const struct expr *call)
{
	const struct map *map = call_arg(call, 0)->map.map;
	struct builder *b = cg->b;
	uint32_t result = build_var(b), end = build_label(b);
	struct map_key key = key_of(cg, call);
	struct val element;

	map_is_observed(cg, map);
	build_var_set(b, result, val_const(0));
	element = emit_map_lookup(cg, key);
	build_branch(b, BPF_JEQ, element, val_const(0), end);
	build_enter(b);
	take_value(cg, call, key, element);
	build_var_set(b, result, val_const(1));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, result);
}

static void check_len(struct checker *checker, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);

	if (arg->kind != EXPR_MAP && arg->type->kind == TYPE_STACK)
		return;
	if (arg->kind == EXPR_MAP && !arg->map.keys.count && arg->map.map->kind == MAP_KEYED) {
		arg->map.map->is_walked = true;
		if (!target_has(checker->program->target, FEATURE_FOR_EACH))
			diag_report(checker->program->diags, call->span, DIAG_UNSUPPORTED,
				    "len() of a map needs a kernel with bpf_for_each_map_elem (5.13)");
		return;
	}
	if (arg->type->kind == TYPE_STACK)
		return;
	diag_report(checker->program->diags, arg->span, DIAG_ARG_TYPE,
		    "len() expects a map with keys or a stack (%s provided)", arg->type->name);
	if (arg->type->kind == TYPE_STRING)
		diag_hint(checker->program->diags, "strlen() is the length of a string");
}

/* The helper gives the number of elements it has walked. */
static struct val emit_len(struct codegen *cg, const struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);
	struct outer_function outer;
	struct val callback;

	if (arg->type->kind == TYPE_STACK && (arg->kind != EXPR_MAP || arg->map.keys.count))
		return build_load(cg->b, 4, false, emit_expr(cg, arg), 0);
	map_is_observed(cg, arg->map.map);
	outer = callback_begin(cg, 1);
	build_exit(cg->b, val_const(0));
	callback = callback_end(cg, &outer);
	return BUILD_CALL(cg->b, BPF_FUNC_for_each_map_elem, val_map(arg->map.map->index), callback,
			  val_const(0), val_const(0));
}

const struct builtin map_builtins[] = {
	{ "clear", "void (map)", "Removes all elements of a map.", BUILTIN_MUST_CALL,
	  .check = check_whole, .emit = emit_whole, .handle = handle_clear,
	  .example = "begin { @[1] = 2; clear(@); }\n" },
	{ "zero", "void (map)", "Sets all values of a map to zero and keeps its keys.",
	  BUILTIN_MUST_CALL, .check = check_whole, .emit = emit_whole, .handle = handle_zero,
	  .example = "begin { @[1] = 2; zero(@); }\n"
		     "@[1]: 0\n" },
	{ "delete", "bool (map, [key])",
	  "Removes one element of a map; delete(@m[key]), too.  True when it was there.",
	  BUILTIN_DISCARDABLE | BUILTIN_MUST_CALL | BUILTIN_EACH, .check = check_delete, .emit = emit_delete,
	  .handle = handle_clear,
	  .example = "begin { @[1, 2] = 3; print(delete(@, (1, 2))); print(delete(@, (1, "
		     "2))); }\n"
		     "true\n"
		     "false\n" },
	{ "has_key", "bool (map, [key])", "True when the map has an element with this key.",
	  BUILTIN_MUST_CALL, .check = check_key, .emit = emit_has_key,
	  .example = "begin { @[\"a\"] = 1; print((has_key(@, \"a\"), has_key(@, \"b\"))); "
		     "clear(@); }\n"
		     "(true, false)\n" },
	{ "find", "bool (map, key, any variable)",
	  "True when the map has an element with this key; its value is stored in the variable.",
	  BUILTIN_MUST_CALL | BUILTIN_DISCARDABLE | BUILTIN_STORES, .infer = infer_find, .check = check_find,
	  .emit = emit_find,
	  .example = "begin { @[\"a\"] = 1; let $v; if (find(@, \"a\", $v)) { print($v); } "
		     "clear(@); }\n"
		     "1\n" },
	{ "len", "int64 (any)", "Number of elements of a map, or of frames of a stack.",
	  BUILTIN_MUST_CALL, .check = check_len, .emit = emit_len,
	  .example = "begin { @[1] = 2; @[2] = 2; print(len(@)); clear(@); }\n"
		     "2\n" },
	{ NULL },
};
