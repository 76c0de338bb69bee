/*
 * Maps of the script: elements found, made, read and changed.
 *
 * A map without keys that holds a plain value is an array whose only value has
 * an address known at load time; one that holds an aggregate is a per-CPU
 * array.  Maps with keys are hashes: an element is looked up first and made
 * from zeros when it is absent; of aggregates it has the records of all CPUs,
 * or the map is per CPU (maps.c).
 */
#include "codegen/lower.h"

#include "base/compiler.h"
#include "codegen/maps.h"

enum { ZEROS_ON_STACK_MAX = 64 };

const struct type *map_stored_type(struct codegen *cg, const struct map *map)
{
	const struct type *type = map->value_type;

	return type->kind == TYPE_INT ? type_int(&cg->program->types, 8, type->integer.is_signed)
				      : type;
}

void map_is_observed(struct codegen *cg, const struct map *map)
{
	object_map_of(cg, map)->is_summed = false;
}

static bool is_direct(const struct map *map)
{
	return map->layout.is_array && !map->layout.is_per_cpu;
}

/* --- keys ------------------------------------------------------------------------ */

/* Keys are compared by their bytes: strings in them need their zeros. */
static void emit_key_into(struct codegen *cg, const struct expr *key, const struct map *map,
			  struct val address)
{
	const struct object_map *object_map = object_map_of(cg, map);
	bool was_open = cg->is_wide_open;

	cg->is_wide_open = false;
	if (object_map->short_map && key->kind == EXPR_CALL && key->call.builtin &&
	    key->call.builtin->emit_key_into && key->type == map->key_type)
		key->call.builtin->emit_key_into(cg, key, address, object_map->short_end + 1);
	else
		emit_expr_into(cg, key, map->key_type, address);
	cg->is_wide_open = was_open;
}

/* Has the expression's value the bytes of the key already, in memory a helper may read? */
static bool is_ready_key(const struct expr *key, const struct type *type)
{
	if (key->type != type || type_in_register(type))
		return false;
	return key->kind == EXPR_VAR ||
	       (key->kind == EXPR_IDENT && key->ident.builtin->emit); /* a table of ours */
}

/* Which of the kernel maps of a script's map the key belongs to. */
static struct map_key place_key(struct codegen *cg, const struct map *map, struct val address)
{
	const struct object_map *object_map = object_map_of(cg, map);
	struct map_key key = { val_map(map->index), address };
	struct builder *b = cg->b;
	uint32_t chosen, end;

	if (!object_map->short_map)
		return key;
	chosen = build_var(b);
	end = build_label(b);
	build_var_set(b, chosen, val_map(object_map->short_map));
	build_branch(b, BPF_JEQ, build_load(b, 1, false, address, object_map->short_end), val_const(0),
		     end);
	build_enter(b);
	build_var_set(b, chosen, key.map);
	build_leave(b);
	build_place(b, end);
	key.map = build_var_get(b, chosen);
	return key;
}

struct map_key emit_key(struct codegen *cg, const struct map *map, const struct expr *key)
{
	struct val slot;

	if (is_ready_key(key, map->key_type) && map->layout.key_size == map->key_type->size)
		return place_key(cg, map, emit_expr(cg, key));
	slot = build_slot(cg->b, map->layout.key_size);
	emit_key_into(cg, key, map, slot);
	if (map->layout.key_size > map->key_type->size)
		emit_zero(cg, build_offset(cg->b, slot, map->key_type->size),
			  map->layout.key_size - map->key_type->size);
	return place_key(cg, map, slot);
}

struct map_key emit_map_key(struct codegen *cg, const struct expr *map_expr)
{
	const struct map *map = map_expr->map.map;
	struct expr parts;
	struct val slot;

	if (map_expr->map.keys.count == 1)
		return emit_key(cg, map, map_expr->map.keys.items[0]);
	if (!map_expr->map.keys.count) {
		slot = build_slot(cg->b, 4);
		build_store(cg->b, 4, slot, 0, val_const(0));
		return (struct map_key){ val_map(map->index), slot };
	}
	/* @m[a, b] is @m[(a, b)]. */
	parts = (struct expr){ .kind = EXPR_TUPLE, .span = map_expr->span, .type = map->key_type };
	parts.tuple.items = map_expr->map.keys;
	return emit_key(cg, map, &parts);
}

/* --- elements ----------------------------------------------------------------------- */

struct val emit_map_lookup(struct codegen *cg, struct map_key key)
{
	return BUILD_CALL(cg->b, BPF_FUNC_map_lookup_elem, key.map, key.address);
}

static uint32_t full_site(struct codegen *cg, const struct map *map)
{
	return codegen_add_site(cg, SITE_MAP_FULL, cg->span, map->name);
}

/* Zeros of a size; few of them on the stack, which spares a map of constants. */
static struct val emit_zeros(struct codegen *cg, uint32_t size)
{
	struct val slot;

	if (size > ZEROS_ON_STACK_MAX) {
		if (size > cg->zero_size) {
			cg->zeros = codegen_data(cg, arena_alloc(cg->arena, size), size);
			cg->zero_size = size;
		}
		return cg->zeros;
	}
	slot = build_slot(cg->b, size);
	emit_zero(cg, slot, size);
	return slot;
}

/* Makes an absent element of zeros; goes to `full` when there is no room. */
static void make_element(struct codegen *cg, const struct map *map, struct map_key key, uint32_t found,
			 uint32_t element, uint32_t full)
{
	struct builder *b = cg->b;

	maps_need_elements(cg, map);
	BUILD_CALL(b, BPF_FUNC_map_update_elem, key.map, key.address,
		   emit_zeros(cg, object_map_value_size(object_map_of(cg, map))),
		   val_const(BPF_NOEXIST));
	build_var_set(b, element, emit_map_lookup(cg, key));
	build_branch(b, BPF_JNE, build_var_get(b, element), val_const(0), found);
	emit_count(cg, full_site(cg, map));
	build_jump(b, full);
}

struct val emit_map_element(struct codegen *cg, const struct expr *map_expr, uint32_t full)
{
	const struct map *map = map_expr->map.map;
	struct builder *b = cg->b;
	uint32_t element, found;
	struct map_key key;
	struct val address;

	if (is_direct(map))
		return val_map_value(map->index, 0);
	key = emit_map_key(cg, map_expr);
	address = emit_map_lookup(cg, key);
	if (map->layout.is_array) {
		build_branch(b, BPF_JEQ, address, val_const(0), full);
		return address;
	}
	element = build_var(b);
	found = build_label(b);
	build_var_set(b, element, address);
	build_branch(b, BPF_JNE, address, val_const(0), found);
	build_enter(b);
	make_element(cg, map, key, found, element, full);
	build_leave(b);
	build_place(b, found);
	return build_var_get(b, element);
}

/* --- reading ---------------------------------------------------------------------------- */

void emit_count_absent(struct codegen *cg, const struct expr *map_expr, struct val element)
{
	uint32_t site = codegen_add_site(cg, SITE_ABSENT, map_expr->span, map_expr->map.name);
	uint32_t there = build_label(cg->b);

	cg->object->sites.items[site].is_quiet = true;
	build_branch(cg->b, BPF_JNE, element, val_const(0), there);
	build_enter(cg->b);
	emit_count(cg, site);
	build_leave(cg->b);
	build_place(cg->b, there);
}

/* The key as a number, if it is one: VAL_NOTHING. */
static struct val number_key(struct codegen *cg, const struct expr *map_expr)
{
	const struct map *map = map_expr->map.map;
	const struct expr *key;

	if (map_expr->map.keys.count != 1 || !type_in_register(map->key_type))
		return VAL_NOTHING;
	key = map_expr->map.keys.items[0];
	return emit_convert(cg, emit_expr(cg, key), type_read(&cg->program->types, key->type),
			    map->key_type);
}

/* The element at a key that is a number. */
static struct val lookup_number(struct codegen *cg, const struct map *map, struct val key)
{
	struct val slot = build_slot(cg->b, map->layout.key_size);

	emit_store_value(cg, map->key_type, slot, key);
	return emit_map_lookup(cg, (struct map_key){ val_map(map->index), slot });
}

struct val emit_map_read(struct codegen *cg, const struct expr *map_expr)
{
	const struct map *map = map_expr->map.map;
	const struct type *type = map_stored_type(cg, map);
	struct builder *b = cg->b;
	bool is_counted = cg->program->options->count_quiet;
	struct val element, key, value;
	uint32_t result, end;

	map_is_observed(cg, map);
	if (type->kind == TYPE_AGGREGATE)
		return emit_aggregate_read(cg, map_expr);
	if (is_direct(map))
		return emit_load_value(cg, type, val_map_value(map->index, 0));
	key = number_key(cg, map_expr);
	if (key.kind != VAL_NONE && type_in_register(type) && !is_counted) {
		value = known_read(cg, map, key);
		if (value.kind != VAL_NONE)
			return value;
	}
	result = build_var(b);
	end = build_label(b);
	if (type_in_register(type))
		build_var_set(b, result, val_const(0));
	else
		build_var_set(b, result,
			      codegen_data(cg, arena_alloc(cg->arena, type->size), type->size));
	element = key.kind == VAL_NONE ? emit_map_lookup(cg, emit_map_key(cg, map_expr))
				       : lookup_number(cg, map, key);
	if (is_counted)
		emit_count_absent(cg, map_expr, element);
	build_branch(b, BPF_JEQ, element, val_const(0), end);
	build_enter(b);
	build_var_set(b, result, emit_load_value(cg, type, element));
	build_leave(b);
	build_place(b, end);
	value = build_var_get(b, result);
	if (key.kind != VAL_NONE && type_in_register(type))
		known_read_add(cg, map, key, value);
	return value;
}

/* --- assigning ---------------------------------------------------------------------------- */

/* The scalar has a value from now on. */
static void emit_set_mark(struct codegen *cg, const struct map *map, struct val element)
{
	if (map->layout.set_offset)
		build_store(cg->b, 8, element, map->layout.set_offset, val_const(1));
}

/* The record of the CPU that the program runs on; `none` keeps the verifier's mind at rest. */
static struct val own_record(struct codegen *cg, const struct map *map, struct val element,
			     uint32_t none)
{
	const struct record_slots *slots = &object_map_of(cg, map)->slots;
	struct builder *b = cg->b;
	struct val cpu;

	if (!slots->count)
		return element;
	cpu = build_call_pure(b, BPF_FUNC_get_smp_processor_id, NULL, 0);
	if (slots->is_shared)
		cpu = build_alu(b, BPF_AND, cpu, val_const(slots->count - 1));
	else
		build_branch(b, BPF_JGE, cpu, val_const(slots->count), none);
	return build_alu(b, BPF_ADD, element, build_alu(b, BPF_MUL, cpu, val_const(slots->size)));
}

void emit_record_add(struct codegen *cg, struct val record, int64_t offset, struct val val)
{
	struct builder *b = cg->b;

	if (cg->adds_atomically)
		build_atomic(b, BPF_ADD, 8, record, offset, val);
	else
		build_store(b, 8, record, offset,
			    build_alu(b, BPF_ADD, build_load(b, 8, false, record, offset), val));
}

static void emit_aggregate(struct codegen *cg, const struct expr *target, const struct expr *call)
{
	const struct map *map = target->map.map;
	uint32_t full = build_label(cg->b);
	struct val record;

	build_enter(cg->b);
	record = own_record(cg, map, emit_map_element(cg, target, full), full);
	cg->adds_atomically = object_map_of(cg, map)->slots.is_shared ||
			      cg->instance->points.items[0]->mechanism->is_preempted;
	call->call.builtin->emit_update(cg, call, map->value_type, record);
	emit_set_mark(cg, map, record);
	build_leave(cg->b);
	build_place(cg->b, full);
}

static void assign_direct(struct codegen *cg, const struct map *map, const struct expr *value)
{
	const struct type *type = map_stored_type(cg, map);
	struct val address = val_map_value(map->index, 0);

	if (!type_in_register(type) && expr_mentions(value, NULL, map)) {
		struct val slot = build_slot(cg->b, type->size);

		emit_expr_into(cg, value, type, slot);
		emit_copy(cg, address, slot, type->size);
	} else {
		emit_expr_into(cg, value, type, address);
	}
	emit_set_mark(cg, map, address);
}

/* Makes the element, or gives it a new value. */
static void update_element(struct codegen *cg, const struct map *map, struct map_key key,
			   struct val value)
{
	struct builder *b = cg->b;
	uint32_t stored = build_label(b);
	struct val error;

	maps_need_elements(cg, map);
	error = BUILD_CALL(b, BPF_FUNC_map_update_elem, key.map, key.address, value, val_const(BPF_ANY));
	build_branch(b, BPF_JEQ, error, val_const(0), stored);
	build_enter(b);
	emit_count(cg, full_site(cg, map));
	build_leave(b);
	build_place(b, stored);
}

/*
 * A number, in a map that nothing is deleted from: its element is there nearly always, and to store
 * in place takes a third of the time in which the kernel exchanges one element for another.
 */
static void assign_in_place(struct codegen *cg, const struct expr *target, const struct expr *value,
			    const struct type *type)
{
	const struct map *map = target->map.map;
	struct builder *b = cg->b;
	uint32_t absent = build_label(b), stored = build_label(b);
	struct val val, element, slot;
	struct map_key key;

	val = emit_convert(cg, emit_expr(cg, value), type_read(&cg->program->types, value->type), type);
	key = emit_map_key(cg, target);
	element = emit_map_lookup(cg, key);
	build_branch(b, BPF_JEQ, element, val_const(0), absent);
	build_enter(b);
	emit_store_value(cg, type, element, val);
	build_leave(b);
	build_jump(b, stored);
	build_place(b, absent);
	build_enter(b);
	slot = build_slot(b, map->layout.value_size);
	if (map->layout.value_size > type->size)
		emit_zero(cg, slot, map->layout.value_size);
	emit_store_value(cg, type, slot, val);
	update_element(cg, map, key, slot);
	build_leave(b);
	build_place(b, stored);
}

static void assign_keyed(struct codegen *cg, const struct expr *target, const struct expr *value)
{
	const struct map *map = target->map.map;
	const struct type *type = map_stored_type(cg, map);
	struct builder *b = cg->b;
	bool runs_once = cg->instance->points.items[0]->type->flags & PROBE_RUNS_HERE;
	struct val slot;

	if (type_in_register(type) && !map->is_deleted_from && !runs_once) {
		assign_in_place(cg, target, value, type);
		return;
	}
	if (is_ready_key(value, type) && map->layout.value_size == type->size) {
		slot = emit_expr(cg, value);
	} else {
		slot = build_slot(b, map->layout.value_size);
		emit_expr_into(cg, value, type, slot);
		if (map->layout.value_size > type->size)
			emit_zero(cg, build_offset(b, slot, type->size),
				  map->layout.value_size - type->size);
	}
	update_element(cg, map, emit_map_key(cg, target), slot);
}

static void assign(struct codegen *cg, const struct expr *target, const struct expr *value)
{
	const struct map *map = target->map.map;

	if (map->value_type->kind != TYPE_AGGREGATE)
		map_is_observed(cg, map);
	if (map->value_type->kind == TYPE_AGGREGATE) {
		while (value->kind == EXPR_BLOCK) {
			size_t i;

			for (i = 0; i < value->block->stmts.count; i++)
				emit_stmt(cg, value->block->stmts.items[i]);
			value = value->block->value;
		}
		emit_aggregate(cg, target, value);
	} else if (is_direct(map)) {
		assign_direct(cg, map, value);
	} else {
		assign_keyed(cg, target, value);
	}
}

void emit_map_assign(struct codegen *cg, const struct expr *target, const struct expr *value)
{
	assign(cg, target, value);
	forget_reads(cg, target->map.map);
}

/* --- changing in place ------------------------------------------------------------------------ */

/* Operators the kernel does atomically; `-` is `+` of the negated value. */
static bool atomic_op(enum binary_op op, uint8_t *ret_op)
{
	switch (op) {
	case BINARY_ADD:
	case BINARY_SUB:
		*ret_op = BPF_ADD;
		return true;
	case BINARY_AND:
		*ret_op = BPF_AND;
		return true;
	case BINARY_OR:
		*ret_op = BPF_OR;
		return true;
	case BINARY_XOR:
		*ret_op = BPF_XOR;
		return true;
	case BINARY_MUL:
	case BINARY_DIV:
	case BINARY_MOD:
	case BINARY_SHL:
	case BINARY_SHR:
	case BINARY_EQ:
	case BINARY_NE:
	case BINARY_LT:
	case BINARY_GT:
	case BINARY_LE:
	case BINARY_GE:
	case BINARY_LOGICAL_AND:
	case BINARY_LOGICAL_OR:
		return false;
	}
	unreachable();
}

/* Kernels before 5.12 know only the atomic addition. */
static bool is_atomic(struct codegen *cg, enum binary_op op, uint8_t *ret_op)
{
	return atomic_op(op, ret_op) &&
	       (*ret_op == BPF_ADD || target_has(cg->program->target, FEATURE_ATOMIC_FETCH));
}

void emit_map_compound(struct codegen *cg, const struct expr *target, enum binary_op op,
		       const struct expr *value)
{
	const struct map *map = target->map.map;
	const struct type *type = map_stored_type(cg, map);
	const struct type *value_type = type_read(&cg->program->types, value->type);
	struct builder *b = cg->b;
	uint32_t full = build_label(b);
	struct val val = emit_expr(cg, value), element;
	uint8_t code;

	if (!type_in_register(type)) {
		emit_unsupported(cg, target->span, "changing a value of this type in place");
		return;
	}
	build_enter(b);
	element = emit_map_element(cg, target, full);
	if (op != BINARY_ADD && op != BINARY_SUB)
		map_is_observed(cg, map);
	if (is_atomic(cg, op, &code) && type->size == 8) {
		val = build_alu(b, BPF_MUL, val, val_const(step_of(cg, type)));
		build_atomic(b, code, 8, element, 0, op == BINARY_SUB ? build_neg(b, val) : val);
	} else {
		val = emit_operation(cg, op, emit_load_value(cg, type, element), type, val, value_type);
		emit_store_value(cg, type, element,
				 emit_convert(cg, val, type_int(&cg->program->types, 8, true), type));
	}
	emit_set_mark(cg, map, element);
	build_leave(b);
	build_place(b, full);
	forget_reads(cg, map);
}

struct val emit_map_incdec(struct codegen *cg, const struct expr *expr, bool wants_value)
{
	const struct expr *target = expr->incdec.operand;
	const struct map *map = target->map.map;
	int64_t step = step_of(cg, map->value_type);
	struct builder *b = cg->b;
	uint32_t full = build_label(b), result = 0;
	struct val element;

	if (!expr->incdec.increment)
		step = -step;
	if (wants_value) {
		map_is_observed(cg, map);
		result = build_var(b);
		build_var_set(b, result, val_const(0));
	}
	build_enter(b);
	element = emit_map_element(cg, target, full);
	if (wants_value) {
		struct val old = build_load(b, 8, false, element, 0);

		build_var_set(b, result,
			      expr->incdec.prefix ? build_alu(b, BPF_ADD, old, val_const(step)) : old);
	}
	build_atomic(b, BPF_ADD, 8, element, 0, val_const(step));
	emit_set_mark(cg, map, element);
	build_leave(b);
	build_place(b, full);
	forget_reads(cg, map);
	return wants_value ? build_var_get(b, result) : VAL_NOTHING;
}
