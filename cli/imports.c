/*
 * Finds and reads the files that an import names.
 */
#include "cli/imports.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/compiler.h"
#include "cli/script.h"

/* The path as seen from the folder of the importing file. */
static const char *path_from(struct arena *arena, const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');

	if (*path == '/' || !slash)
		return path;
	return arena_printf(arena, "%.*s/%s", (int)(slash - from), from, path);
}

static int add_file(struct arena *arena, const char *path, struct imported_files *files)
{
	struct imported_file file = { .name = path };
	char *real = realpath(path, NULL);

	files->failed = path;
	if (!real)
		return -errno;
	file.identity = arena_strdup(arena, real);
	free(real);
	file.text = script_read_file(arena, path, &file.size);
	if (!file.text)
		return -errno;
	vec_push(arena, &files->files, file);
	return 0;
}

/* Of a folder: headers belong to those that include them. */
static int is_imported(const struct dirent *entry)
{
	static const char *const endings[] = { ".bt", ".bpf.c", ".bpf.o" };
	size_t length = strlen(entry->d_name), i;

	for (i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t ending = strlen(endings[i]);

		if (length > ending && entry->d_name[0] != '.' &&
		    !strcmp(entry->d_name + length - ending, endings[i]))
			return true;
	}
	return false;
}

static int add_folder(struct arena *arena, const char *path, struct imported_files *files)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_imported, alphasort), i, err = 0;

	files->failed = path;
	if (count < 0)
		return -errno;
	for (i = 0; i < count; i++) {
		if (!err)
			err = add_file(arena,
				       arena_printf(arena, "%s/%s", path, entries[i]->d_name),
				       files);
		free(entries[i]);
	}
	free(entries);
	return err;
}

int import_read(struct arena *arena, const char *from, const char *path,
		struct imported_files *ret_files)
{
	struct imported_files files = { 0 };
	struct stat st;
	int err = 0;

	path = path_from(arena, from, path);
	vec_push(arena, &files.checked, path);
	files.failed = path;
	if (stat(path, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode) && (st.st_mode & S_IWOTH))
		err = -EPERM;
	else if (S_ISDIR(st.st_mode))
		err = add_folder(arena, path, &files);
	else
		err = add_file(arena, path, &files);
	*ret_files = files; /* also after an error: what was tried */
	return err;
}
