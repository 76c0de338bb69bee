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
	uint64_t *consumer_position; /* how far we have read */
	const uint64_t *producer_position;
	const char *data; /* mapped twice in a row, so that no record is split */
};

int ring_open(struct ring *ring, int fd, size_t size);
void ring_close(struct ring *ring);

/*
 * Hands every record that is there to its builtin, and flushes the output
 * after them.  Gives their number.  Stops early after about `limit` records.
 */
size_t drain_events(struct session *session, size_t limit);

#endif
