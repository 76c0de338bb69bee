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

	build_store(b, 8, bucket, 0,
		    build_alu(b, BPF_ADD, build_load(b, 8, false, bucket, 0), val_const(1)));
}

/* floor(log2(val)) of a val above 0, by halving. */
static struct val emit_log2(struct codegen *cg, struct val val)
{
	struct builder *b = cg->b;
	uint32_t rest = build_var(b), log = build_var(b);
	int step;

	build_var_set(b, rest, val);
	build_var_set(b, log, val_const(0));
	for (step = 32; step; step /= 2) {
		uint32_t small = build_label(b);

		build_branch(b, BPF_JLT, build_var_get(b, rest), val_const(1ll << step), small);
		build_enter(b);
		if (step > 1)
			build_var_set(b, rest, build_alu(b, BPF_RSH, build_var_get(b, rest),
							 val_const(step)));
		build_var_set(b, log, build_alu(b, BPF_ADD, build_var_get(b, log), val_const(step)));
		build_leave(b);
		build_place(b, small);
	}
	return build_var_get(b, log);
}

struct val emit_log_linear(struct codegen *cg, struct val val, uint32_t bits)
{
	struct builder *b = cg->b;
	struct val power = build_alu(b, BPF_SUB, emit_log2(cg, val), val_const(bits)), high, low;

	if (!bits)
		return build_alu(b, BPF_ADD, power, val_const(1));
	high = build_alu(b, BPF_LSH, build_alu(b, BPF_ADD, power, val_const(1)), val_const(bits));
	low = build_alu(b, BPF_AND, build_alu(b, BPF_RSH, val, power), val_const((1 << bits) - 1));
	return build_alu(b, BPF_ADD, high, low);
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
