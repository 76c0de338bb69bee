/*
 * Names of the kernel's addresses.
 */
#ifndef RUNTIME_KERNEL_SYMBOLS_H
#define RUNTIME_KERNEL_SYMBOLS_H

#include <stdint.h>

struct kernel_symbols;

/* Nothing is read before the first lookup. */
struct kernel_symbols *kernel_symbols_new(void);
void kernel_symbols_free(struct kernel_symbols *symbols);

/*
 * Reads them now: names of what probes have made, which goes with them.  Else
 * that is put off until one is asked for.
 */
void kernel_symbols_read(struct kernel_symbols *symbols);

/* The symbol that an address is in, and how far; NULL: unknown. */
const char *kernel_symbol_at(struct kernel_symbols *symbols, uint64_t address, uint64_t *ret_offset);

/* What went wrong with reading them, told once, or NULL. */
const char *kernel_symbols_trouble(struct kernel_symbols *symbols);

#endif
