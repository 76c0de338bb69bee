/*
 * Files whose contents are replaced as a whole.
 */
#include "cli/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/exit_status.h"
#include "runtime/output/report.h"

static int write_whole(int fd, const struct strbuf *text)
{
	FILE *file = fdopen(fd, "w");
	int err = 0;

	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	fwrite(text->text, 1, text->length, file);
	if (fflush(file))
		err = -errno;
	if (fclose(file) && !err)
		err = -errno;
	return err;
}

/* A new file takes the old one's place, which is whole at any time.  `old`: NULL where there is none. */
static int replace_file(struct arena *arena, const char *path, const struct stat *old,
			const struct strbuf *text, bool *ret_is_open)
{
	char *temporary = arena_printf(arena, "%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC), err;
	mode_t mask = umask(0);

	umask(mask);
	if (fd < 0)
		return -errno;
	*ret_is_open = true;
	if (old && fchown(fd, old->st_uid, old->st_gid) < 0)
		old = NULL; /* not ours to give away: then not with its rights, either */
	fchmod(fd, old ? old->st_mode & 07777 : 0666 & ~mask);
	err = write_whole(fd, text);
	if (!err && rename(temporary, path) < 0)
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}

int file_replace(struct arena *arena, const char *path, const struct strbuf *text)
{
	bool is_open = false;
	char *real = realpath(path, NULL);
	struct stat old;
	int fd, err;

	if (!stat(path, &old) && !S_ISREG(old.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		is_open = fd >= 0;
		err = is_open ? write_whole(fd, text) : -errno;
	} else {
		err = replace_file(arena, real ? real : path, real ? &old : NULL, text, &is_open);
	}
	free(real);
	if (err && is_open)
		report_error("failed to write the output: %s", strerror(-err));
	else if (err)
		report_error("Failed to open output file: \"%s\": %s", path, strerror(-err));
	return err ? STATUS_USAGE : STATUS_OK;
}
