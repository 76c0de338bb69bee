/*
 * Instructions on virtual registers, and the function they make up.
 *
 * eBPF's own operations, but with three addresses (`dst = a op b`) and any
 * number of registers.  Every stage from the builder to the assembler works on
 * this one form; insn_text.c prints it after any of them.
 *
 * Two sorts of registers: values, written by one instruction that comes before
 * every use, and variables, written by any number of them.
 */
#ifndef CODEGEN_INSN_H
#define CODEGEN_INSN_H

#include "codegen/builder.h"

/* clang-format off */
#define INSN_OPS(X) \
	X(NOTHING)	/* deleted */ \
	X(ARGUMENT)	/* dst = what register imm (1..5) held at the start; a prefix of the function */ \
	X(CONST)	/* dst = imm */ \
	X(ADDRESS)	/* dst = address of kind `alu` (enum val_kind), id a, number imm */ \
	X(MOVE)		/* dst = a */ \
	X(ALU)		/* dst = a alu (b or imm) */ \
	X(NEG)		/* dst = -a */ \
	X(SIGN_EXTEND)	/* dst = low `size` bytes of a, signed */ \
	X(SWAP)		/* dst = low `size` bytes of a, reversed */ \
	X(LOAD)		/* dst = `size` bytes at place */ \
	X(STORE)	/* `size` bytes at place = b or imm */ \
	X(ATOMIC)	/* `size` bytes at place alu= b */ \
	X(CALL)		/* dst = helper or function imm(args[a] ... `size` of them) */ \
	X(LABEL)	/* label */ \
	X(JUMP)		/* to label */ \
	X(BRANCH)	/* to label if a alu (b or imm) */ \
	X(EXIT)		/* r0 = b or imm; exit */
/* clang-format on */

enum insn_op {
#define X(name) INSN_##name,
	INSN_OPS(X)
#undef X
};

enum insn_flag {
	INSN_SIGNED = 1, /* a load, division or remainder */
	INSN_PURE = 2,   /* a call or load that may be left out or numbered */
	INSN_SLOT = 4,   /* the place is slot `a` + offset, else register `a` + offset */
	INSN_SPILL = 8,  /* the place is spill slot `a` */
	INSN_FUNCTION = 32, /* a call of a function of the program */
	INSN_KERNEL = 64, /* a call of a function of the kernel, by its number in the kernel's BTF */
	INSN_32 = 16,    /* compare or compute the low 32 bits */
};

/* Branch without a condition of ours: the kernel takes it when a loop has turned too often
 * (BPF_JCOND with may_goto, 6.9). */
enum { BRANCH_MAY_GOTO = 0xe0 };

enum { REG_NONE = 0, LABEL_NONE = UINT32_MAX, SPILL_NONE = UINT32_MAX };

struct insn {
	uint8_t op;    /* enum insn_op */
	uint8_t alu;   /* BPF_ADD ..., BPF_JEQ ..., or enum val_kind */
	uint8_t size;  /* of an access; number of arguments */
	uint8_t flags; /* enum insn_flag */
	uint32_t dst;  /* a register, or REG_NONE */
	uint32_t a, b; /* registers; where b is REG_NONE imm counts */
	int64_t imm;
	union {
		int32_t offset;
		uint32_t label;
	};
	uint32_t span; /* index in spans */
};

/* How far a register's value reaches, as known while building. */
struct reg {
	uint32_t def;         /* index of the instruction that writes it (values, while building) */
	uint8_t width;        /* it is below 2^width */
	uint8_t signed_width; /* and -2^(signed_width - 1) to 2^(signed_width - 1) - 1 */
	bool is_var;
	bool may_be_pointer;
	uint8_t splits; /* 0: from the builder; 1: shares a reload; 2: as short as can be */
	uint32_t home;  /* the spill slot that holds the same value, or SPILL_NONE */
};

struct slot {
	uint32_t size; /* multiple of 8 */
	bool in_scratch;
	bool on_stack; /* in any case */
	bool is_used;
	int32_t offset; /* from r10 (negative), or from the scratch value's start */
};

/* What the builder said about slots, in order: made slot `value`, or released to `value` live ones.
 */
struct slot_event {
	bool is_release;
	uint32_t value;
};

VEC_STRUCT(insn_vec, struct insn);
VEC_STRUCT(arg_vec, struct val);
VEC_STRUCT(reg_vec, struct reg);

struct function {
	struct arena *arena;
	const struct builder_options *options;
	bool has_v4; /* the target knows ISA version 4 */
	struct insn_vec insns;
	struct arg_vec args;
	struct reg_vec regs; /* the first one stands for REG_NONE */
	VEC(struct slot) slots;
	VEC(struct slot_event) slot_events;
	VEC(struct span) spans;
	uint32_t label_count;
	uint32_t var_count;
	bool has_may_goto; /* the kernel takes some of its stack */
	uint32_t stack_share, stack_limit; /* bytes that it should and may take */

	/* From frame.c on. */
	uint32_t scratch_reg;
	uint32_t scratch_size;
	uint32_t slots_size; /* bytes of stack that slots take */
	uint32_t spill_count;
	uint8_t *phys; /* per register, once regs.c has run: 0..9 */

	const char *error;
};

static inline uint32_t function_new_reg(struct function *fn, struct reg reg)
{
	vec_push(fn->arena, &fn->regs, reg);
	return (uint32_t)fn->regs.count - 1;
}

static inline void function_fail(struct function *fn, const char *error)
{
	if (!fn->error)
		fn->error = error;
}

static inline bool fits_imm(int64_t number)
{
	return number == (int32_t)number;
}

static inline bool fits_offset(int64_t number)
{
	return number == (int16_t)number;
}

/* Nothing that it read or wrote counts any more. */
static inline void insn_delete(struct insn *insn)
{
	*insn = (struct insn){ .op = INSN_NOTHING };
}

/* `a` is a register of this instruction. */
static inline bool insn_reads_a(const struct insn *insn)
{
	switch ((enum insn_op)insn->op) {
	case INSN_MOVE:
	case INSN_ALU:
	case INSN_NEG:
	case INSN_SIGN_EXTEND:
	case INSN_SWAP:
		return true;
	case INSN_BRANCH:
		return insn->alu != BRANCH_MAY_GOTO;
	case INSN_LOAD:
	case INSN_STORE:
	case INSN_ATOMIC:
		return !(insn->flags & (INSN_SLOT | INSN_SPILL));
	case INSN_NOTHING:
	case INSN_ARGUMENT:
	case INSN_CONST:
	case INSN_ADDRESS:
	case INSN_CALL:
	case INSN_LABEL:
	case INSN_JUMP:
	case INSN_EXIT:
		return false;
	}
	unreachable();
}

enum { INSN_USES_MAX = 5 };

/* Pointers to the register numbers it reads; returns how many. */
static inline unsigned insn_uses(struct function *fn, struct insn *insn,
                                 uint32_t *uses[INSN_USES_MAX])
{
	unsigned count = 0, i;

	if (insn->op == INSN_CALL) {
		for (i = 0; i < insn->size; i++) {
			struct val *arg = &fn->args.items[insn->a + i];

			if (arg->kind == VAL_REG)
				uses[count++] = &arg->id;
		}
		return count;
	}
	if (insn_reads_a(insn))
		uses[count++] = &insn->a;
	if (insn->b)
		uses[count++] = &insn->b;
	return count;
}

/* It may go when nobody reads its dst. */
static inline bool insn_is_removable(const struct insn *insn)
{
	switch ((enum insn_op)insn->op) {
	case INSN_ARGUMENT:
	case INSN_CONST:
	case INSN_ADDRESS:
	case INSN_MOVE:
	case INSN_ALU:
	case INSN_NEG:
	case INSN_SIGN_EXTEND:
	case INSN_SWAP:
	case INSN_LOAD:
		return true;
	case INSN_CALL:
		return insn->flags & INSN_PURE;
	case INSN_NOTHING:
	case INSN_STORE:
	case INSN_ATOMIC:
	case INSN_LABEL:
	case INSN_JUMP:
	case INSN_BRANCH:
	case INSN_EXIT:
		return false;
	}
	unreachable();
}

static inline bool insn_ends_block(const struct insn *insn)
{
	return insn->op == INSN_JUMP || insn->op == INSN_EXIT;
}

static inline bool alu_is_commutative(uint8_t op)
{
	return op == BPF_ADD || op == BPF_MUL || op == BPF_OR || op == BPF_AND || op == BPF_XOR;
}

/* The constants a 32-bit immediate of this operation cannot carry go through a register. */
static inline bool alu_takes_imm(uint8_t op, int64_t number)
{
	return fits_imm(number) || (op == BPF_AND && number == 0xffffffff);
}

/* JEQ -> JNE and so on; 0 when there is none (JSET). */
uint8_t branch_inverse(uint8_t op);

/* `left op right` as `right op' left`. */
uint8_t branch_mirror(uint8_t op);

/* insn_text.c: the whole function, a line an instruction. */
void function_text(const struct function *fn, const char *title, struct strbuf *out);
const char *alu_text(uint8_t op);
const char *branch_text(uint8_t op);

#endif
