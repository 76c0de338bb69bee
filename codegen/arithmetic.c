/*
 * Arithmetic of the builder: constants are computed here, the rest is put in
 * the one form that numbering recognises and that costs least.
 *
 * Forms that others rely on: a constant is the right operand; subtraction of a
 * constant is addition; zero extension is BPF_AND with a mask.
 */
#include "codegen/builder_internal.h"

#include <assert.h>

#include "sema/target.h"

#define MASK(bits) ((bits) >= 64 ? ~0ULL : (1ULL << (bits)) - 1)

static unsigned bit_length(uint64_t number)
{
	return number ? 64 - (unsigned)__builtin_clzll(number) : 0;
}

static bool is_power_of_two(uint64_t number)
{
	return number && !(number & (number - 1));
}

static unsigned signed_length(int64_t number)
{
	return bit_length((uint64_t)(number < 0 ? ~number : number)) + 1;
}

struct reach reach_of(const struct builder *b, struct val val)
{
	const struct reg *reg;

	if (val_is_const(val))
		return (struct reach){ (uint8_t)bit_length((uint64_t)val.number),
			               (uint8_t)signed_length(val.number), false };
	if (val.kind != VAL_REG)
		return REACH_ANY;
	reg = &b->fn.regs.items[val.id];
	return (struct reach){ reg->width, reg->signed_width, reg->may_be_pointer };
}

/* A number below 2^width is also a signed one. */
static struct reach reach_unsigned(unsigned width)
{
	if (width >= 64)
		return REACH_SCALAR;
	return (struct reach){ (uint8_t)width, (uint8_t)(width + 1), false };
}

static struct reach reach_signed(unsigned width)
{
	return (struct reach){ 64, (uint8_t)MIN(width, 64U), false };
}

/* --- constants --------------------------------------------------------- */

/* As the machine does it: division by zero gives 0, the remainder the dividend. */
static uint64_t compute(uint8_t op, uint64_t left, uint64_t right)
{
	switch (op) {
	case BPF_ADD:
		return left + right;
	case BPF_SUB:
		return left - right;
	case BPF_MUL:
		return left * right;
	case BPF_DIV:
		return right ? left / right : 0;
	case BPF_MOD:
		return right ? left % right : left;
	case BPF_OR:
		return left | right;
	case BPF_AND:
		return left & right;
	case BPF_XOR:
		return left ^ right;
	case BPF_LSH:
		return left << (right & 63);
	case BPF_RSH:
		return left >> (right & 63);
	case BPF_ARSH:
		return (uint64_t)((int64_t)left >> (right & 63));
	}
	assert(!"not an operation");
	return 0;
}

static bool compare(uint8_t op, uint64_t left, uint64_t right)
{
	int64_t signed_left = (int64_t)left, signed_right = (int64_t)right;

	switch (op) {
	case BPF_JEQ:
		return left == right;
	case BPF_JNE:
		return left != right;
	case BPF_JGT:
		return left > right;
	case BPF_JGE:
		return left >= right;
	case BPF_JLT:
		return left < right;
	case BPF_JLE:
		return left <= right;
	case BPF_JSGT:
		return signed_left > signed_right;
	case BPF_JSGE:
		return signed_left >= signed_right;
	case BPF_JSLT:
		return signed_left < signed_right;
	case BPF_JSLE:
		return signed_left <= signed_right;
	case BPF_JSET:
		return left & right;
	}
	assert(!"not a comparison");
	return false;
}

/*
 * --- how far results reach ---------------------------------------------
 *
 * No more than the verifier works out, too: a mask that bounds an index must
 * not be dropped for a fact it does not know (it knows nothing of what a
 * division gives).
 */

static struct reach alu_reach(const struct builder *b, uint8_t op, struct val left,
                              struct val right)
{
	struct reach l = reach_of(b, left), r = reach_of(b, right), reach = REACH_SCALAR;
	unsigned shift = (unsigned)right.number & 63;

	switch (op) {
	case BPF_ADD:
	case BPF_SUB:
		if (op == BPF_ADD && MAX(l.width, r.width) < 63)
			reach = reach_unsigned(MAX(l.width, r.width) + 1U);
		else
			reach = reach_signed(MAX(l.signed_width, r.signed_width) + 1U);
		reach.may_be_pointer = l.may_be_pointer || r.may_be_pointer;
		return reach;
	case BPF_MUL:
		return MAX(l.width, r.width) <= 32 ? reach_unsigned((unsigned)l.width + r.width)
		                                   : reach;
	case BPF_AND:
		return reach_unsigned(MIN(l.width, r.width));
	case BPF_OR:
	case BPF_XOR:
		if (MAX(l.width, r.width) < 64)
			return reach_unsigned(MAX(l.width, r.width));
		return reach_signed(MAX(l.signed_width, r.signed_width));
	case BPF_LSH:
		return val_is_const(right) ? reach_unsigned(l.width + shift) : reach;
	case BPF_RSH:
		if (!val_is_const(right))
			return reach;
		return reach_unsigned(l.width > shift ? l.width - shift : 0);
	case BPF_ARSH:
		if (!val_is_const(right))
			return reach_signed(l.signed_width);
		if (l.width < 64)
			return reach_unsigned(l.width > shift ? l.width - shift : 0);
		return reach_signed(l.signed_width > shift ? l.signed_width - shift : 1);
	}
	return reach;
}

/* --- simplification ---------------------------------------------------- */

/* `val` was written by `value op constant`. */
static bool is_alu_const(const struct builder *b, struct val val, uint8_t op, struct val *ret_value,
                         int64_t *ret_number)
{
	const struct insn *def;

	if (val.kind != VAL_REG)
		return false;
	def = def_of(b, val.id);
	if (def->op != INSN_ALU || def->alu != op || def->b || def->flags)
		return false;
	*ret_value = (struct val){ VAL_REG, def->a, 0 };
	*ret_number = def->imm;
	return true;
}

/* The value whose low `bits` bits are those of `val`, before they were extended. */
static struct val strip_bits(const struct builder *b, struct val val, unsigned bits)
{
	const struct insn *def;
	struct val inner;
	int64_t mask;

	while (val.kind == VAL_REG) {
		def = def_of(b, val.id);
		if (is_alu_const(b, val, BPF_AND, &inner, &mask) &&
		    ((uint64_t)mask & MASK(bits)) == MASK(bits))
			val = inner;
		else if (def->op == INSN_SIGN_EXTEND && def->size * 8U >= bits)
			val.id = def->a;
		else
			break;
	}
	return val;
}

struct val strip_extension(const struct builder *b, struct val val, unsigned size)
{
	return size < 8 ? strip_bits(b, val, size * 8) : val;
}

static struct val emit_alu(struct builder *b, uint8_t op, struct val left, struct val right)
{
	struct reach reach = alu_reach(b, op, left, right);
	struct insn insn = { .op = INSN_ALU, .alu = op };

	insn.a = in_register(b, left);
	if (val_is_const(right) && alu_takes_imm(op, right.number))
		insn.imm = right.number;
	else
		insn.b = in_register(b, right);
	if (alu_is_commutative(op) && insn.b && insn.a > insn.b) {
		uint32_t first = insn.b;

		insn.b = insn.a;
		insn.a = first;
	}
	return append_numbered(b, insn, reach);
}

static struct val simplify_and(struct builder *b, struct val left, uint64_t mask)
{
	struct val inner;
	int64_t inner_mask;
	unsigned bits = bit_length(mask);

	if (!mask)
		return val_const(0);
	if (is_alu_const(b, left, BPF_AND, &inner, &inner_mask))
		return simplify_and(b, inner, mask & (uint64_t)inner_mask);
	left = strip_bits(b, left, bits);
	if (!(~mask & MASK(reach_of(b, left).width)))
		return left;
	/* A wide mask of low bits: two shifts are smaller than a 64-bit constant. */
	if (bits > 32 && bits < 64 && mask == MASK(bits)) {
		left = emit_alu(b, BPF_LSH, left, val_const(64 - bits));
		return emit_alu(b, BPF_RSH, left, val_const(64 - bits));
	}
	return emit_alu(b, BPF_AND, left, val_const((int64_t)mask));
}

static struct val simplify_shift(struct builder *b, uint8_t op, struct val left, unsigned shift)
{
	struct val inner;
	int64_t inner_shift;

	if (!shift)
		return left;
	if (op != BPF_LSH && reach_of(b, left).width <= 63) {
		/* Never negative: both right shifts are the same. */
		op = BPF_RSH;
		if (reach_of(b, left).width <= shift)
			return val_const(0);
	}
	if (is_alu_const(b, left, op, &inner, &inner_shift)) {
		unsigned both = shift + ((unsigned)inner_shift & 63);

		if (both < 64)
			return emit_alu(b, op, inner, val_const(both));
		if (op != BPF_ARSH)
			return val_const(0);
	}
	/* The long way to write a zero extension. */
	if (op == BPF_RSH && shift >= 32 && is_alu_const(b, left, BPF_LSH, &inner, &inner_shift) &&
	    inner_shift == shift)
		return simplify_and(b, inner, MASK(64 - shift));
	return emit_alu(b, op, left, val_const(shift));
}

static struct val simplify_add(struct builder *b, struct val left, int64_t number)
{
	struct val inner;
	int64_t inner_number;

	if (!number)
		return left;
	if (is_alu_const(b, left, BPF_ADD, &inner, &inner_number))
		return simplify_add(b, inner, (int64_t)((uint64_t)number + (uint64_t)inner_number));
	return emit_alu(b, BPF_ADD, left, val_const(number));
}

/* Multiplication, division and remainder by a constant. */
static struct val simplify_multiple(struct builder *b, uint8_t op, struct val left, uint64_t number)
{
	unsigned shift = bit_length(number) - 1;

	if (!number) {
		/* The verifier refuses a constant 0 here, the machine computes this. */
		return op == BPF_MOD ? left : val_const(0);
	}
	if (op == BPF_MUL && number == ~0ULL)
		return build_neg(b, left);
	if (!is_power_of_two(number))
		return emit_alu(b, op, left, val_const((int64_t)number));
	if (op == BPF_MOD)
		return simplify_and(b, left, number - 1);
	return simplify_shift(b, op == BPF_MUL ? BPF_LSH : BPF_RSH, left, shift);
}

static struct val simplify_right_const(struct builder *b, uint8_t op, struct val left,
                                       int64_t number)
{
	switch (op) {
	case BPF_ADD:
		return simplify_add(b, left, number);
	case BPF_SUB:
		return simplify_add(b, left, (int64_t)(0 - (uint64_t)number));
	case BPF_MUL:
	case BPF_DIV:
	case BPF_MOD:
		return simplify_multiple(b, op, left, (uint64_t)number);
	case BPF_AND:
		return simplify_and(b, left, (uint64_t)number);
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return simplify_shift(b, op, left, (unsigned)number & 63);
	case BPF_OR:
		if (number == -1)
			return val_const(-1);
		break;
	}
	return number ? emit_alu(b, op, left, val_const(number)) : left;
}

/* Of equal operands; VAL_NOTHING when that is nothing special. */
static struct val simplify_equal(uint8_t op, struct val val)
{
	switch (op) {
	case BPF_SUB:
	case BPF_XOR:
		return val_const(0);
	case BPF_AND:
	case BPF_OR:
		return val;
	}
	return VAL_NOTHING;
}

struct val build_alu(struct builder *b, uint8_t op, struct val left, struct val right)
{
	if (builder_is_idle(b))
		return val_const(0);
	if (val_is_const(left) && val_is_const(right))
		return val_const(
			(int64_t)compute(op, (uint64_t)left.number, (uint64_t)right.number));
	if (val_is_const(left) && alu_is_commutative(op)) {
		struct val first = right;

		right = left;
		left = first;
	}
	if (val_is_const(right)) {
		if (left.kind == VAL_SLOT || left.kind == VAL_MAP_VALUE) {
			if (op == BPF_ADD)
				return build_offset(b, left, right.number);
			if (op == BPF_SUB)
				return build_offset(b, left, -right.number);
		}
		if (left.kind != VAL_REG)
			left = (struct val){ VAL_REG, in_register(b, left), 0 };
		return simplify_right_const(b, op, left, right.number);
	}
	if (val_is_const(left) && !left.number)
		return op == BPF_SUB ? build_neg(b, right) : left;
	if (left.kind == VAL_REG && right.kind == VAL_REG && left.id == right.id) {
		struct val same = simplify_equal(op, left);

		if (same.kind != VAL_NONE)
			return same;
	}
	return emit_alu(b, op, left, right);
}

struct val build_neg(struct builder *b, struct val val)
{
	struct insn insn = { .op = INSN_NEG };
	struct reach reach;

	if (builder_is_idle(b))
		return val_const(0);
	if (val_is_const(val))
		return val_const((int64_t)(0 - (uint64_t)val.number));
	insn.a = in_register(b, val);
	if (val.kind == VAL_REG && def_of(b, val.id)->op == INSN_NEG)
		return (struct val){ VAL_REG, def_of(b, val.id)->a, 0 };
	reach = reach_signed(reach_of(b, val).signed_width + 1U);
	return append_numbered(b, insn, reach);
}

/* --- signed division ---------------------------------------------------- */

/*
 * The instruction of version 4 traps on INT64_MIN / -1 in kernels before 6.12,
 * so there it is for constants only.
 */
static bool can_divide_signed(const struct builder *b, struct val right)
{
	if (!b->fn.has_v4)
		return false;
	if (val_is_const(right))
		return fits_imm(right.number);
	return b->options.target->kernel_version >= (6 << 16 | 12 << 8);
}

/* |val|, and the sign in every bit. */
static struct val absolute(struct builder *b, struct val val, struct val *ret_sign)
{
	*ret_sign = build_alu(b, BPF_ARSH, val, val_const(63));
	val = build_alu(b, BPF_XOR, val, *ret_sign);
	return build_alu(b, BPF_SUB, val, *ret_sign);
}

static struct val divide_signed(struct builder *b, uint8_t op, struct val left, struct val right)
{
	struct insn insn = { .op = INSN_ALU, .alu = op, .flags = INSN_SIGNED };
	struct val left_sign, right_sign, sign, result;

	if (reach_of(b, left).width < 64 && reach_of(b, right).width < 64)
		return build_alu(b, op, left, right);
	if (can_divide_signed(b, right)) {
		insn.a = in_register(b, left);
		if (val_is_const(right))
			insn.imm = right.number;
		else
			insn.b = in_register(b, right);
		return append_numbered(b, insn, REACH_SCALAR);
	}
	left = absolute(b, left, &left_sign);
	right = absolute(b, right, &right_sign);
	result = build_alu(b, op, left, right);
	sign = op == BPF_MOD ? left_sign : build_alu(b, BPF_XOR, left_sign, right_sign);
	result = build_alu(b, BPF_XOR, result, sign);
	return build_alu(b, BPF_SUB, result, sign);
}

struct val build_sdiv(struct builder *b, struct val left, struct val right)
{
	if (builder_is_idle(b))
		return val_const(0);
	if (val_is_const(right)) {
		if (right.number == 1)
			return left;
		if (right.number == -1)
			return build_neg(b, left);
		if (!right.number)
			return val_const(0);
		if (val_is_const(left))
			return val_const(left.number / right.number);
	}
	return divide_signed(b, BPF_DIV, left, right);
}

struct val build_smod(struct builder *b, struct val left, struct val right)
{
	if (builder_is_idle(b))
		return val_const(0);
	if (val_is_const(right)) {
		if (right.number == 1 || right.number == -1)
			return val_const(0);
		if (!right.number)
			return left;
		if (val_is_const(left))
			return val_const(left.number % right.number);
	}
	return divide_signed(b, BPF_MOD, left, right);
}

/* --- extension ---------------------------------------------------------- */

struct val build_extend(struct builder *b, struct val val, unsigned size, bool is_signed)
{
	struct insn insn = { .op = INSN_SIGN_EXTEND, .size = (uint8_t)size };
	unsigned bits = size * 8;

	assert(size == 1 || size == 2 || size == 4 || size == 8);
	if (builder_is_idle(b))
		return val_const(0);
	if (size == 8)
		return val;
	if (!is_signed)
		return build_alu(b, BPF_AND, val, val_const((int64_t)MASK(bits)));
	if (val_is_const(val))
		return val_const((int64_t)((uint64_t)val.number << (64 - bits)) >> (64 - bits));
	if (reach_of(b, val).signed_width <= bits)
		return val;
	val = strip_bits(b, val, bits);
	if (reach_of(b, val).signed_width <= bits)
		return val;
	insn.a = in_register(b, val);
	return append_numbered(b, insn, reach_signed(bits));
}

struct val build_byte_swap(struct builder *b, struct val val, unsigned size)
{
	struct insn insn = { .op = INSN_SWAP, .size = (uint8_t)size };

	assert(size == 2 || size == 4 || size == 8);
	if (builder_is_idle(b))
		return val_const(0);
	if (val_is_const(val))
		return val_const(
			(int64_t)(__builtin_bswap64((uint64_t)val.number) >> (64 - size * 8)));
	val = strip_extension(b, val, size);
	insn.a = in_register(b, val);
	return append_numbered(b, insn, reach_unsigned(size * 8));
}

/* --- branches ------------------------------------------------------------ */

/* Comparisons that are always or never true, or that equality says as well. */
static uint8_t simplify_comparison(uint8_t op, int64_t *number, bool *ret_known, bool *ret_value)
{
	*ret_known = false;
	if (!*number && (op == BPF_JSET || op == BPF_JGE || op == BPF_JLT)) {
		*ret_known = true;
		*ret_value = op == BPF_JGE;
	}
	if ((op == BPF_JGE || op == BPF_JLT) && *number == 1) {
		*number = 0;
		return op == BPF_JGE ? BPF_JNE : BPF_JEQ;
	}
	if ((op == BPF_JGT || op == BPF_JLE) && !*number)
		return op == BPF_JGT ? BPF_JNE : BPF_JEQ;
	return op;
}

static void branch_on_const(struct builder *b, uint8_t op, struct val left, int64_t number,
                            uint32_t label)
{
	struct insn insn = { .op = INSN_BRANCH, .label = label };
	bool known, value;

	op = simplify_comparison(op, &number, &known, &value);
	if (known) {
		if (value)
			build_jump(b, label);
		return;
	}
	insn.a = in_register(b, left);
	insn.alu = op;
	insn.imm = number;
	if (!fits_imm(number)) {
		/* Of 32-bit values the low halves are compared: the constant is one slot then. */
		if (reach_of(b, left).width <= 32 && number == (uint32_t)number && op < BPF_JSGT) {
			insn.flags = INSN_32;
			insn.imm = (int32_t)number;
		} else {
			insn.b = in_register(b, val_const(number));
			insn.imm = 0;
		}
	}
	append_jump(b, insn);
}

void build_branch(struct builder *b, uint8_t op, struct val left, struct val right, uint32_t label)
{
	struct insn insn = { .op = INSN_BRANCH, .label = label };

	if (builder_is_idle(b))
		return;
	if (val_is_const(left) && !val_is_const(right)) {
		struct val first = right;

		right = left;
		left = first;
		op = branch_mirror(op);
	}
	if (val_is_const(left)) {
		if (compare(op, (uint64_t)left.number, (uint64_t)right.number))
			build_jump(b, label);
		return;
	}
	if (val_is_const(right)) {
		branch_on_const(b, op, left, right.number, label);
		return;
	}
	if (left.kind == VAL_REG && right.kind == VAL_REG && left.id == right.id &&
	    op != BPF_JSET) {
		if (compare(op, 0, 0))
			build_jump(b, label);
		return;
	}
	insn.alu = op;
	insn.a = in_register(b, left);
	insn.b = in_register(b, right);
	append_jump(b, insn);
}
