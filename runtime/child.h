/*
 * The process that -c starts: it waits until everything is attached.
 */
#ifndef RUNTIME_CHILD_H
#define RUNTIME_CHILD_H

struct session;

/* 0 or -errno after saying why there is no child. */
int child_prepare(struct session *session, const char *command);
void child_start(struct session *session);

/* The script ended first: the child is told to. */
void child_end(struct session *session);

/* A descriptor that becomes readable when a process ends, or -errno. */
int watch_process(int pid);

#endif
