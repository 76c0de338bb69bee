/*
 * Numbers and strings as written: what their text stands for.
 *
 * Also used for parameters, config values and parts of attach points, which
 * allow a little more than the script itself.
 */
#ifndef LEXER_LITERAL_H
#define LEXER_LITERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* id, text for a message */
#define LITERAL_STATUSES(X) \
	X(OK,		"fine") \
	X(EMPTY,	"there are no digits") \
	X(TRAILING,	"the digits are followed by something that is no suffix") \
	X(OCTAL_DIGIT,	"octal numbers, those that begin with 0, have only the digits 0 to 7") \
	X(BINARY,	"binary numbers are not understood here, write them in hexadecimal (0x...)") \
	X(UNDERSCORE,	"'_' may only stand between two digits") \
	X(SUFFIX,	"a suffix is one of u, l, ul, ll, ull or a unit of time: ns, us, ms, s, m, h, d") \
	X(HEX_SUFFIX,	"a hexadecimal number takes no suffix") \
	X(COEFFICIENT,	"before the 'e' of an exponent stands one digit from 1 to 9") \
	X(EXPONENT,	"after the 'e' of an exponent stand digits, without a leading 0") \
	X(OVERFLOW,	"too large, the maximum value is 18446744073709551615") \
	X(NEGATIVE_OVERFLOW, "too small, the minimum value is -9223372036854775808") \
	X(UNSIGNED_RANGE, "with the suffix u the maximum value is 4294967295 (ul has no such limit)")

enum literal_status {
#define X(id, text) LITERAL_##id,
	LITERAL_STATUSES(X)
#undef X
};

enum {
	LITERAL_ALLOW_BINARY = 1, /* 0b101 */
	LITERAL_ALLOW_SIGN = 2,	  /* a leading '-' */
};

struct literal_number {
	uint64_t value;	  /* negative numbers: the int64 */
	bool is_unsigned; /* has a 'u' suffix or needs 64 unsigned bits */
	bool is_duration; /* has a unit of time: value is in ns */
	bool is_negative;
};

/* All of the text has to be the number. */
enum literal_status literal_parse_number(const char *text, size_t length, unsigned flags,
					 struct literal_number *ret_number);
const char *literal_status_text(enum literal_status status);

/*
 * Reads the escape sequence at `text`, which begins with the backslash, writes
 * its byte, and returns the sequence's length.  0: there is no such escape;
 * *ret_length is then how much text to blame.
 */
size_t literal_parse_escape(const char *text, size_t length, char *ret_byte, size_t *ret_length);

#endif
