/*
 * From where to where each register is needed, as one interval of positions.
 *
 * Instruction i reads at position 2i and writes at 2i + 1.  Code stands in the
 * order of its text; an interval spans what lies between, and all of a loop
 * that the value lives through.
 */
#ifndef CODEGEN_LIVENESS_H
#define CODEGEN_LIVENESS_H

#include "codegen/insn.h"

enum { POSITION_NONE = UINT32_MAX, CALL_NONE = UINT32_MAX / 2 };

struct loop {
	uint32_t start, end; /* its label and the last jump back, as instructions */
	uint32_t parent;     /* index + 1 of the loop around it, or 0 */
	uint32_t depth;      /* from 1 */
};

struct liveness {
	uint32_t *start, *end; /* by register; start is POSITION_NONE if it is never written */
	uint32_t *def;         /* by register: its first writer */
	uint32_t *label_at;    /* by label: instruction, or POSITION_NONE */
	uint32_t *loop_at;     /* by instruction: innermost loop + 1; NULL: no loops at all */
	uint32_t *next_call;   /* by instruction: the first call from it on, or CALL_NONE */
	bool *crosses_call;    /* by register: a call happens while its value is needed */
	VEC(struct loop) loops;
};

/*
 * Needs: values written before their uses in the text.  Gives start and end of
 * values, and loops.  Variables in loops are not followed round them.
 */
void liveness_compute(struct liveness *live, struct function *fn);

/* Nothing but labels and loops. */
void liveness_find_loops(struct liveness *live, const struct function *fn);

/* The rest: variables in loops, and calls. */
void liveness_compute_calls(struct liveness *live, struct function *fn);

static inline uint32_t loop_depth(const struct liveness *live, uint32_t insn)
{
	if (!live->loop_at || !live->loop_at[insn])
		return 0;
	return live->loops.items[live->loop_at[insn] - 1].depth;
}

/* An operation that must not get its right operand's register for its result: `dst = a` comes
 * first. */
static inline bool insn_reads_b_late(const struct insn *insn)
{
	return insn->op == INSN_ALU && insn->b && insn->b != insn->a &&
	       !alu_is_commutative(insn->alu);
}

/* flow.c: start, end and crosses_call of the `wanted` registers, by following the paths. */
void liveness_follow(struct liveness *live, struct function *fn, const bool *wanted);

#endif
