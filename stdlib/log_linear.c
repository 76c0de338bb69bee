/*
 * The arithmetic of ranges that grow with their numbers: as code of programs,
 * and their edges.
 */
#include "stdlib/log_linear.h"

#include <linux/bpf.h>
#include <string.h>

void emit_bucket(struct codegen *cg, struct val record, struct val index)
{
	struct builder *b = cg->b;
	struct val bucket = build_alu(b, BPF_ADD, record, build_alu(b, BPF_LSH, index, val_const(3)));

	emit_record_add(cg, bucket, 0, val_const(1));
}

/* How many bits each of 0 to 15 has. */
#define BITS_OF_NIBBLES 0x4444444433332210

/*
 * How many bits an unsigned val has, by halving.  Without branches: they would be 64
 * ways to the verifier, half a millisecond of it for each histogram, and of values
 * that vary the CPU would guess them wrong.
 */
static struct val emit_bit_count(struct codegen *cg, struct val val)
{
	struct builder *b = cg->b;
	struct val rest = val, count = val_const(0), part;
	int step, shift;

	for (step = 32, shift = 5; step >= 4; step /= 2, shift--) {
		/* Its sign bit says that the rest has more than `step` bits. */
		if (step == 32)
			part = build_neg(b, build_alu(b, BPF_RSH, rest, val_const(step)));
		else
			part = build_alu(b, BPF_SUB, val_const((1ll << step) - 1), rest);
		part = build_alu(b, BPF_RSH, part, val_const(63));
		part = build_alu(b, BPF_LSH, part, val_const(shift));
		rest = build_alu(b, BPF_RSH, rest, part);
		count = build_alu(b, BPF_ADD, count, part);
	}
	part = build_alu(b, BPF_RSH, val_const(BITS_OF_NIBBLES), build_alu(b, BPF_LSH, rest, val_const(2)));
	return build_alu(b, BPF_ADD, count, build_alu(b, BPF_AND, part, val_const(7)));
}

/* A number below 2^bits is its own range, as it is with a power of 0. */
struct val emit_log_linear(struct codegen *cg, struct val val, uint32_t bits)
{
	struct builder *b = cg->b;
	struct val power;

	if (!bits)
		return emit_bit_count(cg, val);
	power = build_alu(b, BPF_SUB,
			  emit_bit_count(cg, build_alu(b, BPF_OR, val, val_const(1 << bits))),
			  val_const(bits + 1));
	return build_alu(b, BPF_ADD, build_alu(b, BPF_LSH, power, val_const(bits)),
			 build_alu(b, BPF_RSH, val, power));
}

uint64_t log_linear_edge(uint32_t bits, uint32_t range)
{
	uint64_t mantissa = (1u << bits) + (range & ((1u << bits) - 1));

	return range <= 2u << bits ? range : mantissa << ((range >> bits) - 1);
}

uint64_t bucket_total(const void *records, size_t stride, unsigned cpu_count, uint32_t index)
{
	uint64_t total = 0, count;
	unsigned cpu;

	for (cpu = 0; cpu < cpu_count; cpu++) {
		memcpy(&count, (const char *)records + cpu * stride + index * sizeof(count),
		       sizeof(count));
		total += count;
	}
	return total;
}
