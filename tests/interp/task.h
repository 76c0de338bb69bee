/*
 * Structures of the kernel, laid out as the target's BTF tells.
 */
#ifndef TESTS_INTERP_TASK_H
#define TESTS_INTERP_TASK_H

#include <stdint.h>

#include "tests/interp/kernel.h"

/* A task_struct with a parent, credentials and a file it runs; its address, 0 without BTF. */
uint64_t task_new(struct kernel *kernel, const struct happening *happening);

#endif
