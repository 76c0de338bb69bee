/*
 * Files that a script imports.  Whoever hands down the language reads them:
 * the compiler opens nothing.
 */
#ifndef SEMA_IMPORTS_H
#define SEMA_IMPORTS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/vec.h"

struct imported_file {
	const char *name;     /* for messages */
	const char *identity; /* the same for the same file, however it is named */
	const char *text;     /* `size` bytes and a NUL */
	size_t size;
};

struct imported_files {
	VEC(struct imported_file) files; /* one, or those of a directory by their names */
	VEC(const char *) checked;       /* paths that were tried */
	const char *failed;              /* the path that an error is about */
};

/*
 * Reads what `path` means in the script `from`.  0; -ENOENT: no such file;
 * -EPERM: others may write to the directory; another -errno.
 */
typedef int import_reader(struct arena *arena, const char *from, const char *path,
			  struct imported_files *ret_files);

#endif
