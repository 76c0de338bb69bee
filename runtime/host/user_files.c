/*
 * From the name of a binary to files.
 */
#include "runtime/host/user_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/table.h"
#include "runtime/host/binary.h"
#include "runtime/host/zip.h"

struct user_files {
	struct arena *arena;
	const char *root;
	const char *debug_folders; /* or NULL */
	struct table binaries; /* path to struct opened */
};

struct opened {
	struct binary *binary;
	int err;
};

struct user_files *user_files_new(struct arena *arena, const char *root)
{
	struct user_files *files = arena_new_struct(arena, struct user_files);

	*files = (struct user_files){ .arena = arena, .root = root };
	table_init(&files->binaries, arena);
	return files;
}

void user_files_free(struct user_files *files)
{
	size_t i;

	for (i = 0; files && i < files->binaries.count; i++) {
		const struct opened *opened = files->binaries.entries[i].value;

		if (!opened->err)
			binary_close(opened->binary);
	}
}

void user_files_add_debug(struct user_files *files, const char *folders)
{
	files->debug_folders = folders;
}

const char *user_files_debug(const struct user_files *files)
{
	return files->debug_folders;
}

int user_files_open(struct user_files *files, const char *path, struct binary **ret_binary)
{
	struct opened *opened = table_get_str(&files->binaries, path);

	if (!opened) {
		opened = arena_new_struct(files->arena, struct opened);
		opened->err = binary_open(files->arena, path, &opened->binary);
		if (!opened->err)
			opened->binary->debug_folders = files->debug_folders;
		table_set_str(&files->binaries, path, opened);
	}
	if (!opened->err)
		*ret_binary = opened->binary;
	return opened->err;
}

/* --- adding ----------------------------------------------------------------------- */

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static bool is_program(const char *path)
{
	return is_file(path) && !access(path, X_OK);
}

/* A pattern means what can run or be loaded, and passes over the rest. */
static bool is_binary(const char *path)
{
	char magic[4] = "";
	int fd = is_file(path) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	bool is = fd >= 0 && read(fd, magic, sizeof(magic)) == sizeof(magic) &&
		  !memcmp(magic, ELFMAG, SELFMAG);

	if (fd >= 0)
		close(fd);
	return is;
}

static void add(struct user_files *files, const char *name, const char *path,
		struct user_paths *paths)
{
	struct user_path new = { arena_strdup(files->arena, name), arena_strdup(files->arena, path) };
	struct stat st;
	size_t i;

	if (stat(path, &st))
		return;
	new.device = st.st_dev;
	new.inode = st.st_ino;
	for (i = 0; i < paths->count; i++)
		if (paths->items[i].device == new.device && paths->items[i].inode == new.inode)
			return;
	vec_push(files->arena, paths, new);
}

/* One of an archive; whether there is such a member, opening it tells. */
static void add_member(struct user_files *files, const char *name, const char *path,
		       struct user_paths *paths)
{
	const char *mark = strstr(path, ZIP_MARK);
	struct user_path new = { .name = name, .path = path };

	if (mark && is_file(arena_strndup(files->arena, path, (size_t)(mark - path))))
		vec_push(files->arena, paths, new);
}

/* --- processes ---------------------------------------------------------------------- */

/* What stands before paths as the process sees them: nothing where it sees what we see. */
static const char *root_of(struct user_files *files, uint32_t pid)
{
	char theirs[64], ours[64];
	ssize_t a, b;

	if (!pid)
		return files->root;
	a = readlink(arena_printf(files->arena, "/proc/%u/ns/mnt", pid), theirs, sizeof(theirs));
	b = readlink("/proc/self/ns/mnt", ours, sizeof(ours));
	if (a > 0 && a == b && !memcmp(theirs, ours, (size_t)a)) {
		a = readlink(arena_printf(files->arena, "/proc/%u/root", pid), theirs, sizeof(theirs));
		if (a == 1 && *theirs == '/')
			return files->root;
	}
	return arena_printf(files->arena, "/proc/%u/root", pid);
}

/* Its program; through /proc, also when the file was removed or replaced since. */
static void add_program(struct user_files *files, uint32_t pid, struct user_paths *paths)
{
	const char *link = arena_printf(files->arena, "/proc/%u/exe", pid);
	const char *root = root_of(files, pid), *path;
	char target[PATH_MAX];
	ssize_t length = readlink(link, target, sizeof(target) - 1);
	struct stat a, b;

	if (length <= 0)
		return;
	target[length] = '\0';
	path = arena_printf(files->arena, "%s%s", root, target);
	if (stat(path, &a) || stat(link, &b) || a.st_ino != b.st_ino || a.st_dev != b.st_dev)
		path = link;
	add(files, target, path, paths);
}

/* The path of an executable mapping, as a line of /proc/PID/maps tells it, or NULL. */
static char *mapped_path(char *line)
{
	char permissions[5], *path = strchr(line, '/');

	if (!path || sscanf(line, "%*s %4s", permissions) != 1 || permissions[2] != 'x')
		return NULL;
	path[strcspn(path, "\n")] = '\0';
	return path;
}

void user_files_mapped(struct user_files *files, uint32_t pid, struct user_paths *paths)
{
	const char *root = root_of(files, pid);
	FILE *maps = fopen(arena_printf(files->arena, "/proc/%u/maps", pid), "re");
	char *line = NULL, *path;
	size_t capacity = 0;

	add_program(files, pid, paths);
	if (!maps)
		return;
	while (getline(&line, &capacity, maps) > 0) {
		const char *whole;

		path = mapped_path(line);
		if (!path)
			continue;
		whole = arena_printf(files->arena, "%s%s", root, path);
		if (is_file(whole))
			add(files, path, whole, paths);
	}
	free(line);
	fclose(maps);
}

static void add_all_mapped(struct user_files *files, struct user_paths *paths)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		unsigned long pid = strtoul(entry->d_name, NULL, 10);

		if (pid)
			user_files_mapped(files, (uint32_t)pid, paths);
	}
	if (folder)
		closedir(folder);
}

/* --- names ---------------------------------------------------------------------------- */

/* Files of one folder whose names match; in the order of the names. */
static void add_matches(struct user_files *files, const char *root, const char *folder,
			const char *rest, struct user_paths *paths)
{
	const char *slash = strchr(rest, '/');
	const char *part = slash ? arena_strndup(files->arena, rest, (size_t)(slash - rest)) : rest;
	const char *place = *folder ? folder : ".";
	struct dirent **entries;
	int count, i;

	count = scandir(arena_printf(files->arena, "%s%s", root, place), &entries, NULL, alphasort);
	for (i = 0; i < count; i++) {
		const char *name = entries[i]->d_name, *path;

		if (fnmatch(part, name, FNM_PERIOD) == 0 && strlen(folder) + strlen(name) < PATH_MAX) {
			path = arena_printf(files->arena, "%s%s", folder, name);
			if (slash)
				add_matches(files, root, arena_printf(files->arena, "%s/", path),
					    slash + 1 + strspn(slash + 1, "/"), paths);
			else if (is_binary(arena_printf(files->arena, "%s%s", root, path)))
				add(files, path, arena_printf(files->arena, "%s%s", root, path), paths);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void find_pattern(struct user_files *files, const char *root, const char *pattern,
			 struct user_paths *paths)
{
	const char *places = getenv("PATH"), *end;

	if (strchr(pattern, '/')) {
		size_t slashes = strspn(pattern, "/");

		add_matches(files, slashes ? root : "", slashes ? "/" : "", pattern + slashes, paths);
		return;
	}
	for (; places && *places; places = *end ? end + 1 : end) {
		end = strchrnul(places, ':');
		if (end > places)
			add_matches(files, root,
				    arena_printf(files->arena, "%.*s/", (int)(end - places), places),
				    pattern, paths);
	}
}

static void find_in_path(struct user_files *files, const char *root, const char *name,
			 struct user_paths *paths)
{
	const char *places = getenv("PATH"), *end;
	struct user_paths found = { 0 };

	if (!places)
		places = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	for (; *places; places = *end ? end + 1 : end) {
		const char *path;

		end = strchrnul(places, ':');
		path = arena_printf(files->arena, "%s%.*s/%s", root, (int)(end - places), places, name);
		if (end == places || !is_program(path))
			continue;
		add(files, path + strlen(root), path, &found);
	}
	if (!found.count)
		return;
	if (found.count > 1)
		found.items[0].shadowed = found.items[1].name;
	vec_push(files->arena, paths, found.items[0]);
}

static void find_library(struct user_files *files, const char *root, const char *name,
			 struct user_paths *paths)
{
	static const char *const folders[] = { "/lib64/", "/usr/lib64/", "/lib/", "/usr/lib/",
					       "/usr/local/lib/" };
	const char *path = linker_cache_find(files->arena, root, name), *whole;
	const char *pattern = arena_printf(files->arena, "%s.so*", name);
	size_t i;

	if (path) {
		whole = arena_printf(files->arena, "%s%s", root, path);
		if (is_file(whole))
			add(files, path, whole, paths);
	}
	for (i = 0; !paths->count && i < ARRAY_SIZE(folders); i++) {
		add_matches(files, root, folders[i], pattern, paths);
		if (paths->count > 1) /* several versions: the first of the names */
			paths->count = 1;
	}
}

static bool is_library_name(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	size_t length = strlen(name);

	return !strncmp(file, name, length) && (!file[length] || file[length] == '.' ||
						file[length] == '-');
}

static void find_mapped_library(struct user_files *files, const char *name, uint32_t pid,
				struct user_paths *paths)
{
	struct user_paths mapped = { 0 };
	size_t i;

	user_files_mapped(files, pid, &mapped);
	for (i = 0; i < mapped.count; i++)
		if (is_library_name(mapped.items[i].name, name))
			vec_push(files->arena, paths, mapped.items[i]);
}

void user_files_find(struct user_files *files, const char *name, bool is_literal, uint32_t pid,
		     struct user_paths *ret_paths)
{
	const char *root = root_of(files, pid), *path;

	if (!*name) {
		if (pid)
			add_program(files, pid, ret_paths);
		return;
	}
	if (!is_literal && !strcmp(name, "*")) {
		if (pid)
			user_files_mapped(files, pid, ret_paths);
		else
			add_all_mapped(files, ret_paths);
		return;
	}
	if (!is_literal && strpbrk(name, "*?[")) {
		find_pattern(files, root, name, ret_paths);
		return;
	}
	if (strchr(name, '/')) {
		path = arena_printf(files->arena, "%s%s", *name == '/' ? root : "", name);
		if (is_file(path))
			add(files, name, path, ret_paths);
		else
			add_member(files, name, path, ret_paths);
		return;
	}
	if (!strncmp(name, "lib", 3)) {
		if (pid)
			find_mapped_library(files, name, pid, ret_paths);
		if (!ret_paths->count)
			find_library(files, root, name, ret_paths);
		if (ret_paths->count)
			return;
	}
	find_in_path(files, root, name, ret_paths);
}
