/*
 * The order of values, by which maps are sorted.
 */
#include "base/value.h"

#include <string.h>

#include "base/compiler.h"

static int compare_unsigned(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

const struct percentile percentiles[PERCENTILE_COUNT] = {
	{ "p50", 5000 },
	{ "p90", 9000 },
	{ "p99", 9900 },
	{ "p999", 9990 },
};

static int compare_signed(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_strings(const struct value *a, const struct value *b)
{
	size_t shorter = MIN(a->string.length, b->string.length);
	int order = shorter ? memcmp(a->string.bytes, b->string.bytes, shorter) : 0;

	return order ? order : compare_unsigned(a->string.length, b->string.length);
}

static int compare_lists(const struct value *a, const struct value *b)
{
	size_t i;

	for (i = 0; i < MIN(a->list.count, b->list.count); i++) {
		int order = value_compare(&a->list.items[i], &b->list.items[i]);

		if (order)
			return order;
	}
	return compare_unsigned(a->list.count, b->list.count);
}

static int compare_stacks(const struct value *a, const struct value *b)
{
	size_t i;

	for (i = 0; i < MIN(a->stack.count, b->stack.count); i++) {
		int order = compare_unsigned(a->stack.frames[i].address, b->stack.frames[i].address);

		if (order)
			return order;
	}
	return compare_unsigned(a->stack.count, b->stack.count);
}

int value_compare(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	switch (a->kind) {
	case VALUE_NONE:
		return 0;
	case VALUE_INT:
		return compare_signed(a->i, b->i);
	case VALUE_UINT:
	case VALUE_BOOL:
	case VALUE_POINTER:
		return compare_unsigned(a->u, b->u);
	case VALUE_ENUM:
		return compare_signed(a->string.number, b->string.number);
	case VALUE_STRING:
		return compare_strings(a, b);
	case VALUE_ARRAY:
	case VALUE_TUPLE:
	case VALUE_RECORD:
		return compare_lists(a, b);
	case VALUE_AVERAGE:
	case VALUE_STATS:
		if (a->is_signed)
			return compare_signed(a->stats.average, b->stats.average);
		return compare_unsigned((uint64_t)a->stats.average, (uint64_t)b->stats.average);
	case VALUE_HISTOGRAM:
		return compare_unsigned(a->histogram.total, b->histogram.total);
	case VALUE_PERCENTILES:
		if (a->is_signed)
			return compare_signed(a->percentiles.average, b->percentiles.average);
		return compare_unsigned((uint64_t)a->percentiles.average,
					(uint64_t)b->percentiles.average);
	case VALUE_SERIES:
		return 0;
	case VALUE_SYMBOL:
		return compare_unsigned((uint64_t)a->string.number, (uint64_t)b->string.number);
	case VALUE_STACK:
		return compare_stacks(a, b);
	case VALUE_BUFFER:
		return compare_strings(a, b);
	case VALUE_LATE:
		return 0; /* its order is that of the bytes (runtime/render.c) */
	}
	unreachable();
}

bool value_sorts_by_number(const struct value *value)
{
	switch (value->kind) {
	case VALUE_INT:
	case VALUE_UINT:
	case VALUE_AVERAGE:
	case VALUE_STATS:
	case VALUE_HISTOGRAM:
	case VALUE_PERCENTILES:
		return true;
	case VALUE_SERIES:
	case VALUE_NONE:
	case VALUE_BOOL:
	case VALUE_POINTER:
	case VALUE_ENUM:
	case VALUE_STRING:
	case VALUE_ARRAY:
	case VALUE_TUPLE:
	case VALUE_RECORD:
	case VALUE_SYMBOL:
	case VALUE_STACK:
	case VALUE_BUFFER:
	case VALUE_LATE:
		return false;
	}
	unreachable();
}
