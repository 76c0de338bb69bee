/*
 * The time of day in a program.
 */
#ifndef STDLIB_CLOCK_H
#define STDLIB_CLOCK_H

#include "codegen/lower.h"

/* ns since 1970: the boot clock and a difference measured when the run started. */
struct val emit_sw_tai(struct codegen *cg);

#endif
