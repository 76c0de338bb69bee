/*
 * What keeps programs attached: descriptors, closed together at the end.
 *
 * Closing some of them waits for RCU grace periods of the kernel (30 ms each,
 * one after the other when they are closed in turn), so they are told apart.
 */
#ifndef RUNTIME_LINKS_H
#define RUNTIME_LINKS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"

enum link_kind {
	LINK_QUICK,  /* closes at once */
	LINK_SLOW,   /* waits: as many as there are are closed at the same time */
	LINK_REMAIN, /* waits too, but no program runs any more once the slow ones are closed */
	LINK_KINDS,
};

struct links {
	struct arena *arena;
	VEC(int) fds[LINK_KINDS];
};

void links_init(struct links *links, struct arena *arena);
void links_add(struct links *links, enum link_kind kind, int fd);

/* Events that the kernel could not give to programs, so far. */
uint64_t links_missed(const struct links *links);

/* Afterwards no program runs any more. */
void links_close(struct links *links);

#endif
