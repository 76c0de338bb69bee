/*
 * What the files of the builder share: builder.c (appending, variables,
 * control, calls), arithmetic.c (folding and simplifying) and memory.c.
 */
#ifndef CODEGEN_BUILDER_INTERNAL_H
#define CODEGEN_BUILDER_INTERNAL_H

#include "codegen/insn.h"
#include "codegen/numbering.h"

/* A variable's value where it is known: since the last set or get, while no path joins. */
struct var_state {
	struct val known;
	uint32_t epoch;
};

enum { ARGUMENT_COUNT = 5 };

struct builder {
	struct arena *arena;
	struct builder_options options;
	struct function fn;
	struct numbering numbering;
	bool is_dead; /* nothing can get here: nothing is appended */
	uint32_t live_slots;
	uint32_t epoch; /* changes where what variables hold stops being known */
	uint32_t arguments[ARGUMENT_COUNT]; /* registers, or REG_NONE while unused */
	uint32_t context;		    /* register, or REG_NONE while unknown */
	VEC(struct var_state) vars;         /* the `def` of a variable's struct reg is its index */
	VEC(uint32_t) label_times; /* numbering.time + 1 at the first jump to each, 0: none yet */
};

/* How far a value reaches (struct reg). */
struct reach {
	uint8_t width, signed_width;
	bool may_be_pointer;
};

#define REACH_ANY    ((struct reach){ 64, 64, true })
#define REACH_SCALAR ((struct reach){ 64, 64, false })

/* Appends; the dst, if it gets one, is a new register.  VAL_NOTHING where the code is dead. */
void append(struct builder *b, struct insn insn);
struct val append_value(struct builder *b, struct insn insn, struct reach reach);

/* Jumps and branches. */
void append_jump(struct builder *b, struct insn insn);

/* The same as append_value(), unless it has been computed already. */
struct val append_numbered(struct builder *b, struct insn insn, struct reach reach);

/* The register that holds `val`, which is written there if need be. */
uint32_t in_register(struct builder *b, struct val val);

struct reach reach_of(const struct builder *b, struct val val);

/* The instruction that wrote a value. */
static inline const struct insn *def_of(const struct builder *b, uint32_t reg)
{
	return &b->fn.insns.items[b->fn.regs.items[reg].def];
}

/* Nothing is appended: dead code, or an error before. */
static inline bool builder_is_idle(const struct builder *b)
{
	return b->is_dead || b->fn.error;
}

/* memory.c and build_store(): the value whose low `size` bytes are those of `val`, sooner. */
struct val strip_extension(const struct builder *b, struct val val, unsigned size);

#endif
