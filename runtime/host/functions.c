/*
 * Functions of the kernel: the list of those that can be traced, which tracefs
 * makes while it is read (so it is read once, only for patterns, and kept), and their
 * prototypes in the BTF of the kernel and its modules.
 */
#include "runtime/host/functions.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/host/btf_types.h"
#include "sema/probe_type.h"

#define KERNEL "vmlinux"

enum { PIECE = 64 * 1024, FEW_LOOKUPS = 8 };

/* --- the list ------------------------------------------------------------------ */

/* "vfs_read" or "helper [module]"; the line ends with a NUL. */
static void add_line(struct function_list *list, char *line)
{
	static const char no_function[] = "__ftrace_invalid_address__";
	struct listed_function function = { .module = KERNEL, .name = line };
	char *module = strchr(line, '['), *end;

	line[strcspn(line, " \t")] = '\0';
	if (!*line || !strncmp(line, no_function, sizeof(no_function) - 1))
		return;
	if (module) {
		function.module = ++module;
		end = strchr(module, ']');
		if (end)
			*end = '\0';
	}
	vec_push(list->arena, &list->functions, function);
}

/* Reads a piece that begins with what the last one left over; 0 at the end as well. */
static int read_piece(struct function_list *list)
{
	char *text = arena_alloc(list->arena, list->rest_length + PIECE + 1), *line = text, *stop;
	ssize_t n;

	memcpy(text, list->rest, list->rest_length);
	do
		n = read(list->fd, text + list->rest_length, PIECE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	list->is_complete = !n;
	list->rest_length += (size_t)n;
	while ((stop = memchr(line, '\n', list->rest_length))) {
		*stop = '\0';
		list->rest_length -= (size_t)(stop + 1 - line);
		add_line(list, line);
		line = stop + 1;
	}
	if (list->is_complete && list->rest_length) /* a last line without an end; a NUL follows it */
		add_line(list, line);
	list->rest = line;
	return 0;
}

int functions_each(struct function_list *list, struct arena *arena, int folder, const char *path,
		   bool (*callback)(void *context, const char *module, const char *name),
		   void *context)
{
	size_t i;
	int err;

	if (!list->arena) {
		list->fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
		if (list->fd < 0)
			return -errno;
		list->arena = arena;
		list->rest = "";
	}
	for (i = 0; i < list->functions.count || !list->is_complete; i++) {
		while (i == list->functions.count && !list->is_complete)
			if ((err = read_piece(list)))
				return err;
		if (i < list->functions.count &&
		    !callback(context, list->functions.items[i].module, list->functions.items[i].name))
			return 0;
	}
	return 0;
}

void function_list_close(struct function_list *list)
{
	if (list->arena)
		close(list->fd);
	*list = (struct function_list){ 0 };
}

/* --- BTF ------------------------------------------------------------------------ */

/* Opens a module's, if it is not open yet. */
static struct module_btf *open_module(struct module_btfs *modules, const char *name)
{
	struct module_btf module = { .name = name };
	size_t i;

	for (i = 0; i < modules->modules.count; i++)
		if (!strcmp(modules->modules.items[i].name, name))
			return &modules->modules.items[i];
	if (strchr(name, '/') ||
	    btf_open_module(modules->arena, arena_printf(modules->arena, "%s/%s", modules->folder, name),
			    modules->base, &module.btf))
		return NULL;
	module.name = arena_strdup(modules->arena, name);
	vec_push(modules->arena, &modules->modules, module);
	return &vec_last(&modules->modules);
}

static void open_matching(struct module_btfs *modules, const char *pattern)
{
	struct dirent *entry;
	DIR *dir;

	if (modules->is_complete)
		return;
	dir = opendir(modules->folder);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, KERNEL) != 0 &&
		    (!pattern || wildcard_match(pattern, entry->d_name)))
			open_module(modules, entry->d_name);
	if (dir)
		closedir(dir);
	modules->is_complete = !pattern;
}

void module_btfs_close(struct module_btfs *modules)
{
	size_t i;

	for (i = 0; i < modules->modules.count; i++)
		btf_close(modules->modules.items[i].btf);
	modules->modules.count = 0;
}

struct visit {
	bool (*callback)(void *context, const char *module, const char *name);
	void *context;
	const char *module;
	bool is_over;
};

static bool visit_function(void *context, uint32_t id UNUSED, const char *name)
{
	struct visit *visit = context;

	visit->is_over = !visit->callback(visit->context, visit->module, name);
	return !visit->is_over;
}

int functions_each_typed(struct module_btfs *modules, const char *module,
			 bool (*callback)(void *context, const char *module, const char *name),
			 void *context)
{
	struct visit visit = { callback, context, KERNEL, false };
	size_t i;

	if (!modules->base)
		return -ENODEV;
	if (!module || wildcard_match(module, KERNEL))
		btf_each(modules->base, BTF_KIND_BIT(BTF_KIND_FUNC), "", visit_function, &visit);
	if (module && !strcmp(module, KERNEL))
		return 0;
	open_matching(modules, module);
	for (i = 0; i < modules->modules.count && !visit.is_over; i++) {
		visit.module = modules->modules.items[i].name;
		if (!module || wildcard_match(module, visit.module))
			btf_each(modules->modules.items[i].btf, BTF_KIND_BIT(BTF_KIND_FUNC), "",
				 visit_function, &visit);
	}
	return 0;
}

static bool note_function(void *context, uint32_t id, const char *name)
{
	struct function_index *index = context;

	if (!table_get_str(&index->ids, name)) /* of several with one name the first */
		table_set_str(&index->ids, name, (void *)(uintptr_t)id);
	return true;
}

static uint32_t function_id(struct arena *arena, struct btf *btf, struct function_index *index,
			    const char *name)
{
	if (index->lookups++ < FEW_LOOKUPS)
		return btf_find(btf, BTF_KIND_BIT(BTF_KIND_FUNC), name);
	if (!index->ids.arena) {
		table_init(&index->ids, arena);
		btf_each(btf, BTF_KIND_BIT(BTF_KIND_FUNC), "", note_function, index);
	}
	return (uint32_t)(uintptr_t)table_get_str(&index->ids, name);
}

static int find_in_kernel(struct module_btfs *modules, struct types *types, const char *name,
			  struct kernel_function *ret_function)
{
	uint32_t id = function_id(modules->arena, modules->base, &modules->index, name);

	if (!id || !btf_function(modules->base, types, id, ret_function))
		return -ENOENT;
	ret_function->module = KERNEL;
	return 0;
}

static int find_in_module(struct module_btfs *modules, struct types *types,
			  struct module_btf *module, const char *name,
			  struct kernel_function *ret_function)
{
	uint32_t id = function_id(modules->arena, module->btf, &module->index, name);

	if (!id || !btf_function(module->btf, types, id, ret_function))
		return -ENOENT;
	ret_function->module = module->name;
	return 0;
}

static int find_in_any_module(struct module_btfs *modules, struct types *types, const char *name,
			      struct kernel_function *ret_function)
{
	struct kernel_function found;
	size_t i, count = 0;

	open_matching(modules, NULL);
	for (i = 0; i < modules->modules.count; i++)
		if (!find_in_module(modules, types, &modules->modules.items[i], name, &found) &&
		    !count++)
			*ret_function = found;
	if (count > 1)
		return -EEXIST;
	return count ? 0 : -ENOENT;
}

int function_find(struct module_btfs *modules, struct types *types, const char *module,
		  const char *name, struct kernel_function *ret_function)
{
	struct module_btf *opened;
	int err;

	if (!modules->base)
		return -ENODEV;
	if (module && strcmp(module, KERNEL) != 0) {
		opened = open_module(modules, module);
		return opened ? find_in_module(modules, types, opened, name, ret_function) : -ENOENT;
	}
	err = find_in_kernel(modules, types, name, ret_function);
	return err && !module ? find_in_any_module(modules, types, name, ret_function) : err;
}

struct btf *module_btfs_of(struct module_btfs *modules, struct types *types,
			   const struct type *record)
{
	size_t i;

	for (i = 0; i < modules->modules.count; i++)
		if (btf_owns(modules->modules.items[i].btf, types, record))
			return modules->modules.items[i].btf;
	return modules->base;
}
