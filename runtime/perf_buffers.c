/*
 * Buffers of perf events.  What lies in them at one time is put in order by its
 * time stamps, since what it tells of wanders from one CPU to another.
 */
#include "runtime/perf_buffers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/vec.h"
#include "runtime/host/host.h"

enum { CPUS_MAX = 4096, PAGES_LEAST = 8 };

struct buffer {
	int fd;
	uint32_t cpu;
	struct perf_event_mmap_page *page;
	const char *data;
	size_t size;
};

struct perf_buffers {
	int epoll;
	struct arena *arena; /* of one drain */
	struct buffer *items;
	size_t count;
};

/* A record copied out of its buffer. */
struct pending {
	uint64_t time;
	size_t number; /* in the order of reading, for equal times */
	const struct perf_event_header *header;
};

VEC_STRUCT(pending_vec, struct pending);

static int open_event(const struct perf_event_attr *wanted, uint32_t cpu, size_t bytes)
{
	struct perf_event_attr attr = *wanted;
	int fd;

	attr.size = sizeof(attr);
	attr.sample_type |= PERF_SAMPLE_TIME;
	attr.sample_id_all = 1;
	if (attr.watermark)
		attr.wakeup_watermark = (uint32_t)(bytes / 2);
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_buffer(struct buffer *buffer, const struct perf_event_attr *attr, size_t wanted)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages, least = MIN(wanted, (size_t)PAGES_LEAST);
	void *shared;

	for (pages = wanted; pages >= least; pages /= 2) {
		buffer->fd = open_event(attr, buffer->cpu, pages * page);
		if (buffer->fd < 0)
			return buffer->fd;
		shared = mmap(NULL, (1 + pages) * page, PROT_READ | PROT_WRITE, MAP_SHARED,
			      buffer->fd, 0);
		if (shared != MAP_FAILED) {
			buffer->page = shared;
			buffer->data = (const char *)shared + page;
			buffer->size = pages * page;
			return 0;
		}
		close(buffer->fd);
	}
	return -EPERM;
}

static int open_all(struct perf_buffers *buffers, const struct perf_event_attr *attr, size_t pages)
{
	uint32_t *cpus = arena_new_array(buffers->arena, uint32_t, CPUS_MAX);
	unsigned count = online_cpus(cpus, CPUS_MAX), i;
	int err;

	buffers->items = calloc(count, sizeof(*buffers->items));
	if (!buffers->items)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct epoll_event interest = { .events = EPOLLIN };

		buffers->items[i].cpu = cpus[i];
		err = open_buffer(&buffers->items[i], attr, pages);
		if (err)
			return err;
		buffers->count++;
		if (epoll_ctl(buffers->epoll, EPOLL_CTL_ADD, buffers->items[i].fd, &interest) < 0)
			return -errno;
	}
	return 0;
}

int perf_buffers_open(const struct perf_event_attr *attr, size_t pages,
		      struct perf_buffers **ret_buffers)
{
	struct perf_buffers *buffers = calloc(1, sizeof(*buffers));
	int err;

	if (!buffers)
		return -ENOMEM;
	buffers->arena = arena_new();
	buffers->epoll = epoll_create1(EPOLL_CLOEXEC);
	err = buffers->epoll < 0 ? -errno : open_all(buffers, attr, pages);
	if (err) {
		perf_buffers_close(buffers);
		return err;
	}
	*ret_buffers = buffers;
	return 0;
}

void perf_buffers_close(struct perf_buffers *buffers)
{
	size_t i;

	if (!buffers)
		return;
	for (i = 0; i < buffers->count; i++) {
		munmap(buffers->items[i].page,
		       buffers->items[i].size + (size_t)sysconf(_SC_PAGESIZE));
		close(buffers->items[i].fd);
	}
	if (buffers->epoll >= 0)
		close(buffers->epoll);
	free(buffers->items);
	arena_free(buffers->arena);
	free(buffers);
}

int perf_buffers_fd(const struct perf_buffers *buffers)
{
	return buffers->epoll;
}

int perf_buffers_event(const struct perf_buffers *buffers, size_t index, uint32_t *ret_cpu)
{
	if (index >= buffers->count)
		return -1;
	*ret_cpu = buffers->items[index].cpu;
	return buffers->items[index].fd;
}

/* --- reading ---------------------------------------------------------------------- */

/* A record may go round the end of the buffer. */
static void copy_out(const struct buffer *buffer, uint64_t position, void *to, size_t size)
{
	size_t at = (size_t)(position % buffer->size), first = MIN(size, buffer->size - at);

	memcpy(to, buffer->data + at, first);
	memcpy((char *)to + first, buffer->data, size - first);
}

/* Samples have their time in front, where nothing but it and raw data is asked for; others at the end. */
static uint64_t time_of(const struct buffer *buffer, uint64_t position,
			const struct perf_event_header *header)
{
	uint64_t time;

	position += header->type == PERF_RECORD_SAMPLE ? sizeof(*header) : header->size - sizeof(time);
	copy_out(buffer, position, &time, sizeof(time));
	return time;
}

static void take_records(struct perf_buffers *buffers, struct buffer *buffer, uint64_t until,
			 struct pending_vec *records)
{
	uint64_t end = __atomic_load_n(&buffer->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t position = buffer->page->data_tail;

	while (position < end) {
		struct perf_event_header header;
		struct pending record;
		char *bytes;

		copy_out(buffer, position, &header, sizeof(header));
		if (header.size < sizeof(header) + sizeof(uint64_t)) {
			position = end; /* none of the kernel's is that short */
			break;
		}
		record.time = time_of(buffer, position, &header);
		if (record.time > until)
			break;
		bytes = arena_alloc(buffers->arena, header.size + 1u);
		copy_out(buffer, position, bytes, header.size);
		record.number = records->count;
		record.header = (const struct perf_event_header *)bytes;
		vec_push(buffers->arena, records, record);
		position += header.size;
	}
	__atomic_store_n(&buffer->page->data_tail, position, __ATOMIC_RELEASE);
}

static int compare_times(const void *a, const void *b)
{
	const struct pending *left = a, *right = b;

	if (left->time != right->time)
		return left->time < right->time ? -1 : 1;
	return left->number < right->number ? -1 : 1;
}

size_t perf_buffers_drain(struct perf_buffers *buffers, uint64_t until, perf_record_handler *handler,
			  void *context)
{
	struct pending_vec records = { 0 };
	size_t i, count;

	for (i = 0; i < buffers->count; i++)
		take_records(buffers, &buffers->items[i], until, &records);
	if (records.count)
		qsort(records.items, records.count, sizeof(*records.items), compare_times);
	for (i = 0; i < records.count; i++)
		handler(context, records.items[i].header, records.items[i].time);
	count = records.count;
	arena_reset(buffers->arena);
	return count;
}
