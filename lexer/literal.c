/*
 * Number forms (language.md 1.1): decimal, octal and hexadecimal with digit
 * groups, D e N, then a suffix of C or a unit of time.
 */
#include "lexer/literal.h"

#include <string.h>
#include <strings.h>

#include "base/compiler.h"

static const char *const status_texts[] = {
#define X(id, text) text,
	LITERAL_STATUSES(X)
#undef X
};

const char *literal_status_text(enum literal_status status)
{
	return status_texts[status];
}

static const struct {
	const char *text;
	uint64_t ns; /* 0: a suffix of C */
	bool is_unsigned;
	bool is_narrow;
} suffixes[] = {
	{ "u", 0, true, true },
	{ "l", 0, false, false },
	{ "ll", 0, false, false },
	{ "ul", 0, true, false },
	{ "ull", 0, true, false },
	{ "ns", 1, false, false },
	{ "us", 1000, false, false },
	{ "ms", 1000 * 1000, false, false },
	{ "s", 1000 * 1000 * 1000, false, false },
	{ "m", 60ull * 1000 * 1000 * 1000, false, false },
	{ "h", 3600ull * 1000 * 1000 * 1000, false, false },
	{ "d", 86400ull * 1000 * 1000 * 1000, false, false },
};

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

struct reader {
	const char *next, *end;
};

/* Digits and '_' between them. */
static enum literal_status read_digits(struct reader *reader, unsigned radix, uint64_t *ret_value)
{
	uint64_t value = 0;
	bool overflow = false, digit_last = false;
	const char *start = reader->next;

	for (; reader->next < reader->end; reader->next++) {
		unsigned digit = (unsigned)digit_value(*reader->next);

		if (*reader->next == '_') {
			if (reader->next == start)
				return LITERAL_UNDERSCORE;
			digit_last = false;
			continue;
		}
		if (digit >= radix)
			break;
		digit_last = true;
		overflow |= __builtin_mul_overflow(value, radix, &value);
		overflow |= __builtin_add_overflow(value, digit, &value);
	}
	if (reader->next == start)
		return LITERAL_EMPTY;
	if (!digit_last)
		return LITERAL_UNDERSCORE;
	*ret_value = value;
	return overflow ? LITERAL_OVERFLOW : LITERAL_OK;
}

/* What follows the 'e' of 2e6. */
static enum literal_status read_exponent(struct reader *reader, uint64_t *value)
{
	uint64_t exponent = 0;
	const char *start = reader->next;

	for (; reader->next < reader->end; reader->next++) {
		unsigned digit = (unsigned)digit_value(*reader->next);

		if (digit > 9)
			break;
		exponent = exponent > 100 ? exponent : exponent * 10 + digit;
	}
	if (reader->next == start || *start == '0')
		return LITERAL_EXPONENT;
	for (; exponent; exponent--)
		if (__builtin_mul_overflow(*value, (uint64_t)10, value))
			return LITERAL_OVERFLOW;
	return LITERAL_OK;
}

static enum literal_status read_suffix(struct reader *reader, struct literal_number *number)
{
	size_t length = (size_t)(reader->end - reader->next), i;

	if (!length)
		return LITERAL_OK;
	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (strlen(suffixes[i].text) != length ||
		    (suffixes[i].ns ? memcmp(suffixes[i].text, reader->next, length)
				    : strncasecmp(suffixes[i].text, reader->next, length)))
			continue;
		number->is_unsigned = suffixes[i].is_unsigned;
		if (suffixes[i].is_narrow && number->value > UINT32_MAX)
			return LITERAL_UNSIGNED_RANGE;
		if (!suffixes[i].ns)
			return LITERAL_OK;
		number->is_duration = true;
		return __builtin_mul_overflow(number->value, suffixes[i].ns, &number->value)
			       ? LITERAL_OVERFLOW
			       : LITERAL_OK;
	}
	return LITERAL_SUFFIX;
}

static enum literal_status read_decimal(struct reader *reader, struct literal_number *number)
{
	const char *start = reader->next;
	bool octal = reader->end - start > 1 && start[0] == '0' &&
		     (digit_value(start[1]) < 10 || start[1] == '_');
	enum literal_status status = read_digits(reader, octal ? 8 : 10, &number->value);

	if (status != LITERAL_OK)
		return status;
	if (reader->next < reader->end && octal && digit_value(*reader->next) < 10)
		return LITERAL_OCTAL_DIGIT;
	if (reader->next < reader->end && (*reader->next == 'e' || *reader->next == 'E')) {
		if (reader->next != start + 1 || *start == '0')
			return LITERAL_COEFFICIENT;
		reader->next++;
		status = read_exponent(reader, &number->value);
		if (status != LITERAL_OK)
			return status;
	}
	return read_suffix(reader, number);
}

static enum literal_status read_unsigned(struct reader *reader, unsigned flags,
					 struct literal_number *number)
{
	enum literal_status status;
	bool prefixed = reader->end - reader->next > 1 && reader->next[0] == '0';
	char letter = prefixed ? reader->next[1] | 0x20 : 0;

	if (letter == 'x') {
		reader->next += 2;
		status = read_digits(reader, 16, &number->value);
		if (status == LITERAL_OK && reader->next < reader->end)
			return LITERAL_HEX_SUFFIX;
		return status;
	}
	if (letter == 'b') {
		if (!(flags & LITERAL_ALLOW_BINARY))
			return LITERAL_BINARY;
		reader->next += 2;
		status = read_digits(reader, 2, &number->value);
		if (status == LITERAL_OK && reader->next < reader->end)
			return LITERAL_TRAILING;
		return status;
	}
	return read_decimal(reader, number);
}

enum literal_status literal_parse_number(const char *text, size_t length, unsigned flags,
					 struct literal_number *ret_number)
{
	struct reader reader = { text, text + length };
	struct literal_number number = { 0 };
	enum literal_status status;

	if (length && *text == '-' && (flags & LITERAL_ALLOW_SIGN)) {
		number.is_negative = true;
		reader.next++;
	}
	status = read_unsigned(&reader, flags, &number);
	if (status != LITERAL_OK)
		return status;
	if (number.value > INT64_MAX)
		number.is_unsigned = true;
	if (number.is_negative) {
		if (number.value > (uint64_t)INT64_MAX + 1)
			return LITERAL_NEGATIVE_OVERFLOW;
		number.is_negative = number.value != 0;
		number.is_unsigned = false;
		number.value = -number.value;
	}
	*ret_number = number;
	return LITERAL_OK;
}

/* Up to `max` digits after the first `skip` bytes. */
static size_t parse_digits_escape(const char *text, size_t length, size_t skip, size_t max,
				  unsigned radix, char *ret_byte, size_t *ret_length)
{
	unsigned value = 0;
	size_t i = skip;

	for (; i < length && i < skip + max && (unsigned)digit_value(text[i]) < radix; i++)
		value = value * radix + (unsigned)digit_value(text[i]);
	*ret_length = i;
	if (i == skip || value > 255)
		return 0;
	*ret_byte = (char)value;
	return i;
}

size_t literal_parse_escape(const char *text, size_t length, char *ret_byte, size_t *ret_length)
{
	static const char letters[] = "ntr\"\\", bytes[] = "\n\t\r\"\\";
	const char *found;

	*ret_length = MIN(length, (size_t)2);
	if (length < 2)
		return 0;
	if (text[1] == 'x' || text[1] == 'X')
		return parse_digits_escape(text, length, 2, 2, 16, ret_byte, ret_length);
	if (text[1] >= '0' && text[1] <= '7')
		return parse_digits_escape(text, length, 1, 3, 8, ret_byte, ret_length);
	found = text[1] ? strchr(letters, text[1]) : NULL;
	if (!found)
		return 0;
	*ret_byte = bytes[found - letters];
	return 2;
}
