/*
 * Running iter probes.
 */
#ifndef RUNTIME_ITERATORS_H
#define RUNTIME_ITERATORS_H

struct session;

/* Pins those that have a name and runs all others, one after the other; 0 or -errno after saying what failed. */
int iterators_run(struct session *session);

#endif
