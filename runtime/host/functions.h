/*
 * Functions of the kernel and its modules: which can be traced, and what BTF
 * knows of them.
 */
#ifndef RUNTIME_HOST_FUNCTIONS_H
#define RUNTIME_HOST_FUNCTIONS_H

#include "base/table.h"
#include "base/vec.h"
#include "runtime/host/btf.h"
#include "sema/target.h"

/* Functions of one BTF by name: made when so many are looked up that it pays. */
struct function_index {
	unsigned lookups;
	struct table ids; /* name to number, as a pointer; empty until it is made */
};

/* The BTF of modules, opened as they are asked for. */
struct module_btfs {
	struct arena *arena;
	const char *folder; /* a file for each module */
	struct btf *base;   /* the kernel's */
	struct function_index index; /* of the kernel's */
	bool is_complete;   /* all there are have been opened */
	VEC(struct module_btf {
		const char *name;
		struct btf *btf;
		struct function_index index;
	}) modules;
};

void module_btfs_close(struct module_btfs *modules);

struct listed_function {
	const char *module, *name;
};

/* The kernel's list of functions, as far as it was read. */
struct function_list {
	struct arena *arena; /* NULL: it is not open */
	int fd;
	bool is_complete;
	const char *rest; /* a line that is not all there */
	size_t rest_length;
	VEC(struct listed_function) functions;
};

void function_list_close(struct function_list *list);

/* Hooks of struct target, given what they work on. */
int functions_each(struct function_list *list, struct arena *arena, int folder, const char *path,
		   bool (*callback)(void *context, const char *module, const char *name),
		   void *context);
int functions_each_typed(struct module_btfs *modules, const char *module,
			 bool (*callback)(void *context, const char *module, const char *name),
			 void *context);
int function_find(struct module_btfs *modules, struct types *types, const char *module,
		  const char *name, struct kernel_function *ret_function);

/* The BTF that tells the fields of a struct: a module's, else the kernel's. */
struct btf *module_btfs_of(struct module_btfs *modules, struct types *types,
			   const struct type *record);

#endif
