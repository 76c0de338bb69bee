/*
 * A function on virtual registers as text, for --dump and for the reader of a
 * failed test.  `%7` is a virtual register, `r7` the one it got.
 */
#include "codegen/insn.h"

#include <inttypes.h>

const char *alu_text(uint8_t op)
{
	switch (op) {
	case BPF_ADD:
		return "+";
	case BPF_SUB:
		return "-";
	case BPF_MUL:
		return "*";
	case BPF_DIV:
		return "/";
	case BPF_MOD:
		return "%";
	case BPF_OR:
		return "|";
	case BPF_AND:
		return "&";
	case BPF_XOR:
		return "^";
	case BPF_LSH:
		return "<<";
	case BPF_RSH:
		return ">>";
	case BPF_ARSH:
		return "s>>";
	}
	return "?";
}

const char *branch_text(uint8_t op)
{
	switch (op) {
	case BPF_JEQ:
		return "==";
	case BPF_JNE:
		return "!=";
	case BPF_JGT:
		return ">";
	case BPF_JGE:
		return ">=";
	case BPF_JLT:
		return "<";
	case BPF_JLE:
		return "<=";
	case BPF_JSGT:
		return "s>";
	case BPF_JSGE:
		return "s>=";
	case BPF_JSLT:
		return "s<";
	case BPF_JSLE:
		return "s<=";
	case BPF_JSET:
		return "&";
	}
	return "?";
}

uint8_t branch_inverse(uint8_t op)
{
	switch (op) {
	case BPF_JEQ:
		return BPF_JNE;
	case BPF_JNE:
		return BPF_JEQ;
	case BPF_JGT:
		return BPF_JLE;
	case BPF_JLE:
		return BPF_JGT;
	case BPF_JGE:
		return BPF_JLT;
	case BPF_JLT:
		return BPF_JGE;
	case BPF_JSGT:
		return BPF_JSLE;
	case BPF_JSLE:
		return BPF_JSGT;
	case BPF_JSGE:
		return BPF_JSLT;
	case BPF_JSLT:
		return BPF_JSGE;
	}
	return 0;
}

uint8_t branch_mirror(uint8_t op)
{
	switch (op) {
	case BPF_JGT:
		return BPF_JLT;
	case BPF_JLT:
		return BPF_JGT;
	case BPF_JGE:
		return BPF_JLE;
	case BPF_JLE:
		return BPF_JGE;
	case BPF_JSGT:
		return BPF_JSLT;
	case BPF_JSLT:
		return BPF_JSGT;
	case BPF_JSGE:
		return BPF_JSLE;
	case BPF_JSLE:
		return BPF_JSGE;
	}
	return op;
}

static void add_reg(const struct function *fn, uint32_t reg, struct strbuf *out)
{
	strbuf_printf(out, "%%%u", reg);
	if (fn->phys)
		strbuf_printf(out, ":r%u", fn->phys[reg]);
}

static void add_address(uint8_t kind, uint32_t id, int64_t number, struct strbuf *out)
{
	switch ((enum val_kind)kind) {
	case VAL_SLOT:
		strbuf_printf(out, "slot%u+%" PRId64, id, number);
		return;
	case VAL_MAP:
		strbuf_printf(out, "map%u", id);
		return;
	case VAL_MAP_VALUE:
		strbuf_printf(out, "value of map%u+%" PRId64, id, number);
		return;
	case VAL_FUNCTION:
		strbuf_printf(out, "function%u", id);
		return;
	case VAL_CONST:
		strbuf_printf(out, "%" PRId64, number);
		return;
	case VAL_NONE:
	case VAL_REG:
		break;
	}
	strbuf_puts(out, "?");
}

static void add_operand_b(const struct function *fn, const struct insn *insn, struct strbuf *out)
{
	if (insn->b)
		add_reg(fn, insn->b, out);
	else
		strbuf_printf(out, "%" PRId64, insn->imm);
}

static void add_place(const struct function *fn, const struct insn *insn, struct strbuf *out)
{
	strbuf_printf(out, "*(%c%u *)(", insn->flags & INSN_SIGNED ? 's' : 'u', insn->size * 8);
	if (insn->flags & INSN_SPILL)
		strbuf_printf(out, "spill%u", insn->a);
	else if (insn->flags & INSN_SLOT)
		strbuf_printf(out, "slot%u", insn->a);
	else
		add_reg(fn, insn->a, out);
	strbuf_printf(out, " %+d)", insn->offset);
}

static void add_call(const struct function *fn, const struct insn *insn, struct strbuf *out)
{
	unsigned i;

	strbuf_printf(out, "%s%s %" PRId64 "(", insn->flags & INSN_PURE ? "pure " : "",
	              insn->flags & INSN_FUNCTION ? "function" :
	              insn->flags & INSN_KERNEL	  ? "kernel function" : "helper", insn->imm);
	for (i = 0; i < insn->size; i++) {
		const struct val *arg = &fn->args.items[insn->a + i];

		if (i)
			strbuf_puts(out, ", ");
		if (arg->kind != VAL_REG) {
			add_address((uint8_t)arg->kind, arg->id, arg->number, out);
			continue;
		}
		add_reg(fn, arg->id, out);
		if (arg->number)
			strbuf_printf(out, "%+" PRId64, arg->number);
	}
	strbuf_puts(out, ")");
}

static void add_jump(const struct function *fn, const struct insn *insn, struct strbuf *out)
{
	if (insn->op == INSN_BRANCH && insn->alu == BRANCH_MAY_GOTO) {
		strbuf_puts(out, "may ");
	} else if (insn->op == INSN_BRANCH) {
		strbuf_puts(out, "if ");
		add_reg(fn, insn->a, out);
		strbuf_printf(out, " %s%s ", branch_text(insn->alu),
		              insn->flags & INSN_32 ? "32" : "");
		add_operand_b(fn, insn, out);
		strbuf_putc(out, ' ');
	}
	strbuf_printf(out, "goto L%u", insn->label);
}

static void add_insn(const struct function *fn, const struct insn *insn, struct strbuf *out)
{
	switch ((enum insn_op)insn->op) {
	case INSN_NOTHING:
		strbuf_puts(out, "nothing");
		return;
	case INSN_ARGUMENT:
		strbuf_printf(out, "argument %" PRId64, insn->imm);
		return;
	case INSN_CONST:
		strbuf_printf(out, "%" PRId64, insn->imm);
		return;
	case INSN_ADDRESS:
		add_address(insn->alu, insn->a, insn->imm, out);
		return;
	case INSN_MOVE:
		add_reg(fn, insn->a, out);
		return;
	case INSN_NEG:
		strbuf_puts(out, "-");
		add_reg(fn, insn->a, out);
		return;
	case INSN_SIGN_EXTEND:
	case INSN_SWAP:
		strbuf_printf(out, "%s%u ", insn->op == INSN_SWAP ? "swap" : "signed",
		              insn->size * 8);
		add_reg(fn, insn->a, out);
		return;
	case INSN_ALU:
		add_reg(fn, insn->a, out);
		strbuf_printf(out, " %s%s%s ", insn->flags & INSN_SIGNED ? "s" : "",
		              alu_text(insn->alu), insn->flags & INSN_32 ? "32" : "");
		add_operand_b(fn, insn, out);
		return;
	case INSN_LOAD:
		add_place(fn, insn, out);
		return;
	case INSN_STORE:
	case INSN_ATOMIC:
		add_place(fn, insn, out);
		strbuf_printf(out, " %s= ", insn->op == INSN_ATOMIC ? alu_text(insn->alu) : "");
		add_operand_b(fn, insn, out);
		return;
	case INSN_CALL:
		add_call(fn, insn, out);
		return;
	case INSN_LABEL:
		strbuf_printf(out, "L%u:", insn->label);
		return;
	case INSN_JUMP:
	case INSN_BRANCH:
		add_jump(fn, insn, out);
		return;
	case INSN_EXIT:
		strbuf_puts(out, "exit ");
		add_operand_b(fn, insn, out);
		return;
	}
	unreachable();
}

void function_text(const struct function *fn, const char *title, struct strbuf *out)
{
	size_t i;

	strbuf_printf(out, "%s: %s\n", fn->options->name ? fn->options->name : "program", title);
	for (i = 0; i < fn->insns.count; i++) {
		const struct insn *insn = &fn->insns.items[i];

		if (insn->op == INSN_NOTHING)
			continue;
		if (insn->op != INSN_LABEL)
			strbuf_puts(out, "\t");
		if (insn->dst) {
			add_reg(fn, insn->dst, out);
			strbuf_puts(out, fn->regs.items[insn->dst].is_var ? " := " : " = ");
		}
		add_insn(fn, insn, out);
		strbuf_putc(out, '\n');
	}
}
