/*
 * How many instructions common bodies come to, and a function as large as the
 * kernel takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/codegen_run.h"

static struct run run;

/* @ = count() and @[comm] = count(): what a script's body comes to. */
static void add_one(struct builder *b, struct val value)
{
	build_store(b, 8, value, 0,
	            build_alu(b, BPF_ADD, build_load(b, 8, false, value, 0), val_const(1)));
}

static struct code *build_count(struct arena *arena)
{
	struct builder *b = builder_new(arena, &run.options);
	uint32_t out = build_label(b);
	struct val key = build_slot(b, 4), value;

	build_store(b, 4, key, 0, val_const(0));
	value = BUILD_CALL(b, BPF_FUNC_map_lookup_elem, val_map(RUN_MAP_OUT), key);
	build_branch(b, BPF_JEQ, value, val_const(0), out);
	build_enter(b);
	add_one(b, value);
	build_leave(b);
	build_place(b, out);
	build_exit(b, val_const(0));
	return run_finish_code(arena, b);
}

static struct code *build_count_by_comm(struct arena *arena)
{
	struct builder *b = builder_new(arena, &run.options);
	uint32_t out = build_label(b), found = build_label(b), var = build_var(b);
	struct val key = build_slot(b, 16), zero = build_slot(b, 8), value;

	build_zero(b, key, 16, 8);
	BUILD_CALL(b, BPF_FUNC_get_current_comm, key, val_const(16));
	value = BUILD_CALL(b, BPF_FUNC_map_lookup_elem, val_map(RUN_MAP_OUT), key);
	build_var_set(b, var, value);
	build_branch(b, BPF_JNE, value, val_const(0), found);
	build_enter(b);
	build_store(b, 8, zero, 0, val_const(0));
	BUILD_CALL(b, BPF_FUNC_map_update_elem, val_map(RUN_MAP_OUT), key, zero,
	           val_const(BPF_NOEXIST));
	value = BUILD_CALL(b, BPF_FUNC_map_lookup_elem, val_map(RUN_MAP_OUT), key);
	build_var_set(b, var, value);
	build_branch(b, BPF_JEQ, value, val_const(0), out);
	build_leave(b);
	build_place(b, found);
	add_one(b, build_var_get(b, var));
	build_place(b, out);
	build_exit(b, val_const(0));
	return run_finish_code(arena, b);
}

static void test_sizes(void **state UNUSED)
{
	struct code *(*builds[])(struct arena *) = { build_count, build_count_by_comm };
	static const uint32_t most[] = { 12, 33 };
	struct strbuf text;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(builds); i++) {
		struct arena *arena = arena_new();
		struct code *code = builds[i](arena);

		strbuf_init(&text, arena);
		code_text(code, NULL, NULL, &text);
		if (getenv("CODEGEN_SHOW"))
			printf("%u instructions\n%s", code->count, text.text);
		if (code->count > most[i])
			fail_msg("%u instructions:\n%s", code->count, text.text);
		arena_free(arena);
	}
}

/* One function of about 65,000 instructions, with jumps over all of it. */
static void test_large(void **state UNUSED)
{
	struct arena *arena = arena_new();
	struct builder *b = builder_new(arena, &run.options_v4);
	uint32_t out = build_label(b), i, skip;
	struct code *code;

	for (i = 0; i < 10000; i++) {
		struct val val = build_load(b, 8, false, build_context(b), (i % 12) * 8);

		build_span(b, (struct span){ i + 1, i + 2 });
		build_branch(b, BPF_JEQ, val, val_const(i), out);
		skip = build_label(b);
		build_branch(b, BPF_JNE, val, val_const(i + 1), skip);
		build_enter(b);
		BUILD_CALL(b, BPF_FUNC_get_prandom_u32);
		build_leave(b);
		build_place(b, skip);
		build_store(b, 8, val_map_value(RUN_MAP_OUT, 0), 0, val);
	}
	build_place(b, out);
	build_exit(b, val_const(0));
	code = run_finish_code(arena, b);
	assert_true(code->count > 40000);
	assert_true(code->lines.count >= 9999);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_large),
	};
	int failed;

	run_init(&run);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	run_finish(&run);
	return failed;
}
