/*
 * Functions of the kernel: the list of those that can be traced, which tracefs
 * makes while it is read (so it is read once, and only for patterns), and their
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

struct reader {
	bool (*callback)(void *context, const char *module, const char *name);
	void *context;
};

/* "vfs_read" or "helper [module]"; the line ends with a NUL. */
static bool read_line(const struct reader *reader, char *line)
{
	static const char no_function[] = "__ftrace_invalid_address__";
	char *module = strchr(line, '['), *end;

	line[strcspn(line, " \t")] = '\0';
	if (!*line || !strncmp(line, no_function, sizeof(no_function) - 1))
		return true;
	if (!module)
		return reader->callback(reader->context, KERNEL, line);
	end = strchr(++module, ']');
	if (end)
		*end = '\0';
	return reader->callback(reader->context, module, line);
}

/* Hands on the whole lines of `length` bytes; gives how much is left over, -1 to stop. */
static ssize_t read_lines(const struct reader *reader, char *text, size_t length)
{
	char *line = text, *stop;

	while ((stop = memchr(line, '\n', length - (size_t)(line - text)))) {
		*stop = '\0';
		if (!read_line(reader, line))
			return -1;
		line = stop + 1;
	}
	length -= (size_t)(line - text);
	memmove(text, line, length);
	return (ssize_t)length;
}

int functions_each(int folder, const char *path,
		   bool (*callback)(void *context, const char *module, const char *name),
		   void *context)
{
	const struct reader reader = { callback, context };
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC), err = 0;
	ssize_t kept = 0, n;
	char *text;

	if (fd < 0)
		return -errno;
	text = malloc(PIECE);
	if (!text) {
		close(fd);
		return -ENOMEM;
	}
	do {
		n = read(fd, text + kept, (size_t)(PIECE - kept));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n > 0)
			kept = read_lines(&reader, text, (size_t)(kept + n));
	} while (n > 0 && kept >= 0 && kept < PIECE);
	free(text);
	close(fd);
	return err;
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
