/*
 * Intervals of registers from the text alone, and the loops they go round (paths: flow.c).
 */
#include "codegen/liveness.h"

#include <string.h>

/* Gives by instruction the last jump back to it, or 0.  NULL if nothing jumps back. */
static uint32_t *find_labels(struct liveness *live, const struct function *fn)
{
	uint32_t *last = NULL, i, target;

	live->label_at = arena_take(fn->arena, sizeof(uint32_t) * fn->label_count);
	memset(live->label_at, 0xff, sizeof(uint32_t) * fn->label_count);
	for (i = 0; i < fn->insns.count; i++) {
		const struct insn *insn = &fn->insns.items[i];

		if (insn->op == INSN_LABEL)
			live->label_at[insn->label] = i;
		if (insn->op != INSN_JUMP && insn->op != INSN_BRANCH)
			continue;
		target = live->label_at[insn->label];
		if (target == POSITION_NONE)
			continue;
		if (!last)
			last = arena_new_array(fn->arena, uint32_t, fn->insns.count);
		last[target] = i;
	}
	return last;
}

/* Loops that overlap without one holding the other are made to nest by extending the first. */
void liveness_find_loops(struct liveness *live, const struct function *fn)
{
	uint32_t *last, i, inner = 0, at;

	*live = (struct liveness){ 0 };
	last = fn->label_count ? find_labels(live, fn) : NULL;
	if (!last)
		return;
	live->loop_at = arena_new_array(fn->arena, uint32_t, fn->insns.count);
	for (i = 0; i < fn->insns.count; i++) {
		while (inner && live->loops.items[inner - 1].end < i)
			inner = live->loops.items[inner - 1].parent;
		if (last[i]) {
			struct loop loop = {
				.start = i, .end = last[i], .parent = inner, .depth = 1
			};

			if (inner)
				loop.depth += live->loops.items[inner - 1].depth;
			for (at = inner; at; at = live->loops.items[at - 1].parent) {
				if (live->loops.items[at - 1].end < loop.end)
					live->loops.items[at - 1].end = loop.end;
			}
			vec_push(fn->arena, &live->loops, loop);
			inner = (uint32_t)live->loops.count;
		}
		live->loop_at[i] = inner;
	}
}

/* The value is needed at `position` of instruction i: round every loop that began after it. */
static void extend(struct liveness *live, uint32_t reg, uint32_t i, uint32_t position)
{
	uint32_t at;

	if (live->loop_at) {
		for (at = live->loop_at[i]; at; at = live->loops.items[at - 1].parent) {
			const struct loop *loop = &live->loops.items[at - 1];

			if (live->start[reg] != POSITION_NONE &&
			    live->start[reg] / 2 >= loop->start)
				break;
			position = MAX(position, loop->end * 2 + 1);
		}
	}
	live->end[reg] = MAX(live->end[reg], position);
}

void liveness_compute(struct liveness *live, struct function *fn)
{
	uint32_t count = (uint32_t)fn->regs.count, i, *uses[INSN_USES_MAX];
	unsigned use_count, u;

	liveness_find_loops(live, fn);
	live->start = arena_take(fn->arena, sizeof(uint32_t) * count);
	live->end = arena_new_array(fn->arena, uint32_t, count);
	live->def = arena_new_array(fn->arena, uint32_t, count);
	memset(live->start, 0xff, sizeof(uint32_t) * count);
	for (i = 0; i < fn->insns.count; i++) {
		struct insn *insn = &fn->insns.items[i];

		use_count = insn_uses(fn, insn, uses);
		for (u = 0; u < use_count; u++)
			extend(live, *uses[u], i,
			       i * 2 + (uses[u] == &insn->b && insn_reads_b_late(insn)));
		if (!insn->dst)
			continue;
		if (live->start[insn->dst] == POSITION_NONE) {
			/* Arguments are there together, from the start. */
			live->start[insn->dst] = insn->op == INSN_ARGUMENT ? 0 : i * 2 + 1;
			live->def[insn->dst] = i;
		}
		live->end[insn->dst] = MAX(live->end[insn->dst], i * 2 + 1);
	}
}

/* --- calls ---------------------------------------------------------------- */

static void find_calls(struct liveness *live, const struct function *fn)
{
	size_t i = fn->insns.count;
	uint32_t next = CALL_NONE;

	live->next_call = arena_new_array(fn->arena, uint32_t, i);
	while (i-- > 0) {
		if (fn->insns.items[i].op == INSN_CALL)
			next = (uint32_t)i;
		live->next_call[i] = next;
	}
}

/* A call stands between the first and the last instruction that have to do with it. */
static bool spans_call(const struct liveness *live, const struct function *fn, uint32_t reg)
{
	uint32_t from = (live->start[reg] + 1) / 2;

	return from < fn->insns.count && live->next_call[from] * 2 < live->end[reg];
}

/*
 * A call in the text between is not always one on the way: an error's path may
 * stand there.  Where jumps make that possible the paths are followed.
 */
void liveness_compute_calls(struct liveness *live, struct function *fn)
{
	bool *wanted = arena_new_array(fn->arena, bool, fn->regs.count), any = false;
	uint32_t reg;

	live->crosses_call = arena_new_array(fn->arena, bool, fn->regs.count);
	find_calls(live, fn);
	for (reg = 1; reg < fn->regs.count; reg++) {
		if (live->start[reg] == POSITION_NONE)
			continue;
		live->crosses_call[reg] = spans_call(live, fn, reg);
		wanted[reg] =
			live->crosses_call[reg] || (live->loop_at && fn->regs.items[reg].is_var);
		any |= wanted[reg];
	}
	if (any && fn->label_count)
		liveness_follow(live, fn, wanted);
}
