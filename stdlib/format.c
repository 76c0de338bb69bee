/*
 * Reading format strings.
 *
 *	conversion = '%' ['-'] ['+'] [' '] ['#'] ['0'] [width] ['.' precision] {hlLjzt} specifier
 *
 * What does not match is text.
 */
#include "stdlib/format.h"

#include <string.h>

#include "base/compiler.h"

enum { NUMBER_MAX = 1 << 16 };

static const struct {
	const char *specifier;
	enum conversion_kind kind;
} specifiers[] = {
	/* The longest that matches is meant. */
	{ "rx", CONVERSION_BYTES_ESCAPED },
	{ "rh", CONVERSION_BYTES_HEX },
	{ "gr", CONVERSION_ALLOCATION },
	{ "r", CONVERSION_BYTES },
	{ "d", CONVERSION_SIGNED },
	{ "i", CONVERSION_SIGNED },
	{ "u", CONVERSION_UNSIGNED },
	{ "x", CONVERSION_HEX },
	{ "X", CONVERSION_HEX_UPPER },
	{ "o", CONVERSION_OCTAL },
	{ "c", CONVERSION_CHARACTER },
	{ "p", CONVERSION_POINTER },
	{ "s", CONVERSION_STRING },
	{ "e", CONVERSION_NONE },
	{ "f", CONVERSION_NONE },
	{ "g", CONVERSION_NONE },
	{ "a", CONVERSION_NONE },
	{ "E", CONVERSION_NONE },
	{ "F", CONVERSION_NONE },
	{ "G", CONVERSION_NONE },
	{ "A", CONVERSION_NONE },
	{ "n", CONVERSION_NONE },
};

bool conversion_is_number(enum conversion_kind kind)
{
	switch (kind) {
	case CONVERSION_SIGNED:
	case CONVERSION_UNSIGNED:
	case CONVERSION_HEX:
	case CONVERSION_HEX_UPPER:
	case CONVERSION_OCTAL:
	case CONVERSION_CHARACTER:
	case CONVERSION_POINTER:
	case CONVERSION_ALLOCATION:
		return true;
	case CONVERSION_STRING:
	case CONVERSION_BYTES:
	case CONVERSION_BYTES_ESCAPED:
	case CONVERSION_BYTES_HEX:
	case CONVERSION_NONE:
		return false;
	}
	unreachable();
}

static bool take(const char **p, const char *end, char c)
{
	if (*p == end || **p != c)
		return false;
	++*p;
	return true;
}

static uint32_t take_number(const char **p, const char *end)
{
	uint32_t number = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
		number = number * 10 + (uint32_t)(**p - '0');
		number = MIN(number, (uint32_t)NUMBER_MAX);
	}
	return number;
}

/* 8 for hh, 16 for h, 64 for l and the like, else 32. */
static uint32_t take_modifiers(const char **p, const char *end)
{
	uint32_t bits = 32;

	for (; *p < end; ++*p) {
		if (**p == 'h')
			bits = bits == 16 ? 8 : 16;
		else if (**p == 'l' || **p == 'j' || **p == 'z' || **p == 't')
			bits = 64;
		else if (**p != 'L')
			break;
	}
	return bits;
}

/* A conversion after its '%' at *p; false when this is none. */
static bool take_conversion(const char **p, const char *end, struct conversion *ret_conversion)
{
	const char *start = *p - 1;
	struct conversion conversion = { 0 };
	size_t i;

	conversion.left = take(p, end, '-');
	conversion.plus = take(p, end, '+');
	conversion.blank = take(p, end, ' ');
	conversion.alternate = take(p, end, '#');
	conversion.zero = take(p, end, '0');
	/* A '*' is accepted and ignored. */
	if (!take(p, end, '*'))
		conversion.width = take_number(p, end);
	if (take(p, end, '.') && !take(p, end, '*')) {
		conversion.has_precision = true;
		conversion.precision = take_number(p, end);
	}
	conversion.bits = take_modifiers(p, end);
	for (i = 0; i < ARRAY_SIZE(specifiers); i++) {
		size_t length = strlen(specifiers[i].specifier);

		if ((size_t)(end - *p) < length || memcmp(*p, specifiers[i].specifier, length) != 0)
			continue;
		*p += length;
		conversion.kind = specifiers[i].kind;
		if (conversion.kind == CONVERSION_POINTER || conversion.kind == CONVERSION_ALLOCATION)
			conversion.bits = 64;
		conversion.text = start;
		conversion.length = (size_t)(*p - start);
		*ret_conversion = conversion;
		return true;
	}
	return false;
}

static void add_piece(struct arena *arena, struct format *format, const struct strbuf *text,
		      const struct conversion *conversion)
{
	struct format_piece piece = { .text = arena_strndup(arena, text->text, text->length),
				      .length = text->length };

	if (conversion) {
		piece.has_conversion = true;
		piece.conversion = *conversion;
		format->conversion_count++;
	}
	vec_push(arena, &format->pieces, piece);
}

struct format *format_parse(struct arena *arena, const char *text, size_t length)
{
	struct format *format = arena_new_struct(arena, struct format);
	const char *p = text, *end = text + length, *after;
	struct conversion conversion;
	struct strbuf pending;

	strbuf_init(&pending, arena);
	while (p < end) {
		if (*p != '%') {
			strbuf_putc(&pending, *p++);
			continue;
		}
		after = p + 1;
		if (take(&after, end, '%')) {
			strbuf_putc(&pending, '%');
			p = after;
		} else if (take_conversion(&after, end, &conversion)) {
			add_piece(arena, format, &pending, &conversion);
			pending.length = 0;
			p = after;
		} else {
			strbuf_putc(&pending, *p++);
		}
	}
	if (pending.length)
		add_piece(arena, format, &pending, NULL);
	return format;
}
