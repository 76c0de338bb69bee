/*
 * Text that grows by doubling; what it leaves behind stays in the arena.
 */
#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

void strbuf_init(struct strbuf *buf, struct arena *arena)
{
	*buf = (struct strbuf){ .arena = arena, .capacity = 128 };
	buf->text = arena_take(arena, buf->capacity);
	*buf->text = '\0';
}

static void reserve(struct strbuf *buf, size_t extra)
{
	size_t needed = buf->length + extra + 1;
	char *moved;

	if (needed <= buf->capacity)
		return;
	while (buf->capacity < needed)
		buf->capacity *= 2;
	moved = arena_take(buf->arena, buf->capacity);
	memcpy(moved, buf->text, buf->length + 1);
	buf->text = moved;
}

void strbuf_add(struct strbuf *buf, const char *bytes, size_t length)
{
	if (!length)
		return;
	reserve(buf, length);
	memcpy(buf->text + buf->length, bytes, length);
	buf->length += length;
	buf->text[buf->length] = '\0';
}

void strbuf_puts(struct strbuf *buf, const char *text)
{
	strbuf_add(buf, text, strlen(text));
}

void strbuf_putc(struct strbuf *buf, char c)
{
	strbuf_add(buf, &c, 1);
}

void strbuf_fill(struct strbuf *buf, char c, size_t count)
{
	reserve(buf, count);
	memset(buf->text + buf->length, c, count);
	buf->length += count;
	buf->text[buf->length] = '\0';
}

void strbuf_vprintf(struct strbuf *buf, const char *format, va_list args)
{
	size_t room = buf->capacity - buf->length, length;
	va_list again;

	va_copy(again, args);
	length = (size_t)vsnprintf(buf->text + buf->length, room, format, args);
	if (length >= room) {
		reserve(buf, length);
		vsnprintf(buf->text + buf->length, length + 1, format, again);
	}
	va_end(again);
	buf->length += length;
}

void strbuf_printf(struct strbuf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strbuf_vprintf(buf, format, args);
	va_end(args);
}
