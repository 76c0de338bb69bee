/*
 * The script's text: from the command line, a file or standard input.
 */
#ifndef CLI_SCRIPT_H
#define CLI_SCRIPT_H

#include "base/source.h"
#include "cli/options.h"

/* The text of a file with a NUL after it, "-": standard input; NULL with errno set. */
char *script_read_file(struct arena *arena, const char *path, size_t *ret_size);

/* NULL after saying what is wrong. */
struct source *script_read(struct arena *arena, struct sources *sources,
			   const struct options *options);

/* The way out where -e was given no script but part of one, a file's name, or something else. */
void script_hint(const struct options *options);

#endif
