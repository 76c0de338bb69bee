/*
 * From an address of a process to a place in a file (mappings.c), from there to
 * a name (symbol_server.c), with everything kept that was once found out: the
 * tables of a library serve all processes that map it.
 */
#include "runtime/user_symbols.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/table.h"
#include "base/vec.h"
#include "runtime/mapping_events.h"
#include "runtime/mappings.h"
#include "runtime/symbol_server.h"
#include "sema/type.h"

enum { PATH_ROOM = 4096 + 64, PERF_MAP_BIT = 1u << 31, STARTS_MAX = 4 };

struct user_symbols {
	struct arena *arena;
	bool demangle, lines;
	const char *debug_folders; /* or NULL */
	struct mappings *mappings;
	struct mapping_events *events; /* NULL: processes are not followed */
	struct symbol_server *helper;
	unsigned starts, losses; /* of the helper */
	uint64_t lost_told;
	struct table names;	/* struct symbol_place to struct named_place */
	struct table perf_maps; /* pid to the size its file had when which helper was told */
	const char *trouble;
	bool gone_is_told, missing_is_told, outside_is_told;
	VEC(int) lent; /* descriptors of files that the helper is to read */
	VEC(struct mapped_file *) fresh; /* introduced since its last answer */
};

struct user_symbols *user_symbols_new(bool demangle, bool lines, const char *debug_folders)
{
	struct user_symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return NULL;
	symbols->arena = arena_new();
	symbols->demangle = demangle;
	symbols->lines = lines;
	symbols->debug_folders = debug_folders;
	symbols->mappings = mappings_new();
	table_init(&symbols->names, symbols->arena);
	table_init(&symbols->perf_maps, symbols->arena);
	return symbols;
}

/* --- following -------------------------------------------------------------------- */

int user_symbols_follow(struct user_symbols *symbols, uint32_t pid, bool all_are_new)
{
	int err = mapping_events_open(symbols->mappings, &symbols->events);

	/* After the events are on, so that nothing is missed; what comes twice is kept once. */
	if (pid)
		mappings_read(symbols->mappings, pid);
	else if (!all_are_new)
		mappings_read_all(symbols->mappings);
	return err;
}

int user_symbols_fd(const struct user_symbols *symbols)
{
	return symbols && symbols->events ? mapping_events_fd(symbols->events) : -1;
}

void user_symbols_catch_up(struct user_symbols *symbols)
{
	uint64_t lost;

	if (!symbols->events)
		return;
	mapping_events_drain(symbols->events);
	lost = mapping_events_lost(symbols->events);
	if (lost == symbols->lost_told)
		return;
	symbols->trouble = arena_printf(symbols->arena,
					"%" PRIu64 " of the kernel's records of mappings were lost: "
					"some functions of processes may be without a name",
					lost - symbols->lost_told);
	symbols->lost_told = lost;
}

const char *user_symbols_trouble(struct user_symbols *symbols)
{
	const char *trouble = symbols->trouble;

	symbols->trouble = NULL;
	return trouble;
}

/* --- files --------------------------------------------------------------------------- */

static void give_up(struct user_symbols *symbols, int err)
{
	symbols->starts = STARTS_MAX;
	symbols->trouble = arena_printf(symbols->arena,
					"the program bpfline-symbols %s (%s): addresses of processes "
					"are shown as numbers",
					err == -ENOENT ? "was not found" : "has failed",
					strerror(-err));
}

/*
 * The helper has ended or hangs: most likely by one of the files it was told
 * of since it last answered.  They are left out when it is started again.
 */
static void lose_helper(struct user_symbols *symbols, int err)
{
	size_t i;

	for (i = 0; i < symbols->fresh.count; i++)
		symbols->fresh.items[i]->is_bad = true;
	symbols->fresh.count = 0;
	symbol_server_stop(symbols->helper);
	symbols->helper = NULL;
	symbols->losses++;
	if (symbols->starts >= STARTS_MAX)
		give_up(symbols, err);
}

static bool have_helper(struct user_symbols *symbols)
{
	int err;

	if (!symbols->helper && symbols->starts < STARTS_MAX) {
		symbols->starts++;
		err = symbol_server_start(symbols->debug_folders, &symbols->helper);
		if (err)
			give_up(symbols, err);
	}
	return symbols->helper != NULL;
}

/* Tells the helper of a file, which it did not know or which has changed. */
static bool introduce(struct user_symbols *symbols, const struct symbol_file *about,
		      const char *path, const char *home)
{
	int err = symbol_server_file(symbols->helper, about, path, home);

	if (err)
		lose_helper(symbols, err);
	return !err;
}

/* A descriptor of the file if it is the one that is meant, else -1. */
static int open_if(const char *path, uint64_t inode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (inode && st.st_ino != inode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* As any process sees it: one that has ended most likely leaves others behind in its container. */
static int open_elsewhere(const struct mapped_file *file, char *ret_home)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int fd = -1;

	while (fd < 0 && proc && (entry = readdir(proc))) {
		if (*entry->d_name < '1' || *entry->d_name > '9')
			continue;
		snprintf(ret_home, PATH_ROOM, "/proc/%.16s/root%s", entry->d_name, file->path);
		fd = open_if(ret_home, file->inode);
	}
	if (proc)
		closedir(proc);
	return fd;
}

/*
 * Opens a mapped file: as the process sees it; by its very mapping when it was
 * deleted or is hidden; as we see it, or others do, when the process has ended.
 * `ret_home`: a path beside which there may be files that belong to it.
 */
static int open_mapped(uint32_t pid, const struct mapping *mapping, char *ret_home)
{
	struct mapped_file *file = mapping->file;
	char path[PATH_ROOM];
	int fd;

	snprintf(ret_home, PATH_ROOM, "/proc/%" PRIu32 "/root%s", pid, file->path);
	fd = open_if(ret_home, file->inode);
	if (fd >= 0)
		return fd;
	snprintf(path, PATH_ROOM, "/proc/%" PRIu32 "/map_files/%" PRIx64 "-%" PRIx64, pid,
		 mapping->start, mapping->end);
	fd = open_if(path, 0);
	if (fd >= 0)
		return fd;
	snprintf(ret_home, PATH_ROOM, "%s", file->path);
	fd = open_if(ret_home, file->inode);
	if (fd >= 0 || file->is_searched || !file->inode)
		return fd;
	file->is_searched = true;
	return open_elsewhere(file, ret_home);
}

/* A path under which the helper finds what `fd` is: its own, if that is the same file, else our
 * descriptor. */
static void path_for_helper(struct user_symbols *symbols, int fd, const char *path, char *ret_path)
{
	struct stat ours, there;

	if (!fstat(fd, &ours) && !stat(path, &there) && ours.st_dev == there.st_dev &&
	    ours.st_ino == there.st_ino) {
		snprintf(ret_path, PATH_ROOM, "%s", path);
		close(fd);
		return;
	}
	snprintf(ret_path, PATH_ROOM, "/proc/%d/fd/%d", (int)getpid(), fd);
	vec_push(symbols->arena, &symbols->lent, fd);
}

/* Once the helper has answered, it has read all files it was told of. */
static void take_back(struct user_symbols *symbols)
{
	while (symbols->lent.count)
		close(symbols->lent.items[--symbols->lent.count]);
}

static void miss_file(struct user_symbols *symbols, const char *path)
{
	if (!symbols->missing_is_told)
		symbols->trouble = arena_printf(symbols->arena,
						"'%s' can not be opened any more or has changed: "
						"functions in it, and in others like it, are without a "
						"name",
						path);
	symbols->missing_is_told = true;
}

/* Introduces a file to the helper; false when it cannot be found. */
static bool open_file(struct user_symbols *symbols, uint32_t pid, const struct mapping *mapping)
{
	struct symbol_file about = { .id = mapping->file->id, .demangle = symbols->demangle,
				     .lines = symbols->lines };
	struct mapped_file *file = mapping->file;
	char path[PATH_ROOM] = "", home[PATH_ROOM] = "";
	int fd;

	if (file->is_bad || file->opened_by == symbols->starts)
		return !file->is_bad;
	if (!strcmp(file->path, "[vdso]")) {
		about.kind = SYMBOL_FILE_VDSO;
	} else if (*file->path != '/' || !strncmp(file->path, "//", 2)) {
		return false;
	} else {
		fd = open_mapped(pid, mapping, home);
		if (fd < 0) {
			miss_file(symbols, file->path);
			return false;
		}
		path_for_helper(symbols, fd, file->path, path);
		if (!strcmp(path, file->path))
			snprintf(home, PATH_ROOM, "%s", path);
	}
	vec_push(symbols->arena, &symbols->fresh, file);
	file->opened_by = symbols->starts;
	return introduce(symbols, &about, path, home);
}

/* The number that the process has in its own container. */
static uint32_t own_pid(uint32_t pid)
{
	char path[64], line[256];
	uint32_t own = pid;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "NSpid:", 6))
			own = (uint32_t)strtoul(strrchr(line, '\t') + 1, NULL, 10);
	if (file)
		fclose(file);
	return own;
}

/*
 * Introduces the map that a runtime with compiled code of its own keeps in
 * /tmp, again when it has grown.
 */
static bool open_perf_map(struct user_symbols *symbols, uint32_t pid)
{
	struct symbol_file file = { .id = pid | PERF_MAP_BIT, .kind = SYMBOL_FILE_PERF_MAP,
				    .demangle = symbols->demangle };
	uintptr_t known = (uintptr_t)table_get(&symbols->perf_maps, &pid, sizeof(pid));
	char path[PATH_ROOM];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/root/tmp/perf-%" PRIu32 ".map", pid,
		 own_pid(pid));
	/* Anybody may have made it: a pipe would keep the helper waiting. */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
		snprintf(path, sizeof(path), "/tmp/perf-%" PRIu32 ".map", pid);
		if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
			return false;
	}
	/* The size, and which helper was told. */
	if (known == ((uintptr_t)st.st_size << 3 | symbols->starts))
		return true;
	table_set(&symbols->perf_maps, arena_dup(symbols->arena, &pid, sizeof(pid)), sizeof(pid),
		  (void *)((uintptr_t)st.st_size << 3 | symbols->starts));
	return introduce(symbols, &file, path, "");
}

/* --- places ------------------------------------------------------------------------------ */

static bool is_known(const struct user_symbols *symbols, const struct symbol_place *place)
{
	const struct named_place *named = table_get(&symbols->names, place, sizeof(*place));

	/* The map of a runtime grows: what it did not have it may have now. */
	return named && (named->name || !(place->file & PERF_MAP_BIT));
}

static const struct mapping *find_mapping(struct user_symbols *symbols, uint32_t pid,
					  uint64_t address)
{
	const struct mapping *mapping = mappings_find(symbols->mappings, pid, address);

	if (mapping)
		return mapping;
	if (symbols->events && mappings_know(symbols->mappings, pid))
		return NULL; /* it never mapped code there */
	/* Mapped since, or of a process that is new to us. */
	if (mappings_read(symbols->mappings, pid)) {
		if (!mappings_know(symbols->mappings, pid) && !symbols->gone_is_told) {
			symbols->gone_is_told = true;
			symbols->trouble = arena_printf(
				symbols->arena,
				"process %" PRIu32 " had ended before its mappings could be read: its "
				"addresses, and those of others like it, are shown as numbers",
				pid);
		}
		return NULL;
	}
	return mappings_find(symbols->mappings, pid, address);
}

/* Code without a file: by its address in the map that the process keeps. */
static bool find_made_code(struct user_symbols *symbols, uint32_t pid, struct symbol_place *place)
{
	place->file = pid | PERF_MAP_BIT;
	if (is_known(symbols, place) || open_perf_map(symbols, pid))
		return true;
	place->file = 0;
	return false;
}

/* Where in which file the frame is; false when no file tells. */
static bool find_place(struct user_symbols *symbols, uint32_t pid, struct stack_frame *frame,
		       bool is_return, struct symbol_place *ret_place)
{
	const struct mapping *mapping = find_mapping(symbols, pid, frame->address);

	*ret_place = (struct symbol_place){ .offset = frame->address,
					    .is_return = symbols->lines && is_return };
	if (!mapping)
		return false;
	/* The kernel's and our own word for memory without a file. */
	if (strncmp(mapping->file->path, "//anon", 6) != 0)
		frame->module = mapping->file->path;
	if (!have_helper(symbols))
		return false;
	if (open_file(symbols, pid, mapping)) {
		ret_place->file = mapping->file->id;
		ret_place->offset = frame->address - mapping->start + mapping->offset;
		return true;
	}
	return symbols->helper && !mapping->file->inode && find_made_code(symbols, pid, ret_place);
}

/* Asks for what is not known yet and keeps the answers. */
static bool ask(struct user_symbols *symbols, const struct symbol_place *places, size_t count)
{
	struct named_place *named = arena_new_array(symbols->arena, struct named_place, count);
	int err = symbol_server_places(symbols->helper, symbols->arena, places, count, named);
	size_t i;

	take_back(symbols);
	if (err) {
		lose_helper(symbols, err);
		return false;
	}
	symbols->fresh.count = 0;
	for (i = 0; i < count; i++)
		table_set(&symbols->names, arena_dup(symbols->arena, &places[i], sizeof(places[i])),
			  sizeof(places[i]), &named[i]);
	return true;
}

/* `places` has room for two of each frame.  False when the helper was lost on the way. */
static bool look_up(struct user_symbols *symbols, uint32_t pid, struct stack_frame *frames,
		    size_t count, struct symbol_place *places)
{
	struct symbol_place *unknown = places + count;
	unsigned losses = symbols->losses;
	size_t i, asked = 0;

	for (i = 0; i < count; i++)
		if (find_place(symbols, pid, &frames[i], i > 0, &places[i]) &&
		    !is_known(symbols, &places[i]))
			unknown[asked++] = places[i];
	if (losses != symbols->losses)
		return false;
	return !asked || ask(symbols, unknown, asked);
}

/* Neither /proc nor the kernel's records show a process of another namespace. */
static bool is_outside(struct user_symbols *symbols, uint32_t pid)
{
	if (!(pid & PID_OUTSIDE))
		return false;
	if (!symbols->outside_is_told)
		symbols->trouble = arena_printf(symbols->arena,
						"process %" PRIu32 " of the initial pid namespace is not "
						"in the tracer's: its addresses, and those of others like "
						"it, are shown as numbers",
						pid & ~PID_OUTSIDE);
	symbols->outside_is_told = true;
	return true;
}

void user_symbols_name(struct user_symbols *symbols, uint32_t pid, struct stack_frame *frames,
		       size_t count)
{
	struct symbol_place *places;
	size_t i;

	if (is_outside(symbols, pid))
		return;
	places = calloc(count, 2 * sizeof(*places));
	if (!places)
		return;
	user_symbols_catch_up(symbols);
	while (!look_up(symbols, pid, frames, count, places) && symbols->starts < STARTS_MAX)
		;
	for (i = 0; i < count; i++) {
		const struct named_place *named =
			places[i].file ? table_get(&symbols->names, &places[i], sizeof(places[i]))
				       : NULL;

		if (named && named->name) {
			frames[i].name = named->name;
			frames[i].offset = named->offset;
			frames[i].source = named->source;
			frames[i].inlined = named->inlined;
			frames[i].inlined_count = named->inlined_count;
		}
	}
	free(places);
}

void user_symbols_free(struct user_symbols *symbols)
{
	if (!symbols)
		return;
	symbol_server_stop(symbols->helper);
	take_back(symbols);
	mapping_events_close(symbols->events);
	mappings_free(symbols->mappings);
	arena_free(symbols->arena);
	free(symbols);
}
