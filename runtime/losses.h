/*
 * What was lost or went wrong during a run, counted where it happened.
 */
#ifndef RUNTIME_LOSSES_H
#define RUNTIME_LOSSES_H

#include <stdbool.h>

struct session;

/* Tells them all; true if there was a loss of data. */
bool losses_report(struct session *session);

#endif
