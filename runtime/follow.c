/*
 * The tree of processes that is traced: its first members, and its end.  Who
 * joins while it runs, programs find out (codegen/follow.c).
 */
#include "runtime/follow.h"

#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/bpf.h"
#include "runtime/child.h"
#include "runtime/maps.h"
#include "runtime/output/report.h"
#include "runtime/session_internal.h"

static int members(const struct session *session)
{
	return session->maps[session->object->follow.map];
}

static int add_member(struct session *session, uint32_t pid)
{
	return bpf_update(members(session), &pid, &pid);
}

static bool is_member(struct session *session, uint32_t pid)
{
	uint32_t value;

	return !bpf_lookup(members(session), &pid, &value);
}

/* The parent of a process by its line in /proc, 0: it is gone. */
static uint32_t parent_of(const char *pid)
{
	char path[64], line[512], *end;
	uint32_t parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	/* "1 (name) S 0 ...": a name may have anything in it. */
	if (fgets(line, sizeof(line), file) && (end = strrchr(line, ')')) && strlen(end) > 4)
		parent = (uint32_t)strtoul(end + 4, NULL, 10);
	fclose(file);
	return parent;
}

/* Adds children of members; gives how many, or -errno. */
static int add_children(struct session *session)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	int count = 0, err = 0;

	while (folder && !err && (entry = readdir(folder))) {
		uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);

		if (!isdigit((unsigned char)*entry->d_name) || is_member(session, pid) ||
		    !is_member(session, parent_of(entry->d_name)))
			continue;
		err = add_member(session, pid);
		count++;
	}
	if (folder)
		closedir(folder);
	return err ? err : count;
}

static int attach_tracker(struct session *session, uint32_t program, const char *tracepoint)
{
	int link = bpf_attach_raw_tracepoint(session->programs[program], tracepoint, 0);

	if (link >= 0)
		attacher_hold(&session->attacher, LINK_SLOW, link);
	return link < 0 ? link : 0;
}

int follow_start(struct session *session)
{
	const struct object_follow *follow = &session->object->follow;
	uint32_t first = session->options->pid ? session->options->pid : (uint32_t)session->child;
	int err;

	if (!follow->is_on)
		return 0;
	err = attach_tracker(session, follow->fork, "sched_process_fork");
	if (!err)
		err = attach_tracker(session, follow->free, "sched_process_free");
	if (!err)
		err = add_member(session, first);
	/* What one forks that is not known yet is found by the next look. */
	while (!err && session->options->pid) {
		int count = add_children(session);

		if (!count)
			break;
		err = count < 0 ? count : 0;
	}
	if (err)
		report_error("failed to follow the children of process %u: %s", first, strerror(-err));
	return err;
}

static bool is_running(int watched)
{
	struct pollfd fd = { .fd = watched, .events = POLLIN };

	return poll(&fd, 1, 0) == 0;
}

bool follow_next(struct session *session)
{
	const struct object_follow *follow = &session->object->follow;
	struct raw_map raw = { 0 };
	bool is_found = false;
	size_t i;

	if (!follow->is_on)
		return false;
	map_read(session, follow->map, &raw);
	for (i = 0; i < raw.count && !is_found; i++) {
		uint32_t pid;
		int watched;

		memcpy(&pid, raw.keys + i * raw.key_size, sizeof(pid));
		watched = watch_process((int)pid);
		if (watched < 0)
			continue;
		is_found = is_running(watched);
		close(is_found ? session->watched : watched);
		if (is_found)
			session->watched = watched;
	}
	raw_map_free(&raw);
	return is_found;
}
