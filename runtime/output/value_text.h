/*
 * Pieces of the default text of values, for the formats.
 */
#ifndef RUNTIME_OUTPUT_VALUE_TEXT_H
#define RUNTIME_OUTPUT_VALUE_TEXT_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "base/value.h"

void unsigned_text(uint64_t number, struct strbuf *out);
void signed_text(int64_t number, struct strbuf *out);
void number_text(int64_t number, bool is_signed, struct strbuf *out);
void hex_text(uint64_t number, struct strbuf *out); /* without 0x */

/* A key as it stands between the brackets: the parts of a tuple without parentheses. */
void key_text(const struct value *key, const char *truncation_mark, struct strbuf *out);

/* "@name[key]: value" and a line end. */
struct map_entry;
struct map_listing;
void map_entry_text(const struct map_listing *listing, const struct map_entry *entry,
		    const char *truncation_mark, struct strbuf *out);

#endif
