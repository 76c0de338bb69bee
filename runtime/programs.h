/*
 * Programs of a run: loaded into the kernel.
 */
#ifndef RUNTIME_PROGRAMS_H
#define RUNTIME_PROGRAMS_H

#include <stdint.h>

struct session;
struct mechanism;

/* Loads all programs; 0, or -errno after saying which one was refused and why. */
int programs_load(struct session *session);
void programs_close(struct session *session);

/* Loads a program for another way to attach it (NULL: its own); the descriptor or -errno. */
int program_load_as(struct session *session, uint32_t program, const struct mechanism *mechanism);

#endif
