/*
 * The kernel's records of mappings, forks and exits: of every process, through
 * perf events that count nothing.
 */
#include "runtime/mapping_events.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/compiler.h"
#include "runtime/mappings.h"
#include "runtime/perf_buffers.h"

enum { PAGES = 64 };

struct mapping_events {
	struct mappings *mappings;
	struct perf_buffers *buffers;
	uint64_t lost;
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

int mapping_events_open(struct mappings *mappings, struct mapping_events **ret_events)
{
	const struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_DUMMY, .mmap = 1, .mmap2 = 1,
		.task = 1, .exclude_kernel = 1, .watermark = 1, .use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	struct mapping_events *events = calloc(1, sizeof(*events));
	int err;

	if (!events)
		return -ENOMEM;
	events->mappings = mappings;
	err = perf_buffers_open(&attr, PAGES, &events->buffers);
	if (err) {
		mapping_events_close(events);
		return err;
	}
	*ret_events = events;
	return 0;
}

void mapping_events_close(struct mapping_events *events)
{
	if (events)
		perf_buffers_close(events->buffers);
	free(events);
}

int mapping_events_fd(const struct mapping_events *events)
{
	return perf_buffers_fd(events->buffers);
}

uint64_t mapping_events_lost(const struct mapping_events *events)
{
	return events->lost;
}

static void apply(void *context, const struct perf_event_header *header, uint64_t time UNUSED)
{
	struct mapping_events *events = context;
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
	perf_buffers_drain(events->buffers, UINT64_MAX, apply, events);
}
