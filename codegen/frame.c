/*
 * Memory of one function: stack below r10, and what does not fit there in the
 * scratch value of the program.
 *
 * Slots made after a mark go back together, so their places follow from the
 * order in which the builder made them.  Spills come below the slots.
 */
#include "codegen/passes.h"

#include <stdlib.h>
#include <string.h>

/* The largest value of a per-CPU map. */
enum { SCRATCH_MAX = 32768 };

static void find_used_slots(struct function *fn)
{
	size_t i;
	unsigned a;

	for (i = 0; i < fn->slots.count; i++)
		fn->slots.items[i].is_used = false;
	for (i = 0; i < fn->insns.count; i++) {
		const struct insn *insn = &fn->insns.items[i];

		if (insn->flags & INSN_SLOT)
			fn->slots.items[insn->a].is_used = true;
		if (insn->op == INSN_ADDRESS && insn->alu == VAL_SLOT)
			fn->slots.items[insn->a].is_used = true;
		if (insn->op != INSN_CALL)
			continue;
		for (a = 0; a < insn->size; a++) {
			const struct val *arg = &fn->args.items[insn->a + a];

			if (arg->kind == VAL_SLOT)
				fn->slots.items[arg->id].is_used = true;
		}
	}
}

struct depths {
	uint32_t stack, scratch;
};

/* Gives every slot its place; *ret_most is how much that takes. */
static void place_slots(struct function *fn, struct depths *ret_most)
{
	struct depths *after = arena_new_array(fn->arena, struct depths, fn->slots.count + 1);
	struct depths most = { 0, 0 };
	uint32_t live = 0;
	size_t i;

	for (i = 0; i < fn->slot_events.count; i++) {
		const struct slot_event *event = &fn->slot_events.items[i];
		struct depths depth = after[live];
		struct slot *slot;

		if (event->is_release) {
			live = event->value;
			continue;
		}
		slot = &fn->slots.items[event->value];
		if (slot->is_used && slot->in_scratch) {
			slot->offset = (int32_t)depth.scratch;
			depth.scratch += slot->size;
		} else if (slot->is_used) {
			depth.stack += slot->size;
			slot->offset = -(int32_t)depth.stack;
		}
		most.stack = MAX(most.stack, depth.stack);
		most.scratch = MAX(most.scratch, depth.scratch);
		after[++live] = depth;
	}
	*ret_most = most;
}

struct candidate {
	uint32_t size, slot;
};

/* Largest first; of equals the later one, which is the less used more often than not. */
static int compare_candidates(const void *left, const void *right)
{
	const struct candidate *l = left, *r = right;

	if (l->size != r->size)
		return l->size < r->size ? 1 : -1;
	return l->slot < r->slot ? 1 : -1;
}

/* Moves as few slots to scratch as is needed to stay within `limit`, the largest first. */
static void choose_scratch(struct function *fn, uint32_t limit, struct depths *most)
{
	uint32_t count = 0, low = 0, high, middle, i;
	struct candidate *list = arena_new_array(fn->arena, struct candidate, fn->slots.count);

	for (i = 0; i < fn->slots.count; i++) {
		if (fn->slots.items[i].is_used && !fn->slots.items[i].on_stack)
			list[count++] = (struct candidate){ fn->slots.items[i].size, i };
	}
	qsort(list, count, sizeof(*list), compare_candidates);
	for (high = count; low < high;) {
		middle = low + (high - low) / 2;
		for (i = 0; i < count; i++)
			fn->slots.items[list[i].slot].in_scratch = i < middle;
		place_slots(fn, most);
		if (most->stack <= limit)
			high = middle;
		else
			low = middle + 1;
	}
	for (i = 0; i < count; i++)
		fn->slots.items[list[i].slot].in_scratch = i < low;
	place_slots(fn, most);
}

/* --- the scratch value --------------------------------------------------- */

/* A label on the function's last instruction if that is the exit that is wanted, else LABEL_NONE. */
static uint32_t label_exit(struct function *fn)
{
	struct insn exit = vec_last(&fn->insns), place = { .op = INSN_LABEL, .span = exit.span };

	if (exit.op != INSN_EXIT || exit.b || exit.imm != fn->options->failure ||
	    fn->insns.count > EXIT_REACH)
		return LABEL_NONE;
	place.label = fn->label_count++;
	vec_last(&fn->insns) = place;
	vec_push(fn->arena, &fn->insns, exit);
	return place.label;
}

/* if (!scratch) exit; gives the number of instructions written. */
static uint32_t check_lookup(struct function *fn, struct insn *code)
{
	uint32_t label = label_exit(fn);

	code[0] = (struct insn){
		.op = INSN_BRANCH, .alu = BPF_JEQ, .a = fn->scratch_reg, .label = label
	};
	if (label != LABEL_NONE)
		return 1;
	label = fn->label_count++;
	code[0].alu = BPF_JNE;
	code[0].label = label;
	code[1] = (struct insn){ .op = INSN_EXIT, .imm = fn->options->failure };
	code[2] = (struct insn){ .op = INSN_LABEL, .label = label };
	return 3;
}

static uint32_t argument_count(const struct function *fn)
{
	uint32_t count = 0;

	while (fn->insns.items[count].op == INSN_ARGUMENT)
		count++;
	return count;
}

static bool uses_slot(const struct function *fn, const struct insn *insn)
{
	unsigned a;

	if (insn->op == INSN_CALL)
		for (a = 0; a < insn->size; a++)
			if (fn->args.items[insn->a + a].kind == VAL_SLOT)
				return true;
	return (insn->flags & INSN_SLOT) || (insn->op == INSN_ADDRESS && insn->alu == VAL_SLOT);
}

/* Where the labels are; *ret_loop is the first that something jumps back to. */
static uint32_t *find_labels(struct function *fn, uint32_t *ret_loop)
{
	uint32_t *places = arena_new_array(fn->arena, uint32_t, fn->label_count), i;

	for (i = 0; i < fn->label_count; i++)
		places[i] = UINT32_MAX;
	*ret_loop = UINT32_MAX;
	for (i = 0; i < fn->insns.count; i++) {
		const struct insn *insn = &fn->insns.items[i];

		if (insn->op == INSN_LABEL)
			places[insn->label] = i;
		else if (insn->op == INSN_JUMP || insn->op == INSN_BRANCH)
			*ret_loop = MIN(*ret_loop, places[insn->label]);
	}
	return places;
}

/* From here on the program may not end before something is given back. */
static bool takes_reference(const struct insn *insn)
{
	return insn->op == INSN_CALL &&
	       ((insn->flags & INSN_KERNEL) ||
	        (!(insn->flags & INSN_FUNCTION) && insn->imm == BPF_FUNC_ringbuf_reserve));
}

/*
 * The last instruction before the first use of a slot that every way to one
 * passes: events that a filter turns away do not pay for the lookup.  Where it
 * finds nothing the program ends, so it goes before what has to be given back.
 */
static uint32_t lookup_place(struct function *fn)
{
	uint32_t end = (uint32_t)fn->insns.count, start = argument_count(fn), best, reach, loop, i;
	const uint32_t *places = find_labels(fn, &loop);
	const struct insn *insns = fn->insns.items;

	while (end && (insns[end - 1].op == INSN_EXIT || insns[end - 1].op == INSN_LABEL))
		end--;
	best = reach = start;
	for (i = start; i < end && i <= loop; i++) {
		if (i > reach)
			best = i;
		if (uses_slot(fn, &insns[i]) || takes_reference(&insns[i]))
			break;
		/* Who jumps to the end uses none. */
		if ((insns[i].op == INSN_JUMP || insns[i].op == INSN_BRANCH) && places[insns[i].label] < end)
			reach = MAX(reach, places[insns[i].label]);
	}
	return best;
}

/* The instructions that look it up, before `at`. */
static void add_lookup(struct function *fn, uint32_t at)
{
	uint32_t span, key, arg, added, i;
	struct insn code[5];

	/* So early no slot is in use yet, and the key may lie where any of them will. */
	key = (uint32_t)fn->slots.count;
	vec_push(fn->arena, &fn->slots,
	         ((struct slot){ .size = 8, .offset = -8, .is_used = true }));
	fn->slots_size = MAX(fn->slots_size, 8U);
	arg = (uint32_t)fn->args.count;
	vec_push(fn->arena, &fn->args, val_map(fn->options->scratch_map));
	vec_push(fn->arena, &fn->args, ((struct val){ VAL_SLOT, key, 0 }));
	fn->scratch_reg = function_new_reg(fn, (struct reg){ .width = 64,
	                                                     .signed_width = 64,
	                                                     .may_be_pointer = true,
	                                                     .home = SPILL_NONE });
	code[0] = (struct insn){ .op = INSN_STORE,
		                 .size = 4,
		                 .flags = INSN_SLOT,
		                 .a = key,
		                 .imm = (int32_t)fn->options->scratch_key };
	code[1] = (struct insn){ .op = INSN_CALL,
		                 .dst = fn->scratch_reg,
		                 .size = 2,
		                 .a = arg,
		                 .imm = BPF_FUNC_map_lookup_elem };
	added = 2 + check_lookup(fn, &code[2]);
	span = fn->insns.items[at].span;
	for (i = 0; i < added; i++)
		vec_push(fn->arena, &fn->insns, ((struct insn){ .op = INSN_NOTHING }));
	memmove(&fn->insns.items[at + added], &fn->insns.items[at],
	        (fn->insns.count - added - at) * sizeof(code[0]));
	for (i = 0; i < added; i++) {
		fn->insns.items[at + i] = code[i];
		fn->insns.items[at + i].span = span;
	}
}

static void use_scratch_places(struct function *fn)
{
	size_t i;

	for (i = 0; i < fn->insns.count; i++) {
		struct insn *insn = &fn->insns.items[i];
		const struct slot *slot;

		if (!(insn->flags & INSN_SLOT) &&
		    !(insn->op == INSN_ADDRESS && insn->alu == VAL_SLOT))
			continue;
		slot = &fn->slots.items[insn->a];
		if (!slot->in_scratch)
			continue;
		if (insn->flags & INSN_SLOT) {
			insn->flags &= (uint8_t)~INSN_SLOT;
			insn->a = fn->scratch_reg;
			insn->offset += slot->offset;
		} else {
			insn->op = INSN_ALU;
			insn->alu = BPF_ADD;
			insn->a = fn->scratch_reg;
			insn->imm += slot->offset;
		}
	}
	for (i = 0; i < fn->args.count; i++) {
		struct val *arg = &fn->args.items[i];
		const struct slot *slot;

		if (arg->kind != VAL_SLOT)
			continue;
		slot = &fn->slots.items[arg->id];
		if (slot->in_scratch)
			*arg = (struct val){ VAL_REG, fn->scratch_reg, arg->number + slot->offset };
	}
}

void layout_slots(struct function *fn, uint32_t limit, bool with_scratch)
{
	struct depths most;

	if (!fn->slots.count && !with_scratch)
		return;
	find_used_slots(fn);
	place_slots(fn, &most);
	if (most.stack > limit)
		choose_scratch(fn, limit, &most);
	fn->slots_size = most.stack;
	fn->scratch_size = most.scratch;
	if (most.scratch > SCRATCH_MAX)
		function_fail(fn, "the values of this probe need more than 32768 bytes at a time: "
				  "strings with a length, str(p, 64), need less");
	if (!most.scratch && !with_scratch)
		return;
	add_lookup(fn, with_scratch ? argument_count(fn) : lookup_place(fn));
	use_scratch_places(fn);
}
