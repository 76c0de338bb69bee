/*
 * Names of addresses in processes.
 */
#ifndef RUNTIME_USER_SYMBOLS_H
#define RUNTIME_USER_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/value.h"

struct user_symbols;

/* `lines`: places in the source, too.  `debug_folders`: where files of debug information may be besides
 * the usual places, "DIR:DIR" or NULL. */
struct user_symbols *user_symbols_new(bool demangle, bool lines, const char *debug_folders);
void user_symbols_free(struct user_symbols *symbols);

/*
 * Follows what processes map from now on, so that names can be told after
 * their end.  `pid` 0: all processes there are, else this one; `all_are_new`:
 * there is none yet whose mappings were made before.  0 or -errno.
 */
int user_symbols_follow(struct user_symbols *symbols, uint32_t pid, bool all_are_new);

/* Readable when user_symbols_catch_up() should be called; -1: never. */
int user_symbols_fd(const struct user_symbols *symbols);
void user_symbols_catch_up(struct user_symbols *symbols);

/* Fills in names, offsets and modules of frames by their addresses. */
void user_symbols_name(struct user_symbols *symbols, uint32_t pid, struct stack_frame *frames,
		       size_t count);

/* What went wrong since the last time it was asked, or NULL. */
const char *user_symbols_trouble(struct user_symbols *symbols);

#endif
