/*
 * --follow: programs end at once for processes that are not of the tree that
 * is traced.
 */
#ifndef CODEGEN_FOLLOW_H
#define CODEGEN_FOLLOW_H

#include "codegen/lower.h"

/* The map of the processes, if they are to be followed; before programs are made. */
void follow_init(struct codegen *cg);

/* Jumps to cg->leave where the current process is none of them. */
void emit_follow_filter(struct codegen *cg);

/* The bodies of the two programs that keep the map true. */
void emit_follow_fork(struct codegen *cg);
void emit_follow_free(struct codegen *cg);

#endif
