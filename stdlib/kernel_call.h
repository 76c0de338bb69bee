/*
 * Functions of the kernel that programs may call: which, and from where.
 */
#ifndef STDLIB_KERNEL_CALL_H
#define STDLIB_KERNEL_CALL_H

#include <stdbool.h>
#include <stdint.h>

struct instance;
struct program;

/* Its number in the kernel's BTF; 0: the kernel has none of that name. */
uint32_t kernel_function_id(struct program *program, const char *name);

/* May the probe's programs call it? */
bool kernel_function_allowed(const struct program *program, const struct instance *instance,
			     uint32_t id);

#endif
