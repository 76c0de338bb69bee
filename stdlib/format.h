/*
 * Format strings: read once by the compiler, applied by the runtime to every
 * event (stdlib.md 4.1).
 */
#ifndef STDLIB_FORMAT_H
#define STDLIB_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/vec.h"

enum conversion_kind {
	CONVERSION_SIGNED,
	CONVERSION_UNSIGNED,
	CONVERSION_HEX,
	CONVERSION_HEX_UPPER,
	CONVERSION_OCTAL,
	CONVERSION_CHARACTER,
	CONVERSION_POINTER,
	CONVERSION_STRING,
	CONVERSION_BYTES,	 /* %r: as characters where they are printable */
	CONVERSION_BYTES_ESCAPED, /* %rx */
	CONVERSION_BYTES_HEX,	 /* %rh */
	CONVERSION_ALLOCATION,	 /* %gr */
	CONVERSION_NONE,	 /* %e and the like: no such conversion here */
};

struct conversion {
	enum conversion_kind kind;
	const char *text; /* as written, for messages */
	size_t length;
	bool left, plus, blank, alternate, zero;
	bool has_precision;
	uint32_t width, precision;
	uint32_t bits; /* that the value is cut to */
};

/* Text as it stands, then maybe a conversion. */
struct format_piece {
	const char *text;
	size_t length;
	bool has_conversion;
	struct conversion conversion;
};

struct format {
	VEC(struct format_piece) pieces;
	size_t conversion_count;
};

struct format *format_parse(struct arena *arena, const char *text, size_t length);

/* Does the conversion take an integer? */
bool conversion_is_number(enum conversion_kind kind);

/* Appends a number, converted. */
void format_number(const struct conversion *conversion, uint64_t number, struct strbuf *out);

/* Appends text in the width and precision of %s. */
void format_text(const struct conversion *conversion, const char *text, size_t length,
		 struct strbuf *out);

/* Appends bytes as %r, %rx or %rh wants them. */
void format_bytes(const struct conversion *conversion, const void *bytes, size_t length,
		  struct strbuf *out);

#endif
