/*
 * The runtime without a compiler: text of values, format files, BTF that is
 * damaged, and (as root) a run of an object made by hand.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/strbuf.h"
#include "runtime/host/btf_types.h"
#include "runtime/host/host.h"
#include "runtime/host/syscalls.h"
#include "runtime/host/tracefs.h"
#include "runtime/output/outputs.h"
#include "runtime/probes/probes.h"
#include "runtime/probes/tracepoint.h"
#include "runtime/session.h"
#include "runtime/word_sort.h"
#include "sema/arch.h"
#include "sema/builtin.h"

/* --- text of values ------------------------------------------------------------- */

static void expect_text(const struct value *value, const char *text)
{
	struct arena *arena = arena_new();
	struct strbuf out;

	strbuf_init(&out, arena);
	value_text(value, "..", &out);
	assert_string_equal(out.text, text);
	arena_free(arena);
}

static struct value text_of(const char *text, bool is_truncated)
{
	return (struct value){ .kind = VALUE_STRING, .is_truncated = is_truncated,
			       .string = { .bytes = text, .length = strlen(text) } };
}

static void test_scalars(void **state UNUSED)
{
	expect_text(&(struct value){ .kind = VALUE_INT, .i = INT64_MIN }, "-9223372036854775808");
	expect_text(&(struct value){ .kind = VALUE_UINT, .u = UINT64_MAX }, "18446744073709551615");
	expect_text(&(struct value){ .kind = VALUE_BOOL, .u = 1 }, "true");
	expect_text(&(struct value){ .kind = VALUE_POINTER, .u = 0 }, "0x0");
	expect_text(&(struct value){ .kind = VALUE_POINTER, .u = 0x7ffe80105fcc }, "0x7ffe80105fcc");
	expect_text(&(struct value){ .kind = VALUE_ENUM, .string = { .bytes = "GREEN", .length = 5 } },
		    "GREEN");
	expect_text(&(struct value){ .kind = VALUE_ENUM, .string = { .number = 99 } }, "99");
	expect_text(&(struct value){ .kind = VALUE_AVERAGE, .is_signed = true, .stats = { .average = -5 } },
		    "-5");
	expect_text(&(struct value){ .kind = VALUE_STATS, .stats = { .count = 2, .average = 6, .total = 13 } },
		    "{ .count = 2, .average = 6, .total = 13 }");
}

static void test_lists(void **state UNUSED)
{
	struct value inner[] = { { .kind = VALUE_INT, .i = 2 }, { .kind = VALUE_BOOL } };
	struct value items[] = { { .kind = VALUE_INT, .i = 1 }, text_of("x", true),
				 { .kind = VALUE_TUPLE, .list = { .items = inner, .count = 2 } } };
	const char *const names[] = { "pid", "s", "q" };

	expect_text(&(struct value){ .kind = VALUE_TUPLE, .list = { .items = items, .count = 3 } },
		    "(1, x.., (2, false))");
	expect_text(&(struct value){ .kind = VALUE_ARRAY, .list = { .items = items, .count = 1 } },
		    "[1]");
	expect_text(&(struct value){ .kind = VALUE_RECORD,
				     .list = { .items = items, .names = names, .count = 2 } },
		    "{ .pid = 1, .s = x.. }");
	expect_text(&(struct value){ .kind = VALUE_RECORD }, "{}");
}

static void test_histogram(void **state UNUSED)
{
	struct histogram_bucket buckets[] = { { .label = "[256, 512)", .count = 3 },
					      { .label = "[512, 1K)", .count = 9 },
					      { .label = "[1K, 2K)" } };

	expect_text(&(struct value){ .kind = VALUE_HISTOGRAM,
				     .histogram = { .buckets = buckets, .count = 3 } },
		    "[256, 512)             3 |@@@@@@@@@@@@@@@@@                                   |\n"
		    "[512, 1K)              9 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
		    "[1K, 2K)               0 |                                                    |\n");
}

static struct value series_of(struct series_point *points, size_t count, uint64_t interval,
			      uint64_t last)
{
	return (struct value){ .kind = VALUE_SERIES, .is_signed = true,
			       .series = { points, count, interval, last } };
}

/* As output.md section 6 shows it. */
static void test_series(void **state UNUSED)
{
	struct series_point points[] = { { 3600, 5 }, { 3602, 7 } };
	struct series_point both[] = { { 1, -26 }, { 2, 26 } };
	struct value series = series_of(points, 2, 1000000000, 3602);

	setenv("TZ", "UTC", 1); /* the times below */
	tzset();
	expect_text(&series, "         5                                                   7\n"
			     "hh:mm:ss |___________________________________________________|\n"
			     "01:00:00 *                                                   | 5\n"
			     "01:00:01 |                                                   | -\n"
			     "01:00:02 |                                                   * 7\n"
			     "         v___________________________________________________v\n"
			     "         5                                                   7\n");
	series = series_of(both, 2, 1500, 3);
	expect_text(&series, "                -26                                                26\n"
			     "hh:mm:ss.\xce\xbcs     |___________________________________________________|\n"
			     "00:00:00.000001 *                         .                         | -26\n"
			     "00:00:00.000003 |                         .                         * 26\n"
			     "00:00:00.000004 |                         .                         | -\n"
			     "                v___________________________________________________v\n"
			     "                -26                                                26\n");
	series = series_of(both, 1, 1000000000, 1);
	expect_text(&series,
		    "                   -27                                               -25\n"
		    "hh:mm:ss.ns        |___________________________________________________|\n"
		    "00:00:01.000000000 |                         *                         | -26\n"
		    "                   v___________________________________________________v\n"
		    "                   -27                                               -25\n");
	series = series_of(NULL, 0, 1, 0);
	expect_text(&series, "<no data>\n");
}

/* --- facts ----------------------------------------------------------------------- */

static void test_format_file(void **state UNUSED)
{
	char text[] = "name: x\nID: 42\nformat:\n"
		      "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n"
		      "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
		      "\tfield:__data_loc char[] filename;\toffset:24;\tsize:4;\tsigned:0;\n"
		      "\tfield:const char * path;\toffset:32;\tsize:8;\tsigned:0;\n"
		      "\tfield:broken\n"
		      "\nprint fmt: \"field:int no;\"\n";
	struct arena *arena = arena_new();
	struct tracepoint_format format;

	assert_true(tracefs_parse_format(arena, text, &format));
	assert_int_equal(format.id, 42);
	assert_int_equal(format.count, 3);
	assert_string_equal(format.fields[0].name, "comm");
	assert_string_equal(format.fields[0].c_type, "char");
	assert_int_equal(format.fields[0].length, 16);
	assert_true(format.fields[1].is_data_loc);
	assert_string_equal(format.fields[1].name, "filename");
	assert_string_equal(format.fields[2].c_type, "const char *");
	assert_int_equal(format.fields[2].offset, 32);
	arena_free(arena);
}

static void test_syscalls(void **state UNUSED)
{
#ifdef __x86_64__
	assert_int_equal(syscall_number("read"), 0);
	assert_int_equal(syscall_number("openat"), 257);
	assert_int_equal(syscall_number("newuname"), 63);
#endif
	assert_int_equal(syscall_number("mseal"), 462);
	assert_int_equal(syscall_number("no_such_call"), -1);
	assert_int_equal(syscall_number(""), -1);
}

static void test_syscall_fields(void **state UNUSED)
{
	struct tracepoint_field fields[] = {
		{ .c_type = "int", .name = "__syscall_nr", .offset = 8, .size = 4, .is_signed = true },
		{ .c_type = "int", .name = "dfd", .offset = 16, .size = 8 },
		{ .c_type = "const char *", .name = "filename", .offset = 24, .size = 8 },
		{ .c_type = "umode_t", .name = "mode", .offset = 40, .size = 8 },
	};
	struct tracepoint_format format = { .fields = fields, .count = ARRAY_SIZE(fields) };
	struct arena *arena = arena_new();
	struct target target = { .name = "none" };
	struct interner interner;
	struct types types;
	const struct type *args;

	interner_init(&interner, arena);
	types_init(&types, arena, &interner, &target);
	args = format_args(&types, "x", &format, SPACE_USER, 64, true);
	assert_int_equal(args->record.fields[0].offset, SYSCALL_FIELD_NUMBER);
	assert_int_equal(args->record.fields[1].offset, SYSCALL_FIELD_ARG);
	assert_int_equal(args->record.fields[2].offset, SYSCALL_FIELD_ARG + 1);
	assert_int_equal(args->record.fields[3].offset, SYSCALL_FIELD_ARG + 2);
	assert_ptr_equal(args->record.fields[1].type, type_int(&types, 4, true));
	assert_ptr_equal(args->record.fields[2].type,
			 type_pointer(&types, type_int(&types, 1, true), SPACE_USER));
	assert_ptr_equal(args->record.fields[3].type, type_int(&types, 2, false));
	arena_free(arena);
}

/* --- damaged BTF ------------------------------------------------------------------- */

enum { DAMAGED_SIZE = 4096, ROUNDS = 2000 };

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* Any bytes behind a header that looks right: nothing may be read outside. */
static void try_damaged(const char *path, uint32_t seed)
{
	struct btf_header header = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(header),
				     .type_len = DAMAGED_SIZE - 256, .str_off = DAMAGED_SIZE - 256,
				     .str_len = 256 };
	struct arena *arena = arena_new();
	struct interner interner;
	struct types types;
	struct target target = { .name = "damaged" };
	uint32_t words[DAMAGED_SIZE / 4];
	struct btf *btf;
	FILE *file = fopen(path, "we");
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		words[i] = next_random(&seed) & (seed & 1 ? 31 : 0xffffff);
		if (i % 3 == 1)
			words[i] = (next_random(&seed) % 20) << 24 | (next_random(&seed) & 7);
	}
	((char *)words)[DAMAGED_SIZE - 1] = '\0';
	fwrite(&header, sizeof(header), 1, file);
	fwrite(words, sizeof(words), 1, file);
	fclose(file);
	interner_init(&interner, arena);
	types_init(&types, arena, &interner, &target);
	assert_int_equal(btf_open(arena, path, &btf), 0);
	for (i = 0; i < 200; i++) {
		const struct type *type = btf_convert(btf, &types, i);

		if (type->kind == TYPE_STRUCT && !type->record.is_complete)
			btf_complete(btf, &types, (struct type *)type);
	}
	btf_find(btf, UINT32_MAX, "x");
	btf_close(btf);
	arena_free(arena);
}

static void test_damaged_btf(void **state UNUSED)
{
	char path[] = "/tmp/runtime-test-XXXXXX";
	int fd = mkstemp(path);
	uint32_t i;

	assert_true(fd >= 0);
	close(fd);
	for (i = 0; i < ROUNDS; i++)
		try_damaged(path, i);
	unlink(path);
}

/* --- a run -------------------------------------------------------------------------- */

static bool reduce_sum(const struct type *type UNUSED, const void *records, size_t stride,
		       unsigned cpu_count, struct arena *arena UNUSED, struct value *ret_value)
{
	unsigned cpu;

	*ret_value = (struct value){ .kind = VALUE_INT };
	for (cpu = 0; cpu < cpu_count; cpu++)
		ret_value->i += *(const int64_t *)((const char *)records + cpu * stride);
	return ret_value->i != 0;
}

static const struct builtin count_row = { .name = "count", .reduce = reduce_sum };

/* *lookup(map, &0) += 1 */
static const struct bpf_insn count_insns[] = {
	{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4, .imm = 0 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
	{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4 },
	{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD },
	{ 0 },
	{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
	{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .off = 3, .imm = 0 },
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 0 },
	{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 1, .imm = 1 },
	{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 0, .src_reg = 1 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static void test_run(void **state UNUSED)
{
	static const struct mechanism mechanism = { .name = "test_run" };
	struct type count = { .kind = TYPE_AGGREGATE, .name = "count_t", .size = 8, .align = 8 };
	struct arena *arena = arena_new();
	struct sources sources;
	struct host_options host_options = { 0 };
	struct object object = { .events_map = -1, .counts_map = -1, .ends_by_itself = true,
				 .sources = &sources };
	struct object_map map = { .role = OBJECT_MAP_SCRIPT, .name = "@", .key_size = 4,
				  .type = BPF_MAP_TYPE_PERCPU_ARRAY, .value_size = 8,
				  .max_entries = 1, .value = &count, .aggregate = &count_row,
				  .is_per_cpu = true };
	struct object_program program = { .name = "begin", .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
					  .insns = (struct bpf_insn *)count_insns,
					  .insn_count = ARRAY_SIZE(count_insns) };
	struct code_reloc reloc = { .insn = 3, .kind = RELOC_MAP, .map = 0 };
	struct object_attachment begin = { .type = &probe_begin, .mechanism = &mechanism,
					   .name = "begin", .probe_count = 1 };
	struct object_attachment end = { .type = &probe_end, .mechanism = &mechanism, .name = "end",
					 .probe_count = 1 };
	struct session_options options = { .output = { .format = output_formats[0], .quiet = true,
						       .truncation_mark = ".." } };
	char text[64] = "";
	int pipe_fds[2];

	if (geteuid()) {
		arena_free(arena);
		skip(); /* loading programs takes root */
	}
	sources_init(&sources, arena);
	object.config.license = "GPL";
	object.config.print_maps_on_exit = true;
	vec_push(arena, &program.relocs, reloc);
	vec_push(arena, &object.maps, map);
	vec_push(arena, &object.programs, program);
	vec_push(arena, &object.attachments, begin);
	vec_push(arena, &object.attachments, end);
	assert_int_equal(pipe(pipe_fds), 0);
	options.output.fd = pipe_fds[1];
	assert_int_equal(session_run(&object, host_target_new(arena, &host_options), &options), 0);
	assert_true(read(pipe_fds[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "\n\n@: 2\n");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	arena_free(arena);
}

/* --- sorting ---------------------------------------------------------------------- */

/* Words of any width, among them many equal ones, against what comparing them says. */
static void test_sort_by_words(void **state UNUSED)
{
	enum { COUNT = 5000 };
	static uint64_t table[COUNT][2];
	static uint32_t order[COUNT], spare[COUNT];
	unsigned bits, flips;
	uint32_t i;

	for (bits = 1; bits <= 64; bits++) {
		for (flips = 0; flips < 2; flips++) {
			struct words words = { (const char *)table, sizeof(table[0]), (uint64_t)flips << 63 };

			for (i = 0; i < COUNT; i++) {
				table[i][0] = ((uint64_t)mrand48() << 32 ^ (uint64_t)mrand48()) >> (64 - bits);
				order[i] = i;
			}
			sort_by_words(&words, order, spare, COUNT);
			for (i = 1; i < COUNT; i++) {
				uint64_t before = table[order[i - 1]][0] ^ words.flip;
				uint64_t here = table[order[i]][0] ^ words.flip;

				assert_true(before < here || (before == here && order[i - 1] < order[i]));
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort_by_words),
		cmocka_unit_test(test_scalars),	    cmocka_unit_test(test_lists),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_series),   cmocka_unit_test(test_format_file),
		cmocka_unit_test(test_syscalls),
		cmocka_unit_test(test_syscall_fields),    cmocka_unit_test(test_damaged_btf),
		cmocka_unit_test(test_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
