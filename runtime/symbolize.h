/*
 * Names for the addresses in values, looked up when they are printed.
 */
#ifndef RUNTIME_SYMBOLIZE_H
#define RUNTIME_SYMBOLIZE_H

#include "base/value.h"
#include "sema/type.h"

struct session;
struct symbolizer;

struct symbolizer *symbolizer_new(void);
void symbolizer_free(struct symbolizer *symbolizer);

/* Begins to follow the processes if the script has addresses of any; after everything is attached. */
void symbolizer_follow(struct session *session);

/* While what the probes have made is there: its names, if the maps may hold addresses of it. */
void symbolizer_before_detaching(struct session *session);

/* Fills in the names of a value that is of this type. */
void symbolize(struct session *session, const struct type *type, struct value *value);

/* A descriptor to wait for, -1: none; and what to do then. */
int symbolizer_fd(const struct symbolizer *symbolizer);
void symbolizer_catch_up(struct symbolizer *symbolizer);

#endif
