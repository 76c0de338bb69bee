/*
 * Mappings by process.
 *
 * Nothing is forgotten when memory is unmapped or a program replaces itself: a
 * stack may be older.  The latest mapping of an address counts.  Ended
 * processes are dropped, the oldest first, when there are too many mappings.
 */
#include "runtime/mappings.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/table.h"

enum { BUCKETS = 4096, MAPPINGS_MAX = 1 << 18, KEY_ROOM = 4096 + 32 };

struct process {
	struct process *next; /* in the bucket */
	struct process *younger; /* in the list of the ended */
	uint32_t pid;
	bool has_ended;
	struct mapping *items; /* the latest last */
	size_t count, capacity;
};

struct mappings {
	struct arena *arena; /* of files */
	struct table files;
	size_t total;
	struct process *oldest_ended, *latest_ended;
	struct process *buckets[BUCKETS];
};

struct mappings *mappings_new(void)
{
	struct mappings *mappings = calloc(1, sizeof(*mappings));

	if (mappings) {
		mappings->arena = arena_new();
		table_init(&mappings->files, mappings->arena);
	}
	return mappings;
}

static void free_process(struct process *process)
{
	free(process->items);
	free(process);
}

void mappings_free(struct mappings *mappings)
{
	size_t i;

	if (!mappings)
		return;
	for (i = 0; i < BUCKETS; i++)
		while (mappings->buckets[i]) {
			struct process *next = mappings->buckets[i]->next;

			free_process(mappings->buckets[i]);
			mappings->buckets[i] = next;
		}
	arena_free(mappings->arena);
	free(mappings);
}

/* --- processes ------------------------------------------------------------------- */

static struct process *find_process(const struct mappings *mappings, uint32_t pid)
{
	struct process *process = mappings->buckets[pid % BUCKETS];

	while (process && process->pid != pid)
		process = process->next;
	return process;
}

static struct process *get_process(struct mappings *mappings, uint32_t pid)
{
	struct process *process = find_process(mappings, pid);

	if (process)
		return process;
	process = calloc(1, sizeof(*process));
	if (process) {
		process->pid = pid;
		process->next = mappings->buckets[pid % BUCKETS];
		mappings->buckets[pid % BUCKETS] = process;
	}
	return process;
}

static void drop_oldest(struct mappings *mappings)
{
	struct process *process = mappings->oldest_ended;
	struct process **link = &mappings->buckets[process->pid % BUCKETS];

	mappings->oldest_ended = process->younger;
	if (!mappings->oldest_ended)
		mappings->latest_ended = NULL;
	while (*link != process)
		link = &(*link)->next;
	*link = process->next;
	mappings->total -= process->count;
	free_process(process);
}

void mappings_exit(struct mappings *mappings, uint32_t pid)
{
	struct process *process = find_process(mappings, pid);

	if (!process || process->has_ended)
		return; /* a number that is used again stays where it was in the list */
	process->has_ended = true;
	if (mappings->latest_ended)
		mappings->latest_ended->younger = process;
	else
		mappings->oldest_ended = process;
	mappings->latest_ended = process;
}

bool mappings_know(const struct mappings *mappings, uint32_t pid)
{
	const struct process *process = find_process(mappings, pid);

	return process && process->count;
}

/* --- mappings ---------------------------------------------------------------------- */

static struct mapped_file *get_file(struct mappings *mappings, const char *path, uint64_t inode)
{
	char key[KEY_ROOM], *kept;
	struct mapped_file *file;

	snprintf(key, sizeof(key), "%" PRIu64 " %s", inode, path);
	file = table_get_str(&mappings->files, key);
	if (!file) {
		kept = arena_strdup(mappings->arena, key);
		file = arena_new_struct(mappings->arena, struct mapped_file);
		file->path = strchr(kept, ' ') + 1;
		file->inode = inode;
		file->id = (uint32_t)mappings->files.count + 1;
		table_set_str(&mappings->files, kept, file);
	}
	return file;
}

static void push(struct mappings *mappings, struct process *process, const struct mapping *mapping)
{
	if (process->count == process->capacity) {
		size_t capacity = process->capacity ? 2 * process->capacity : 8;
		struct mapping *items = realloc(process->items, capacity * sizeof(*items));

		if (!items)
			return;
		process->items = items;
		process->capacity = capacity;
	}
	process->items[process->count++] = *mapping;
	mappings->total++;
}

static const struct mapping *find_latest(const struct process *process, uint64_t address)
{
	size_t i;

	for (i = process->count; i-- > 0;)
		if (address >= process->items[i].start && address < process->items[i].end)
			return &process->items[i];
	return NULL;
}

static void make_room(struct mappings *mappings)
{
	while (mappings->total >= MAPPINGS_MAX && mappings->oldest_ended)
		drop_oldest(mappings);
}

void mappings_add(struct mappings *mappings, uint32_t pid, uint64_t start, uint64_t length,
		  uint64_t offset, const char *path, uint64_t inode)
{
	struct mapping mapping = { .start = start, .end = start + length, .offset = offset };
	const struct mapping *latest;
	struct process *process;

	make_room(mappings);
	process = get_process(mappings, pid);
	if (!process || mappings->total >= MAPPINGS_MAX)
		return;
	mapping.file = get_file(mappings, path, inode);
	/* What /proc shows may have come as an event, too. */
	latest = find_latest(process, start);
	if (!latest || memcmp(latest, &mapping, sizeof(mapping)) != 0)
		push(mappings, process, &mapping);
}

void mappings_fork(struct mappings *mappings, uint32_t parent, uint32_t child)
{
	const struct process *from;
	struct process *to;
	size_t i;

	make_room(mappings);
	from = find_process(mappings, parent);
	to = get_process(mappings, child);
	/* A number that was another process's before: its mappings stay, older than these. */
	if (!from || !to || from == to)
		return;
	for (i = 0; i < from->count && mappings->total < MAPPINGS_MAX; i++)
		push(mappings, to, &from->items[i]);
}

const struct mapping *mappings_find(const struct mappings *mappings, uint32_t pid, uint64_t address)
{
	const struct process *process = find_process(mappings, pid);

	return process ? find_latest(process, address) : NULL;
}

/* --- /proc --------------------------------------------------------------------------- */

/* START-END rwxp OFFSET MAJOR:MINOR INODE   PATH */
static void read_line(struct mappings *mappings, uint32_t pid, char *line)
{
	uint64_t start, end, offset, inode;
	char rights[8];
	int path = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*x:%*x %" SCNu64 " %n", &start,
		   &end, rights, &offset, &inode, &path) < 5 || rights[2] != 'x')
		return;
	line[strcspn(line, "\n")] = '\0';
	mappings_add(mappings, pid, start, end - start, offset, path && line[path] ? line + path : "//anon",
		     inode);
}

int mappings_read(struct mappings *mappings, uint32_t pid)
{
	char path[64], *line = NULL;
	size_t capacity = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (getline(&line, &capacity, file) > 0)
		read_line(mappings, pid, line);
	free(line);
	fclose(file);
	return 0;
}

void mappings_read_all(struct mappings *mappings)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (*entry->d_name >= '1' && *entry->d_name <= '9')
			mappings_read(mappings, (uint32_t)strtoul(entry->d_name, NULL, 10));
	if (proc)
		closedir(proc);
}
