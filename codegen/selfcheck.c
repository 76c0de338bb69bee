/*
 * Looks over finished eBPF for what the kernel would refuse and only a bug of
 * ours can have made: registers read before they are written, jumps to
 * nowhere, accesses outside the stack.
 *
 * Only registers are followed, as sets of those written; where paths join, the
 * intersection holds.
 */
#include "codegen/insn.h"

#include <string.h>

enum { REG_FRAME = 10, CALLER_SAVED = 0x3f, WRITTEN_ALL = 0xffff };

struct checker {
	struct arena *arena;
	const struct code *code;
	uint16_t *written; /* by instruction: registers set before it on every path; ALL: not
	                      reached */
	bool *is_second;   /* by instruction: the second half of a 64-bit constant */
	VEC(uint32_t) work;
	const char *error;
	uint32_t at;
};

static void fail(struct checker *c, const char *what)
{
	if (!c->error)
		c->error = arena_printf(c->arena, "instruction %u: %s", c->at, what);
}

static void need(struct checker *c, uint16_t written, unsigned reg)
{
	if (reg > REG_FRAME)
		fail(c, "no such register");
	else if (!(written & 1U << reg))
		fail(c, arena_printf(c->arena, "r%u is read before it is written", reg));
}

static uint16_t set(struct checker *c, uint16_t written, unsigned reg)
{
	if (reg >= REG_FRAME)
		fail(c, "r10 is written");
	return (uint16_t)(written | 1U << reg);
}

static void flow_to(struct checker *c, int64_t target, uint16_t written)
{
	uint16_t both;

	if (target < 0 || target >= c->code->count) {
		fail(c, "goes beyond the function");
		return;
	}
	if (c->is_second[target]) {
		fail(c, "jumps into a 64-bit constant");
		return;
	}
	both = c->written[target] & written;
	if (c->written[target] != WRITTEN_ALL && both == c->written[target])
		return;
	c->written[target] = both;
	vec_push(c->arena, &c->work, (uint32_t)target);
}

static unsigned access_bytes(uint8_t opcode)
{
	switch (BPF_SIZE(opcode)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	}
	return 8;
}

static void check_stack(struct checker *c, const struct bpf_insn *insn, unsigned base)
{
	int size = (int)access_bytes(insn->code);

	if (base != REG_FRAME)
		return;
	if (insn->off < -STACK_MAX || insn->off + size > 0)
		fail(c, "accesses outside the stack");
	if (insn->off % size)
		fail(c, "accesses the stack unaligned");
}

static uint16_t check_alu(struct checker *c, const struct bpf_insn *insn, uint16_t written)
{
	uint8_t op = BPF_OP(insn->code);

	if (op != BPF_MOV)
		need(c, written, insn->dst_reg);
	if (op != BPF_END && op != BPF_NEG && BPF_SRC(insn->code) == BPF_X)
		need(c, written, insn->src_reg);
	if ((op == BPF_DIV || op == BPF_MOD) && BPF_SRC(insn->code) == BPF_K && !insn->imm)
		fail(c, "divides by the constant 0");
	if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) && BPF_SRC(insn->code) == BPF_K &&
	    (insn->imm < 0 || insn->imm > (BPF_CLASS(insn->code) == BPF_ALU ? 31 : 63)))
		fail(c, "shifts too far");
	return set(c, written, insn->dst_reg);
}

static uint16_t check_memory(struct checker *c, const struct bpf_insn *insn, uint16_t written)
{
	if (BPF_CLASS(insn->code) == BPF_LDX) {
		need(c, written, insn->src_reg);
		check_stack(c, insn, insn->src_reg);
		return set(c, written, insn->dst_reg);
	}
	need(c, written, insn->dst_reg);
	if (BPF_CLASS(insn->code) == BPF_STX)
		need(c, written, insn->src_reg);
	check_stack(c, insn, insn->dst_reg);
	return written;
}

/* Follows the jump; false if the next instruction is not reached from here. */
static bool check_jump(struct checker *c, const struct bpf_insn *insn, uint16_t *written)
{
	uint8_t op = BPF_OP(insn->code);

	switch (op) {
	case BPF_EXIT:
		need(c, *written, 0);
		return false;
	case BPF_CALL:
		*written = (uint16_t)((*written & ~CALLER_SAVED) | 1);
		return true;
	case BPF_JA:
		flow_to(c,
		        c->at + 1LL + (BPF_CLASS(insn->code) == BPF_JMP32 ? insn->imm : insn->off),
		        *written);
		return false;
	}
	if (op != BRANCH_MAY_GOTO)
		need(c, *written, insn->dst_reg);
	if (BPF_SRC(insn->code) == BPF_X)
		need(c, *written, insn->src_reg);
	flow_to(c, c->at + 1LL + insn->off, *written);
	return true;
}

/* One instruction; what it leads to is put on the work list. */
static void check_insn(struct checker *c)
{
	const struct bpf_insn *insn = &c->code->insns[c->at];
	uint16_t written = c->written[c->at];
	unsigned length = 1;

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			fail(c, "unknown instruction");
		written = set(c, written, insn->dst_reg);
		length = 2;
		break;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		written = check_memory(c, insn, written);
		break;
	case BPF_ALU:
	case BPF_ALU64:
		written = check_alu(c, insn, written);
		break;
	default:
		if (!check_jump(c, insn, &written))
			return;
	}
	flow_to(c, c->at + (int64_t)length, written);
}

static void find_constants(struct checker *c)
{
	uint32_t i;

	for (i = 0; i < c->code->count; i++) {
		if (c->code->insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		c->at = i;
		if (++i == c->code->count)
			fail(c, "half a 64-bit constant");
		else
			c->is_second[i] = true;
	}
}

const char *code_selfcheck(struct arena *arena, const struct code *code)
{
	struct checker c = { .arena = arena, .code = code };
	uint32_t i;

	if (!code->count)
		return "no instructions";
	if (code->stack_size > STACK_MAX)
		return "more than 512 bytes of stack";
	c.written = arena_new_array(arena, uint16_t, code->count);
	c.is_second = arena_new_array(arena, bool, code->count);
	memset(c.written, 0xff, code->count * sizeof(uint16_t));
	find_constants(&c);
	/* What the kernel passes in: r1 of a program, r1-r5 at most of a callback. */
	flow_to(&c, 0, 0x3e | 1U << REG_FRAME);
	while (c.work.count && !c.error) {
		c.at = c.work.items[--c.work.count];
		check_insn(&c);
	}
	for (i = 0; i < code->count && !c.error; i++) {
		c.at = i;
		if (c.written[i] == WRITTEN_ALL && !c.is_second[i])
			fail(&c, "is never reached");
	}
	return c.error;
}
