/*
 * The current task and what hangs on it.
 */
#include "tests/interp/task.h"

#include <string.h>

#include "base/compiler.h"

/* An object of a kernel's type being filled in. */
struct thing {
	struct kernel *kernel;
	const struct type *type; /* NULL: the target does not know it */
	char *bytes;
	uint64_t address;
};

static struct thing thing_new(struct kernel *kernel, const char *tag)
{
	const struct target *target = kernel->target;
	struct thing thing = { .kernel = kernel };

	thing.type = target->find_type(target, &kernel->types, "struct", tag);
	if (!thing.type)
		return thing;
	type_complete(&kernel->types, thing.type);
	thing.bytes = arena_alloc(kernel->arena, thing.type->size);
	thing.address = memory_map(&kernel->memory, thing.bytes, thing.type->size,
				   MEMORY_KERNEL | MEMORY_LOAD);
	return thing;
}

/* `path` leads through structs: "d_name.name". */
static void set_bytes(const struct thing *thing, const char *path, const void *bytes, size_t size)
{
	const struct type *type = thing->type;
	const struct field *field;
	uint32_t offset = 0, step;
	const char *end;

	while (type) {
		end = strchrnul(path, '.');
		field = type_field(&thing->kernel->types, type,
				   arena_strndup(thing->kernel->arena, path, (size_t)(end - path)),
				   &step);
		if (!field)
			return; /* this kernel's structs have none */
		offset += step;
		if (!*end)
			break;
		path = end + 1;
		type = field->type;
		type_complete(&thing->kernel->types, type);
	}
	if (type)
		memcpy(thing->bytes + offset, bytes, MIN(size, (size_t)field->type->size));
}

static void set_number(const struct thing *thing, const char *path, uint64_t number)
{
	set_bytes(thing, path, &number, sizeof(number));
}

static uint64_t text_new(struct kernel *kernel, const char *text)
{
	return memory_map(&kernel->memory, arena_strdup(kernel->arena, text), strlen(text) + 1,
			  MEMORY_KERNEL);
}

static struct thing process_new(struct kernel *kernel, uint32_t pid, uint32_t tid, const char *comm)
{
	struct thing task = thing_new(kernel, "task_struct");
	char name[16] = { 0 };

	strncpy(name, comm, sizeof(name) - 1);
	set_number(&task, "pid", tid);
	set_number(&task, "tgid", pid);
	set_bytes(&task, "comm", name, sizeof(name));
	return task;
}

/* mm->exe_file->f_path.dentry->d_name.name, the chain that scripts walk to a program's name. */
static uint64_t mm_new(struct kernel *kernel, const char *comm)
{
	struct thing mm = thing_new(kernel, "mm_struct"), file = thing_new(kernel, "file");
	struct thing dentry = thing_new(kernel, "dentry"), inode = thing_new(kernel, "inode");

	set_number(&dentry, "d_name.name", text_new(kernel, comm));
	set_number(&dentry, "d_name.len", strlen(comm));
	set_number(&dentry, "d_inode", inode.address);
	set_number(&inode, "i_ino", 4711);
	set_number(&inode, "i_mode", 0100755);
	set_number(&file, "f_path.dentry", dentry.address);
	set_number(&file, "f_inode", inode.address);
	set_number(&mm, "exe_file", file.address);
	set_number(&mm, "total_vm", 1234);
	return mm.address;
}

uint64_t task_new(struct kernel *kernel, const struct happening *happening)
{
	struct thing task = process_new(kernel, happening->pid, happening->tid, happening->comm);
	struct thing parent = process_new(kernel, happening->ppid, happening->ppid,
					  happening->pcomm);
	struct thing cred = thing_new(kernel, "cred");

	set_number(&cred, "uid", happening->uid);
	set_number(&cred, "euid", happening->uid);
	set_number(&task, "cred", cred.address);
	set_number(&task, "real_parent", parent.address);
	set_number(&task, "parent", parent.address);
	set_number(&task, "group_leader", task.address);
	set_number(&task, "mm", mm_new(kernel, happening->comm));
	set_number(&task, "prio", 120);
	set_number(&task, "static_prio", 120);
	return task.address;
}
