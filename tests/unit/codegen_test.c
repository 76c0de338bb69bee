/*
 * The builder by hand-made functions: the values they compute in the kernel
 * are compared with C's.  Without root only code_selfcheck() looks at them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/codegen_run.h"

static struct run run;

/* One function under test. */
struct fixture {
	struct arena *arena;
	struct builder *b;
	unsigned next; /* result to be written */
	uint64_t expected[RUN_RESULTS];
	uint64_t inputs[RUN_INPUTS];
};

static void begin(struct fixture *f, bool v4)
{
	memset(f, 0, sizeof(*f));
	f->arena = arena_new();
	f->b = builder_new(f->arena, v4 ? &run.options_v4 : &run.options);
}

static struct val input(struct fixture *f, unsigned index, uint64_t number)
{
	f->inputs[index] = number;
	return build_load_pure(f->b, 8, false, build_context(f->b), index * 8);
}

static void result(struct fixture *f, struct val val, uint64_t expected)
{
	build_store(f->b, 8, val_map_value(RUN_MAP_OUT, 0), f->next * 8, val);
	f->expected[f->next++] = expected;
}

/* Ends the function with `return 7`, runs it and compares.  Returns the instructions' count. */
static uint32_t end(struct fixture *f)
{
	uint64_t results[RUN_RESULTS];
	struct strbuf text;
	struct code *code;
	uint32_t value, count;
	unsigned i;

	build_exit(f->b, val_const(7));
	code = run_finish_code(f->arena, f->b);
	strbuf_init(&text, f->arena);
	code_text(code, NULL, NULL, &text);
	if (run.can_run) {
		if (run_code(&run, code, f->inputs, results, &value))
			fail_msg("refused:\n%s\n%s", text.text, run.log);
		assert_int_equal(value, 7);
		for (i = 0; i < f->next; i++) {
			if (results[i] != f->expected[i])
				fail_msg("result %u is %llx, not %llx\n%s", i,
				         (unsigned long long)results[i],
				         (unsigned long long)f->expected[i], text.text);
		}
	}
	if (getenv("CODEGEN_SHOW"))
		puts(text.text);
	count = code->count;
	arena_free(f->arena);
	return count;
}

static const uint64_t edges[] = {
	0,
	1,
	2,
	3,
	7,
	8,
	63,
	64,
	127,
	128,
	255,
	256,
	0x7fff,
	0x8000,
	0xffff,
	0x10000,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x100000000,
	0x123456789abcdef0,
	0x7fffffffffffffff,
	0x8000000000000000,
	0x8000000000000001,
	0xffffffff80000000,
	0xffffffff7fffffff,
	(uint64_t)-2,
	(uint64_t)-1,
};

static const uint8_t alu_ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_OR,
	                           BPF_AND, BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH };

static uint64_t alu(uint8_t op, uint64_t l, uint64_t r)
{
	switch (op) {
	case BPF_ADD:
		return l + r;
	case BPF_SUB:
		return l - r;
	case BPF_MUL:
		return l * r;
	case BPF_DIV:
		return r ? l / r : 0;
	case BPF_MOD:
		return r ? l % r : l;
	case BPF_OR:
		return l | r;
	case BPF_AND:
		return l & r;
	case BPF_XOR:
		return l ^ r;
	case BPF_LSH:
		return l << (r & 63);
	case BPF_RSH:
		return l >> (r & 63);
	}
	return (uint64_t)((int64_t)l >> (r & 63));
}

/* Every operation on every pair: both known, one known, none known. */
static void test_arithmetic(void **state UNUSED)
{
	struct fixture f;
	size_t o, l, r;

	for (o = 0; o < ARRAY_SIZE(alu_ops); o++) {
		for (l = 0; l < ARRAY_SIZE(edges); l++) {
			for (r = 0; r < ARRAY_SIZE(edges); r++) {
				uint64_t expected = alu(alu_ops[o], edges[l], edges[r]);
				struct val left, right, cl = val_const((int64_t)edges[l]),
							cr = val_const((int64_t)edges[r]);

				if (!(r & 7))
					begin(&f, false);
				left = input(&f, 0, edges[l]);
				right = input(&f, 1 + (r & 7), edges[r]);
				result(&f, build_alu(f.b, alu_ops[o], cl, cr), expected);
				result(&f, build_alu(f.b, alu_ops[o], cl, right), expected);
				result(&f, build_alu(f.b, alu_ops[o], left, cr), expected);
				result(&f, build_alu(f.b, alu_ops[o], left, right), expected);
				if ((r & 7) == 7 || r == ARRAY_SIZE(edges) - 1)
					end(&f);
			}
		}
	}
}

static void test_signed_division(void **state UNUSED)
{
	struct fixture f;
	size_t l, r, v4;

	for (v4 = 0; v4 <= run.has_v4; v4++) {
		for (l = 0; l < ARRAY_SIZE(edges); l++) {
			for (r = 1; r < ARRAY_SIZE(edges); r++) {
				int64_t a = (int64_t)edges[l], b = (int64_t)edges[r];
				int64_t quotient = b == -1 ? (int64_t) - (uint64_t)a : a / b;
				int64_t rest = b == -1 ? 0 : a % b;
				struct val left, right;

				begin(&f, v4);
				left = input(&f, 0, edges[l]);
				right = input(&f, 1, edges[r]);
				result(&f, build_sdiv(f.b, left, right), (uint64_t)quotient);
				result(&f, build_smod(f.b, left, right), (uint64_t)rest);
				result(&f, build_sdiv(f.b, left, val_const(b)), (uint64_t)quotient);
				result(&f, build_smod(f.b, left, val_const(b)), (uint64_t)rest);
				result(&f, build_sdiv(f.b, val_const(a), right),
				       (uint64_t)quotient);
				result(&f, build_smod(f.b, val_const(a), right), (uint64_t)rest);
				result(&f, build_sdiv(f.b, val_const(a), val_const(b)),
				       (uint64_t)quotient);
				result(&f, build_smod(f.b, val_const(a), val_const(b)),
				       (uint64_t)rest);
				end(&f);
			}
		}
	}
}

static uint64_t extend(uint64_t number, unsigned size, bool is_signed)
{
	unsigned shift = 64 - size * 8;

	number <<= shift;
	return is_signed ? (uint64_t)((int64_t)number >> shift) : number >> shift;
}

static void test_extension(void **state UNUSED)
{
	struct fixture f;
	unsigned size, inner, sign;
	size_t i, v4;

	for (v4 = 0; v4 <= run.has_v4; v4++) {
		for (i = 0; i < ARRAY_SIZE(edges); i++) {
			struct val val;

			begin(&f, v4);
			val = input(&f, 0, edges[i]);
			for (size = 1; size <= 8; size *= 2) {
				for (sign = 0; sign < 2; sign++)
					result(&f, build_extend(f.b, val, size, sign),
					       extend(edges[i], size, sign));
				for (inner = 1; inner <= 8; inner *= 2) {
					for (sign = 0; sign < 4; sign++) {
						struct val once =
							build_extend(f.b, val, inner, sign & 1);

						if (f.next == RUN_RESULTS)
							continue;
						result(&f, build_extend(f.b, once, size, sign & 2),
						       extend(extend(edges[i], inner, sign & 1),
						              size, sign & 2));
					}
				}
			}
			end(&f);
			begin(&f, v4);
			val = input(&f, 0, edges[i]);
			result(&f, build_neg(f.b, val), -edges[i]);
			result(&f, build_byte_swap(f.b, val, 2),
			       __builtin_bswap16((uint16_t)edges[i]));
			result(&f, build_byte_swap(f.b, val, 4),
			       __builtin_bswap32((uint32_t)edges[i]));
			result(&f, build_byte_swap(f.b, val, 8), __builtin_bswap64(edges[i]));
			end(&f);
		}
	}
}

static void test_memory(void **state UNUSED)
{
	struct fixture f;
	unsigned size, sign, v4;

	for (v4 = 0; v4 <= run.has_v4; v4++) {
		struct val slot, val;

		begin(&f, v4);
		slot = build_slot(f.b, 64);
		build_zero(f.b, slot, 64, 8);
		val = input(&f, 0, 0xfedcba9876543281);
		for (size = 1; size <= 8; size *= 2) {
			build_store(f.b, size, slot, size * 2, val);
			for (sign = 0; sign < 2; sign++)
				result(&f, build_load(f.b, size, sign, slot, size * 2),
				       extend(0xfedcba9876543281, size, sign));
			result(&f, build_load(f.b, size, true, build_context(f.b), 0),
			       extend(0xfedcba9876543281, size, true));
			build_store(f.b, size, slot, size * 2,
			            val_const((int64_t)0x8899aabbccddeeff));
			result(&f, build_load(f.b, size, false, slot, size * 2),
			       extend(0x8899aabbccddeeff, size, false));
		}
		build_store(f.b, 8, slot, 32, val);
		build_copy(f.b, slot, build_offset(f.b, slot, 32), 8, 8);
		result(&f, build_load(f.b, 8, false, slot, 0), 0xfedcba9876543281);
		build_atomic(f.b, BPF_ADD, 8, slot, 0, val_const(5));
		result(&f, build_load(f.b, 8, false, slot, 0), 0xfedcba9876543286);
		build_zero(f.b, slot, 7, 4);
		result(&f, build_load(f.b, 8, false, slot, 0), 0xfe00000000000000);
		end(&f);
	}
}

/* More values across calls than there are registers that survive them. */
static void test_many_values(void **state UNUSED)
{
	unsigned counts[] = { 3, 5, 8, 12, 30, 61 }, c, i;
	struct fixture f;

	for (c = 0; c < ARRAY_SIZE(counts); c++) {
		struct val vals[64] = { 0 }, val;

		begin(&f, false);
		val = input(&f, 0, 1000);
		for (i = 0; i < counts[c]; i++)
			vals[i] = build_alu(f.b, BPF_MUL, val, val_const(3 + 2 * i));
		BUILD_CALL(f.b, BPF_FUNC_get_prandom_u32);
		for (i = 0; i < counts[c]; i++)
			result(&f, vals[i], 1000 * (3 + 2 * i));
		BUILD_CALL(f.b, BPF_FUNC_get_prandom_u32);
		for (val = vals[0], i = 1; i < counts[c]; i++)
			val = build_alu(f.b, BPF_XOR, val, vals[i]);
		result(&f, val, 0);
		for (f.expected[f.next - 1] = 0, i = 0; i < counts[c]; i++)
			f.expected[f.next - 1] ^= 1000 * (3 + 2 * i);
		end(&f);
	}
}

/* Even the spills do not fit the stack: numbers go to scratch. */
static void test_too_many_values(void **state UNUSED)
{
	enum { COUNT = 200 };
	struct val vals[COUNT], val;
	uint64_t expected = 0;
	struct fixture f;
	unsigned i;

	begin(&f, false);
	val = input(&f, 0, 12345);
	for (i = 0; i < COUNT; i++) {
		/* Multiples only: sums might be pointers, for all that is known. */
		vals[i] = build_alu(f.b, BPF_MUL, val, val_const(3 + 2 * i));
		BUILD_CALL(f.b, BPF_FUNC_get_prandom_u32);
	}
	for (val = val_const(0), i = 0; i < COUNT; i++) {
		val = build_alu(f.b, BPF_ADD, build_alu(f.b, BPF_MUL, val, val_const(31)), vals[i]);
		expected = expected * 31 + 12345 * (3 + 2 * i);
	}
	result(&f, val, expected);
	end(&f);
}

static void test_big_slots(void **state UNUSED)
{
	struct val a, b, c, big;
	struct fixture f;
	uint32_t mark;

	begin(&f, false);
	a = build_slot(f.b, 64);
	mark = build_slots_mark(f.b);
	big = build_slot(f.b, 4000);
	b = build_slot(f.b, 300);
	c = build_slot(f.b, 300);
	build_store(f.b, 8, a, 8, input(&f, 0, 11));
	build_zero(f.b, big, 4000, 8);
	build_zero(f.b, b, 300, 4);
	build_store(f.b, 8, big, 3992, input(&f, 1, 22));
	build_store(f.b, 4, b, 296, input(&f, 2, 33));
	build_copy(f.b, c, b, 300, 4);
	result(&f, build_load(f.b, 8, false, a, 8), 11);
	result(&f, build_load(f.b, 8, false, big, 3992), 22);
	result(&f, build_load(f.b, 4, false, c, 296), 33);
	result(&f, build_load(f.b, 8, false, big, 8), 0);
	/* As an argument, and as a value. */
	BUILD_CALL(f.b, BPF_FUNC_probe_read_kernel, build_offset(f.b, a, 16), val_const(8),
	           build_offset(f.b, big, 3992));
	result(&f, build_load(f.b, 8, false, a, 16), 22);
	build_slots_release(f.b, mark);
	b = build_slot(f.b, 16);
	build_store(f.b, 8, b, 0, val_const(5));
	result(&f, build_load(f.b, 8, false, b, 0), 5);
	result(&f, build_load(f.b, 8, false, a, 8), 11);
	end(&f);
}

/* sum of i * factor for i below 10, with calls inside, and values that live round the loop */
static void test_loop(void **state UNUSED)
{
	uint32_t head, out, index, sum;
	struct val factor, i, other;
	struct fixture f;

	begin(&f, false);
	factor = input(&f, 0, 3);
	other = build_alu(f.b, BPF_MUL, input(&f, 1, 100), val_const(7));
	index = build_var(f.b);
	sum = build_var(f.b);
	build_var_set(f.b, index, val_const(0));
	build_var_set(f.b, sum, val_const(0));
	head = build_label(f.b);
	out = build_label(f.b);
	build_place(f.b, head);
	i = build_var_get(f.b, index);
	build_branch(f.b, BPF_JGE, i, val_const(10), out);
	build_enter(f.b);
	build_var_set(f.b, sum,
	              build_alu(f.b, BPF_ADD, build_var_get(f.b, sum),
	                        build_alu(f.b, BPF_MUL, i, factor)));
	BUILD_CALL(f.b, BPF_FUNC_get_prandom_u32);
	build_var_set(f.b, index, build_alu(f.b, BPF_ADD, i, val_const(1)));
	build_jump(f.b, head);
	build_leave(f.b);
	build_place(f.b, out);
	result(&f, build_var_get(f.b, sum), 135);
	result(&f, other, 700);
	assert_true(end(&f) < 30);
}

/* if (a < b) x = 1; else x = b; in every combination of jumps */
static void test_branches(void **state UNUSED)
{
	static const uint8_t ops[] = { BPF_JEQ,  BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT, BPF_JLE,
		                       BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET };
	struct fixture f;
	size_t o, l, r;

	for (o = 0; o < ARRAY_SIZE(ops); o++) {
		for (l = 0; l < ARRAY_SIZE(edges); l++) {
			begin(&f, false);
			for (r = 0; r < ARRAY_SIZE(edges); r++) {
				uint64_t a = edges[l], b = edges[r];
				bool is[] = { a == b,
					      a != b,
					      a > b,
					      a >= b,
					      a<b, a <= b, (int64_t)a>(int64_t) b,
					      (int64_t)a >= (int64_t)b,
					      (int64_t)a < (int64_t)b,
					      (int64_t)a <= (int64_t)b,
					      a & b };
				uint32_t yes = build_label(f.b), out = build_label(f.b);
				uint32_t var = build_var(f.b);
				struct val left = input(&f, 0, a);

				/* Half of them as 32-bit values where that changes nothing. */
				if (a <= UINT32_MAX && (r & 1))
					left = build_extend(f.b, left, 4, false);
				build_branch(f.b, ops[o], left, val_const((int64_t)b), yes);
				build_enter(f.b);
				build_var_set(f.b, var, val_const(10));
				build_jump(f.b, out);
				build_leave(f.b);
				build_place(f.b, yes);
				build_enter(f.b);
				build_var_set(f.b, var, val_const(20));
				build_leave(f.b);
				build_place(f.b, out);
				result(&f, build_var_get(f.b, var), is[o] ? 20 : 10);
			}
			end(&f);
		}
	}
}

/* An index is checked, and used after calls, while other values want registers as well. */
static void test_bounds(void **state UNUSED)
{
	struct fixture f;
	struct val index, masked, others[6], at;
	unsigned i;
	uint32_t skip;

	begin(&f, false);
	index = input(&f, 0, 5);
	masked = build_alu(f.b, BPF_AND, input(&f, 1, 0x1003), val_const(7));
	skip = build_label(f.b);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		others[i] = build_alu(f.b, BPF_MUL, input(&f, 2 + i, 100 + i), val_const(3));
	for (i = 0; i < 8; i++)
		result(&f, val_const(i * 11), i * 11);
	build_branch(f.b, BPF_JGE, index, val_const(8), skip);
	build_enter(f.b);
	BUILD_CALL(f.b, BPF_FUNC_get_prandom_u32);
	at = build_alu(f.b, BPF_ADD, val_map_value(RUN_MAP_OUT, 0),
	               build_alu(f.b, BPF_LSH, index, val_const(3)));
	result(&f, build_load(f.b, 8, false, at, 0), 55);
	BUILD_CALL(f.b, BPF_FUNC_get_prandom_u32);
	at = build_alu(f.b, BPF_ADD, build_alu(f.b, BPF_MUL, masked, val_const(8)),
	               val_map_value(RUN_MAP_OUT, 0));
	result(&f, build_load(f.b, 8, false, at, 8), 44);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		result(&f, others[i], (100 + i) * 3);
	build_leave(f.b);
	build_place(f.b, skip);
	end(&f);
}

/* The same helper twice is one call; not when one of them may be skipped. */
static void test_numbering(void **state UNUSED)
{
	uint64_t id = (uint64_t)getpid() << 32 | (uint64_t)getpid();
	struct val first, second;
	struct fixture f;
	uint32_t skip;

	begin(&f, false);
	skip = build_label(f.b);
	build_branch(f.b, BPF_JEQ, input(&f, 0, 1), val_const(0), skip);
	build_enter(f.b);
	first = build_call_pure(f.b, BPF_FUNC_get_current_pid_tgid, NULL, 0);
	second = build_call_pure(f.b, BPF_FUNC_get_current_pid_tgid, NULL, 0);
	assert_int_equal(first.id, second.id);
	result(&f, first, id);
	build_leave(f.b);
	build_place(f.b, skip);
	second = build_call_pure(f.b, BPF_FUNC_get_current_pid_tgid, NULL, 0);
	assert_int_not_equal(first.id, second.id);
	result(&f, build_alu(f.b, BPF_RSH, second, val_const(32)), id >> 32);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),      cmocka_unit_test(test_extension),
		cmocka_unit_test(test_signed_division), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_many_values),     cmocka_unit_test(test_too_many_values),
		cmocka_unit_test(test_big_slots),       cmocka_unit_test(test_loop),
		cmocka_unit_test(test_branches),        cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_numbering),
	};
	int failed;

	run_init(&run);
	if (!run.can_run)
		puts("not root: results are not checked in the kernel");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	run_finish(&run);
	return failed;
}
