/*
 * Keys of maps as names of members.
 */
#ifndef RUNTIME_OUTPUT_COMPACT_TEXT_H
#define RUNTIME_OUTPUT_COMPACT_TEXT_H

#include "base/strbuf.h"
#include "base/value.h"

/*
 * The text of a key without the blanks between its parts, and without the
 * parentheses around it all.  Those in a string stay, or two keys would have
 * one name.
 */
void compact_key_text(const struct value *key, const char *mark, struct strbuf *out);

#endif
