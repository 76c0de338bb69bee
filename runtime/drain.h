/*
 * Reader of the ring buffer that programs send events through.
 */
#ifndef RUNTIME_DRAIN_H
#define RUNTIME_DRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;

struct ring {
	int fd; /* -1: the script sends nothing */
	size_t size;
	uint64_t position; /* how far we have read */
	uint64_t told;	   /* and how far of it the kernel knows */
	uint64_t *consumer_position;
	const uint64_t *producer_position;
	const char *data; /* mapped twice in a row, so that no record is split */
};

int ring_open(struct ring *ring, int fd, size_t size);
void ring_close(struct ring *ring);

/* Hands every record that is there to its builtin, and flushes the output after them.  Gives their number. */
size_t drain_events(struct session *session);

/*
 * The same for a reader that will look again by itself: programs do not wake
 * it, because to the kernel the last record is unread until drain_catch_up().
 * Stops soon after the time `until` (CLOCK_MONOTONIC, ns), whatever is still there.
 */
size_t drain_events_quietly(struct session *session, uint64_t until);
void drain_catch_up(struct session *session);

/* Hands one record to its builtin: a header and what follows it. */
void drain_record(struct session *session, const void *record, size_t size);

#endif
