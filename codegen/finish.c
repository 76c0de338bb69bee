/*
 * From the built function to eBPF: runs the passes in their order.
 */
#include "codegen/builder_internal.h"
#include "codegen/passes.h"

enum { TRIES_MAX = 4 };

/* What the kernel adds to the frame to count turns of loops. */
enum { MAY_GOTO_STACK = 16 };

/* It counts frames in multiples of this, and an empty one as one of them. */
enum { FRAME_UNIT = 32 };

static void dump_stage(const struct function *fn, enum build_dump wanted, enum build_dump stage,
                       struct strbuf *dump)
{
	static const char *const titles[] = {
		[DUMP_IR] = "as built",
		[DUMP_OPTIMISED] = "optimised",
		[DUMP_ALLOCATED] = "registers chosen",
	};

	if (dump && wanted == stage)
		function_text(fn, titles[stage], dump);
}

/* The instructions as optimise() left them, to begin again from. */
struct snapshot {
	struct insn *insns;
	struct val *args;
	size_t insn_count, arg_count, reg_count, slot_count;
	uint32_t label_count;
};

static struct snapshot take_snapshot(const struct function *fn)
{
	struct snapshot snapshot = {
		.insns = arena_dup(fn->arena, fn->insns.items,
		                   fn->insns.count * sizeof(struct insn)),
		.args = arena_dup(fn->arena, fn->args.items, fn->args.count * sizeof(struct val)),
		.insn_count = fn->insns.count,
		.arg_count = fn->args.count,
		.reg_count = fn->regs.count,
		.slot_count = fn->slots.count,
		.label_count = fn->label_count,
	};

	return snapshot;
}

static void restore(struct function *fn, const struct snapshot *snapshot)
{
	size_t i;

	fn->insns.items =
		arena_dup(fn->arena, snapshot->insns, snapshot->insn_count * sizeof(struct insn));
	fn->args.items =
		arena_dup(fn->arena, snapshot->args, snapshot->arg_count * sizeof(struct val));
	fn->insns.count = fn->insns.capacity = snapshot->insn_count;
	fn->args.count = fn->args.capacity = snapshot->arg_count;
	fn->regs.count = snapshot->reg_count;
	fn->slots.count = snapshot->slot_count;
	fn->label_count = snapshot->label_count;
	for (i = 0; i < fn->regs.count; i++) {
		fn->regs.items[i].home = SPILL_NONE;
		fn->regs.items[i].splits = 0;
	}
	for (i = 0; i < fn->slots.count; i++)
		fn->slots.items[i].in_scratch = false;
	fn->spill_count = fn->scratch_size = fn->slots_size = 0;
	fn->scratch_reg = REG_NONE;
}

/*
 * Slots first, then spills take what is left of the stack.  When that is not
 * enough it is done again with less stack for slots, in the end with none and
 * with numbers spilled to scratch.  False: not even that is.
 */
static bool allocate_in(struct function *fn, uint32_t stack, const struct snapshot *snapshot)
{
	uint32_t limit = stack, spills;
	unsigned attempt;

	for (attempt = 0; attempt < TRIES_MAX; attempt++) {
		/* Spills alone that fill the stack leave no choice. */
		bool last = attempt == TRIES_MAX - 1 || !limit;

		layout_slots(fn, limit, last);
		if (!fn->error)
			allocate_registers(fn, last);
		if (fn->error)
			return true;
		if (fn->spill_count)
			share_spill_slots(fn);
		spills = fn->spill_count * 8;
		if (fn->slots_size + spills <= stack)
			return true;
		if (last)
			break;
		/* Some more: with the scratch pointer there are more values to keep. */
		limit = spills + 64 < stack && attempt + 2 < TRIES_MAX ? stack - spills - 64 : 0;
		restore(fn, snapshot);
	}
	return false;
}

/* Others want stack, too: more than its share is taken only if there is no other way. */
static void allocate(struct function *fn)
{
	struct snapshot snapshot = take_snapshot(fn);
	uint32_t taken = fn->has_may_goto ? MAY_GOTO_STACK : 0;

	if (allocate_in(fn, fn->stack_share - taken, &snapshot))
		return;
	restore(fn, &snapshot);
	if (fn->stack_share == fn->stack_limit ||
	    !allocate_in(fn, fn->stack_limit - taken, &snapshot))
		function_fail(fn, "this probe computes with too many values at a time");
}

struct code *builder_finish(struct builder *b, enum build_dump stage, struct strbuf *dump)
{
	struct function *fn = &b->fn;
	struct code *code;

	if (fn->error)
		return NULL;
	dump_stage(fn, stage, DUMP_IR, dump);
	optimise(fn);
	dump_stage(fn, stage, DUMP_OPTIMISED, dump);
	if (!fn->error)
		allocate(fn);
	if (fn->error)
		return NULL;
	dump_stage(fn, stage, DUMP_ALLOCATED, dump);
	code = assemble(fn);
	if (fn->error)
		return NULL;
	code->frame_size = ALIGN_UP(MAX(code->stack_size, 1U) + (fn->has_may_goto ? MAY_GOTO_STACK : 0U),
	                            FRAME_UNIT);
	return code;
}
