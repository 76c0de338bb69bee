/*
 * Printing a map: its elements reduced over the CPUs, sorted, handed to the
 * output format (output.md section 4).
 */
#include "runtime/map_print.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "runtime/late_text.h"
#include "runtime/maps.h"
#include "runtime/output/report.h"
#include "runtime/render.h"
#include "runtime/session_internal.h"
#include "runtime/symbolize.h"
#include "runtime/word_sort.h"
#include "sema/builtin.h"

/* Is the value of a scalar set, on any CPU? */
static bool is_marked(const struct object_map *map, const struct raw_map *raw, const char *value)
{
	size_t at;
	uint64_t mark;

	for (at = 0; at + map->value_size <= raw->value_size; at += raw->stride) {
		memcpy(&mark, value + at + map->set_offset, sizeof(mark));
		if (mark)
			return true;
	}
	return false;
}

/* False when it was never set; the value is then what an unset one shows. */
static bool read_value(struct arena *arena, const struct object_map *map,
		       const struct raw_map *raw, const char *bytes, struct value *ret_value)
{
	bool is_set = true;

	if (!map->aggregate) {
		render(arena, map->value, bytes, ret_value);
	} else {
		unsigned cpus = (unsigned)MAX(raw->value_size / raw->stride, (size_t)1);

		is_set = map->aggregate->reduce(map->value, bytes, raw->stride, cpus, arena, ret_value);
		if (!is_set)
			render_empty_aggregate(map->value, ret_value);
	}
	if (map->set_offset)
		is_set = is_marked(map, raw, bytes);
	return is_set;
}

static int64_t quotient(bool is_signed, int64_t number, uint64_t divisor)
{
	if (!is_signed)
		return (int64_t)((uint64_t)number / divisor);
	return divisor > INT64_MAX ? 0 : number / (int64_t)divisor;
}

static void divide_percentiles(struct value *value, uint64_t divisor)
{
	size_t i;

	value->percentiles.average = quotient(value->is_signed, value->percentiles.average, divisor);
	value->percentiles.deviation /= divisor;
	for (i = 0; value->percentiles.at && i < PERCENTILE_COUNT; i++)
		value->percentiles.at[i] =
			quotient(value->is_signed, value->percentiles.at[i], divisor);
}

static void divide_points(struct value *value, uint64_t divisor)
{
	size_t i;

	for (i = 0; i < value->series.count; i++)
		value->series.points[i].value =
			quotient(value->is_signed, value->series.points[i].value, divisor);
}

static void divide(const struct object_map *map, struct value *value, uint64_t divisor)
{
	size_t i;

	switch (value->kind) {
	case VALUE_INT:
	case VALUE_UINT:
		value->i = quotient(value->kind == VALUE_INT, value->i, divisor);
		return;
	case VALUE_AVERAGE:
	case VALUE_STATS:
		value->stats.average = quotient(value->is_signed, value->stats.average, divisor);
		return;
	case VALUE_HISTOGRAM:
		if (map->value->aggregate.kind == AGGREGATE_LHIST)
			return;
		for (i = 0; i < value->histogram.count; i++)
			value->histogram.buckets[i].count /= divisor;
		return;
	case VALUE_PERCENTILES:
		divide_percentiles(value, divisor);
		return;
	case VALUE_SERIES:
		divide_points(value, divisor);
		return;
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
		return;
	}
	unreachable();
}

enum { PREFETCHED = 8 }; /* elements in advance */

/* What a listing is made from. */
struct printing {
	struct session *session;
	const struct object_map *map;
	struct raw_map raw;
	uint32_t *order;   /* indices of elements */
	uint32_t *spare;   /* room for as many, if all they are sorted by is words; else NULL */
	uint64_t *numbers; /* by index: what they are sorted by; NULL: by nothing of theirs */
	struct arena *arena; /* of one entry */
	const struct map_selection *selection;
	uint64_t last; /* of time series: the latest interval that any element has */
};

static const char *raw_key(const struct printing *printing, uint32_t index)
{
	return printing->raw.keys + index * printing->raw.key_size;
}

static const char *raw_value(const struct printing *printing, uint32_t index)
{
	return printing->raw.values + index * printing->raw.value_size;
}

/* By number where that is what counts; then by value, if that was wished; then by key. */
static int compare_elements(const void *a, const void *b, void *context)
{
	const struct printing *printing = context;
	const struct object_map *map = printing->map;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	int order = 0;

	if (printing->numbers && printing->numbers[left] != printing->numbers[right])
		return printing->numbers[left] < printing->numbers[right] ? -1 : 1;
	if (printing->selection->sort == MAP_SORT_VALUE && !map->aggregate)
		order = compare_bytes(map->value, raw_value(printing, left),
				      raw_value(printing, right));
	if (order || !map->key)
		return order;
	return compare_bytes(map->key, raw_key(printing, left), raw_key(printing, right));
}

/* Are elements ordered by the numbers that their values have? */
static bool sorts_by_number(const struct printing *printing)
{
	const struct object_map *map = printing->map;

	return (map->aggregate || map->value->kind == TYPE_INT) &&
	       printing->selection->sort != MAP_SORT_KEY;
}

static uint64_t sort_number(const struct value *value)
{
	const uint64_t flip = 1ull << 63;

	switch (value->kind) {
	case VALUE_INT:
		return value->u ^ flip;
	case VALUE_UINT:
		return value->u;
	case VALUE_AVERAGE:
	case VALUE_STATS:
		return (uint64_t)value->stats.average ^ (value->is_signed ? flip : 0);
	case VALUE_HISTOGRAM:
		return value->histogram.total;
	case VALUE_PERCENTILES:
		return (uint64_t)value->percentiles.average ^ (value->is_signed ? flip : 0);
	case VALUE_SERIES: /* by key */
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
		return 0;
	}
	unreachable();
}

/* Is all that elements are ordered by words: numbers, and keys of 8 bytes? */
static bool sorts_by_words(const struct printing *printing)
{
	const struct type *key = printing->map->key;

	return key && type_in_register(key) && key->size == sizeof(uint64_t) &&
	       (printing->selection->sort != MAP_SORT_VALUE || printing->numbers);
}

static void sort(struct printing *printing)
{
	const struct words numbers = { (const char *)printing->numbers, sizeof(uint64_t), 0 };
	const struct words keys = { printing->raw.keys, printing->raw.key_size,
				    printing->map->key && type_is_signed(printing->map->key)
					    ? 1ull << 63 : 0 };

	if (!printing->spare) {
		qsort_r(printing->order, printing->raw.count, sizeof(*printing->order),
			compare_elements, printing);
		return;
	}
	sort_by_words(&keys, printing->order, printing->spare, printing->raw.count);
	if (printing->numbers)
		sort_by_words(&numbers, printing->order, printing->spare, printing->raw.count);
}

/* Sorts; true when the map is one that a print at exit shows. */
static bool sort_entries(struct printing *printing)
{
	const struct object_map *map = printing->map;
	bool is_set = false, by_number = sorts_by_number(printing);
	bool is_series = map->aggregate && map->value->aggregate.kind == AGGREGATE_SERIES;
	struct value value;
	uint32_t i;

	for (i = 0; i < printing->raw.count; i++) {
		printing->order[i] = i;
		if (!by_number && map->key && !is_series)
			continue;
		is_set |= read_value(printing->arena, map, &printing->raw,
				     raw_value(printing, i), &value);
		if (by_number)
			printing->numbers[i] = sort_number(&value);
		if (value.kind == VALUE_SERIES)
			printing->last = MAX(printing->last, value.series.last);
		arena_reset(printing->arena);
	}
	if (printing->raw.count > 1)
		sort(printing);
	if (map->key)
		return printing->raw.count;
	return is_set || printing->session->zeroed[map - printing->session->object->maps.items];
}

/* All series of a map end where the latest one does, and are as long. */
static void show_up_to(const struct printing *printing, struct value *value)
{
	uint32_t slots = printing->map->value->aggregate.slots;

	value->series.last = printing->last;
	while (value->series.count && value->series.points->epoch + slots <= printing->last) {
		value->series.points++;
		value->series.count--;
	}
}

/* Which element is printed as the index-th.  The largest stand at the end. */
static uint32_t element_at(const struct printing *printing, const struct map_listing *listing,
			   size_t index)
{
	size_t last = printing->raw.count - 1;

	return printing->order[printing->selection->is_descending
				       ? last - index
				       : last + 1 - listing->count + index];
}

/* Sorted elements lie anywhere in memory: those that come soon are asked for early. */
static void prefetch(const struct printing *printing, const struct map_listing *listing, size_t index)
{
	uint32_t at;

	if (index >= listing->count)
		return;
	at = element_at(printing, listing, index);
	__builtin_prefetch(raw_key(printing, at));
	__builtin_prefetch(raw_value(printing, at));
}

static void make_entry(const struct map_listing *listing, size_t index, struct map_entry *ret_entry)
{
	struct printing *printing = listing->context;
	const struct map_selection *selection = printing->selection;
	uint32_t at = element_at(printing, listing, index);

	prefetch(printing, listing, index + PREFETCHED);

	arena_reset(printing->arena);
	memset(ret_entry, 0, sizeof(*ret_entry));
	if (printing->map->key) {
		render(printing->arena, printing->map->key, raw_key(printing, at), &ret_entry->key);
		symbolize(printing->session, printing->map->key, &ret_entry->key);
		late_text(printing->session, printing->arena, printing->map->key, &ret_entry->key);
	}
	read_value(printing->arena, printing->map, &printing->raw,
		   raw_value(printing, at), &ret_entry->value);
	if (!printing->map->aggregate) {
		symbolize(printing->session, printing->map->value, &ret_entry->value);
		late_text(printing->session, printing->arena, printing->map->value,
			  &ret_entry->value);
	}
	if (ret_entry->value.kind == VALUE_SERIES)
		show_up_to(printing, &ret_entry->value);
	if (selection->divisor > 1)
		divide(printing->map, &ret_entry->value, selection->divisor);
}

static int prepare(struct printing *printing)
{
	size_t count = printing->raw.count + 1;

	printing->order = malloc(count * sizeof(*printing->order));
	if (!printing->order)
		return -ENOMEM;
	if (sorts_by_number(printing)) {
		printing->numbers = malloc(count * sizeof(*printing->numbers));
		if (!printing->numbers)
			return -ENOMEM;
	}
	if (sorts_by_words(printing)) {
		printing->spare = malloc(count * sizeof(*printing->spare));
		if (!printing->spare)
			return -ENOMEM;
	}
	return 0;
}

void map_print(struct session *session, uint32_t index, const struct map_selection *selection,
	       bool at_exit)
{
	const struct object_map *map = &session->object->maps.items[index];
	struct printing printing = { .session = session, .map = map, .selection = selection };
	struct map_listing listing = { .name = map->name, .is_keyed = map->key,
				       .context = &printing, .entry = make_entry };
	int err = baseline_read(session, index, &printing.raw);

	printing.arena = arena_new();
	if (!err)
		err = prepare(&printing);
	if (err) {
		report_error("failed to read the map '%s': %s", map->name, strerror(-err));
	} else if (sort_entries(&printing) || !at_exit) {
		listing.count = printing.raw.count;
		if (selection->top && selection->top < listing.count)
			listing.count = selection->top;
		output_format_of(session->output)->map(session->output, &listing);
	}
	free(printing.order);
	free(printing.spare);
	free(printing.numbers);
	raw_map_free(&printing.raw);
	arena_free(printing.arena);
}

static int by_name(const void *a, const void *b)
{
	const struct object_map *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

void maps_print_all(struct session *session)
{
	const struct object *object = session->object;
	const struct map_selection all = { 0 };
	const struct object_map **maps =
		arena_new_array(session->arena, const struct object_map *, object->maps.count);
	size_t i, count = 0;

	for (i = 0; i < object->maps.count; i++)
		if (object->maps.items[i].role == OBJECT_MAP_SCRIPT)
			maps[count++] = &object->maps.items[i];
	if (count)
		qsort(maps, count, sizeof(*maps), by_name);
	for (i = 0; i < count; i++)
		map_print(session, (uint32_t)(maps[i] - object->maps.items), &all, true);
}
