/*
 * --follow: the process of -p or -c, and what it starts.
 */
#ifndef RUNTIME_FOLLOW_H
#define RUNTIME_FOLLOW_H

#include <stdbool.h>

struct session;

/* Before probes are attached: names the first processes and has the kernel add to them.  0, or
 * -errno after saying what failed. */
int follow_start(struct session *session);

/* The process that was watched has ended: is there another of the tree?  Then it is watched. */
bool follow_next(struct session *session);

#endif
