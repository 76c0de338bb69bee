/*
 * Programs of a run: loaded into the kernel.
 */
#ifndef RUNTIME_PROGRAMS_H
#define RUNTIME_PROGRAMS_H

#include <stdint.h>

struct session;
struct object_attachment;

/* Loads all programs; 0, or -errno after saying which one was refused and why. */
int programs_load(struct session *session);
void programs_close(struct session *session);

/* Loads a program anew for another way to attach it; the descriptor or -errno. */
int program_load_as(struct session *session, uint32_t program, uint32_t prog_type,
		    uint32_t attach_type);

#endif
