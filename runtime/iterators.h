/*
 * Running iter probes.
 */
#ifndef RUNTIME_ITERATORS_H
#define RUNTIME_ITERATORS_H

struct session;

/* Runs all of them, one after the other; 0 or -errno after saying what failed. */
int iterators_run(struct session *session);

#endif
