/*
 * Strings of JSON.
 */
#include "base/json.h"

#include <stdint.h>

#include "base/compiler.h"

size_t utf8_length(const char *text, size_t left)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = { { 0x80, 0, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
	const unsigned char *bytes = (const unsigned char *)text;
	size_t form, i;

	for (form = 0; form < ARRAY_SIZE(forms); form++) {
		uint32_t code = bytes[0] & (unsigned char)~forms[form].mask;

		if ((bytes[0] & forms[form].mask) != forms[form].lead || left < form + 1)
			continue;
		for (i = 1; i < form + 1; i++) {
			if ((bytes[i] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | (bytes[i] & 0x3f);
		}
		if (code < forms[form].least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			return 0;
		return form + 1;
	}
	return 0;
}

/* A character that stands for itself, or a byte that is part of none. */
static size_t add_character(const char *bytes, size_t left, struct strbuf *out)
{
	unsigned char c = (unsigned char)*bytes;
	size_t length = utf8_length(bytes, left);

	if (!length || c < 0x20 || c == 0x7f) {
		strbuf_printf(out, "\\u%04x", c);
		return 1;
	}
	strbuf_add(out, bytes, length);
	return length;
}

void json_string(const char *bytes, size_t length, struct strbuf *out)
{
	size_t i = 0;

	strbuf_putc(out, '"');
	while (i < length) {
		switch (bytes[i]) {
		case '"':
		case '\\':
			strbuf_putc(out, '\\');
			strbuf_putc(out, bytes[i++]);
			break;
		case '\n':
			strbuf_puts(out, "\\n");
			i++;
			break;
		case '\r':
			strbuf_puts(out, "\\r");
			i++;
			break;
		case '\t':
			strbuf_puts(out, "\\t");
			i++;
			break;
		default:
			i += add_character(bytes + i, length - i, out);
		}
	}
	strbuf_putc(out, '"');
}
