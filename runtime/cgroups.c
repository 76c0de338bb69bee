/*
 * Looks for control groups by the number of their folder, which is their id.
 */
#include "runtime/cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/compiler.h"
#include "base/strbuf.h"
#include "base/vec.h"

enum { DEPTH_MAX = 64 };

struct hierarchy {
	const char *name, *folder;
	bool is_unified;
};

VEC_STRUCT(hierarchies, struct hierarchy);

/* Below `path`, which grows and shrinks on the way; true when found, and `path` is it. */
static bool find_folder(struct strbuf *path, uint64_t id, unsigned depth)
{
	size_t length = path->length;
	bool found = false;
	struct dirent *entry;
	struct stat st;
	DIR *folder;

	if (stat(path->text, &st) == 0 && st.st_ino == id)
		return true;
	folder = depth < DEPTH_MAX ? opendir(path->text) : NULL;
	while (folder && !found && (entry = readdir(folder))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		strbuf_printf(path, "/%s", entry->d_name);
		found = find_folder(path, id, depth + 1);
		if (!found) {
			path->length = length;
			path->text[length] = '\0';
		}
	}
	if (folder)
		closedir(folder);
	return found;
}

static int by_rank(const void *a, const void *b)
{
	const struct hierarchy *left = a, *right = b;

	if (left->is_unified != right->is_unified)
		return left->is_unified ? -1 : 1;
	return strcmp(left->name, right->name);
}

static void find_hierarchies(struct arena *arena, struct hierarchies *ret_hierarchies)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;

	while (mounts && (mount = getmntent(mounts))) {
		bool is_unified = !strcmp(mount->mnt_type, "cgroup2");
		struct hierarchy hierarchy = { .is_unified = is_unified };
		const char *slash;

		if (!is_unified && strcmp(mount->mnt_type, "cgroup") != 0)
			continue;
		hierarchy.folder = arena_strdup(arena, mount->mnt_dir);
		slash = strrchr(hierarchy.folder, '/');
		hierarchy.name = is_unified ? "unified" : slash ? slash + 1 : hierarchy.folder;
		vec_push(arena, ret_hierarchies, hierarchy);
	}
	if (mounts)
		endmntent(mounts);
	if (ret_hierarchies->count)
		qsort(ret_hierarchies->items, ret_hierarchies->count,
		      sizeof(*ret_hierarchies->items), by_rank);
}

const char *cgroup_paths(struct arena *arena, uint64_t id, const char *pattern)
{
	struct hierarchies hierarchies = { 0 };
	struct strbuf out, path;
	size_t i;

	strbuf_init(&out, arena);
	strbuf_puts(&out, "");
	find_hierarchies(arena, &hierarchies);
	for (i = 0; i < hierarchies.count; i++) {
		const struct hierarchy *hierarchy = &hierarchies.items[i];

		if (*pattern && fnmatch(pattern, hierarchy->name, 0) != 0)
			continue;
		if (i && !strcmp(hierarchy->name, hierarchies.items[i - 1].name))
			continue; /* mounted twice */
		strbuf_init(&path, arena);
		strbuf_puts(&path, hierarchy->folder);
		if (!find_folder(&path, id, 0))
			continue;
		strbuf_printf(&out, "%s%s:%s", out.length ? "," : "", hierarchy->name,
			      path.length > strlen(hierarchy->folder)
				      ? path.text + strlen(hierarchy->folder) : "/");
	}
	return out.text;
}

int cgroup_id(const char *path, uint64_t *ret_id)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(uint64_t)];
	} file = { .handle.handle_bytes = sizeof(uint64_t) };
	struct statfs system;
	int mount;

	if (statfs(path, &system))
		return -errno;
	/* Files elsewhere have handles, too, which are no ids. */
	if (system.f_type != CGROUP2_SUPER_MAGIC && system.f_type != CGROUP_SUPER_MAGIC)
		return -EINVAL;
	if (name_to_handle_at(AT_FDCWD, path, &file.handle, &mount, 0) < 0)
		return -errno;
	memcpy(ret_id, file.handle.f_handle, sizeof(*ret_id));
	return 0;
}
