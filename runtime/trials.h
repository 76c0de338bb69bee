/*
 * --test and --bench: runs the probes of those types and reports.
 */
#ifndef RUNTIME_TRIALS_H
#define RUNTIME_TRIALS_H

struct session;

/* Runs them; gives the exit status. */
int trials_run(struct session *session);

#endif
