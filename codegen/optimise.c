/*
 * Unused values, unreachable code, jumps to jumps.
 */
#include "codegen/passes.h"

#include <string.h>

/* --- unused values ------------------------------------------------------ */

/* Backwards, so that what only unused values read is seen to be unused as well. */
static void remove_unused(struct function *fn)
{
	uint32_t *use_count = arena_new_array(fn->arena, uint32_t, fn->regs.count);
	uint32_t *uses[INSN_USES_MAX];
	unsigned count, u;
	size_t i;

	for (i = 0; i < fn->insns.count; i++) {
		count = insn_uses(fn, &fn->insns.items[i], uses);
		for (u = 0; u < count; u++)
			use_count[*uses[u]]++;
	}
	for (i = fn->insns.count; i-- > 0;) {
		struct insn *insn = &fn->insns.items[i];

		if (!insn->dst || use_count[insn->dst])
			continue;
		if (insn_is_removable(insn)) {
			count = insn_uses(fn, insn, uses);
			for (u = 0; u < count; u++)
				use_count[*uses[u]]--;
			insn_delete(insn);
		} else {
			insn->dst = REG_NONE;
		}
	}
}

/* --- jumps -------------------------------------------------------------- */

struct jumps {
	struct function *fn;
	uint32_t *label_at; /* by label: instruction */
	bool changed;
};

static bool jumps_somewhere(const struct insn *insn)
{
	return insn->op == INSN_JUMP || insn->op == INSN_BRANCH;
}

static void find_labels(struct jumps *jumps)
{
	const struct insn_vec *insns = &jumps->fn->insns;
	uint32_t i;

	memset(jumps->label_at, 0xff, sizeof(uint32_t) * jumps->fn->label_count);
	for (i = 0; i < insns->count; i++) {
		if (insns->items[i].op == INSN_LABEL)
			jumps->label_at[insns->items[i].label] = i;
	}
}

/* A jump to nowhere is a bug of the lowering code: say so rather than crash. */
static bool all_labels_placed(struct jumps *jumps)
{
	const struct function *fn = jumps->fn;
	size_t i;

	for (i = 0; i < fn->insns.count; i++) {
		const struct insn *insn = &fn->insns.items[i];

		if (jumps_somewhere(insn) && jumps->label_at[insn->label] == UINT32_MAX) {
			function_fail(jumps->fn, "internal error: a label was not placed");
			return false;
		}
	}
	return true;
}

/* The first instruction from `i` on that does something. */
static uint32_t skip_labels(const struct function *fn, uint32_t i)
{
	while (i < fn->insns.count &&
	       (fn->insns.items[i].op == INSN_LABEL || fn->insns.items[i].op == INSN_NOTHING))
		i++;
	return i;
}

/* Where a jump to `label` ends up.  The bound is for loops that do nothing. */
static uint32_t final_label(const struct jumps *jumps, uint32_t label)
{
	const struct function *fn = jumps->fn;
	unsigned hops;

	for (hops = 0; hops < 16; hops++) {
		uint32_t at = skip_labels(fn, jumps->label_at[label]);

		if (at == fn->insns.count || fn->insns.items[at].op != INSN_JUMP)
			break;
		label = fn->insns.items[at].label;
	}
	return label;
}

static void thread_jumps(struct jumps *jumps)
{
	size_t i;

	for (i = 0; i < jumps->fn->insns.count; i++) {
		struct insn *insn = &jumps->fn->insns.items[i];

		if (jumps_somewhere(insn))
			insn->label = final_label(jumps, insn->label);
	}
}

/* Marks from the entry on; what is not reached becomes INSN_NOTHING, so do unused labels. */
static void remove_unreachable(struct jumps *jumps)
{
	struct function *fn = jumps->fn;
	bool *reached = arena_new_array(fn->arena, bool, fn->insns.count);
	bool *is_target = arena_new_array(fn->arena, bool, fn->label_count);
	uint32_t *work = arena_new_array(fn->arena, uint32_t, fn->label_count + 1);
	uint32_t count = 1, i; /* work starts with instruction 0 */

	while (count) {
		for (i = work[--count]; i < fn->insns.count && !reached[i]; i++) {
			const struct insn *insn = &fn->insns.items[i];

			reached[i] = true;
			if (jumps_somewhere(insn) && !is_target[insn->label]) {
				is_target[insn->label] = true;
				work[count++] = jumps->label_at[insn->label];
			}
			if (insn_ends_block(insn))
				break;
		}
	}
	for (i = 0; i < fn->insns.count; i++) {
		struct insn *insn = &fn->insns.items[i];

		if (!reached[i] || (insn->op == INSN_LABEL && !is_target[insn->label]))
			insn_delete(insn);
	}
}

/* A jump to what follows goes; a branch over a jump is turned round and jumps itself. */
static void simplify_jumps(struct jumps *jumps)
{
	struct function *fn = jumps->fn;
	uint32_t i, next, after;

	for (i = 0; i < fn->insns.count; i++) {
		struct insn *insn = &fn->insns.items[i], *jump;

		if (!jumps_somewhere(insn))
			continue;
		after = skip_labels(fn, jumps->label_at[insn->label]);
		next = skip_labels(fn, i + 1);
		if (next == after) {
			insn_delete(insn);
			jumps->changed = true;
			continue;
		}
		if (insn->op != INSN_BRANCH || !branch_inverse(insn->alu))
			continue;
		/* No label may stand before the jump: others would miss it. */
		for (next = i + 1; next < fn->insns.count; next++) {
			if (fn->insns.items[next].op != INSN_NOTHING)
				break;
		}
		if (next == fn->insns.count || fn->insns.items[next].op != INSN_JUMP ||
		    skip_labels(fn, next + 1) != after)
			continue;
		jump = &fn->insns.items[next];
		insn->alu = branch_inverse(insn->alu);
		insn->label = jump->label;
		insn_delete(jump);
		jumps->changed = true;
	}
}

/* --- exits -------------------------------------------------------------- */

/*
 * All exits with the constant of the last one jump to it: one instruction
 * instead of two, and a branch over an exit becomes a branch to it.
 */
static void share_exit(struct function *fn)
{
	uint32_t last = UINT32_MAX, i, label = LABEL_NONE;
	struct insn place;

	for (i = (uint32_t)fn->insns.count; i-- > 0 && last == UINT32_MAX;) {
		if (fn->insns.items[i].op == INSN_EXIT)
			last = i;
	}
	if (last == UINT32_MAX || fn->insns.items[last].b)
		return;
	for (i = last; i-- > 0 && last - i < EXIT_REACH;) {
		struct insn *insn = &fn->insns.items[i];

		if (insn->op != INSN_EXIT || insn->b || insn->imm != fn->insns.items[last].imm)
			continue;
		if (label == LABEL_NONE)
			label = fn->label_count++;
		insn->op = INSN_JUMP;
		insn->label = label;
	}
	if (label == LABEL_NONE)
		return;
	place = (struct insn){ .op = INSN_LABEL,
		               .label = label,
		               .span = fn->insns.items[last].span };
	vec_push(fn->arena, &fn->insns, place);
	memmove(&fn->insns.items[last + 1], &fn->insns.items[last],
	        (fn->insns.count - 1 - last) * sizeof(place));
	fn->insns.items[last] = place;
}

static void remove_nothing(struct function *fn)
{
	size_t from, to = 0;

	for (from = 0; from < fn->insns.count; from++) {
		if (fn->insns.items[from].op != INSN_NOTHING)
			fn->insns.items[to++] = fn->insns.items[from];
	}
	fn->insns.count = to;
}

void optimise(struct function *fn)
{
	struct jumps jumps = { .fn = fn, .changed = true };
	unsigned round;

	/* Falling off the end is leaving with 0. */
	if (!fn->insns.count || !insn_ends_block(&vec_last(&fn->insns)))
		vec_push(fn->arena, &fn->insns,
		         ((struct insn){ .op = INSN_EXIT, .span = (uint32_t)fn->spans.count - 1 }));
	share_exit(fn);
	if (fn->label_count) {
		jumps.label_at = arena_new_array(fn->arena, uint32_t, fn->label_count);
		for (round = 0; round < 4 && jumps.changed; round++) {
			jumps.changed = false;
			find_labels(&jumps);
			if (!round && !all_labels_placed(&jumps))
				return;
			thread_jumps(&jumps);
			remove_unreachable(&jumps);
			simplify_jumps(&jumps);
		}
	}
	remove_unused(fn);
	if (fn->var_count) {
		merge_variables(fn);
		remove_unused(fn);
	}
	remove_nothing(fn);
}
