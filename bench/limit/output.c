#include "output.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 64 << 10, BATCH = 4096 };

struct writer {
	size_t size;
	char text[BUFFER];
};

static void flush(struct writer *writer)
{
	size_t done = 0;
	ssize_t wrote;

	while (done < writer->size) {
		wrote = write(STDOUT_FILENO, writer->text + done, writer->size - done);
		if (wrote < 0)
			break;
		done += (size_t)wrote;
	}
	writer->size = 0;
}

static void put(struct writer *writer, const char *text, size_t size)
{
	if (writer->size + size > BUFFER)
		flush(writer);
	memcpy(writer->text + writer->size, text, size);
	writer->size += size;
}

static void put_number(struct writer *writer, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	put(writer, digits + at, sizeof(digits) - at);
}

/* As in bodies.bpf.c. */
struct line {
	uint32_t pid;
	char comm[16] __attribute__((aligned(8)));
};

static int print_line(void *context, void *data, size_t size)
{
	struct writer *writer = context;
	const struct line *line = data;

	(void)size;
	put_number(writer, line->pid);
	put(writer, " ", 1);
	put(writer, line->comm, strnlen(line->comm, sizeof(line->comm)));
	put(writer, "\n", 1);
	return 0;
}

int print_lines(int ring, const sigset_t *until)
{
	static struct writer writer;
	struct ring_buffer *buffer = ring_buffer__new(ring, print_line, &writer, NULL);
	const struct timespec pause = { .tv_nsec = 2000000 };

	if (!buffer)
		return 1;
	while (sigtimedwait(until, NULL, &pause) < 0) {
		ring_buffer__consume(buffer);
		flush(&writer);
	}
	ring_buffer__consume(buffer);
	flush(&writer);
	return 0;
}

struct entry {
	uint64_t key, value;
};

static int compare(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;

	if (left->value != right->value)
		return left->value < right->value ? -1 : 1;
	return left->key < right->key ? -1 : left->key > right->key;
}

/* All elements, values added up over the CPUs. */
static struct entry *read_map(int map, size_t *ret_count)
{
	size_t cpus = (size_t)libbpf_num_possible_cpus(), count = 0, room = 0;
	uint64_t *keys = malloc(BATCH * sizeof(*keys)), *values = malloc(BATCH * cpus * sizeof(*values));
	struct entry *entries = NULL;
	uint32_t place, got;
	int err = 0;

	while (!err) {
		got = BATCH;
		err = bpf_map_lookup_batch(map, count ? &place : NULL, &place, keys, values, &got, NULL);
		if (err && err != -ENOENT)
			break;
		if (count + got > room) {
			room = 2 * (count + got);
			entries = realloc(entries, room * sizeof(*entries));
		}
		for (size_t i = 0; i < got; i++, count++) {
			entries[count] = (struct entry){ .key = keys[i] };
			for (size_t cpu = 0; cpu < cpus; cpu++)
				entries[count].value += values[i * cpus + cpu];
		}
	}
	free(keys);
	free(values);
	*ret_count = count;
	return entries;
}

int print_sorted(int map)
{
	static struct writer writer;
	size_t count;
	struct entry *entries = read_map(map, &count);

	if (count)
		qsort(entries, count, sizeof(*entries), compare);
	for (size_t i = 0; i < count; i++) {
		put(&writer, "@[", 2);
		put_number(&writer, entries[i].key);
		put(&writer, "]: ", 3);
		put_number(&writer, entries[i].value);
		put(&writer, "\n", 1);
	}
	flush(&writer);
	free(entries);
	return 0;
}
