/*
 * Appending instructions: values, variables, calls, labels and jumps.
 *
 * Arithmetic is in arithmetic.c, loads and stores in memory.c, the way from
 * here to eBPF in finish.c.
 */
#include "codegen/builder_internal.h"

#include <assert.h>
#include <string.h>

#include "sema/target.h"

struct builder *builder_new(struct arena *arena, const struct builder_options *options)
{
	struct builder *b = arena_new_struct(arena, struct builder);
	unsigned i;

	b->arena = arena;
	b->options = *options;
	b->epoch = 1;
	b->fn.arena = arena;
	b->fn.options = &b->options;
	b->fn.stack_share = b->fn.stack_limit = STACK_MAX;
	b->fn.has_v4 = options->target && target_has(options->target, FEATURE_ISA_V4);
	function_new_reg(&b->fn, (struct reg){ 0 });
	vec_push(arena, &b->fn.spans, SPAN_NONE);
	numbering_init(&b->numbering, &b->fn);
	/* Room for the arguments, wherever the code first asks for them. */
	for (i = 0; i < ARGUMENT_COUNT; i++)
		vec_push(arena, &b->fn.insns, ((struct insn){ .op = INSN_NOTHING }));
	return b;
}

void build_limit_stack(struct builder *b, uint32_t share, uint32_t limit)
{
	b->fn.stack_share = share < limit ? share : limit;
	b->fn.stack_limit = limit;
}

const char *builder_error(const struct builder *b)
{
	return b->fn.error;
}

void build_span(struct builder *b, struct span span)
{
	const struct span *last = &vec_last(&b->fn.spans);

	if (last->start != span.start || last->end != span.end)
		vec_push(b->arena, &b->fn.spans, span);
}

/* No kernel takes more; what is too long already is not made longer. */
enum { INSNS_MAX = 1500000 };

/* --- appending --------------------------------------------------------- */

void append(struct builder *b, struct insn insn)
{
	if (builder_is_idle(b))
		return;
	if (b->fn.insns.count == INSNS_MAX) {
		function_fail(&b->fn, "the program is too large: the kernel takes a million instructions");
		return;
	}
	insn.span = (uint32_t)b->fn.spans.count - 1;
	vec_push(b->arena, &b->fn.insns, insn);
}

struct val append_value(struct builder *b, struct insn insn, struct reach reach)
{
	/* Dead code computes with zeros: callers need not look. */
	if (builder_is_idle(b))
		return val_const(0);
	insn.dst = function_new_reg(&b->fn, (struct reg){
						    .def = (uint32_t)b->fn.insns.count,
						    .width = reach.width,
						    .signed_width = reach.signed_width,
						    .may_be_pointer = reach.may_be_pointer,
						    .home = SPILL_NONE,
					    });
	append(b, insn);
	return (struct val){ VAL_REG, insn.dst, 0 };
}

struct val append_numbered(struct builder *b, struct insn insn, struct reach reach)
{
	uint32_t hash, reg;
	struct val val;

	if (builder_is_idle(b))
		return val_const(0);
	reg = numbering_find(&b->numbering, &insn, &hash);
	if (reg)
		return (struct val){ VAL_REG, reg, 0 };
	val = append_value(b, insn, reach);
	numbering_add(&b->numbering, (uint32_t)b->fn.insns.count - 1, hash);
	return val;
}

/* Verifiers take the result of `|` for a new number, whatever it is made of. */
struct val build_detached(struct builder *b, struct val val)
{
	struct insn insn = { .op = INSN_ALU, .alu = BPF_OR, .a = val.id };

	if (val.kind != VAL_REG)
		return val;
	return append_value(b, insn, reach_of(b, val));
}

struct val build_number(struct builder *b, struct val val)
{
	if (val.kind == VAL_REG && !builder_is_idle(b))
		b->fn.regs.items[val.id].may_be_pointer = false;
	return val;
}

uint32_t in_register(struct builder *b, struct val val)
{
	struct insn address = {
		.op = INSN_ADDRESS, .alu = (uint8_t)val.kind, .a = val.id, .imm = val.number
	};
	struct insn number = { .op = INSN_CONST, .imm = val.number };

	if (builder_is_idle(b))
		return REG_NONE;
	switch (val.kind) {
	case VAL_REG:
		return val.id;
	case VAL_CONST:
		/* A move of 32 bits is cheaper done again than kept. */
		if (val.number == (int32_t)val.number || val.number == (uint32_t)val.number)
			return append_value(b, number, reach_of(b, val)).id;
		return append_numbered(b, number, reach_of(b, val)).id;
	case VAL_SLOT:
	case VAL_MAP:
	case VAL_MAP_VALUE:
	case VAL_FUNCTION:
		return append_numbered(b, address, REACH_ANY).id;
	case VAL_NONE:
		break;
	}
	assert(!"an operand without a value");
	return REG_NONE;
}

/* --- context ----------------------------------------------------------- */

struct val build_argument(struct builder *b, unsigned index)
{
	struct insn *insn = &b->fn.insns.items[index];

	assert(index < ARGUMENT_COUNT);
	if (!b->arguments[index]) {
		b->arguments[index] = function_new_reg(&b->fn, (struct reg){
								       .def = index,
								       .width = 64,
								       .signed_width = 64,
								       .may_be_pointer = true,
								       .home = SPILL_NONE,
							       });
		*insn = (struct insn){ .op = INSN_ARGUMENT,
			               .dst = b->arguments[index],
			               .imm = index + 1 };
	}
	return (struct val){ VAL_REG, b->arguments[index], 0 };
}

void build_set_context(struct builder *b, struct val context)
{
	b->context = in_register(b, context);
}

struct val build_context(struct builder *b)
{
	if (!b->context)
		b->context = build_argument(b, b->options.context).id;
	return (struct val){ VAL_REG, b->context, 0 };
}

/* --- stack ------------------------------------------------------------- */

static struct val new_slot(struct builder *b, uint32_t size, bool on_stack)
{
	struct slot slot = { .size = ALIGN_UP(MAX(size, 1U), 8U), .on_stack = on_stack };
	struct slot_event event = { .value = (uint32_t)b->fn.slots.count };

	vec_push(b->arena, &b->fn.slots, slot);
	vec_push(b->arena, &b->fn.slot_events, event);
	b->live_slots++;
	return (struct val){ VAL_SLOT, event.value, 0 };
}

struct val build_slot(struct builder *b, uint32_t size)
{
	return new_slot(b, size, false);
}

struct val build_stack_slot(struct builder *b, uint32_t size)
{
	return new_slot(b, size, true);
}

uint32_t build_slots_mark(struct builder *b)
{
	return b->live_slots;
}

void build_slots_release(struct builder *b, uint32_t mark)
{
	struct slot_event event = { .is_release = true, .value = mark };

	assert(mark <= b->live_slots);
	if (mark == b->live_slots)
		return;
	b->live_slots = mark;
	vec_push(b->arena, &b->fn.slot_events, event);
}

/* --- calls ------------------------------------------------------------- */

/* Helpers whose result may be a pointer to the verifier: it must not be spilled to a map. */
static bool helper_gives_pointer(int helper)
{
	switch (helper) {
	case BPF_FUNC_get_current_pid_tgid:
	case BPF_FUNC_get_current_uid_gid:
	case BPF_FUNC_get_current_comm:
	case BPF_FUNC_ktime_get_ns:
	case BPF_FUNC_ktime_get_boot_ns:
	case BPF_FUNC_get_smp_processor_id:
	case BPF_FUNC_get_prandom_u32:
	case BPF_FUNC_get_current_cgroup_id:
	case BPF_FUNC_probe_read_kernel:
	case BPF_FUNC_probe_read_user:
	case BPF_FUNC_probe_read_kernel_str:
	case BPF_FUNC_probe_read_user_str:
	case BPF_FUNC_get_stackid:
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
		return false;
	}
	return true;
}

static struct insn call_insn(struct builder *b, int helper, const struct val *args, unsigned count)
{
	struct insn insn = { .op = INSN_CALL, .size = (uint8_t)count, .imm = helper };
	unsigned i;

	assert(count <= 5);
	insn.a = (uint32_t)b->fn.args.count;
	for (i = 0; i < count; i++) {
		struct val arg = args[i];

		assert(arg.kind != VAL_NONE);
		if (arg.kind == VAL_REG)
			arg.number = 0;
		vec_push(b->arena, &b->fn.args, arg);
	}
	return insn;
}

static struct reach call_reach(int helper)
{
	struct reach reach = REACH_SCALAR;

	reach.may_be_pointer = helper_gives_pointer(helper);
	return reach;
}

struct val build_call(struct builder *b, int helper, const struct val *args, unsigned count)
{
	if (builder_is_idle(b))
		return val_const(0);
	return append_value(b, call_insn(b, helper, args, count), call_reach(helper));
}

struct val build_call_kernel(struct builder *b, uint32_t function, const struct val *args,
			     unsigned count)
{
	struct insn insn;
	struct reach reach = REACH_SCALAR;

	if (builder_is_idle(b))
		return val_const(0);
	insn = call_insn(b, (int)function, args, count);
	insn.flags = INSN_KERNEL;
	reach.may_be_pointer = true;
	return append_value(b, insn, reach);
}

struct val build_call_function(struct builder *b, uint32_t function, const struct val *args,
                               unsigned count)
{
	struct insn insn;

	if (builder_is_idle(b))
		return val_const(0);
	insn = call_insn(b, (int)function, args, count);
	insn.flags = INSN_FUNCTION;
	return append_value(b, insn, REACH_ANY);
}

struct val build_call_pure(struct builder *b, int helper, const struct val *args, unsigned count)
{
	struct insn insn;

	if (builder_is_idle(b))
		return val_const(0);
	insn = call_insn(b, helper, args, count);
	insn.flags = INSN_PURE;
	return append_numbered(b, insn, call_reach(helper));
}

/* --- variables --------------------------------------------------------- */

uint32_t build_var(struct builder *b)
{
	uint32_t var = function_new_reg(&b->fn, (struct reg){
							.def = (uint32_t)b->vars.count,
							.width = 64,
							.signed_width = 64,
							.is_var = true,
							.home = SPILL_NONE,
						});

	vec_push(b->arena, &b->vars, ((struct var_state){ 0 }));
	b->fn.var_count++;
	return var;
}

static struct var_state *var_state(struct builder *b, uint32_t var)
{
	assert(b->fn.regs.items[var].is_var);
	return &b->vars.items[b->fn.regs.items[var].def];
}

void build_var_set(struct builder *b, uint32_t var, struct val val)
{
	struct insn insn = { .op = INSN_MOVE, .dst = var };

	if (builder_is_idle(b))
		return;
	if (val_is_const(val)) {
		insn.op = INSN_CONST;
		insn.imm = val.number;
	} else {
		insn.a = in_register(b, val);
		b->fn.regs.items[var].may_be_pointer |= b->fn.regs.items[insn.a].may_be_pointer;
	}
	append(b, insn);
	*var_state(b, var) = (struct var_state){ val, b->epoch };
}

struct val build_var_get(struct builder *b, uint32_t var)
{
	struct var_state *state = var_state(b, var);
	struct insn insn = { .op = INSN_MOVE, .a = var };

	if (builder_is_idle(b))
		return val_const(0);
	if (state->epoch != b->epoch) {
		state->known = append_value(b, insn, REACH_ANY);
		state->epoch = b->epoch;
	}
	return state->known;
}

/* --- control ----------------------------------------------------------- */

uint32_t build_label(struct builder *b)
{
	vec_push(b->arena, &b->label_times, 0);
	return b->fn.label_count++;
}

void append_jump(struct builder *b, struct insn insn)
{
	uint32_t *time = &b->label_times.items[insn.label];

	if (builder_is_idle(b))
		return;
	if (!*time)
		*time = b->numbering.time + 1;
	append(b, insn);
}

void build_place(struct builder *b, uint32_t label)
{
	/* Whether anybody jumps here is seen in the end only: loops jump back. */
	b->is_dead = false;
	b->epoch++;
	if (b->label_times.items[label])
		numbering_rewind(&b->numbering, b->label_times.items[label] - 1);
	append(b, (struct insn){ .op = INSN_LABEL, .label = label });
}

void build_jump(struct builder *b, uint32_t label)
{
	append_jump(b, (struct insn){ .op = INSN_JUMP, .label = label });
	b->is_dead = true;
}

void build_may_goto(struct builder *b, uint32_t label)
{
	b->fn.has_may_goto = true;
	append_jump(b, (struct insn){ .op = INSN_BRANCH, .alu = BRANCH_MAY_GOTO, .label = label });
}

void build_exit(struct builder *b, struct val val)
{
	struct insn insn = { .op = INSN_EXIT, .imm = val.number };

	if (builder_is_idle(b))
		return;
	if (!val_is_const(val) || !fits_imm(val.number))
		insn.b = in_register(b, val);
	append(b, insn);
	b->is_dead = true;
}

bool build_is_target(const struct builder *b, uint32_t label)
{
	return b->label_times.items[label] != 0;
}

bool build_is_dead(const struct builder *b)
{
	return b->is_dead;
}

void build_enter(struct builder *b)
{
	numbering_enter(&b->numbering);
}

void build_leave(struct builder *b)
{
	numbering_leave(&b->numbering);
	/* A variable set inside may not be set after: that it was known is no use any more. */
	b->epoch++;
}

uint32_t build_point(struct builder *b)
{
	if (builder_is_idle(b))
		return 0;
	append(b, (struct insn){ .op = INSN_LABEL, .label = build_label(b) });
	numbering_add(&b->numbering, (uint32_t)b->fn.insns.count - 1, 0);
	return b->numbering.time;
}

bool build_is_past(const struct builder *b, uint32_t point)
{
	return numbering_has(&b->numbering, point);
}
