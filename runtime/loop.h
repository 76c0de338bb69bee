/*
 * Waiting for what happens during a run.
 */
#ifndef RUNTIME_LOOP_H
#define RUNTIME_LOOP_H

struct session;

/* From now on SIGINT and SIGTERM end the run in order. */
int loop_catch_signals(int *ret_fd);

/* A second signal ends the process as it would any other. */
void loop_release_signals(int fd);

/* Handles events until the run is to end: exit(), a signal, the end of the process watched. */
void loop_run(struct session *session, int signals);

#endif
