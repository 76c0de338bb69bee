/*
 * The symbols of one file, by address.
 */
#ifndef SYMBOLS_SYMBOL_TABLE_H
#define SYMBOLS_SYMBOL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/symbol_protocol.h"

struct symbol_table;
struct binary;

/* One without symbols when the file cannot be read.  `binary`: the same file; NULL: it could not be
 * opened as one.  NULL: out of memory. */
struct symbol_table *symbol_table_read(enum symbol_file_kind kind, const char *path,
				       struct binary *binary);
void symbol_table_free(struct symbol_table *table);

/* The symbol at a place of the file, as the file names it, and how far in; NULL: none. */
const char *symbol_table_find(const struct symbol_table *table, uint64_t place,
			      uint64_t *ret_offset);

#endif
