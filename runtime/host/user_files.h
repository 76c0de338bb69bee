/*
 * Files of user space: which a probe's binary, as written, means, and their
 * contents, each opened once.
 */
#ifndef RUNTIME_HOST_USER_FILES_H
#define RUNTIME_HOST_USER_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/vec.h"

struct binary;
struct user_files;

struct user_path {
	const char *name; /* what the user is told */
	const char *path; /* what to open: through /proc/PID/root for another root */
	dev_t device;	  /* which file it is: two names may be of the same */
	ino_t inode;
	const char *shadowed; /* another program of that name, later in $PATH; or NULL */
};

VEC_STRUCT(user_paths, struct user_path);

/* `root` stands before every path: "", or a folder that stands for another system. */
struct user_files *user_files_new(struct arena *arena, const char *root);
void user_files_free(struct user_files *files);

/* Folders with files of debug information, beside the usual ones: "DIR:DIR". */
void user_files_add_debug(struct user_files *files, const char *folders);
const char *user_files_debug(const struct user_files *files);

/*
 * Adds the files that `name` means:
 *
 *	libc		a library by the rules of the dynamic linker
 *	./a.out		a path; of the process `pid` (0: none) as that one sees it
 *	bash		a program in $PATH
 *	/bin/b*		all that match
 *	*		all that the process has mapped; without one: all processes
 *	""		the program of the process
 *
 * None is added where there is none.
 */
void user_files_find(struct user_files *files, const char *name, bool is_literal, uint32_t pid,
		     struct user_paths *ret_paths);

/* Adds what a process has mapped to execute: its program and libraries. */
void user_files_mapped(struct user_files *files, uint32_t pid, struct user_paths *paths);

/* Errors as of binary_open(). */
int user_files_open(struct user_files *files, const char *path, struct binary **ret_binary);

/*
 * The dynamic linker's cache: the path of the library whose file name is
 * `name`, or begins with it and goes on with ".so"; NULL: none.
 */
const char *linker_cache_find(struct arena *arena, const char *root, const char *name);

#endif
