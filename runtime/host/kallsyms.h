/*
 * The kernel's list of its symbols.
 */
#ifndef RUNTIME_HOST_KALLSYMS_H
#define RUNTIME_HOST_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Calls back with every symbol of a file like /proc/kallsyms, in its order,
 * until false.  `type` is the letter nm gives it; the name is not
 * NUL-terminated.  0 or -errno.
 */
int kallsyms_each(const char *path,
		  bool (*callback)(void *context, uint64_t address, char type, const char *name,
				   size_t length),
		  void *context);

/* The address of the first symbol of each name; 0: there is none, or its address is hidden. */
int kallsyms_find(const char *path, const char *const *names, size_t count, uint64_t *ret_addresses);

#endif
