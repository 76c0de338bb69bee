/*
 * Text as JSON, for output and for diagnostics.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>

#include "base/strbuf.h"

/* Quoted and escaped.  UTF-8 stays as it is; a byte that is none becomes the character of its number. */
void json_string(const char *bytes, size_t length, struct strbuf *out);

/* Bytes of the UTF-8 character at `bytes`; 0: there is none. */
size_t utf8_length(const char *bytes, size_t left);

#endif
