/*
 * Finished eBPF as text: a line an instruction, jumps by labels.
 */
#include "codegen/insn.h"

#include <inttypes.h>

#include "codegen/object.h"

struct printer {
	const struct code *code;
	struct strbuf *out;
	const char *(*map_name)(void *context, uint32_t map);
	void *context;
	uint32_t *labels; /* by instruction: number of its label, or 0 */
	size_t reloc;     /* the next one */
};

static bool is_imm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* The instruction a jump goes to, or UINT32_MAX for what is no jump. */
static uint32_t jump_target(const struct bpf_insn *insn, uint32_t at)
{
	uint8_t class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	if (class != BPF_JMP && class != BPF_JMP32)
		return UINT32_MAX;
	if (op == BPF_CALL || op == BPF_EXIT)
		return UINT32_MAX;
	if (class == BPF_JMP32 && op == BPF_JA)
		return at + 1 + (uint32_t)insn->imm;
	return at + 1 + (uint32_t)(int32_t)insn->off;
}

static const char *size_text(uint8_t opcode)
{
	switch (BPF_SIZE(opcode)) {
	case BPF_B:
		return "8";
	case BPF_H:
		return "16";
	case BPF_W:
		return "32";
	}
	return "64";
}

static void number_labels(struct printer *p)
{
	uint32_t i, target, next = 1;

	for (i = 0; i < p->code->count; i++) {
		target = jump_target(&p->code->insns[i], i);
		if (target < p->code->count)
			p->labels[target] = 1;
	}
	for (i = 0; i < p->code->count; i++) {
		if (p->labels[i])
			p->labels[i] = next++;
	}
}

static void print_imm64(struct printer *p, uint32_t at)
{
	const struct bpf_insn *insn = &p->code->insns[at];
	uint64_t number = (uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32;
	const struct code_reloc *reloc;

	strbuf_printf(p->out, "r%u = ", insn->dst_reg);
	if (p->reloc >= p->code->relocs.count || p->code->relocs.items[p->reloc].insn != at) {
		strbuf_printf(p->out, "0x%" PRIx64, number);
		return;
	}
	reloc = &p->code->relocs.items[p->reloc++];
	if (reloc->kind == RELOC_FUNCTION) {
		strbuf_printf(p->out, "function %u", reloc->map);
		return;
	}
	strbuf_puts(p->out, reloc->kind == RELOC_MAP_VALUE ? "value of " : "map ");
	if (p->map_name)
		strbuf_puts(p->out, p->map_name(p->context, reloc->map));
	else
		strbuf_printf(p->out, "%u", reloc->map);
	if (reloc->kind == RELOC_MAP_VALUE)
		strbuf_printf(p->out, " +%u", (uint32_t)insn[1].imm);
}

static void print_alu(struct printer *p, const struct bpf_insn *insn)
{
	bool is_64 = BPF_CLASS(insn->code) == BPF_ALU64;
	const char *reg = is_64 ? "r" : "w";

	strbuf_printf(p->out, "%s%u ", reg, insn->dst_reg);
	switch (BPF_OP(insn->code)) {
	case BPF_NEG:
		strbuf_printf(p->out, "= -%s%u", reg, insn->dst_reg);
		return;
	case BPF_END:
		strbuf_printf(p->out, "= %s%d r%u", BPF_SRC(insn->code) == BPF_TO_BE ? "be" : "le",
		              insn->imm, insn->dst_reg);
		return;
	case BPF_MOV:
		strbuf_puts(p->out, "= ");
		if (insn->off)
			strbuf_printf(p->out, "(s%d)", insn->off);
		break;
	default:
		strbuf_printf(p->out, "%s%s= ", insn->off ? "s" : "", alu_text(BPF_OP(insn->code)));
	}
	if (BPF_SRC(insn->code) == BPF_X)
		strbuf_printf(p->out, "%s%u", reg, insn->src_reg);
	else
		strbuf_printf(p->out, "%d", insn->imm);
}

static void print_jump(struct printer *p, const struct bpf_insn *insn, uint32_t at)
{
	const char *reg = BPF_CLASS(insn->code) == BPF_JMP32 ? "w" : "r";
	uint32_t target = jump_target(insn, at);

	switch (BPF_OP(insn->code)) {
	case BPF_EXIT:
		strbuf_puts(p->out, "exit");
		return;
	case BPF_CALL:
		if (insn->src_reg == BPF_PSEUDO_CALL) {
			p->reloc++;
			strbuf_printf(p->out, "call function %d", insn->imm);
		} else if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL) {
			strbuf_printf(p->out, "call kernel function %d", insn->imm);
		} else if (insn->imm == HELPER_IS_RETURN) {
			strbuf_puts(p->out, "call is_return");
		} else {
			strbuf_printf(p->out, "call %d", insn->imm);
		}
		return;
	case BPF_JA:
		break;
	case BRANCH_MAY_GOTO:
		strbuf_puts(p->out, "may ");
		break;
	default:
		strbuf_printf(p->out, "if %s%u %s ", reg, insn->dst_reg,
		              branch_text(BPF_OP(insn->code)));
		if (BPF_SRC(insn->code) == BPF_X)
			strbuf_printf(p->out, "%s%u ", reg, insn->src_reg);
		else
			strbuf_printf(p->out, "%d ", insn->imm);
	}
	strbuf_printf(p->out, "goto L%u", target < p->code->count ? p->labels[target] : 0);
}

static void print_insn(struct printer *p, uint32_t at)
{
	const struct bpf_insn *insn = &p->code->insns[at];
	const char *size = size_text(insn->code);

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		print_imm64(p, at);
		return;
	case BPF_LDX:
		strbuf_printf(p->out, "r%u = *(%s%s *)(r%u %+d)", insn->dst_reg,
		              BPF_MODE(insn->code) == BPF_MEM ? "u" : "s", size, insn->src_reg,
		              insn->off);
		return;
	case BPF_ST:
		strbuf_printf(p->out, "*(u%s *)(r%u %+d) = %d", size, insn->dst_reg, insn->off,
		              insn->imm);
		return;
	case BPF_STX:
		strbuf_printf(p->out, "%s*(u%s *)(r%u %+d) ",
		              BPF_MODE(insn->code) == BPF_ATOMIC ? "lock " : "", size,
		              insn->dst_reg, insn->off);
		strbuf_printf(p->out, "%s= r%u",
		              BPF_MODE(insn->code) == BPF_ATOMIC ? alu_text((uint8_t)insn->imm)
		                                                 : "",
		              insn->src_reg);
		return;
	case BPF_ALU:
	case BPF_ALU64:
		print_alu(p, insn);
		return;
	default:
		print_jump(p, insn, at);
	}
}

void code_text(const struct code *code, const char *(*map_name)(void *context, uint32_t map),
               void *context, struct strbuf *out)
{
	struct printer p = { .code = code, .out = out, .map_name = map_name, .context = context };
	uint32_t i;

	p.labels = arena_new_array(out->arena, uint32_t, code->count);
	number_labels(&p);
	for (i = 0; i < code->count; i++) {
		if (p.labels[i])
			strbuf_printf(out, "L%u:\n", p.labels[i]);
		strbuf_puts(out, "\t");
		print_insn(&p, i);
		strbuf_putc(out, '\n');
		if (is_imm64(&code->insns[i]))
			i++;
	}
}
