/*
 * Reads the script from where the command line says.
 */
#include "cli/script.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/output/report.h"

enum { FIRST_SIZE = 64 * 1024 };

/* Reads to the end; NULL with errno set.  The text has a NUL after its last byte. */
static char *read_all(struct arena *arena, int fd, size_t expected, size_t *ret_size)
{
	size_t capacity = MAX(expected + 1, (size_t)FIRST_SIZE), size = 0;
	char *text = arena_alloc(arena, capacity), *larger;
	ssize_t n;

	while ((n = read(fd, text + size, capacity - 1 - size)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		size += (size_t)n;
		if (size > SOURCE_SIZE_MAX) {
			errno = EFBIG;
			return NULL;
		}
		if (size + 1 < capacity)
			continue;
		larger = arena_alloc(arena, capacity * 2);
		memcpy(larger, text, size);
		text = larger;
		capacity *= 2;
	}
	text[size] = '\0';
	*ret_size = size;
	return text;
}

char *script_read_file(struct arena *arena, const char *path, size_t *ret_size)
{
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	struct stat st;
	int err;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st)) {
		if (S_ISDIR(st.st_mode))
			errno = EISDIR;
		else if (st.st_size > SOURCE_SIZE_MAX)
			errno = EFBIG;
		else
			text = read_all(arena, fd, (size_t)st.st_size, ret_size);
	}
	err = errno;
	if (!is_stdin)
		close(fd);
	errno = err;
	return text;
}

/* As it is when a binary is given where it is to be traced. */
static bool is_program(const char *text, size_t size)
{
	return size >= 4 && !memcmp(text, "\x7f" "ELF", 4);
}

struct source *script_read(struct arena *arena, struct sources *sources,
			   const struct options *options)
{
	const char *text = options->text, *name = "stdin";
	size_t size = text ? strlen(text) : 0;

	if (!text) {
		text = script_read_file(arena, options->file, &size);
		name = strcmp(options->file, "-") ? options->file : "stdin";
	}
	if (!text && errno == EFBIG)
		report_error("the script '%s' is too large: at most %d MB are read", name,
			     SOURCE_SIZE_MAX >> 20);
	else if (!text)
		report_error("failed to open file '%s': %s", name, strerror(errno));
	if (text && is_program(text, size)) {
		report_error("'%s' is a program, not a script", name);
		report_hint("-c '%s' runs it, -l 'uprobe:%s:*' lists its functions", name, name);
		return NULL;
	}
	return text ? sources_add(sources, name, text, size) : NULL;
}
