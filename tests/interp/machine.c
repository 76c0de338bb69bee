/*
 * The interpreter proper: arithmetic, jumps, memory, calls.
 */
#include "tests/interp/machine.h"

#include <inttypes.h>
#include <string.h>

#include "tests/interp/fake_map.h"

enum {
	STEPS_MAX = 20 * 1000 * 1000,
	MEMSX = 0x80,	    /* load that extends the sign */
	JCOND = 0xe0,	    /* may_goto */
	MAY_GOTO_MAX = 1 << 23,
	ARGS = 5,
};

static const uint64_t map_handles = 0xfffe000000000000, function_handles = 0xfffd000000000000;

/* What registers that nothing was put into hold. */
static const uint64_t spoilt = 0xdead5eeddead5eed;

void machine_fail(struct machine *machine, const char *format, ...)
{
	va_list args;

	if (machine->error)
		return;
	va_start(args, format);
	machine->error = arena_vprintf(machine->kernel->arena, format, args);
	va_end(args);
}

uint64_t map_handle(int fd)
{
	return map_handles | (uint32_t)fd;
}

uint64_t function_handle(uint32_t entry)
{
	return function_handles | entry;
}

bool is_function_handle(uint64_t value, uint32_t *ret_entry)
{
	*ret_entry = (uint32_t)value;
	return (value & ~0xffffffffull) == function_handles;
}

struct fake_map *map_of_handle(struct machine *machine, uint64_t value)
{
	struct fake_map *map = NULL;

	if ((value & ~0xffffffffull) == map_handles)
		map = kernel_map(machine->kernel, (int)(uint32_t)value);
	if (!map)
		machine_fail(machine, "a map is wanted, this is %#" PRIx64, value);
	return map;
}

void *machine_at(struct machine *machine, uint64_t address, uint64_t size, unsigned access,
		 const char *what)
{
	void *bytes = memory_at(&machine->kernel->memory, address, size, access);

	if (!bytes)
		machine_fail(machine, "%s of %" PRIu64 " bytes at %#" PRIx64 " goes astray", what, size,
			     address);
	return bytes;
}

/* Of memory that programs load from and store to, the verifier wants the stack aligned. */
static void check_alignment(struct machine *machine, uint64_t address, unsigned size)
{
	unsigned i;

	for (i = 0; i < machine->depth && address % size; i++)
		if (address - machine->kernel->frames[i] < STACK_SIZE)
			machine_fail(machine, "%u bytes of the stack at %#" PRIx64 " are not aligned", size,
				     address);
}

/* --- arithmetic ------------------------------------------------------------------------- */

static uint64_t extend(uint64_t value, unsigned bits)
{
	unsigned shift = 64 - bits;

	return bits ? (uint64_t)((int64_t)(value << shift) >> shift) : value;
}

static uint64_t divide(uint64_t a, uint64_t b, bool is_signed, bool remainder)
{
	if (!b)
		return remainder ? a : 0;
	if (!is_signed)
		return remainder ? a % b : a / b;
	if (b == UINT64_MAX) /* INT64_MIN / -1 has no result of its own */
		return remainder ? 0 : 0 - a;
	return (uint64_t)(remainder ? (int64_t)a % (int64_t)b : (int64_t)a / (int64_t)b);
}

static uint64_t byte_swap(uint64_t value, int32_t bits)
{
	switch (bits) {
	case 16:
		return __builtin_bswap16((uint16_t)value);
	case 32:
		return __builtin_bswap32((uint32_t)value);
	default:
		return __builtin_bswap64(value);
	}
}

static uint64_t truncate(uint64_t value, int32_t bits)
{
	return bits == 64 ? value : value & ((1ull << bits) - 1);
}

/* BPF_END: of class ALU to little or big endian, of ALU64 always the other way round. */
static uint64_t swap_insn(struct machine *machine, const struct bpf_insn *insn, uint64_t value)
{
	if (insn->imm != 16 && insn->imm != 32 && insn->imm != 64)
		machine_fail(machine, "bytes of %d bits cannot be swapped", insn->imm);
	else if (BPF_CLASS(insn->code) == BPF_ALU64 || (insn->code & BPF_TO_BE))
		return byte_swap(value, insn->imm);
	return truncate(value, insn->imm);
}

static uint64_t alu64(struct machine *machine, const struct bpf_insn *insn, uint64_t a, uint64_t b)
{
	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return divide(a, b, insn->off == 1, false);
	case BPF_MOD:
		return divide(a, b, insn->off == 1, true);
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & 63);
	case BPF_RSH:
		return a >> (b & 63);
	case BPF_ARSH:
		return (uint64_t)((int64_t)a >> (b & 63));
	case BPF_NEG:
		return 0 - a;
	case BPF_MOV:
		return extend(b, (unsigned)insn->off);
	case BPF_END:
		return swap_insn(machine, insn, a);
	default:
		machine_fail(machine, "unknown arithmetic, opcode %#x", insn->code);
		return 0;
	}
}

/* In 32 bits, which is 64 with the operands made fit. */
static uint64_t alu32(struct machine *machine, const struct bpf_insn *insn, uint64_t a, uint64_t b)
{
	uint8_t op = BPF_OP(insn->code);
	bool is_signed = insn->off == 1 && (op == BPF_DIV || op == BPF_MOD);

	if (op == BPF_END)
		return swap_insn(machine, insn, a);
	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		b &= 31;
	else
		b = is_signed ? extend(b, 32) : (uint32_t)b;
	a = is_signed || op == BPF_ARSH ? extend(a, 32) : (uint32_t)a;
	return (uint32_t)alu64(machine, insn, a, b);
}

/* --- memory -------------------------------------------------------------------------------- */

static unsigned size_of(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

static uint64_t load(struct machine *machine, const struct bpf_insn *insn, uint64_t address)
{
	unsigned size = size_of(insn->code);
	const void *bytes = machine_at(machine, address, size, MEMORY_LOAD, "a load");
	uint64_t value = 0;

	check_alignment(machine, address, size);
	if (bytes)
		memcpy(&value, bytes, size);
	return BPF_MODE(insn->code) == MEMSX ? extend(value, size * 8) : value;
}

static void store(struct machine *machine, const struct bpf_insn *insn, uint64_t address,
		  uint64_t value)
{
	unsigned size = size_of(insn->code);
	void *bytes = machine_at(machine, address, size, MEMORY_STORE, "a store");

	check_alignment(machine, address, size);
	if (bytes)
		memcpy(bytes, &value, size);
}

static uint64_t atomic_result(struct machine *machine, const struct bpf_insn *insn, uint64_t old,
			      uint64_t value, uint64_t expected)
{
	switch (insn->imm & ~BPF_FETCH) {
	case BPF_ADD:
		return old + value;
	case BPF_OR:
		return old | value;
	case BPF_AND:
		return old & value;
	case BPF_XOR:
		return old ^ value;
	case BPF_XCHG & ~BPF_FETCH:
		return value;
	case BPF_CMPXCHG & ~BPF_FETCH:
		return old == expected ? value : old;
	default:
		machine_fail(machine, "unknown atomic operation %#x", insn->imm);
		return old;
	}
}

static void atomic(struct machine *machine, struct frame *frame, const struct bpf_insn *insn)
{
	uint64_t address = frame->regs[insn->dst_reg] + (uint64_t)(int64_t)insn->off, old = 0, new;
	unsigned size = size_of(insn->code);
	uint64_t mask = size == 8 ? UINT64_MAX : UINT32_MAX;
	void *bytes = machine_at(machine, address, size, MEMORY_LOAD | MEMORY_STORE, "an atomic access");

	if (!bytes)
		return;
	if (size < 4 || address % size)
		machine_fail(machine, "an atomic access of %u bytes at %#" PRIx64, size, address);
	memcpy(&old, bytes, size);
	new = atomic_result(machine, insn, old, frame->regs[insn->src_reg] & mask,
			    frame->regs[0] & mask);
	memcpy(bytes, &new, size);
	if (insn->imm == BPF_CMPXCHG)
		frame->regs[0] = old;
	else if (insn->imm & BPF_FETCH)
		frame->regs[insn->src_reg] = old;
}

/* --- jumps and calls -------------------------------------------------------------------------- */

static bool is_taken(struct machine *machine, const struct bpf_insn *insn, uint64_t a, uint64_t b)
{
	bool is_32 = BPF_CLASS(insn->code) == BPF_JMP32;
	int64_t sa = (int64_t)(is_32 ? extend(a, 32) : a), sb = (int64_t)(is_32 ? extend(b, 32) : b);

	a = is_32 ? (uint32_t)a : a;
	b = is_32 ? (uint32_t)b : b;
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JSET:
		return a & b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	case BPF_JSLE:
		return sa <= sb;
	case JCOND:
		return machine->steps > MAY_GOTO_MAX;
	default:
		machine_fail(machine, "unknown jump, opcode %#x", insn->code);
		return false;
	}
}

static void call(struct machine *machine, struct frame *frame, const struct bpf_insn *insn)
{
	uint64_t result = 0;
	unsigned i;

	if (insn->src_reg == BPF_PSEUDO_CALL)
		result = machine_call(machine, (uint32_t)((int32_t)frame->at + insn->imm),
				      frame->regs + 1);
	else if (!insn->src_reg)
		result = helper_call(machine, insn->imm, frame->regs + 1);
	else
		machine_fail(machine, "functions of the kernel itself are not known here");
	frame->regs[0] = result;
	for (i = 1; i <= ARGS; i++)
		frame->regs[i] = spoilt;
}

static void jump(struct machine *machine, struct frame *frame, const struct bpf_insn *insn)
{
	uint64_t b = BPF_SRC(insn->code) == BPF_X ? frame->regs[insn->src_reg] :
						    (uint64_t)(int64_t)insn->imm;

	if (BPF_OP(insn->code) == BPF_CALL)
		call(machine, frame, insn);
	else if (BPF_OP(insn->code) == BPF_JA)
		frame->at += (uint32_t)(BPF_CLASS(insn->code) == BPF_JMP32 ? insn->imm : insn->off);
	else if (is_taken(machine, insn, frame->regs[insn->dst_reg], b))
		frame->at += (uint32_t)(int32_t)insn->off;
}

static uint64_t wide_immediate(struct machine *machine, struct frame *frame,
			       const struct bpf_insn *insn)
{
	const struct fake_map *map;
	uint64_t high = (uint32_t)insn[1].imm;
	const uint32_t zero = 0;

	frame->at++; /* it takes two places */
	switch (insn->src_reg) {
	case 0:
		return high << 32 | (uint32_t)insn->imm;
	case BPF_PSEUDO_MAP_FD:
		return map_handle(insn->imm);
	case BPF_PSEUDO_MAP_VALUE:
		map = map_of_handle(machine, map_handle(insn->imm));
		return map ? fake_map_value(map, &zero, 0) + high : 0;
	case BPF_PSEUDO_FUNC:
		return function_handle((uint32_t)((int32_t)frame->at - 1 + insn->imm));
	default:
		machine_fail(machine, "unknown kind %u of a wide constant", insn->src_reg);
		return 0;
	}
}

/* --- the loop --------------------------------------------------------------------------------- */

static void step(struct machine *machine, struct frame *frame, const struct bpf_insn *insn)
{
	uint64_t *dst = &frame->regs[insn->dst_reg], src = frame->regs[insn->src_reg];
	uint64_t offset = (uint64_t)(int64_t)insn->off, imm = (uint64_t)(int64_t)insn->imm;
	uint64_t operand = BPF_SRC(insn->code) == BPF_X ? src : imm;

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU64:
		*dst = alu64(machine, insn, *dst, operand);
		return;
	case BPF_ALU:
		*dst = alu32(machine, insn, *dst, operand);
		return;
	case BPF_LDX:
		*dst = load(machine, insn, src + offset);
		return;
	case BPF_ST:
		store(machine, insn, *dst + offset, imm);
		return;
	case BPF_STX:
		if (BPF_MODE(insn->code) == BPF_ATOMIC)
			atomic(machine, frame, insn);
		else
			store(machine, insn, *dst + offset, src);
		return;
	case BPF_JMP:
	case BPF_JMP32:
		jump(machine, frame, insn);
		return;
	case BPF_LD:
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
			*dst = wide_immediate(machine, frame, insn);
		else
			machine_fail(machine, "unknown load, opcode %#x", insn->code);
		return;
	}
}

static uint64_t run_frame(struct machine *machine, struct frame *frame)
{
	const struct fake_program *program = machine->program;

	while (!machine->error) {
		const struct bpf_insn *insn = &program->insns[frame->at];

		machine->error_at = frame->at;
		if (frame->at >= program->count) {
			machine_fail(machine, "it runs past its end");
		} else if (insn->code == (BPF_JMP | BPF_EXIT)) {
			return frame->regs[0];
		} else if (++machine->steps > STEPS_MAX) {
			machine_fail(machine, "it does not end");
		} else if (insn->dst_reg > 10 || (insn->src_reg > 10)) {
			machine_fail(machine, "there are eleven registers");
		} else {
			frame->at++;
			step(machine, frame, insn);
		}
	}
	return 0;
}

uint64_t machine_call(struct machine *machine, uint32_t entry, const uint64_t *args)
{
	struct frame frame = { .at = entry };
	struct kernel *kernel = machine->kernel;
	uint64_t result, stack;
	unsigned i;

	if (machine->depth == FRAMES_MAX) {
		machine_fail(machine, "calls are nested too deeply");
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(frame.regs); i++)
		frame.regs[i] = spoilt;
	memcpy(frame.regs + 1, args, ARGS * sizeof(*args));
	stack = kernel->frames[machine->depth++];
	memory_spoil(memory_at(&kernel->memory, stack, STACK_SIZE, MEMORY_STORE), STACK_SIZE);
	frame.regs[10] = stack + STACK_SIZE;
	result = run_frame(machine, &frame);
	machine->depth--;
	return result;
}
