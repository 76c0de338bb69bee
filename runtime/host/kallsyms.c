/*
 * Reads /proc/kallsyms: 10 MB of text that the kernel makes while it is read,
 * so it is read once, in large pieces, and only as far as it is needed.
 *
 *	ffffffff81000000 T _text
 *	ffffffffc0001000 t helper	[module]
 */
#include "runtime/host/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 256 * 1024 };

static unsigned hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

struct reader {
	bool (*callback)(void *context, uint64_t address, char type, const char *name,
			 size_t length);
	void *context;
};

/* One line without its end; a line that is none of a symbol is left out. */
static bool read_line(const struct reader *reader, const char *line, const char *end)
{
	uint64_t address = 0;
	const char *name;
	char type;

	for (; line < end && hex_digit(*line) < 16; line++)
		address = address << 4 | hex_digit(*line);
	if (end - line < 4 || line[0] != ' ' || line[2] != ' ')
		return true;
	type = line[1];
	name = line += 3;
	while (line < end && *line != '\t' && *line != ' ')
		line++;
	return reader->callback(reader->context, address, type, name, (size_t)(line - name));
}

/* Hands on all whole lines; *ret_rest is where the last one, which is not whole, begins. */
static bool read_lines(const struct reader *reader, const char *text, const char *end,
		       const char **ret_rest)
{
	const char *stop;

	while ((stop = memchr(text, '\n', (size_t)(end - text)))) {
		if (!read_line(reader, text, stop))
			return false;
		text = stop + 1;
	}
	*ret_rest = text;
	return true;
}

int kallsyms_each(const char *path,
		  bool (*callback)(void *context, uint64_t address, char type, const char *name,
				   size_t length),
		  void *context)
{
	const struct reader reader = { callback, context };
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	size_t kept = 0;
	const char *rest;
	char *text;
	ssize_t n;

	if (fd < 0)
		return -errno;
	text = malloc(PIECE);
	if (!text) {
		close(fd);
		return -ENOMEM;
	}
	while ((n = read(fd, text + kept, PIECE - kept)) > 0) {
		const char *end = text + kept + n;

		if (!read_lines(&reader, text, end, &rest))
			break;
		kept = (size_t)(end - rest);
		if (kept == PIECE)
			kept = 0; /* no line is that long */
		memmove(text, rest, kept);
	}
	if (n < 0)
		err = -errno;
	free(text);
	close(fd);
	return err;
}

struct search {
	const char *const *names;
	uint64_t *addresses;
	size_t count, missing;
	bool *is_found;
};

static bool look_at(void *context, uint64_t address, char type, const char *name, size_t length)
{
	struct search *search = context;
	size_t i;

	(void)type;
	for (i = 0; i < search->count; i++) {
		if (search->is_found[i] || strncmp(name, search->names[i], length) != 0 ||
		    search->names[i][length])
			continue;
		search->is_found[i] = true;
		search->addresses[i] = address;
		search->missing--;
	}
	return search->missing;
}

int kallsyms_find(const char *path, const char *const *names, size_t count, uint64_t *ret_addresses)
{
	struct search search = { .names = names, .addresses = ret_addresses, .count = count,
				 .missing = count, .is_found = calloc(count, sizeof(bool)) };
	int err;

	if (!search.is_found)
		return -ENOMEM;
	memset(ret_addresses, 0, count * sizeof(*ret_addresses));
	err = kallsyms_each(path, look_at, &search);
	free(search.is_found);
	return err;
}
