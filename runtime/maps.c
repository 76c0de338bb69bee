/*
 * Kernel maps: made as the object says, read in batches, cleared, zeroed.
 */
#include "runtime/maps.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/bpf.h"
#include "runtime/output/report.h"
#include "runtime/packets.h"
#include "runtime/session_internal.h"

enum {
	BATCH = 4096,	   /* elements asked for at once */
	NOT_SUPPORTED = 524, /* ENOTSUPP, which user space has no name for */
};

static const struct object_map *object_map(const struct session *session, uint32_t map)
{
	return &session->object->maps.items[map];
}

/* --- create ------------------------------------------------------------- */

static int create_map(struct session *session, uint32_t index)
{
	const struct object_map *map = object_map(session, index);
	const char *name = map->name[0] == '@' ? map->name + 1 : map->name;
	struct bpf_map_spec spec = {
		.name = *name ? name : "anonymous",
		.type = map->type,
		.key_size = map->key_size,
		.value_size = object_map_value_size(map),
		.max_entries = map->max_entries,
		.flags = map->flags,
	};
	uint32_t zero = 0;
	int fd = bpf_create_map(&spec), err;

	if (fd < 0)
		return fd;
	session->maps[index] = fd;
	if (map->role == OBJECT_MAP_EVENTS)
		return ring_open(&session->ring, fd, map->max_entries);
	if (map->role == OBJECT_MAP_PACKETS)
		return packets_open(session, fd);
	err = map->contents ? bpf_update(fd, &zero, map->contents) : 0;
	return err;
}

static void explain_creation(const struct object_map *map, int err)
{
	uint32_t element = map->key_size + map->value_size;

	report_error("failed to create the map '%s': %s", map->name, strerror(-err));
	if (err == -E2BIG && (uint64_t)element * map->max_entries > INT32_MAX)
		err = -ENOMEM; /* not one is too large, but all together */
	switch (-err) {
	case E2BIG:
		report_hint("keys of %u bytes or values of %u are more than this kernel takes; "
			    "max_strlen makes strings shorter",
			    map->key_size, map->value_size);
		break;
	case ENOMEM:
	case EINVAL:
		report_hint("it has room for %u elements of %u bytes; max_map_keys or its declaration "
			    "makes it smaller",
			    map->max_entries, element);
		break;
	case EPERM:
		report_hint("creating maps takes root, or CAP_BPF");
		break;
	default:
		break;
	}
}

int maps_create(struct session *session)
{
	uint32_t i;

	for (i = 0; i < session->object->maps.count; i++) {
		int err = create_map(session, i);

		if (err) {
			explain_creation(object_map(session, i), err);
			return err;
		}
	}
	return 0;
}

void maps_close(struct session *session)
{
	uint32_t i;

	ring_close(&session->ring);
	packets_close(session);
	for (i = 0; i < session->object->maps.count; i++)
		if (session->maps[i] >= 0)
			close(session->maps[i]);
}

/* --- read --------------------------------------------------------------- */

static bool is_per_cpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_array(uint32_t type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

size_t map_stride(const struct session *session, uint32_t map)
{
	const struct object_map *object = object_map(session, map);

	return object->slots.count ? object->slots.size : ALIGN_UP((size_t)object->value_size, (size_t)8);
}

static int make_room(struct raw_map *raw, size_t extra)
{
	size_t capacity = raw->capacity ? raw->capacity : BATCH;
	void *keys, *values;

	while (capacity < raw->count + extra)
		capacity *= 2;
	if (capacity == raw->capacity)
		return 0;
	keys = realloc(raw->keys, capacity * raw->key_size);
	if (!keys)
		return -ENOMEM;
	raw->keys = keys;
	values = realloc(raw->values, capacity * raw->value_size);
	if (!values)
		return -ENOMEM;
	raw->values = values;
	raw->capacity = capacity;
	return 0;
}

static int read_in_batches(int fd, struct raw_map *raw)
{
	uint32_t place = 0, count, wanted = BATCH;
	bool is_first = true;
	int err;

	do {
		err = make_room(raw, wanted);
		if (err)
			return err;
		count = wanted;
		err = bpf_lookup_batch(fd, is_first ? NULL : &place, &place,
				       raw->keys + raw->count * raw->key_size,
				       raw->values + raw->count * raw->value_size, &count);
		if (err == -ENOSPC) { /* a bucket has more elements than that */
			wanted *= 2;
			err = 0;
			continue;
		}
		if (err && err != -ENOENT)
			return err;
		raw->count += count;
		is_first = false;
	} while (!err);
	return 0;
}

/* For kernels and maps without batches.  An element may vanish meanwhile: the walk then begins
 * anew, so it ends after as many steps as the map may have elements. */
static int read_one_by_one(int fd, struct raw_map *raw, size_t limit)
{
	const char *previous = NULL;
	int err;

	while (raw->count < limit) {
		err = make_room(raw, 1);
		if (err)
			return err;
		previous = raw->count ? raw->keys + (raw->count - 1) * raw->key_size : NULL;
		err = bpf_next_key(fd, previous, raw->keys + raw->count * raw->key_size);
		if (err)
			return err == -ENOENT ? 0 : err;
		err = bpf_lookup(fd, raw->keys + raw->count * raw->key_size,
				 raw->values + raw->count * raw->value_size);
		if (!err)
			raw->count++;
		else if (err != -ENOENT)
			return err;
	}
	return 0;
}

/* One kernel map. */
static int read_map(struct session *session, uint32_t index, struct raw_map *ret_raw)
{
	const struct object_map *map = object_map(session, index);
	int fd = session->maps[index], err;
	uint32_t zero = 0;

	*ret_raw = (struct raw_map){
		.key_size = map->key_size,
		.stride = map_stride(session, index),
		.value_size = object_map_value_size(map),
	};
	if (is_per_cpu(map->type))
		ret_raw->value_size = ret_raw->stride * session->target->cpu_count;
	if (is_array(map->type)) {
		err = make_room(ret_raw, 1);
		if (err)
			return err;
		memcpy(ret_raw->keys, &zero, sizeof(zero));
		ret_raw->count = 1;
		return bpf_lookup(fd, &zero, ret_raw->values);
	}
	err = read_in_batches(fd, ret_raw);
	if ((err == -EINVAL || err == -NOT_SUPPORTED || err == -EOPNOTSUPP) && !ret_raw->count)
		err = read_one_by_one(fd, ret_raw, map->max_entries);
	return err;
}

/* Adds the elements of another map, whose keys are the first bytes of these. */
static int add_short_keys(struct raw_map *raw, const struct raw_map *part)
{
	size_t i, rest = raw->key_size - part->key_size;
	int err = make_room(raw, part->count);

	if (err)
		return err;
	for (i = 0; i < part->count; i++) {
		char *key = raw->keys + (raw->count + i) * raw->key_size;

		memcpy(key, part->keys + i * part->key_size, part->key_size);
		memset(key + part->key_size, 0, rest);
	}
	memcpy(raw->values + raw->count * raw->value_size, part->values, part->count * part->value_size);
	raw->count += part->count;
	return 0;
}

int map_read(struct session *session, uint32_t index, struct raw_map *ret_raw)
{
	uint32_t part_index = object_map(session, index)->short_map;
	int err = read_map(session, index, ret_raw);
	struct raw_map part;

	if (err || !part_index)
		return err;
	err = read_map(session, part_index, &part);
	if (!err && part.count)
		err = add_short_keys(ret_raw, &part);
	raw_map_free(&part);
	return err;
}

void raw_map_free(struct raw_map *raw)
{
	free(raw->keys);
	free(raw->values);
}

/* --- change ------------------------------------------------------------- */

/* The kernel map that an element of this key is in. */
static int fd_of_key(const struct session *session, uint32_t index, const char *key)
{
	const struct object_map *map = object_map(session, index);

	return session->maps[map->short_map && !key[map->short_end] ? map->short_map : index];
}

void map_delete(struct session *session, uint32_t index, const char *key)
{
	bpf_delete(fd_of_key(session, index, key), key);
}

int map_clear(struct session *session, uint32_t index, bool after_print)
{
	const struct object_map *map = object_map(session, index);
	int fd = session->maps[index], err;
	struct raw_map raw;
	size_t i;

	session->zeroed[index] = false;
	if (map->is_summed)
		return baseline_take(session, index, true, after_print);
	err = map_read(session, index, &raw);
	if (!err && is_array(map->type)) {
		memset(raw.values, 0, raw.value_size);
		err = bpf_update(fd, raw.keys, raw.values);
	} else if (!err) {
		for (i = 0; i < raw.count; i++)
			map_delete(session, index, raw.keys + i * raw.key_size);
	}
	raw_map_free(&raw);
	return err;
}

/* Zeros but for the mark that says the value is set. */
static void zero_values(const struct object_map *map, struct raw_map *raw)
{
	size_t at;

	if (!map->set_offset) {
		memset(raw->values, 0, raw->count * raw->value_size);
		return;
	}
	for (at = 0; at + map->value_size <= raw->value_size; at += raw->stride)
		memset(raw->values + at, 0, map->set_offset);
}

static bool has_bytes(const struct raw_map *raw)
{
	size_t i;

	for (i = 0; i < raw->value_size; i++)
		if (raw->values[i])
			return true;
	return false;
}

/* A scalar that has a value is shown as 0 at the end of the run, too. */
static int zero_summed(struct session *session, uint32_t index, bool after_print)
{
	struct raw_map raw;
	int err = map_read(session, index, &raw);

	if (!err && is_array(object_map(session, index)->type) && has_bytes(&raw))
		session->zeroed[index] = true;
	raw_map_free(&raw);
	return err ? err : baseline_take(session, index, false, after_print);
}

int map_zero(struct session *session, uint32_t index, bool after_print)
{
	const struct object_map *map = object_map(session, index);
	struct raw_map raw;
	size_t i;
	int err;

	if (map->is_summed)
		return zero_summed(session, index, after_print);
	err = map_read(session, index, &raw);
	if (!err) {
		if (is_array(map->type) && !map->set_offset && has_bytes(&raw))
			session->zeroed[index] = true;
		zero_values(map, &raw);
		for (i = 0; i < raw.count; i++) {
			const char *key = raw.keys + i * raw.key_size;

			err = bpf_update(fd_of_key(session, index, key), key,
					 raw.values + i * raw.value_size);
			if (err)
				break;
		}
	}
	raw_map_free(&raw);
	return err;
}
