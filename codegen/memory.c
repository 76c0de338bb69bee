/*
 * Loads, stores and what goes through many bytes.
 */
#include "codegen/builder_internal.h"

#include <assert.h>

/* From this many bytes on a helper zeroes or copies, which saves instructions. */
enum { INLINE_MAX = 256, MAP_VALUE_WINDOW = 4096 };

struct val build_offset(struct builder *b, struct val address, int64_t offset)
{
	struct val sum;

	if (builder_is_idle(b))
		return val_const(0);
	switch (address.kind) {
	case VAL_SLOT:
	case VAL_MAP_VALUE:
		address.number += offset;
		return address;
	case VAL_REG:
		sum = build_alu(b, BPF_ADD, (struct val){ VAL_REG, address.id, 0 }, val_const(offset));
		if (address.number)
			sum.number = 8 + ((address.number + offset) & 7);
		return sum;
	case VAL_CONST:
	case VAL_MAP:
	case VAL_FUNCTION:
		return build_alu(b, BPF_ADD, address, val_const(offset));
	case VAL_NONE:
		break;
	}
	assert(!"an address without a value");
	return val_const(0);
}

/* Base register and offset of an address: what was added to it as a constant is left out. */
static void set_register_place(struct builder *b, struct insn *insn, uint32_t reg, int64_t offset)
{
	const struct insn *def = def_of(b, reg);

	while (def->op == INSN_ALU && def->alu == BPF_ADD && !def->b && !def->flags &&
	       fits_offset(offset + def->imm)) {
		offset += def->imm;
		reg = def->a;
		def = def_of(b, reg);
	}
	if (!fits_offset(offset)) {
		struct val base = { VAL_REG, reg, 0 };

		reg = in_register(b, build_alu(b, BPF_ADD, base, val_const(offset)));
		offset = 0;
	}
	insn->a = reg;
	insn->offset = (int32_t)offset;
}

static void set_place(struct builder *b, struct insn *insn, struct val address, int64_t offset)
{
	int64_t window;

	switch (address.kind) {
	case VAL_SLOT:
		insn->flags |= INSN_SLOT;
		insn->a = address.id;
		insn->offset = (int32_t)(address.number + offset);
		return;
	case VAL_MAP_VALUE:
		/* Neighbours share a base register. */
		offset += address.number;
		window = offset & ~(int64_t)(MAP_VALUE_WINDOW - 1);
		address.number = window;
		insn->a = in_register(b, address);
		insn->offset = (int32_t)(offset - window);
		return;
	case VAL_REG:
		set_register_place(b, insn, address.id, offset);
		return;
	case VAL_CONST:
	case VAL_MAP:
	case VAL_FUNCTION:
		insn->a = in_register(b, build_offset(b, address, offset));
		return;
	case VAL_NONE:
		break;
	}
	assert(!"an address without a value");
}

static struct reach load_reach(unsigned size, bool is_signed)
{
	if (size == 8)
		return REACH_ANY;
	if (is_signed)
		return (struct reach){ 64, (uint8_t)(size * 8), false };
	return (struct reach){ (uint8_t)(size * 8), (uint8_t)(size * 8 + 1), false };
}

static struct val load(struct builder *b, unsigned size, bool is_signed, struct val address,
                       int64_t offset, uint8_t flags)
{
	struct insn insn = { .op = INSN_LOAD, .size = (uint8_t)size, .flags = flags };
	struct reach reach;
	struct val val;

	assert(size == 1 || size == 2 || size == 4 || size == 8);
	if (builder_is_idle(b))
		return val_const(0);
	if (size == 8)
		is_signed = false;
	set_place(b, &insn, address, offset);
	/* The context is rewritten by the kernel, which knows plain loads best. */
	if (is_signed && b->fn.has_v4 && insn.a != b->context) {
		insn.flags |= INSN_SIGNED;
		is_signed = false;
		reach = load_reach(size, true);
	} else {
		reach = load_reach(size, false);
	}
	if (insn.flags & INSN_SLOT)
		reach.may_be_pointer = false;
	val = flags & INSN_PURE ? append_numbered(b, insn, reach) : append_value(b, insn, reach);
	return is_signed ? build_extend(b, val, size, true) : val;
}

struct val build_load(struct builder *b, unsigned size, bool is_signed, struct val address,
                      int64_t offset)
{
	return load(b, size, is_signed, address, offset, 0);
}

struct val build_load_pure(struct builder *b, unsigned size, bool is_signed, struct val address,
                           int64_t offset)
{
	return load(b, size, is_signed, address, offset, INSN_PURE);
}

struct val build_load_number(struct builder *b, struct val address, int64_t offset)
{
	struct val val = build_load(b, 8, false, address, offset);

	if (val.kind == VAL_REG)
		b->fn.regs.items[val.id].may_be_pointer = false;
	return val;
}

void build_store(struct builder *b, unsigned size, struct val address, int64_t offset,
                 struct val val)
{
	struct insn insn = { .op = INSN_STORE, .size = (uint8_t)size };
	unsigned unused_bits = 64 - size * 8;

	assert(size == 1 || size == 2 || size == 4 || size == 8);
	if (builder_is_idle(b))
		return;
	set_place(b, &insn, address, offset);
	if (val_is_const(val))
		val.number = (int64_t)((uint64_t)val.number << unused_bits) >> unused_bits;
	else
		val = strip_extension(b, val, size);
	if (val_is_const(val) && fits_imm(val.number))
		insn.imm = val.number;
	else
		insn.b = in_register(b, val);
	append(b, insn);
}

void build_atomic(struct builder *b, uint8_t op, unsigned size, struct val address, int64_t offset,
                  struct val val)
{
	struct insn insn = { .op = INSN_ATOMIC, .alu = op, .size = (uint8_t)size };

	assert(size == 4 || size == 8);
	if (builder_is_idle(b))
		return;
	set_place(b, &insn, address, offset);
	insn.b = in_register(b, strip_extension(b, val, size));
	append(b, insn);
}

/* The widest access for what is left: powers of two from `align` down. */
static unsigned access_size(uint32_t left, unsigned align)
{
	unsigned size = align;

	while (size > left)
		size /= 2;
	return size;
}

/* A read that fails leaves zeros: so the kernel's own loop does the work. */
static void read_bytes(struct builder *b, struct val to, uint32_t size, struct val from)
{
	BUILD_CALL(b, BPF_FUNC_probe_read_kernel, to, val_const(size), from);
}

void build_zero(struct builder *b, struct val address, uint32_t size, unsigned align)
{
	uint32_t at = 0;
	unsigned step;

	if (size > INLINE_MAX / 8 * align) {
		read_bytes(b, address, size, val_const(0));
		return;
	}
	for (; at < size; at += step) {
		step = access_size(size - at, align);
		build_store(b, step, address, at, val_const(0));
	}
}

void build_copy(struct builder *b, struct val to, struct val from, uint32_t size, unsigned align)
{
	uint32_t at = 0;
	unsigned step;

	if (size > INLINE_MAX / 8 * align) {
		read_bytes(b, to, size, from);
		return;
	}
	for (; at < size; at += step) {
		step = access_size(size - at, align);
		build_store(b, step, to, at, build_load(b, step, false, from, at));
	}
}
