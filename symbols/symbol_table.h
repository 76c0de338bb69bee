/*
 * The symbols of one file, by address.
 */
#ifndef SYMBOLS_SYMBOL_TABLE_H
#define SYMBOLS_SYMBOL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/symbol_protocol.h"

struct symbol_table;

/* One without symbols when the file cannot be read.  NULL: out of memory. */
struct symbol_table *symbol_table_read(enum symbol_file_kind kind, const char *path);
void symbol_table_free(struct symbol_table *table);

/* The symbol at a place of the file, as the file names it, and how far in; NULL: none. */
const char *symbol_table_find(const struct symbol_table *table, uint64_t place,
			      uint64_t *ret_offset);

#endif
