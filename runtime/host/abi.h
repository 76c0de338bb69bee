/*
 * Constants of the kernel's ABI.
 */
#ifndef RUNTIME_HOST_ABI_H
#define RUNTIME_HOST_ABI_H

#include <stdbool.h>
#include <stdint.h>

/* False: none of that name is listed. */
bool abi_constant(const char *name, int64_t *ret_value);

#endif
