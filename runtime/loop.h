/*
 * Waiting for what happens during a run.
 */
#ifndef RUNTIME_LOOP_H
#define RUNTIME_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct session;

/* From now on SIGINT and SIGTERM end the run in order. */
int loop_catch_signals(struct session *session);

/* Has one come since? */
bool loop_is_interrupted(void);

/* A second signal ends the process as it would any other. */
void loop_release_signals(struct session *session);

/* A descriptor that is readable after this time; -1 for 0, never. */
int loop_start_timer(uint64_t ns, int *ret_fd);

/* Handles events until the run is to end: exit(), a signal, its time, the end of the process watched. */
void loop_run(struct session *session);

#endif
