/*
 * Random functions: built with the builder, run in the kernel, and compared
 * with what a small interpreter here makes of the same program.
 *
 * Each seed is one program; CODEGEN_SEED and CODEGEN_COUNT choose others.
 * No refusal by the verifier and no wrong result is tolerated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/codegen_programs.h"

/* --- the builder's way ------------------------------------------------------ */

struct lowering {
	struct builder *b;
	struct val temps[TEMPS_MAX], slots[SLOTS_MAX];
	uint32_t vars[VARS], leave;
	const struct generator *g;
};

static struct val value(const struct lowering *l, struct operand operand)
{
	return operand.temp < 0 ? val_const((int64_t)operand.number) : l->temps[operand.temp];
}

static void lower_list(struct lowering *l, const struct statement *s);

static void lower_inner(struct lowering *l, const struct statement *list)
{
	uint32_t mark = build_slots_mark(l->b);

	build_enter(l->b);
	lower_list(l, list);
	build_leave(l->b);
	build_slots_release(l->b, mark);
}

static void lower_if(struct lowering *l, const struct statement *s)
{
	struct builder *b = l->b;
	uint32_t other = build_label(b), out = build_label(b);

	/* The branch goes to what the condition selects; the rest comes first in the text. */
	build_branch(b, s->op, value(l, s->a), value(l, s->b), other);
	lower_inner(l, s->otherwise);
	build_jump(b, out);
	build_place(b, other);
	lower_inner(l, s->then);
	build_place(b, out);
}

static void lower_loop(struct lowering *l, const struct statement *s)
{
	struct builder *b = l->b;
	uint32_t head = build_label(b), out = build_label(b), index = build_var(b);

	build_var_set(b, index, val_const(0));
	build_place(b, head);
	build_enter(b);
	if (s->is_signed)
		build_branch(b, BPF_JGE, build_var_get(b, index), val_const(s->target), out);
	lower_inner(l, s->then);
	build_var_set(b, index, build_alu(b, BPF_ADD, build_var_get(b, index), val_const(1)));
	if (s->is_signed)
		build_jump(b, head);
	else
		build_branch(b, BPF_JLT, build_var_get(b, index), val_const(s->target), head);
	build_leave(b);
	build_place(b, out);
}

static void lower_value(struct lowering *l, const struct statement *s)
{
	struct val a = value(l, s->a), b = value(l, s->b), val = VAL_NOTHING;

	if (s->kind == DO_SDIV || s->kind == DO_SMOD)
		b = build_alu(l->b, BPF_OR, b, val_const(1));
	if (s->kind == DO_ALU)
		val = build_alu(l->b, s->op, a, b);
	else if (s->kind == DO_SDIV)
		val = build_sdiv(l->b, a, b);
	else if (s->kind == DO_SMOD)
		val = build_smod(l->b, a, b);
	else if (s->kind == DO_NEG)
		val = build_neg(l->b, a);
	else if (s->kind == DO_EXTEND)
		val = build_extend(l->b, a, s->size, s->is_signed);
	else if (s->kind == DO_SWAP)
		val = build_byte_swap(l->b, a, s->size);
	else if (s->kind == DO_GET)
		val = build_var_get(l->b, l->vars[s->target]);
	else if (s->kind == DO_LOAD)
		val = build_load(l->b, s->size, s->is_signed, l->slots[s->target], s->at);
	else if (s->kind == DO_ID)
		val = build_alu(l->b, BPF_RSH,
		                build_call_pure(l->b, BPF_FUNC_get_current_pid_tgid, NULL, 0),
		                val_const(s->is_signed ? 32 : 0));
	l->temps[s->temp] = val;
}

static void lower_effect(struct lowering *l, const struct statement *s)
{
	struct builder *b = l->b;

	if (s->kind == DO_SLOT) {
		l->slots[s->target] = build_slot(b, l->g->slot_words[s->target] * 8);
		build_zero(b, l->slots[s->target], l->g->slot_words[s->target] * 8, 8);
	} else if (s->kind == DO_STORE) {
		build_store(b, s->size, l->slots[s->target], s->at, value(l, s->a));
	} else if (s->kind == DO_ADD_TO) {
		build_atomic(b, BPF_ADD, s->size, l->slots[s->target], s->at, value(l, s->a));
	} else if (s->kind == DO_CALL) {
		BUILD_CALL(b, BPF_FUNC_get_prandom_u32);
	} else if (s->kind == DO_READ) {
		BUILD_CALL(b, BPF_FUNC_probe_read_kernel, l->slots[s->target], val_const(s->size),
		           l->slots[s->source]);
	} else if (s->kind == DO_COPY) {
		build_copy(b, l->slots[s->target], l->slots[s->source], s->size, 8);
	} else if (s->kind == DO_SET) {
		build_var_set(b, l->vars[s->target], value(l, s->a));
	} else if (s->kind == DO_RESULT) {
		build_store(b, 8, val_map_value(RUN_MAP_OUT, 0), s->target * 8, value(l, s->a));
	} else if (s->kind == DO_LEAVE) {
		build_jump(b, l->leave);
	}
}

static void lower_list(struct lowering *l, const struct statement *s)
{
	for (; s; s = s->next) {
		if (s->kind == DO_IF)
			lower_if(l, s);
		else if (s->kind == DO_LOOP)
			lower_loop(l, s);
		else if (s->temp >= 0)
			lower_value(l, s);
		else
			lower_effect(l, s);
	}
}

/* --- the test --------------------------------------------------------------- */

static struct run run;

static void show(struct arena *arena, const struct code *code)
{
	struct strbuf text;

	strbuf_init(&text, arena);
	code_text(code, NULL, NULL, &text);
	puts(text.text);
}

static void lower_all(struct lowering *l, const struct generator *g)
{
	struct val sum = val_const(0);
	unsigned i;

	for (i = 0; i < g->temp_count; i++) {
		if (!program_keeps(g, i))
			continue;
		sum = build_alu(l->b, BPF_MUL, sum, val_const(31));
		sum = build_alu(l->b, BPF_ADD, sum, l->temps[g->temps[i]]);
	}
	build_store(l->b, 8, val_map_value(RUN_MAP_OUT, 0), RESULT_OF_ALL * 8, sum);
}

static struct code *lower(struct generator *g, const struct statement *program, bool v4,
                          unsigned results)
{
	static struct lowering l;
	unsigned i;

	memset(&l, 0, sizeof(l));
	l.g = g;
	l.b = builder_new(g->arena, v4 ? &run.options_v4 : &run.options);
	l.leave = build_label(l.b);
	for (i = 0; i < RUN_INPUTS; i++)
		l.temps[i] = build_load_pure(l.b, 8, false, build_context(l.b), i * 8);
	for (i = 0; i < VARS; i++) {
		l.vars[i] = build_var(l.b);
		build_var_set(l.b, l.vars[i], val_const(i));
	}
	lower_list(&l, program);
	lower_all(&l, g);
	build_place(l.b, l.leave);
	for (i = 0; i < results && i < VARS; i++)
		build_store(l.b, 8, val_map_value(RUN_MAP_OUT, 0), (RUN_RESULTS - 1 - i) * 8,
		            build_var_get(l.b, l.vars[i]));
	build_exit(l.b, build_var_get(l.b, l.vars[0]));
	return run_finish_code(g->arena, l.b);
}

static void one_program(uint64_t seed)
{
	struct generator g = { 0 };
	static struct machine machine;
	uint64_t inputs[RUN_INPUTS], results[RUN_RESULTS];
	const struct statement *program;
	struct code *code;
	uint32_t returned;
	unsigned i, v4;

	g.arena = arena_new();
	program = program_generate(&g, seed, inputs);
	program_run(&machine, &g, program, inputs);
	for (v4 = 0; v4 <= run.has_v4; v4++) {
		code = lower(&g, program, v4, VARS);
		if (getenv("CODEGEN_SHOW")) {
			printf("seed %llu: %u instructions, stack %u, scratch %u\n",
			       (unsigned long long)seed, code->count, code->stack_size,
			       code->scratch_size);
			if (!strcmp(getenv("CODEGEN_SHOW"), "all"))
				show(g.arena, code);
		}
		if (!run.can_run)
			continue;
		if (run_code(&run, code, inputs, results, &returned)) {
			size_t length = strlen(run.log);

			show(g.arena, code);
			fail_msg("seed %llu: refused: ...%s", (unsigned long long)seed,
			         run.log + (length > 3000 ? length - 3000 : 0));
		}
		for (i = 0; i < RUN_RESULTS; i++) {
			if (results[i] == machine.results[i])
				continue;
			show(g.arena, code);
			fail_msg("seed %llu: result %u is %llx, not %llx", (unsigned long long)seed,
			         i, (unsigned long long)results[i],
			         (unsigned long long)machine.results[i]);
		}
		assert_int_equal(returned, (uint32_t)machine.vars[0]);
	}
	arena_free(g.arena);
}

static void test_random_programs(void **state UNUSED)
{
	const char *seed = getenv("CODEGEN_SEED"), *count = getenv("CODEGEN_COUNT");
	uint64_t first = seed ? strtoull(seed, NULL, 0) : 1, i;
	uint64_t programs = count ? strtoull(count, NULL, 0) : 1500;

	for (i = 0; i < programs; i++)
		one_program(first + i);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_programs) };
	int failed;

	run_init(&run);
	if (!run.can_run)
		puts("not root: results are not checked in the kernel");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	run_finish(&run);
	return failed;
}
