/*
 * Control groups of the system: ids of folders, folders of ids.
 */
#ifndef RUNTIME_CGROUPS_H
#define RUNTIME_CGROUPS_H

#include <stdint.h>

#include "base/arena.h"

/*
 * "unified:/path" and the like of every mounted hierarchy that has a group with
 * this id, the second version first, joined with commas; only of hierarchies
 * whose name matches the pattern ("": all).
 */
const char *cgroup_paths(struct arena *arena, uint64_t id, const char *pattern);

/* The id of the control group with this folder.  0 or -errno. */
int cgroup_id(const char *path, uint64_t *ret_id);

#endif
