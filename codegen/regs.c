/*
 * Registers: a linear scan over the intervals, in the order of their starts.
 *
 * What lives across a call gets one of r6-r9, which calls keep; the rest gets
 * r0-r5 first.  Hints make copies unnecessary: an argument of a call is
 * computed in the register it is passed in, `dst = a op b` in the register of
 * an `a` that ends there.  Where registers run out the least used interval is
 * spilled (spill.c) and the scan begins again.
 */
#include "codegen/liveness.h"
#include "codegen/passes.h"

#include <assert.h>
#include <string.h>

enum {
	PHYS_COUNT = 10,
	KEPT_FIRST = 6, /* r6-r9 survive calls */
	PHYS_NONE = 255,
	HINT_KEPT = 254, /* any of r6-r9 */
	ROUNDS_MAX = 20,
	WEIGHT_ENDLESS = UINT32_MAX,
};

struct scan {
	struct function *fn;
	struct liveness live;
	uint32_t *first, *next; /* lists of the registers that are live from before an instruction
				   on; NULL if there are none */
	uint32_t *weight; /* by register: reads and writes, loops counted more; NULL till needed */
	bool *in_address; /* by register: an address is computed from it, or it is passed on */
	uint8_t *hint;    /* by register: PHYS_NONE if none */
	uint32_t holder[PHYS_COUNT]; /* virtual register, or REG_NONE */
	bool *is_spilled;
	bool spilled_any;
};

/* --- weights and hints --------------------------------------------------- */

static void add_weight(struct scan *scan, uint32_t reg, uint32_t amount)
{
	if (scan->fn->regs.items[reg].splits == 2)
		scan->weight[reg] = WEIGHT_ENDLESS;
	else if (scan->weight[reg] < 1U << 28)
		scan->weight[reg] += amount;
}

/* Numbers an address is made of: from the load or call back to what was added. */
static void mark_address(struct scan *scan, struct insn *insn)
{
	uint32_t *uses[INSN_USES_MAX];
	unsigned count, u;

	switch ((enum insn_op)insn->op) {
	case INSN_LOAD:
	case INSN_STORE:
	case INSN_ATOMIC:
		if (insn_reads_a(insn))
			scan->in_address[insn->a] = true;
		return;
	case INSN_MOVE:
	case INSN_ALU:
		if (!scan->in_address[insn->dst])
			return;
		break;
	case INSN_CALL:
		break;
	case INSN_NOTHING:
	case INSN_ARGUMENT:
	case INSN_CONST:
	case INSN_ADDRESS:
	case INSN_NEG:
	case INSN_SIGN_EXTEND:
	case INSN_SWAP:
	case INSN_LABEL:
	case INSN_JUMP:
	case INSN_BRANCH:
	case INSN_EXIT:
		return;
	}
	count = insn_uses(scan->fn, insn, uses);
	for (u = 0; u < count; u++)
		scan->in_address[*uses[u]] = true;
}

/*
 * Old verifiers (5.10) forget what they know of a number when it is stored,
 * and what is checked of one copy does not hold for the other: an index or
 * size with known bounds has to stay in its register.
 */
static bool is_bounded(const struct scan *scan, const struct insn *insn, uint32_t reg)
{
	if (!scan->in_address[reg])
		return false;
	if (!scan->fn->regs.items[reg].may_be_pointer)
		return true;
	return insn->op == INSN_BRANCH && insn->alu != BPF_JEQ && insn->alu != BPF_JNE;
}

enum { WEIGHT_BOUNDED = 256 };

static void weigh(struct scan *scan)
{
	struct function *fn = scan->fn;
	uint32_t *uses[INSN_USES_MAX], i, amount;
	unsigned count, u;

	scan->weight = arena_new_array(fn->arena, uint32_t, fn->regs.count);
	scan->in_address = arena_new_array(fn->arena, bool, fn->regs.count);
	for (i = (uint32_t)fn->insns.count; i-- > 0;) {
		struct insn *insn = &fn->insns.items[i];

		mark_address(scan, insn);
		amount = 2U << MIN(loop_depth(&scan->live, i) * 3, 12U);
		count = insn_uses(fn, insn, uses);
		for (u = 0; u < count; u++)
			add_weight(scan, *uses[u],
			           is_bounded(scan, insn, *uses[u]) ? amount * WEIGHT_BOUNDED
			                                            : amount);
		if (insn->dst)
			add_weight(scan, insn->dst, amount);
	}
}

static bool ends_at(const struct scan *scan, uint32_t reg, uint32_t insn)
{
	return scan->live.end[reg] == insn * 2;
}

static bool computes_in_place(const struct insn *insn)
{
	switch ((enum insn_op)insn->op) {
	case INSN_MOVE:
	case INSN_ALU:
	case INSN_NEG:
	case INSN_SIGN_EXTEND:
	case INSN_SWAP:
		return true;
	case INSN_NOTHING:
	case INSN_ARGUMENT:
	case INSN_CONST:
	case INSN_ADDRESS:
	case INSN_LOAD:
	case INSN_STORE:
	case INSN_ATOMIC:
	case INSN_CALL:
	case INSN_LABEL:
	case INSN_JUMP:
	case INSN_BRANCH:
	case INSN_EXIT:
		return false;
	}
	unreachable();
}

/* Backwards: what a result wants, the operand that ends there wants, too. */
static void hint(struct scan *scan)
{
	struct function *fn = scan->fn;
	uint32_t i;
	unsigned k;

	scan->hint = arena_new_array(fn->arena, uint8_t, fn->regs.count);
	memset(scan->hint, PHYS_NONE, fn->regs.count);
	for (i = (uint32_t)fn->insns.count; i-- > 0;) {
		const struct insn *insn = &fn->insns.items[i];

		if (insn->op == INSN_CALL) {
			for (k = 0; k < insn->size; k++) {
				const struct val *arg = &fn->args.items[insn->a + k];

				if (arg->kind == VAL_REG && ends_at(scan, arg->id, i))
					scan->hint[arg->id] = (uint8_t)(k + 1);
			}
		}
		if (insn->op == INSN_EXIT && insn->b)
			scan->hint[insn->b] = 0;
		if (!computes_in_place(insn))
			continue;
		if (ends_at(scan, insn->a, i))
			scan->hint[insn->a] = scan->live.crosses_call[insn->dst]
			                              ? HINT_KEPT
			                              : scan->hint[insn->dst];
		else if (insn->b && ends_at(scan, insn->b, i) && !insn_reads_b_late(insn))
			scan->hint[insn->b] = scan->live.crosses_call[insn->dst]
			                              ? HINT_KEPT
			                              : scan->hint[insn->dst];
	}
}

/* --- choice -------------------------------------------------------------- */

static bool is_free(const struct scan *scan, uint8_t phys, uint32_t reg)
{
	uint32_t holder = scan->holder[phys];

	return !holder || scan->live.end[holder] < scan->live.start[reg];
}

static bool may_take(const struct scan *scan, uint8_t phys, uint32_t reg, bool crosses)
{
	if (phys >= PHYS_COUNT || (crosses && phys < KEPT_FIRST))
		return false;
	return is_free(scan, phys, reg);
}

static uint8_t first_free(const struct scan *scan, uint32_t reg, const uint8_t *order,
                          unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		if (is_free(scan, order[i], reg))
			return order[i];
	}
	return PHYS_NONE;
}

/* The register that makes the instruction which writes `reg` cheapest. */
static uint8_t wanted_by_def(const struct scan *scan, uint32_t reg, bool crosses)
{
	const struct insn *def = &scan->fn->insns.items[scan->live.def[reg]];
	uint8_t phys;

	if (def->op == INSN_CALL)
		return 0;
	if (def->op == INSN_ARGUMENT)
		return (uint8_t)def->imm;
	if (may_take(scan, scan->hint[reg], reg, crosses))
		return scan->hint[reg];
	if (!computes_in_place(def))
		return PHYS_NONE;
	phys = scan->fn->phys[def->a];
	if (may_take(scan, phys, reg, crosses))
		return phys;
	if (def->b && !insn_reads_b_late(def))
		return scan->fn->phys[def->b];
	return PHYS_NONE;
}

static uint8_t choose(const struct scan *scan, uint32_t reg, bool crosses)
{
	static const uint8_t kept[] = { 6, 7, 8, 9 };
	static const uint8_t passing[] = { 0, 5, 4, 3, 2, 1, 9, 8, 7, 6 };
	uint8_t phys = wanted_by_def(scan, reg, crosses);

	if (may_take(scan, phys, reg, crosses))
		return phys;
	if (crosses)
		return first_free(scan, reg, kept, sizeof(kept));
	if (may_take(scan, scan->hint[reg], reg, false))
		return scan->hint[reg];
	if (scan->hint[reg] == HINT_KEPT) {
		phys = first_free(scan, reg, kept, sizeof(kept));
		if (phys != PHYS_NONE)
			return phys;
	}
	return first_free(scan, reg, passing, sizeof(passing));
}

/* --- spilling ------------------------------------------------------------ */

/* Spilling `left` costs less for the room it makes than spilling `right`. */
static bool is_cheaper(const struct scan *scan, uint32_t left, uint32_t right)
{
	uint64_t left_length = scan->live.end[left] - scan->live.start[left] + 1;
	uint64_t right_length = scan->live.end[right] - scan->live.start[right] + 1;

	if (scan->weight[right] == WEIGHT_ENDLESS)
		return scan->weight[left] != WEIGHT_ENDLESS;
	if (scan->weight[left] == WEIGHT_ENDLESS)
		return false;
	return scan->weight[left] * right_length < scan->weight[right] * left_length;
}

/* No register is free: the cheapest of those in the way, or `reg` itself, goes to memory. */
static void spill_one(struct scan *scan, uint32_t reg, bool crosses)
{
	uint32_t victim = reg;
	uint8_t phys;

	if (!scan->weight)
		weigh(scan);
	for (phys = crosses ? KEPT_FIRST : 0; phys < PHYS_COUNT; phys++) {
		if (is_cheaper(scan, scan->holder[phys], victim))
			victim = scan->holder[phys];
	}
	if (scan->weight[victim] == WEIGHT_ENDLESS) {
		function_fail(scan->fn, "internal error: out of registers");
		return;
	}
	scan->is_spilled[victim] = true;
	scan->spilled_any = true;
	if (victim == reg)
		return;
	phys = scan->fn->phys[victim];
	scan->fn->phys[victim] = PHYS_NONE;
	scan->fn->phys[reg] = phys;
	scan->holder[phys] = reg;
}

static void take(struct scan *scan, uint32_t reg)
{
	bool crosses = scan->live.crosses_call[reg];
	uint8_t phys = choose(scan, reg, crosses);

	if (phys == PHYS_NONE) {
		spill_one(scan, reg, crosses);
		return;
	}
	scan->fn->phys[reg] = phys;
	scan->holder[phys] = reg;
}

/* --- the scan ------------------------------------------------------------ */

/* Others are there from the instruction on that writes them first. */
static void find_early(struct scan *scan)
{
	struct function *fn = scan->fn;
	uint32_t reg, at;

	for (reg = (uint32_t)fn->regs.count; reg-- > 1;) {
		if (scan->live.start[reg] & 1) /* POSITION_NONE is odd, too */
			continue;
		if (!scan->first) {
			scan->first = arena_new_array(fn->arena, uint32_t, fn->insns.count);
			scan->next = arena_new_array(fn->arena, uint32_t, fn->regs.count);
		}
		at = scan->live.start[reg] / 2;
		scan->next[reg] = scan->first[at];
		scan->first[at] = reg;
	}
}

/* One round; false if something was spilled. */
static bool scan_once(struct function *fn, bool spill_to_scratch)
{
	struct scan scan = { .fn = fn };
	uint32_t i, reg;

	liveness_compute(&scan.live, fn);
	liveness_compute_calls(&scan.live, fn);
	hint(&scan);
	find_early(&scan);
	scan.is_spilled = arena_new_array(fn->arena, bool, fn->regs.count);
	fn->phys = arena_new_array(fn->arena, uint8_t, fn->regs.count);
	memset(fn->phys, PHYS_NONE, fn->regs.count);
	for (i = 0; i < fn->insns.count && !fn->error; i++) {
		for (reg = scan.first ? scan.first[i] : REG_NONE; reg; reg = scan.next[reg])
			take(&scan, reg);
		reg = fn->insns.items[i].dst;
		if (reg && scan.live.start[reg] == i * 2 + 1)
			take(&scan, reg);
	}
	if (!scan.spilled_any || fn->error)
		return true;
	fn->phys = NULL;
	spill_registers(fn, &scan.live, scan.is_spilled, spill_to_scratch);
	return false;
}

void allocate_registers(struct function *fn, bool spill_to_scratch)
{
	unsigned round;

	if (spill_to_scratch)
		fn->regs.items[fn->scratch_reg].splits = 2;
	for (round = 0; round < ROUNDS_MAX; round++) {
		if (scan_once(fn, spill_to_scratch))
			return;
	}
	function_fail(fn, "internal error: registers do not settle");
}
