/*
 * The ring buffer as the kernel shares it with us: records are handed on where
 * they lie, and the place is given back in large steps.
 */
#include "runtime/drain.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "runtime/bpf.h"
#include "runtime/session_internal.h"
#include "sema/builtin.h"

enum {
	TELL_EVERY = 64 * 1024, /* bytes; telling the kernel how far we are costs it a cache line */
	LOOK_EVERY = 64,	/* records; what one of them takes is little to the time that this costs */
};

int ring_open(struct ring *ring, int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *shared;

	ring->consumer_position = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring->consumer_position == MAP_FAILED)
		return -errno;
	shared = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, (off_t)page);
	if (shared == MAP_FAILED) {
		int err = -errno;

		munmap(ring->consumer_position, page);
		return err;
	}
	ring->producer_position = (const uint64_t *)shared;
	ring->position = ring->told = *ring->consumer_position;
	ring->data = shared + page;
	ring->size = size;
	ring->fd = fd;
	return 0;
}

void ring_close(struct ring *ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (ring->fd < 0)
		return;
	munmap((void *)ring->producer_position, page + 2 * ring->size);
	munmap(ring->consumer_position, page);
	ring->fd = -1;
}

void drain_record(struct session *session, const void *record, size_t size)
{
	const struct object *object = session->object;
	const struct event_header *header = record;
	const struct object_event *event;

	if (size < sizeof(*header) || header->event >= object->events.count)
		return; /* not ours: programs write nothing else */
	event = &object->events.items[header->event];
	event->builtin->handle(&session->consumer, event, header + 1, size - sizeof(*header));
	arena_reset(session->consumer.arena);
}

static void tell(struct ring *ring, uint64_t position)
{
	/* Ordered against the next look at the producer: else a wakeup may be missed. */
	__atomic_store_n(ring->consumer_position, position, __ATOMIC_SEQ_CST);
	ring->told = position;
}

/* Asked after each record; those that print a map or run a command may take long, one by one. */
static bool is_late(struct session *session, size_t count, uint64_t until)
{
	bool looks = session->consumer.took_time || !(count % LOOK_EVERY);

	session->consumer.took_time = false;
	return looks && until != UINT64_MAX && clock_ns(CLOCK_MONOTONIC) >= until;
}

/* One sweep up to where the programs were when it began.  The last record stays untold. */
static size_t sweep(struct session *session, uint64_t until)
{
	struct ring *ring = &session->ring;
	bool flush_each = output_options_of(session->output)->buffering == BUFFER_NONE;
	uint64_t end = __atomic_load_n(ring->producer_position, __ATOMIC_ACQUIRE);
	uint64_t start = ring->told;
	size_t count = 0;
	bool is_over = false;

	while (ring->position < end && !is_over) {
		const char *record = ring->data + (ring->position & (ring->size - 1));
		uint32_t length = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);

		if (length & BPF_RINGBUF_BUSY_BIT)
			break; /* being written: whoever does will wake us */
		start = ring->position;
		if (start - ring->told >= TELL_EVERY)
			tell(ring, start);
		ring->position += ALIGN_UP((length & ~BPF_RINGBUF_DISCARD_BIT) + BPF_RINGBUF_HDR_SZ, 8u);
		if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
			drain_record(session, record + BPF_RINGBUF_HDR_SZ, length);
			is_over = is_late(session, ++count, until);
			if (flush_each && output_flush(session->output))
				session->is_ending = true;
		}
	}
	if (start != ring->told)
		tell(ring, start);
	return count;
}

/* An exit() that found the buffer full, as it was until now. */
static void look_for_exit(struct session *session)
{
	uint32_t i, zero = 0;
	uint64_t word;

	for (i = 0; i < session->object->maps.count; i++)
		if (session->object->maps.items[i].role == OBJECT_MAP_EXIT &&
		    !bpf_lookup(session->maps[i], &zero, &word) && word)
			consumer_exit(&session->consumer, (int)(word - 1));
}

size_t drain_events_quietly(struct session *session, uint64_t until)
{
	size_t total = 0, count;

	if (session->ring.fd < 0)
		return 0;
	/* After exit() no further than this sweep: events may come faster than they are handled, and
	 * the probes are detached first. */
	do {
		count = sweep(session, until);
		total += count;
	} while (count && !session->is_ending && (until == UINT64_MAX || clock_ns(CLOCK_MONOTONIC) < until));
	if (total)
		look_for_exit(session);
	if (total && output_options_of(session->output)->buffering != BUFFER_FULL &&
	    output_flush(session->output))
		session->is_ending = true;
	return total;
}

void drain_catch_up(struct session *session)
{
	if (session->ring.fd >= 0 && session->ring.told != session->ring.position)
		tell(&session->ring, session->ring.position);
}

size_t drain_events(struct session *session)
{
	size_t count = drain_events_quietly(session, UINT64_MAX);

	drain_catch_up(session);
	return count;
}
