/*
 * What the standard library does in user space: formats, reductions, labels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/intern.h"
#include "base/value.h"
#include "sema/type.h"
#include "stdlib/format.h"
#include "stdlib/library.h"

struct fixture {
	struct arena *arena;
	struct interner interner;
	struct types types;
};

static int set_up(void **state)
{
	struct arena *arena = arena_new();
	struct fixture *fixture = arena_new_struct(arena, struct fixture);

	fixture->arena = arena;
	interner_init(&fixture->interner, arena);
	types_init(&fixture->types, arena, &fixture->interner, NULL);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	arena_free(((struct fixture *)*state)->arena);
	return 0;
}

/* --- formats --------------------------------------------------------------- */

static const char *converted(struct fixture *fixture, const char *text, uint64_t number)
{
	const struct format *format = format_parse(fixture->arena, text, strlen(text));
	struct strbuf out;
	size_t i;

	strbuf_init(&out, fixture->arena);
	for (i = 0; i < format->pieces.count; i++) {
		const struct format_piece *piece = &format->pieces.items[i];

		strbuf_add(&out, piece->text, piece->length);
		if (!piece->has_conversion)
			continue;
		if (conversion_is_number(piece->conversion.kind))
			format_number(&piece->conversion, number, &out);
		else
			format_text(&piece->conversion, "tracer", 6, &out);
	}
	return out.text;
}

static void numbers_follow_the_rules_of_c(void **state)
{
	static const struct {
		const char *format;
		int64_t number;
		const char *expected;
	} cases[] = {
		{ "[%6d]", 42, "[    42]" },	{ "[%-6d]", 42, "[42    ]" },
		{ "[%06x]", 255, "[0000ff]" },	{ "[%#x]", 255, "[0xff]" },
		{ "[%#X]", 255, "[0XFF]" },	{ "[%#x]", 0, "[0]" },
		{ "[%hhx]", 0x1122334455667788, "[88]" },
		{ "[%lx]", 0x1122334455667788, "[1122334455667788]" },
		{ "[%d]", 5000000000, "[705032704]" },
		{ "[%hd]", 70000, "[4464]" },	{ "[%hhu]", 300, "[44]" },
		{ "[%ld]", -7, "[-7]" },	{ "[%u]", -1, "[4294967295]" },
		{ "[%lu]", -1, "[18446744073709551615]" },
		{ "[%05d]", -42, "[-0042]" },	{ "[%-05d]", -42, "[-42  ]" },
		{ "[%+d]", 5, "[+5]" },		{ "[% d]", 5, "[ 5]" },
		{ "[%+d]", -5, "[-5]" },	{ "[%.5d]", 42, "[00042]" },
		{ "[%8.5d]", -42, "[  -00042]" }, { "[%.0d]", 0, "[]" },
		{ "[%o]", 8, "[10]" },		{ "[%#o]", 8, "[010]" },
		{ "[%c]", 90, "[Z]" },		{ "[%3c]", 90, "[  Z]" },
		{ "[%p]", 0xffff, "[0xffff]" }, { "[%p]", 0, "[0]" },
		{ "[%i]", -3, "[-3]" },		{ "[%lld]", INT64_MIN, "[-9223372036854775808]" },
		{ "[%gr]", 0x820, "[GFP_ATOMIC]" }, { "[%gr]", 0x100, "[__GFP_ZERO]" },
		{ "[%gr]", 0xcc0, "[GFP_KERNEL]" }, { "[%gr]", 0, "[0]" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(converted(*state, cases[i].format, (uint64_t)cases[i].number),
				    cases[i].expected);
}

static void text_is_cut_and_padded(void **state)
{
	assert_string_equal(converted(*state, "[%s]", 0), "[tracer]");
	assert_string_equal(converted(*state, "[%8s]", 0), "[  tracer]");
	assert_string_equal(converted(*state, "[%-8s]", 0), "[tracer  ]");
	assert_string_equal(converted(*state, "[%.3s]", 0), "[tra]");
	assert_string_equal(converted(*state, "[%-5.2s]", 0), "[tr   ]");
}

static void what_is_no_conversion_is_text(void **state)
{
	assert_string_equal(converted(*state, "100%% %k %0-5d %", 0), "100% %k %0-5d %");
	assert_string_equal(converted(*state, "", 0), "");
}

static void the_longest_specifier_wins(void **state)
{
	struct fixture *fixture = *state;
	const struct format *format = format_parse(fixture->arena, "%rhe%rx%r", 9);

	assert_int_equal(format->conversion_count, 3);
	assert_int_equal(format->pieces.items[0].conversion.kind, CONVERSION_BYTES_HEX);
	assert_string_equal(format->pieces.items[1].text, "e");
	assert_int_equal(format->pieces.items[1].conversion.kind, CONVERSION_BYTES_ESCAPED);
	assert_int_equal(format->pieces.items[2].conversion.kind, CONVERSION_BYTES);
}

static void bytes_are_shown_three_ways(void **state)
{
	struct fixture *fixture = *state;
	struct conversion conversion = { .kind = CONVERSION_BYTES };
	struct strbuf out;

	strbuf_init(&out, fixture->arena);
	format_bytes(&conversion, "A\t9", 3, &out);
	conversion.kind = CONVERSION_BYTES_ESCAPED;
	format_bytes(&conversion, "A\t9", 3, &out);
	conversion.kind = CONVERSION_BYTES_HEX;
	format_bytes(&conversion, "A\t9", 3, &out);
	assert_string_equal(out.text, "A\\x099\\x41\\x09\\x3941 09 39");
}

/* --- reductions ------------------------------------------------------------- */

static const struct builtin *row_of(enum aggregate kind)
{
	static const struct builtin *const families[] = { aggregate_builtins, histogram_builtins };
	const struct builtin *row;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++)
		for (row = families[i]; row->name; row++)
			if (row->aggregate == kind)
				return row;
	return NULL;
}

static struct value reduced(struct fixture *fixture, enum aggregate kind, bool is_signed,
			    const int64_t (*records)[2], unsigned cpus, bool is_set)
{
	const struct type *type = type_aggregate(&fixture->types, kind, is_signed);
	struct value value;

	assert_int_equal(row_of(kind)->reduce(type, records, sizeof(*records), cpus, fixture->arena,
					      &value),
			 is_set);
	return value;
}

static void numbers_are_put_together(void **state)
{
	static const int64_t records[][2] = { { -5, 1 }, { 0, 0 }, { 7, 2 } };
	struct value value;

	value = reduced(*state, AGGREGATE_SUM, true, records, 3, true);
	assert_int_equal(value.kind, VALUE_INT);
	assert_int_equal(value.i, 2);
	assert_int_equal(reduced(*state, AGGREGATE_MIN, true, records, 3, true).i, -5);
	assert_int_equal(reduced(*state, AGGREGATE_MAX, true, records, 3, true).i, 7);
	assert_int_equal(reduced(*state, AGGREGATE_MIN, false, records, 3, true).i, 7);
	value = reduced(*state, AGGREGATE_AVG, true, records, 3, true);
	assert_int_equal(value.stats.average, 0);
	assert_int_equal(value.stats.count, 3);
	value = reduced(*state, AGGREGATE_AVG, true, records, 1, true);
	assert_int_equal(value.stats.average, -5);
	value = reduced(*state, AGGREGATE_STATS, true, records + 1, 1, false);
	assert_int_equal(value.kind, VALUE_STATS);
	assert_int_equal(value.stats.count, 0);
}

static struct value histogram(struct fixture *fixture, const struct type *type,
			      const uint32_t *buckets, size_t count)
{
	uint64_t *record = arena_new_array(fixture->arena, uint64_t, aggregate_bucket_count(type));
	struct value value;
	size_t i;

	for (i = 0; i < count; i++)
		record[buckets[i]]++;
	row_of(type->aggregate.kind)
		->reduce(type, record, type->size, 1, fixture->arena, &value);
	assert_int_equal(value.histogram.total, count);
	return value;
}

static void check_bucket(struct fixture *fixture, const struct type *type, uint32_t index,
			 const char *label, int64_t min, int64_t max)
{
	struct value value = histogram(fixture, type, &index, 1);

	assert_int_equal(value.histogram.count, 1);
	assert_string_equal(value.histogram.buckets[0].label, label);
	if (!value.histogram.buckets[0].no_min)
		assert_int_equal(value.histogram.buckets[0].min, min);
	if (!value.histogram.buckets[0].no_max)
		assert_int_equal(value.histogram.buckets[0].max, max);
}

static void buckets_of_hist_have_these_names(void **state)
{
	struct fixture *fixture = *state;
	const struct type *type = type_hist(&fixture->types, 0);

	check_bucket(fixture, type, 0, "(..., 0)", 0, -1);
	check_bucket(fixture, type, 1, "[0]", 0, 0);
	check_bucket(fixture, type, 2, "[1]", 1, 1);
	check_bucket(fixture, type, 3, "[2, 4)", 2, 3);
	check_bucket(fixture, type, 11, "[512, 1K)", 512, 1023);
	check_bucket(fixture, type, 12, "[1K, 2K)", 1024, 2047);
	check_bucket(fixture, type, 21, "[512K, 1M)", 512 << 10, (1 << 20) - 1);
	check_bucket(fixture, type, 64, "[4E, 8E)", 1ll << 62, INT64_MAX);

	type = type_hist(&fixture->types, 1);
	/* 40000: log2 is 15, so 2 * 15 + 1 */
	check_bucket(fixture, type, 31, "[32K, 48K)", 32768, 49151);
	type = type_hist(&fixture->types, 2);
	check_bucket(fixture, type, 6, "[5]", 5, 5);
	check_bucket(fixture, type, 9, "[8, 10)", 8, 9);
}

static void buckets_of_lhist_have_these_names(void **state)
{
	struct fixture *fixture = *state;
	const struct type *type = type_lhist(&fixture->types, 0, 8192, 2048);

	check_bucket(fixture, type, 0, "(..., 0)", 0, -1);
	check_bucket(fixture, type, 1, "[0, 2K)", 0, 2047);
	check_bucket(fixture, type, 2, "[2K, 4K)", 2048, 4095);
	check_bucket(fixture, type, 5, "[8K, ...)", 8192, 0);
	type = type_lhist(&fixture->types, 0, 6, 1);
	check_bucket(fixture, type, 4, "[3]", 3, 3);
	type = type_lhist(&fixture->types, 1000, 9000, 1000);
	check_bucket(fixture, type, 1, "[1000, 2000)", 1000, 1999);
}

static void rows_reach_from_the_first_to_the_last(void **state)
{
	static const uint32_t indices[] = { 9, 12, 12 };
	struct fixture *fixture = *state;
	struct value value = histogram(fixture, type_hist(&fixture->types, 0), indices, 3);

	assert_int_equal(value.histogram.count, 4);
	assert_int_equal(value.histogram.buckets[1].count, 0);
	assert_int_equal(value.histogram.buckets[3].count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers_follow_the_rules_of_c, set_up, tear_down),
		cmocka_unit_test_setup_teardown(text_is_cut_and_padded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_conversion_is_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_longest_specifier_wins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_are_shown_three_ways, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_are_put_together, set_up, tear_down),
		cmocka_unit_test_setup_teardown(buckets_of_hist_have_these_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(buckets_of_lhist_have_these_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rows_reach_from_the_first_to_the_last, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
