/*
 * The kernel's records of mappings, forks and exits: of every process, in one
 * buffer for each CPU, through a perf event that counts nothing.
 *
 * What lies in the buffers at one time is put in order by its time stamps,
 * since a process wanders from one CPU to another.
 */
#include "runtime/mapping_events.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/vec.h"
#include "runtime/host/host.h"
#include "runtime/mappings.h"

enum { CPUS_MAX = 4096, PAGES_MOST = 64, PAGES_LEAST = 8 };

struct buffer {
	int fd;
	struct perf_event_mmap_page *page;
	const char *data;
	size_t size;
};

struct mapping_events {
	struct mappings *mappings;
	int epoll;
	uint64_t lost;
	struct arena *arena; /* of one drain */
	struct buffer *buffers;
	size_t count;
};

/* What the kernel writes; a time stamp ends each record. */
struct mmap_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t address, length, offset;
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t protection, flags;
	char path[];
};

struct task_record {
	struct perf_event_header header;
	uint32_t pid, parent, tid, parent_tid;
	uint64_t time;
};

struct lost_record {
	struct perf_event_header header;
	uint64_t id, lost;
};

/* A record copied out of its buffer. */
struct pending {
	uint64_t time;
	const struct perf_event_header *header;
};

VEC_STRUCT(pending_vec, struct pending);

static int open_event(uint32_t cpu, size_t bytes)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TIME, .sample_id_all = 1, .mmap = 1, .mmap2 = 1,
		.task = 1, .exclude_kernel = 1, .watermark = 1,
		.wakeup_watermark = (uint32_t)(bytes / 2), .use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Fewer pages where the limit for locked memory is low. */
static int open_buffer(struct buffer *buffer, uint32_t cpu)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages;
	void *shared;

	for (pages = PAGES_MOST; pages >= PAGES_LEAST; pages /= 2) {
		buffer->fd = open_event(cpu, pages * page);
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

static int open_buffers(struct mapping_events *events)
{
	uint32_t *cpus = arena_new_array(events->arena, uint32_t, CPUS_MAX);
	unsigned count = online_cpus(cpus, CPUS_MAX), i;
	int err;

	events->buffers = calloc(count, sizeof(*events->buffers));
	if (!events->buffers)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct epoll_event interest = { .events = EPOLLIN };

		err = open_buffer(&events->buffers[i], cpus[i]);
		if (err)
			return err;
		events->count++;
		if (epoll_ctl(events->epoll, EPOLL_CTL_ADD, events->buffers[i].fd, &interest) < 0)
			return -errno;
	}
	return 0;
}

int mapping_events_open(struct mappings *mappings, struct mapping_events **ret_events)
{
	struct mapping_events *events = calloc(1, sizeof(*events));
	int err;

	if (!events)
		return -ENOMEM;
	events->mappings = mappings;
	events->arena = arena_new();
	events->epoll = epoll_create1(EPOLL_CLOEXEC);
	err = events->epoll < 0 ? -errno : open_buffers(events);
	if (err) {
		mapping_events_close(events);
		return err;
	}
	*ret_events = events;
	return 0;
}

void mapping_events_close(struct mapping_events *events)
{
	size_t i;

	if (!events)
		return;
	for (i = 0; i < events->count; i++) {
		munmap(events->buffers[i].page,
		       events->buffers[i].size + (size_t)sysconf(_SC_PAGESIZE));
		close(events->buffers[i].fd);
	}
	if (events->epoll >= 0)
		close(events->epoll);
	free(events->buffers);
	arena_free(events->arena);
	free(events);
}

int mapping_events_fd(const struct mapping_events *events)
{
	return events->epoll;
}

uint64_t mapping_events_lost(const struct mapping_events *events)
{
	return events->lost;
}

/* --- reading ---------------------------------------------------------------------- */

/* A record may go round the end of the buffer. */
static void copy_out(const struct buffer *buffer, uint64_t position, void *to, size_t size)
{
	size_t at = (size_t)(position % buffer->size), first = MIN(size, buffer->size - at);

	memcpy(to, buffer->data + at, first);
	memcpy((char *)to + first, buffer->data, size - first);
}

static void take_records(struct mapping_events *events, struct buffer *buffer,
			 struct pending_vec *records)
{
	uint64_t end = __atomic_load_n(&buffer->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t position = buffer->page->data_tail;

	while (position < end) {
		struct perf_event_header header;
		struct pending record;
		char *bytes;

		copy_out(buffer, position, &header, sizeof(header));
		if (header.size < sizeof(header) + sizeof(uint64_t))
			break; /* none of the kernel's is that short */
		/* One more byte: a path ends in any case. */
		bytes = arena_alloc(events->arena, header.size + 1u);
		copy_out(buffer, position, bytes, header.size);
		record.header = (const struct perf_event_header *)bytes;
		memcpy(&record.time, bytes + header.size - sizeof(uint64_t), sizeof(uint64_t));
		vec_push(events->arena, records, record);
		position += header.size;
	}
	__atomic_store_n(&buffer->page->data_tail, end, __ATOMIC_RELEASE);
}

static int compare_times(const void *a, const void *b)
{
	const struct pending *left = a, *right = b;

	return left->time < right->time ? -1 : left->time > right->time;
}

static void apply(struct mapping_events *events, const struct perf_event_header *header)
{
	const struct task_record *task = (const struct task_record *)header;
	const struct mmap_record *map = (const struct mmap_record *)header;

	switch (header->type) {
	case PERF_RECORD_MMAP2:
		mappings_add(events->mappings, map->pid, map->address, map->length, map->offset,
			     map->path, map->inode);
		break;
	case PERF_RECORD_FORK:
		if (task->pid != task->parent) /* else a thread */
			mappings_fork(events->mappings, task->parent, task->pid);
		break;
	case PERF_RECORD_EXIT:
		if (task->pid == task->tid)
			mappings_exit(events->mappings, task->pid);
		break;
	case PERF_RECORD_LOST:
		events->lost += ((const struct lost_record *)header)->lost;
		break;
	default: /* the kernel's numbers, not ours: others say nothing of mappings */
		break;
	}
}

void mapping_events_drain(struct mapping_events *events)
{
	struct pending_vec records = { 0 };
	size_t i;

	for (i = 0; i < events->count; i++)
		take_records(events, &events->buffers[i], &records);
	if (records.count)
		qsort(records.items, records.count, sizeof(*records.items), compare_times);
	for (i = 0; i < records.count; i++)
		apply(events, records.items[i].header);
	arena_reset(events->arena);
}
