/*
 * Builds one eBPF function.
 *
 * The lowering code (expr.c, stmt.c, the rows of stdlib) says what to compute
 * in values of any number; the builder appends instructions on virtual
 * registers.  While appending it folds constants, simplifies, and numbers
 * values: what was computed on every path that leads here is not computed
 * again.  builder_finish() optimises, allocates registers and stack, and gives
 * eBPF.
 *
 * Errors stick: after the first one the calls do nothing.
 */
#ifndef CODEGEN_BUILDER_H
#define CODEGEN_BUILDER_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/source.h"
#include "base/strbuf.h"
#include "base/vec.h"

struct target;
struct builder;

/* Bytes of stack, of all functions that run at a time together. */
enum { STACK_MAX = 512 };

/* Functions that may run at a time. */
enum { FRAMES_MAX = 8 };

/*
 * An operand: a constant, a virtual register, or an address that is known
 * when the program is loaded.
 */
enum val_kind {
	VAL_NONE,      /* no value */
	VAL_CONST,     /* number */
	VAL_REG,       /* virtual register `id`, written once; `number`: see val_strict() */
	VAL_SLOT,      /* address of stack slot `id`, plus `number` */
	VAL_MAP,       /* the map with index `id` of the object */
	VAL_MAP_VALUE, /* address of the value of array map `id` (key 0), plus `number` */
	VAL_FUNCTION,  /* address of function `id` of the program, for callbacks */
};

struct val {
	enum val_kind kind;
	uint32_t id;
	int64_t number;
};

#define VAL_NOTHING ((struct val){ VAL_NONE, 0, 0 })

static inline struct val val_const(int64_t number)
{
	return (struct val){ VAL_CONST, 0, number };
}

static inline struct val val_map(uint32_t map)
{
	return (struct val){ VAL_MAP, map, 0 };
}

static inline struct val val_map_value(uint32_t map, int64_t offset)
{
	return (struct val){ VAL_MAP_VALUE, map, offset };
}

/*
 * Of an address in a register that may be the stack's, where accesses have to
 * be aligned: `number` is 8 and its distance from a multiple of 8.
 */
static inline struct val val_strict(struct val address)
{
	address.number = 8;
	return address;
}

static inline bool val_is_const(struct val val)
{
	return val.kind == VAL_CONST;
}

/* The function has not got it. */
enum { NO_CONTEXT = 5 };

struct builder_options {
	const char *name; /* of the function, for the verifier's log */
	const struct target *target;
	/*
	 * Where slots go that do not fit the 512 bytes: value number `scratch_key`
	 * of the per-CPU array `scratch_map`.  code.scratch_size says how large
	 * its values have to be.  Each program has a value of its own, so that one
	 * that interrupts another leaves it alone.
	 */
	uint32_t scratch_map, scratch_key;
	unsigned context; /* which argument the program's context is, from 0; or NO_CONTEXT */
	int failure;	  /* what it gives when there is no scratch value */
};

struct builder *builder_new(struct arena *arena, const struct builder_options *options);

/* The script text that the instructions appended from now on come from. */
void build_span(struct builder *b, struct span span);

/* --- arithmetic: 64 bits, wrapping ------------------------------------- */

/* `op` is BPF_ADD, SUB, MUL, DIV, MOD (both unsigned), OR, AND, XOR, LSH, RSH, ARSH. */
struct val build_alu(struct builder *b, uint8_t op, struct val left, struct val right);

/* Signed division toward zero and its remainder; the divisor is not 0. */
struct val build_sdiv(struct builder *b, struct val left, struct val right);
struct val build_smod(struct builder *b, struct val left, struct val right);

struct val build_neg(struct builder *b, struct val val);

/* The low `size` bytes (1, 2, 4, 8) with sign or zeros above. */
struct val build_extend(struct builder *b, struct val val, unsigned size, bool is_signed);

/* A copy of a number: what the verifier learns from comparing it, it does not learn about `val`. */
struct val build_detached(struct builder *b, struct val val);

/* What was loaded, or given by a function, is a number, and no address that has to be kept on the
 * stack.  (Arguments have to: there is no other place yet where they come in.) */
struct val build_number(struct builder *b, struct val val);

/* Reverses the low `size` bytes (2, 4, 8), zeros above. */
struct val build_byte_swap(struct builder *b, struct val val, unsigned size);

/* --- memory ------------------------------------------------------------ */

/* Reads `size` bytes at address + offset with zeros or sign above.  Any address a BPF program
 * may read directly: slots, map values, ring-buffer records, the context. */
struct val build_load(struct builder *b, unsigned size, bool is_signed, struct val address,
		      int64_t offset);

/* The same from memory that does not change during a run (context, read-only maps): numbered. */
struct val build_load_pure(struct builder *b, unsigned size, bool is_signed, struct val address,
			   int64_t offset);

/* The same of 8 bytes that hold no address, whatever the verifier makes of it: it may be spilled anywhere. */
struct val build_load_number(struct builder *b, struct val address, int64_t offset);

void build_store(struct builder *b, unsigned size, struct val address, int64_t offset,
		 struct val val);

/* *(size *)(address + offset) += val and the like; `op` is BPF_ADD, OR, AND or XOR; size 4 or 8. */
void build_atomic(struct builder *b, uint8_t op, unsigned size, struct val address, int64_t offset,
		  struct val val);

/* Zeroes or copies `size` bytes with the widest accesses that `align` (1, 2, 4, 8: of both
 * addresses and offset 0) allows. */
void build_zero(struct builder *b, struct val address, uint32_t size, unsigned align);
void build_copy(struct builder *b, struct val to, struct val from, uint32_t size, unsigned align);

/* address + offset */
struct val build_offset(struct builder *b, struct val address, int64_t offset);

/* The program's context (r1 at its start); argument `index` of a function, from 0. */
struct val build_context(struct builder *b);
void build_set_context(struct builder *b, struct val context); /* it came another way */
struct val build_argument(struct builder *b, unsigned index);

/* --- stack ------------------------------------------------------------- */

/* Memory of `size` bytes aligned to 8, with undefined content.  Where it lies (stack or scratch)
 * is decided in the end. */
struct val build_slot(struct builder *b, uint32_t size);

/* The same on the stack in any case: for what addresses are stored in, or a helper wants there. */
struct val build_stack_slot(struct builder *b, uint32_t size);

/*
 * Slots made after a mark are given back together.  The bytes may be used
 * again by slots made later, so no value may point into them any more.
 */
uint32_t build_slots_mark(struct builder *b);
void build_slots_release(struct builder *b, uint32_t mark);

/* --- calls ------------------------------------------------------------- */

/* Helper `helper` (BPF_FUNC_*), up to 5 arguments. */
struct val build_call(struct builder *b, int helper, const struct val *args, unsigned count);

/* The same for a helper whose answer stays equal during one run of the program and that has no
 * effect: numbered, and dropped when unused. */
struct val build_call_pure(struct builder *b, int helper, const struct val *args, unsigned count);

/* Function `function` of the program, as VAL_FUNCTION has it, up to 5 arguments. */
struct val build_call_function(struct builder *b, uint32_t function, const struct val *args,
			       unsigned count);

/* A function of the kernel that programs may call, by its number in the kernel's BTF. */
struct val build_call_kernel(struct builder *b, uint32_t function, const struct val *args,
			     unsigned count);

#define BUILD_CALL(b, helper, ...)                                                              \
	build_call((b), (helper), (const struct val[]){ __VA_ARGS__ },                          \
		   sizeof((const struct val[]){ __VA_ARGS__ }) / sizeof(struct val))

/* --- variables: values that change ------------------------------------- */

/* A cell for one 64-bit value; undefined until set.  Values got from it keep what it was then. */
uint32_t build_var(struct builder *b);
void build_var_set(struct builder *b, uint32_t var, struct val val);
struct val build_var_get(struct builder *b, uint32_t var);

/* --- control ----------------------------------------------------------- */

uint32_t build_label(struct builder *b);
void build_place(struct builder *b, uint32_t label); /* the label is here; falls through into it */
void build_jump(struct builder *b, uint32_t label);

/* Goes to `label` if `left op right`; `op` is BPF_JEQ, JNE, JGT, JGE, JLT, JLE, JSGT, ..., JSET.
 * Falls through otherwise.  Folds when both are known. */
void build_branch(struct builder *b, uint8_t op, struct val left, struct val right, uint32_t label);

/*
 * Goes to `label` when the loop that it stands in has turned millions of times:
 * with it the verifier takes loops whose end it cannot see.  Only if the target
 * has FEATURE_MAY_GOTO.
 */
void build_may_goto(struct builder *b, uint32_t label);

/* r0 = val; exit */
void build_exit(struct builder *b, struct val val);

/* Has a jump or branch to it been built? */
bool build_is_target(const struct builder *b, uint32_t label);

/* No instruction can be reached here: after a jump or exit, until a label is placed. */
bool build_is_dead(const struct builder *b);

/*
 * Code that some paths skip stands between these two: what is computed inside
 * is not taken for known after it.  A branch over code:
 *
 *	build_branch(b, BPF_JEQ, pointer, val_const(0), skip);
 *	build_enter(b);
 *	...
 *	build_leave(b);
 *	build_place(b, skip);
 *
 * A loop body too.  (What was computed before the loop stays known in it.)
 */
void build_enter(struct builder *b);
void build_leave(struct builder *b);

/* A point that paths come by; build_is_past() tells whether all that lead to here did. */
uint32_t build_point(struct builder *b);
bool build_is_past(const struct builder *b, uint32_t point);

/* --- result ------------------------------------------------------------ */

/* An instruction that needs a number only known at load time. */
struct code_reloc {
	uint32_t insn; /* index of the BPF_LD | BPF_IMM | BPF_DW or call, whose src_reg is set already */
	enum { RELOC_MAP, RELOC_MAP_VALUE, RELOC_FUNCTION } kind;
	uint32_t map; /* index in the object; the second imm already holds a value's offset */
		      /* RELOC_FUNCTION: the function's id, which the first imm holds, too */
};

struct code_line {
	uint32_t insn; /* first instruction of the line */
	struct span span;
	const char *c_function; /* the function in C that it belongs to, or NULL */
};

/* A function, finished. */
struct code {
	const char *name;
	struct bpf_insn *insns;
	uint32_t count;
	VEC(struct code_reloc) relocs; /* ascending */
	VEC(struct code_line) lines;   /* ascending; the first is for instruction 0 */
	uint32_t stack_size;	       /* bytes below r10 */
	uint32_t frame_size;	       /* what the kernel counts for it; with what it calls: */
	uint32_t chain_size;	       /* the most that is in use while it runs */
	uint32_t scratch_size;	       /* bytes of the scratch value it needs, 0: none */

	/*
	 * Of a function that the verifier is to check by itself, knowing nothing of those who
	 * call it (BTF_FUNC_GLOBAL): the first argument is the address of so many bytes, the
	 * second may be the context.  0: it is checked with each of its callers.
	 */
	uint32_t memory_size;
	bool takes_context;
};

enum build_dump { DUMP_NOTHING, DUMP_IR, DUMP_OPTIMISED, DUMP_ALLOCATED };

/* Of the stack there are `limit` bytes, of which it should take no more than `share`, multiples of
 * 32; without this: 512. */
void build_limit_stack(struct builder *b, uint32_t share, uint32_t limit);

/*
 * Optimises and allocates.  NULL after an error (builder_error() says which).
 * If `dump` is not NULL the function is printed to it as it is after `stage`.
 */
struct code *builder_finish(struct builder *b, enum build_dump stage, struct strbuf *dump);

/* What went wrong, for the user, or NULL. */
const char *builder_error(const struct builder *b);

/* Finished instructions as text, one a line, jumps by labels, relocations by map names, functions
 * by their numbers. */
void code_text(const struct code *code, const char *(*map_name)(void *context, uint32_t map),
	       void *context, struct strbuf *out);

/* Registers set before use, jumps in range, stack within 512 bytes, ...: NULL or what is wrong. */
const char *code_selfcheck(struct arena *arena, const struct code *code);

#endif
