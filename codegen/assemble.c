/*
 * From instructions whose registers have been chosen to eBPF.
 *
 * Here `dst = a op b` becomes `dst = a; dst op= b`, arguments move to r1-r5,
 * and slots become offsets from r10.
 */
#include <assert.h>

#include "codegen/moves.h"
#include "codegen/passes.h"

/* A jump may be made of three instructions: so far a short one surely reaches in the end. */
enum { REG_FRAME = 10, SHORT_REACH = 32767 / 3 };

struct fixup {
	uint32_t insn, label;
};

struct assembler {
	struct function *fn;
	struct code *code;
	VEC(struct bpf_insn) out;
	VEC(struct fixup) fixups;
	uint32_t *label_at; /* by label: index in out */
	bool *is_far;  /* by jump, in their order: over a long unconditional one; NULL: none is */
	uint32_t span; /* index of the one of the last line, + 1 */
};

static void put(struct assembler *as, uint8_t opcode, uint8_t dst, uint8_t src, int16_t offset,
                int32_t imm)
{
	struct bpf_insn insn = {
		.code = opcode, .dst_reg = dst & 15, .src_reg = src & 15, .off = offset, .imm = imm
	};

	vec_push(as->fn->arena, &as->out, insn);
}

static uint8_t phys(const struct assembler *as, uint32_t reg)
{
	assert(as->fn->phys[reg] < REG_FRAME);
	return as->fn->phys[reg];
}

static void put_move(struct assembler *as, uint8_t dst, uint8_t src)
{
	if (dst != src)
		put(as, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void put_imm64(struct assembler *as, uint8_t dst, uint8_t pseudo, uint32_t low,
                      uint32_t high)
{
	put(as, BPF_LD | BPF_IMM | BPF_DW, dst, pseudo, 0, (int32_t)low);
	put(as, 0, 0, 0, 0, (int32_t)high);
}

static void put_const(struct assembler *as, uint8_t dst, int64_t number)
{
	if (fits_imm(number))
		put(as, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, (int32_t)number);
	else if (number == (uint32_t)number)
		put(as, BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, (int32_t)number);
	else
		put_imm64(as, dst, 0, (uint32_t)number, (uint32_t)((uint64_t)number >> 32));
}

static void put_add_const(struct assembler *as, uint8_t dst, int64_t number)
{
	if (number)
		put(as, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, (int32_t)number);
}

static void add_reloc(struct assembler *as, int kind, uint32_t map)
{
	struct code_reloc reloc = { .insn = (uint32_t)as->out.count, .map = map };

	reloc.kind = kind;
	vec_push(as->fn->arena, &as->code->relocs, reloc);
}

static void put_address(struct assembler *as, uint8_t dst, uint8_t kind, uint32_t id,
                        int64_t number)
{
	switch ((enum val_kind)kind) {
	case VAL_SLOT:
		put_move(as, dst, REG_FRAME);
		put_add_const(as, dst, as->fn->slots.items[id].offset + number);
		return;
	case VAL_MAP:
		add_reloc(as, RELOC_MAP, id);
		put_imm64(as, dst, BPF_PSEUDO_MAP_FD, 0, 0);
		return;
	case VAL_MAP_VALUE:
		add_reloc(as, RELOC_MAP_VALUE, id);
		put_imm64(as, dst, BPF_PSEUDO_MAP_VALUE, 0, (uint32_t)number);
		return;
	case VAL_FUNCTION:
		add_reloc(as, RELOC_FUNCTION, id);
		put_imm64(as, dst, BPF_PSEUDO_FUNC, id, 0);
		return;
	case VAL_CONST:
		put_const(as, dst, number);
		return;
	case VAL_NONE:
	case VAL_REG:
		break;
	}
	assert(!"not an address");
}

/* --- arithmetic ---------------------------------------------------------- */

static void put_alu(struct assembler *as, const struct insn *insn)
{
	uint8_t class = insn->flags & INSN_32 ? BPF_ALU : BPF_ALU64;
	uint8_t dst = phys(as, insn->dst), a = phys(as, insn->a), b;
	int16_t offset = insn->flags & INSN_SIGNED ? 1 : 0;

	if (!insn->b) {
		if (insn->alu == BPF_AND && insn->imm == 0xffffffff) {
			put(as, BPF_ALU | BPF_MOV | BPF_X, dst, a, 0, 0);
			return;
		}
		put_move(as, dst, a);
		put(as, class | insn->alu | BPF_K, dst, 0, offset, (int32_t)insn->imm);
		return;
	}
	b = phys(as, insn->b);
	if (dst == b && a != b) {
		/* insn_reads_b_late() keeps the others apart. */
		assert(alu_is_commutative(insn->alu));
		b = a;
	} else {
		put_move(as, dst, a);
		if (insn->a == insn->b)
			b = dst;
	}
	put(as, class | insn->alu | BPF_X, dst, b, offset, 0);
}

static void put_sign_extend(struct assembler *as, const struct insn *insn)
{
	uint8_t dst = phys(as, insn->dst), a = phys(as, insn->a);
	int bits = insn->size * 8;

	if (as->fn->has_v4) {
		put(as, BPF_ALU64 | BPF_MOV | BPF_X, dst, a, (int16_t)bits, 0);
		return;
	}
	put_move(as, dst, a);
	put(as, BPF_ALU64 | BPF_LSH | BPF_K, dst, 0, 0, 64 - bits);
	put(as, BPF_ALU64 | BPF_ARSH | BPF_K, dst, 0, 0, 64 - bits);
}

static void put_swap(struct assembler *as, const struct insn *insn)
{
	/* To the order that is not the machine's own. */
	uint8_t order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? BPF_TO_BE : BPF_TO_LE;
	uint8_t dst = phys(as, insn->dst);

	put_move(as, dst, phys(as, insn->a));
	put(as, BPF_ALU | BPF_END | order, dst, 0, 0, insn->size * 8);
}

/* --- memory -------------------------------------------------------------- */

static uint8_t size_code(uint8_t size)
{
	switch (size) {
	case 1:
		return BPF_B;
	case 2:
		return BPF_H;
	case 4:
		return BPF_W;
	}
	return BPF_DW;
}

static uint8_t place(const struct assembler *as, const struct insn *insn, int16_t *ret_offset)
{
	int32_t offset = insn->offset;
	uint8_t base = REG_FRAME;

	if (insn->flags & INSN_SPILL)
		offset -= (int32_t)(as->fn->slots_size + 8 * (insn->a + 1));
	else if (insn->flags & INSN_SLOT)
		offset += as->fn->slots.items[insn->a].offset;
	else
		base = phys(as, insn->a);
	*ret_offset = (int16_t)offset;
	return base;
}

static void put_access(struct assembler *as, const struct insn *insn)
{
	uint8_t size = size_code(insn->size), base;
	int16_t offset;

	base = place(as, insn, &offset);
	if (insn->op == INSN_LOAD)
		put(as, BPF_LDX | size | (insn->flags & INSN_SIGNED ? 0x80 /* MEMSX */ : BPF_MEM),
		    phys(as, insn->dst), base, offset, 0);
	else if (insn->op == INSN_ATOMIC)
		put(as, BPF_STX | size | BPF_ATOMIC, base, phys(as, insn->b), offset, insn->alu);
	else if (insn->b)
		put(as, BPF_STX | size | BPF_MEM, base, phys(as, insn->b), offset, 0);
	else
		put(as, BPF_ST | size | BPF_MEM, base, 0, offset, (int32_t)insn->imm);
}

/* --- calls --------------------------------------------------------------- */

static void put_moves(struct assembler *as, struct moves *moves)
{
	struct move move;

	while (moves_next(moves, &move))
		put_move(as, move.to, move.from);
}

static void put_call(struct assembler *as, const struct insn *insn)
{
	const struct val *args = insn->size ? &as->fn->args.items[insn->a] : NULL;
	struct moves moves;
	uint8_t i;

	moves_init(&moves);
	for (i = 0; i < insn->size; i++) {
		if (args[i].kind == VAL_REG)
			moves_add(&moves, (uint8_t)(i + 1), phys(as, args[i].id));
	}
	put_moves(as, &moves);
	/* What needs no register as its source comes after all moves. */
	for (i = 0; i < insn->size; i++) {
		if (args[i].kind == VAL_REG)
			put_add_const(as, (uint8_t)(i + 1), args[i].number);
		else
			put_address(as, (uint8_t)(i + 1), (uint8_t)args[i].kind, args[i].id,
			            args[i].number);
	}
	if (insn->flags & INSN_FUNCTION)
		add_reloc(as, RELOC_FUNCTION, (uint32_t)insn->imm);
	put(as, BPF_JMP | BPF_CALL, 0,
	    insn->flags & INSN_FUNCTION ? BPF_PSEUDO_CALL :
	    insn->flags & INSN_KERNEL	? BPF_PSEUDO_KFUNC_CALL : 0,
	    0, (int32_t)insn->imm);
	if (insn->dst)
		put_move(as, phys(as, insn->dst), 0);
}

/* The prefix of the function that takes over its arguments; returns its length. */
static uint32_t put_arguments(struct assembler *as)
{
	const struct insn_vec *insns = &as->fn->insns;
	struct moves moves;
	uint32_t i;

	moves_init(&moves);
	for (i = 0; i < insns->count && insns->items[i].op == INSN_ARGUMENT; i++)
		moves_add(&moves, phys(as, insns->items[i].dst), (uint8_t)insns->items[i].imm);
	put_moves(as, &moves);
	return i;
}

/* --- jumps --------------------------------------------------------------- */

static void put_jump_to(struct assembler *as, uint32_t label)
{
	struct fixup fixup = { (uint32_t)as->out.count, label };

	vec_push(as->fn->arena, &as->fixups, fixup);
}

static void put_jump(struct assembler *as, uint32_t label)
{
	put_jump_to(as, label);
	put(as, BPF_JMP | BPF_JA, 0, 0, 0, 0);
}

static void put_branch(struct assembler *as, const struct insn *insn)
{
	uint8_t class = insn->flags & INSN_32 ? BPF_JMP32 : BPF_JMP;
	uint8_t source = insn->b ? BPF_X : BPF_K, src = insn->b ? phys(as, insn->b) : 0;
	int32_t imm = insn->b ? 0 : (int32_t)insn->imm;
	uint8_t dst = insn_reads_a(insn) ? phys(as, insn->a) : 0;

	if (!as->is_far || !as->is_far[as->fixups.count]) {
		put_jump_to(as, insn->label);
		put(as, class | insn->alu | source, dst, src, 0, imm);
		return;
	}
	/* if (...) goto +1; goto +1; goto far: an unconditional jump can be long. */
	put(as, class | insn->alu | source, dst, src, 1, imm);
	put(as, BPF_JMP | BPF_JA, 0, 0, 1, 0);
	put_jump(as, insn->label);
}

/* False if a jump does not reach. */
static bool resolve_jumps(struct assembler *as)
{
	size_t i;

	for (i = 0; i < as->fixups.count; i++) {
		const struct fixup *fixup = &as->fixups.items[i];
		struct bpf_insn *insn = &as->out.items[fixup->insn];
		int64_t distance = (int64_t)as->label_at[fixup->label] - fixup->insn - 1;

		if (fits_offset(distance)) {
			insn->off = (int16_t)distance;
			/* What it jumped over came to nothing; Linux 6.12 minds. */
			if (!distance && BPF_OP(insn->code) == BRANCH_MAY_GOTO)
				*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_JA };
		} else if (insn->code == (BPF_JMP | BPF_JA) && as->fn->has_v4) {
			insn->code = BPF_JMP32 | BPF_JA;
			insn->imm = (int32_t)distance;
		} else {
			return false;
		}
	}
	return true;
}

/* --- the function -------------------------------------------------------- */

static void put_insn(struct assembler *as, const struct insn *insn)
{
	switch ((enum insn_op)insn->op) {
	case INSN_NOTHING:
	case INSN_ARGUMENT:
		return;
	case INSN_CONST:
		put_const(as, phys(as, insn->dst), insn->imm);
		return;
	case INSN_ADDRESS:
		put_address(as, phys(as, insn->dst), insn->alu, insn->a, insn->imm);
		return;
	case INSN_MOVE:
		put_move(as, phys(as, insn->dst), phys(as, insn->a));
		return;
	case INSN_ALU:
		put_alu(as, insn);
		return;
	case INSN_NEG:
		put_move(as, phys(as, insn->dst), phys(as, insn->a));
		put(as, BPF_ALU64 | BPF_NEG, phys(as, insn->dst), 0, 0, 0);
		return;
	case INSN_SIGN_EXTEND:
		put_sign_extend(as, insn);
		return;
	case INSN_SWAP:
		put_swap(as, insn);
		return;
	case INSN_LOAD:
	case INSN_STORE:
	case INSN_ATOMIC:
		put_access(as, insn);
		return;
	case INSN_CALL:
		put_call(as, insn);
		return;
	case INSN_LABEL:
		as->label_at[insn->label] = (uint32_t)as->out.count;
		return;
	case INSN_JUMP:
		put_jump(as, insn->label);
		return;
	case INSN_BRANCH:
		put_branch(as, insn);
		return;
	case INSN_EXIT:
		if (insn->b)
			put_move(as, 0, phys(as, insn->b));
		else
			put_const(as, 0, insn->imm);
		put(as, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		return;
	}
	unreachable();
}

/* Instructions from index `from` on come from the given span. */
static void add_line(struct assembler *as, uint32_t from, uint32_t span)
{
	const struct span *spans = as->fn->spans.items;
	struct code_line line = { from, spans[span] };

	if (from == as->out.count || as->span == span + 1)
		return;
	if (as->span && spans[as->span - 1].start == line.span.start &&
	    spans[as->span - 1].end == line.span.end)
		return;
	as->span = span + 1;
	vec_push(as->fn->arena, &as->code->lines, line);
}

static bool assemble_once(struct assembler *as)
{
	struct function *fn = as->fn;
	uint32_t i, from;

	as->out.count = as->fixups.count = 0;
	as->code->relocs.count = as->code->lines.count = 0;
	as->span = 0;
	i = put_arguments(as);
	if (i < fn->insns.count)
		add_line(as, 0, fn->insns.items[i].span);
	for (; i < fn->insns.count; i++) {
		from = (uint32_t)as->out.count;
		put_insn(as, &fn->insns.items[i]);
		add_line(as, from, fn->insns.items[i].span);
	}
	return resolve_jumps(as);
}

/* After an attempt: the jumps that are not surely short. */
static void find_far_jumps(struct assembler *as)
{
	size_t i;

	as->is_far = arena_new_array(as->fn->arena, bool, as->fixups.count);
	for (i = 0; i < as->fixups.count; i++) {
		const struct fixup *fixup = &as->fixups.items[i];
		int64_t distance = (int64_t)as->label_at[fixup->label] - fixup->insn;

		as->is_far[i] = distance > SHORT_REACH || distance < -SHORT_REACH;
	}
}

struct code *assemble(struct function *fn)
{
	struct assembler as = { .fn = fn, .code = arena_new_struct(fn->arena, struct code) };

	as.label_at = arena_new_array(fn->arena, uint32_t, fn->label_count);
	if (!assemble_once(&as)) {
		find_far_jumps(&as);
		if (!assemble_once(&as)) {
			function_fail(fn, "the code of this probe is too large for this kernel's "
			                  "jumps; split the probe");
			return NULL;
		}
	}
	as.code->name = fn->options->name;
	as.code->insns = as.out.items;
	as.code->count = (uint32_t)as.out.count;
	as.code->stack_size = fn->slots_size + 8 * fn->spill_count;
	as.code->scratch_size = fn->scratch_size;
	assert(as.code->stack_size <= STACK_MAX);
	return as.code;
}
