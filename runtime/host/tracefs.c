/*
 * Format files and lists of tracepoints, read relative to one folder, which is
 * tracefs, a mount of it that only we see, or a folder of files.
 */
#include "runtime/host/tracefs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/vec.h"
#include "sema/probe_type.h"

enum { PATH_SIZE = 512, FORMAT_SIZE_MAX = 1 << 20 };

static int open_private_mount(void)
{
	int mount = -1, err = 0, fs = fsopen("tracefs", FSOPEN_CLOEXEC);

	if (fs < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
	    (mount = fsmount(fs, FSMOUNT_CLOEXEC, 0)) < 0)
		err = -errno;
	close(fs);
	return err ? err : mount;
}

int tracefs_open(void)
{
	static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	bool is_forbidden = false;
	int fd;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		fd = open(places[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && !faccessat(fd, "events", R_OK | X_OK, 0))
			return fd;
		is_forbidden |= errno == EACCES || errno == EPERM;
		if (fd >= 0)
			close(fd);
	}
	fd = open_private_mount();
	if (fd >= 0 && faccessat(fd, "events", F_OK, 0)) {
		close(fd);
		return -EPERM; /* there is nothing in it under lockdown */
	}
	if (fd == -EPERM || fd == -EACCES)
		return is_forbidden ? -EACCES : fd;
	return fd < 0 ? -ENODEV : fd;
}

/* A file of unknown size (those of tracefs say 0), NUL-terminated. */
static int read_text(int folder, const char *path, struct arena *arena, char **ret_text)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC), err = 0;
	size_t length = 0, capacity = 8192;
	char *text = arena_take(arena, capacity);
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, text + length, capacity - 1 - length)) != 0) {
		if (n < 0) {
			if (errno == EINTR)
				continue;
			err = -errno;
			break;
		}
		length += (size_t)n;
		if (length + 1 < capacity)
			continue;
		if (capacity >= FORMAT_SIZE_MAX) {
			err = -EFBIG;
			break;
		}
		char *larger = arena_take(arena, capacity * 2);

		memcpy(larger, text, length);
		text = larger;
		capacity *= 2;
	}
	close(fd);
	text[length] = '\0';
	*ret_text = text;
	return err;
}

/* The number after "name:" in a line of a format file; 0 where there is none. */
static uint32_t line_number(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	return at ? (uint32_t)strtoul(at + strlen(name), NULL, 10) : 0;
}

static char *trim_end(char *start, char *end)
{
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return end;
}

/*
 * Splits "const char * filename", "unsigned long args[6]" or
 * "__data_loc char[] name".  False for what has no name.
 */
static bool parse_declaration(struct arena *arena, char *text, struct tracepoint_field *field)
{
	char *end = trim_end(text, text + strlen(text)), *bracket, *name;

	field->is_data_loc = !strncmp(text, "__data_loc ", 11);
	bracket = strchr(text, '[');
	if (bracket && !field->is_data_loc) {
		field->is_array = true;
		field->length = (uint32_t)strtoul(bracket + 1, NULL, 0);
		end = trim_end(text, bracket);
	}
	for (name = end; name > text && (isalnum((unsigned char)name[-1]) || name[-1] == '_'); name--)
		;
	if (name == end || name == text)
		return false;
	field->name = arena_strdup(arena, name);
	trim_end(text, name);
	field->c_type = arena_strdup(arena, text);
	return true;
}

/* "\tfield:int prev_prio;\toffset:28;\tsize:4;\tsigned:1;" */
static bool parse_field(struct arena *arena, char *line, struct tracepoint_field *field)
{
	char *declaration = strstr(line, "field:"), *end;

	if (!declaration)
		return false;
	declaration += strlen("field:");
	end = strchr(declaration, ';');
	if (!end)
		return false;
	*end = '\0';
	if (!strncmp(declaration, "common_", 7) || strstr(declaration, " common_"))
		return false;
	memset(field, 0, sizeof(*field));
	field->offset = line_number(end + 1, "offset:");
	field->size = line_number(end + 1, "size:");
	field->is_signed = line_number(end + 1, "signed:") != 0;
	return parse_declaration(arena, declaration, field);
}

bool tracefs_parse_format(struct arena *arena, char *text, struct tracepoint_format *ret_format)
{
	VEC(struct tracepoint_field) fields = { 0 };
	struct tracepoint_field field;
	bool has_id = false;
	char *line, *rest = text;

	memset(ret_format, 0, sizeof(*ret_format));
	while ((line = strsep(&rest, "\n"))) {
		if (!strncmp(line, "ID:", 3)) {
			ret_format->id = (uint32_t)strtoul(line + 3, NULL, 10);
			has_id = true;
		} else if (!strncmp(line, "print fmt:", 10)) {
			break;
		} else if (parse_field(arena, line, &field)) {
			vec_push(arena, &fields, field);
		}
	}
	ret_format->fields = fields.items;
	ret_format->count = fields.count;
	return has_id;
}

/* Whether it exists, its fields and its number are asked one after the other. */
int tracefs_format(int folder, struct table *known, const char *category, const char *event,
		   struct tracepoint_format *ret_format)
{
	struct tracepoint_format *format;
	char path[PATH_SIZE], *text = NULL;
	int err;

	if (strchr(category, '/') || strchr(event, '/') || *category == '.' || *event == '.' ||
	    snprintf(path, sizeof(path), "events/%s/%s/format", category, event) >= PATH_SIZE)
		return -ENOENT;
	format = table_get_str(known, path);
	if (!format) {
		err = read_text(folder, path, known->arena, &text);
		if (err)
			return err == -ENOTDIR ? -ENOENT : err;
		format = arena_new_struct(known->arena, struct tracepoint_format);
		if (!tracefs_parse_format(known->arena, text, format))
			return -EINVAL;
		table_set_str(known, arena_strdup(known->arena, path), format);
	}
	*ret_format = *format;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the folders in a folder, in the order of their bytes. */
static int read_names(int folder, const char *path, struct arena *arena, const char ***ret_names,
		      size_t *ret_count)
{
	int fd = openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	VEC(const char *) names = { 0 };
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		int err = -errno;

		close(fd);
		return err;
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
			vec_push(arena, &names, arena_strdup(arena, entry->d_name));
	closedir(dir);
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	*ret_names = names.items;
	*ret_count = names.count;
	return 0;
}

static bool each_of_category(int folder, struct arena *arena, const char *category,
			     bool (*callback)(void *context, const char *category, const char *event),
			     void *context)
{
	char path[PATH_SIZE];
	const char **events;
	size_t count, i;

	if (snprintf(path, sizeof(path), "events/%s", category) >= PATH_SIZE ||
	    read_names(folder, path, arena, &events, &count))
		return true;
	for (i = 0; i < count; i++)
		if (!callback(context, category, events[i]))
			return false;
	return true;
}

int tracefs_each(int folder, const char *category,
		 bool (*callback)(void *context, const char *category, const char *event),
		 void *context)
{
	struct arena *arena = arena_new();
	const char **categories;
	size_t count, i;
	int err = 0;

	if (category && !has_wildcard(category)) {
		if (!strchr(category, '/') && *category != '.')
			each_of_category(folder, arena, category, callback, context);
	} else if (!(err = read_names(folder, "events", arena, &categories, &count))) {
		for (i = 0; i < count; i++) {
			/* What ftrace writes itself: described there, but nothing to attach to. */
			if (!strcmp(categories[i], "ftrace") ||
			    (category && !wildcard_match(category, categories[i])))
				continue;
			if (!each_of_category(folder, arena, categories[i], callback, context))
				break;
		}
	}
	arena_free(arena);
	return err;
}
