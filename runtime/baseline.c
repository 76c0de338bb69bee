/*
 * Subtracts, word by word and CPU by CPU, what a map held when it was cleared.
 *
 * A hash that is more than half full gives up the elements that did not change
 * since the last time, so that it does not fill up with what nobody sees.  Only
 * there an event may be lost: one that comes in the instant of the deletion, to
 * an element that was idle all the time before.
 */
#include "runtime/baseline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "runtime/bpf.h"
#include "runtime/session_internal.h"

struct baseline *baselines_new(struct arena *arena, size_t count)
{
	return arena_new_array(arena, struct baseline, count);
}

static void forget_base(struct baseline *baseline)
{
	raw_map_free(&baseline->base);
	free(baseline->hidden);
	if (baseline->arena)
		arena_free(baseline->arena);
	baseline->base = (struct raw_map){ 0 };
	baseline->hidden = NULL;
	baseline->arena = NULL;
}

static void forget_printed(struct baseline *baseline)
{
	raw_map_free(&baseline->printed);
	baseline->printed = (struct raw_map){ 0 };
	baseline->has_printed = false;
}

void baselines_free(struct baseline *baselines, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		forget_base(&baselines[i]);
		forget_printed(&baselines[i]);
	}
}

/* --- elements --------------------------------------------------------------------- */

static char *key_at(const struct raw_map *raw, size_t at)
{
	return raw->keys + at * raw->key_size;
}

static char *value_at(const struct raw_map *raw, size_t at)
{
	return raw->values + at * raw->value_size;
}

/* The element of the base with this key; SIZE_MAX: none. */
static size_t find_base(const struct baseline *baseline, const char *key)
{
	uintptr_t found;

	if (!baseline->base.count)
		return SIZE_MAX;
	found = (uintptr_t)table_get(&baseline->index, key, baseline->base.key_size);
	return found ? found - 1 : SIZE_MAX;
}

/* Of words that count; the mark that says a scalar is set is 1 if anything is left. */
static bool subtract(const struct object_map *map, const struct raw_map *raw, char *value,
		     const char *base)
{
	uint64_t all = 0, mark;
	size_t at, word;

	for (at = 0; at + map->value_size <= raw->value_size; at += raw->stride) {
		size_t end = map->set_offset ? map->set_offset : map->value_size;
		uint64_t some = 0;

		for (word = at; word + sizeof(uint64_t) <= at + end; word += sizeof(uint64_t)) {
			uint64_t now, before;

			memcpy(&now, value + word, sizeof(now));
			memcpy(&before, base + word, sizeof(before));
			now -= before;
			memcpy(value + word, &now, sizeof(now));
			some |= now;
		}
		all |= some;
		mark = some != 0;
		if (map->set_offset)
			memcpy(value + at + map->set_offset, &mark, sizeof(mark));
	}
	return all != 0;
}

/* --- reading ----------------------------------------------------------------------- */

static int copy_raw(const struct raw_map *from, struct raw_map *to)
{
	*to = *from;
	to->capacity = from->count;
	to->keys = malloc(from->count * from->key_size + 1);
	to->values = malloc(from->count * from->value_size + 1);
	if (!to->keys || !to->values)
		return -ENOMEM;
	memcpy(to->keys, from->keys, from->count * from->key_size);
	memcpy(to->values, from->values, from->count * from->value_size);
	return 0;
}

/* Scalars stay, as zeros: an explicit print shows them. */
static void apply(const struct object_map *map, const struct baseline *baseline, struct raw_map *raw)
{
	size_t from, to = 0;

	for (from = 0; from < raw->count; from++) {
		size_t found = find_base(baseline, key_at(raw, from));
		bool changed = true;

		if (found != SIZE_MAX)
			changed = subtract(map, raw, value_at(raw, from),
					   value_at(&baseline->base, found));
		if (map->key && !changed && baseline->hidden[found])
			continue;
		if (to != from) {
			memcpy(key_at(raw, to), key_at(raw, from), raw->key_size);
			memcpy(value_at(raw, to), value_at(raw, from), raw->value_size);
		}
		to++;
	}
	raw->count = to;
}

int baseline_read(struct session *session, uint32_t index, struct raw_map *ret_raw)
{
	const struct object_map *map = &session->object->maps.items[index];
	struct baseline *baseline = &session->baselines[index];
	int err = map_read(session, index, ret_raw);

	if (err || !map->is_summed)
		return err;
	if (map->keeps_printed) {
		forget_printed(baseline);
		err = copy_raw(ret_raw, &baseline->printed);
		baseline->has_printed = !err;
	}
	if (!err && baseline->base.count)
		apply(map, baseline, ret_raw);
	return err;
}

/* --- taking away ---------------------------------------------------------------------- */

/* Was the element hidden and has it not changed since? */
static bool stays_hidden(const struct baseline *old, const struct raw_map *raw, size_t at)
{
	size_t found = find_base(old, key_at(raw, at));

	return found != SIZE_MAX && old->hidden[found] &&
	       !memcmp(value_at(&old->base, found), value_at(raw, at), raw->value_size);
}

/* Elements that nobody has added to since the last time go, if room may get short. */
static void give_up_idle(struct session *session, uint32_t index, const struct baseline *old,
			 struct raw_map *raw)
{
	const struct object_map *map = &session->object->maps.items[index];
	size_t from, to = 0;

	if (!map->key || raw->count <= map->max_entries / 2)
		return;
	for (from = 0; from < raw->count; from++) {
		if (stays_hidden(old, raw, from)) {
			map_delete(session, index, key_at(raw, from));
			continue;
		}
		memmove(key_at(raw, to), key_at(raw, from), raw->key_size);
		memmove(value_at(raw, to), value_at(raw, from), raw->value_size);
		to++;
	}
	raw->count = to;
}

static int set_base(struct baseline *baseline, struct raw_map *raw, bool hides)
{
	struct baseline new = { .base = *raw, .printed = baseline->printed,
				.has_printed = baseline->has_printed };
	size_t i;

	new.hidden = calloc(raw->count + 1, sizeof(*new.hidden));
	if (!new.hidden)
		return -ENOMEM;
	new.arena = arena_new();
	table_init(&new.index, new.arena);
	for (i = 0; i < raw->count; i++) {
		new.hidden[i] = hides || stays_hidden(baseline, raw, i);
		table_set(&new.index, key_at(raw, i), raw->key_size, (void *)(uintptr_t)(i + 1));
	}
	forget_base(baseline);
	*baseline = new;
	return 0;
}

int baseline_take(struct session *session, uint32_t index, bool hides, bool after_print)
{
	struct baseline *baseline = &session->baselines[index];
	struct raw_map raw = { 0 };
	int err = 0;

	/* Another clear has used what was printed, or the print was lost: nothing is to go. */
	if (after_print && !baseline->has_printed)
		return 0;
	if (after_print) {
		raw = baseline->printed;
		baseline->printed = (struct raw_map){ 0 };
		baseline->has_printed = false;
	} else {
		err = map_read(session, index, &raw);
	}
	if (!err) {
		give_up_idle(session, index, baseline, &raw);
		err = set_base(baseline, &raw, hides);
	}
	if (err)
		raw_map_free(&raw);
	return err;
}
