/*
 * Reads the script from where the command line says.
 */
#include "cli/script.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/diag.h"
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

/* Is it the text of a script, where the name of a file should stand? */
static bool looks_like_script(const char *name)
{
	return strpbrk(name, "{}\n") || (strchr(name, ':') && !strchr(name, '/'));
}

/* The way out where a file is not there: a script without -e, or a name that is nearly another's. */
static void hint_at_file(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *folder = slash ? arena_strndup(arena, path, (size_t)(name - path)) : ".";
	struct suggestion suggestion;
	struct dirent *entry;
	DIR *entries;

	if (looks_like_script(path)) {
		report_hint("a script on the command line stands after -e, in quotes: -e 'EVENT { ... }'");
		return;
	}
	entries = opendir(folder);
	suggestion_init(&suggestion, name);
	while (entries && (entry = readdir(entries)))
		if (entry->d_name[0] != '.')
			suggestion_offer(&suggestion, arena_strdup(arena, entry->d_name));
	if (entries)
		closedir(entries);
	if (suggestion.best)
		report_hint("did you mean %s%s?", slash ? folder : "", suggestion.best);
}

static void report_unread(struct arena *arena, const char *name, int err)
{
	report_error("failed to open file '%s': %s", name, strerror(err));
	if (err == ENOENT || err == ENAMETOOLONG)
		hint_at_file(arena, name);
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
		report_unread(arena, name, errno);
	if (text && is_program(text, size)) {
		report_error("'%s' is a program, not a script", name);
		report_hint("-c '%s' runs it, -l 'uprobe:%s:*' lists its functions", name, name);
		return NULL;
	}
	return text ? sources_add(sources, name, text, size) : NULL;
}

void script_hint(const struct options *options)
{
	struct stat st;
	size_t i;

	if (!options->text || strchr(options->text, '{'))
		return;
	for (i = 0; i < options->param_count; i++)
		if (options->params[i][0] == '{' || options->params[i][0] == '/') {
			report_hint("the shell has split the script at its blanks: -e takes it in quotes, "
				    "-e 'EVENT { ... }'");
			return;
		}
	if (!stat(options->text, &st))
		report_hint("-e takes the text of a script; without -e '%s' is run", options->text);
	else
		report_hint("a script is one or more probes, EVENT { ... }, as in -e 'begin { print(1); }'");
}
