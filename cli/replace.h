/*
 * Replacing files.
 */
#ifndef CLI_REPLACE_H
#define CLI_REPLACE_H

#include "base/strbuf.h"

/*
 * Gives the file this text, or keeps it as it was: it is whole at any time.  A device or a pipe is
 * written to; of a link, what it leads to is replaced.  The exit status, after saying what failed.
 */
int file_replace(struct arena *arena, const char *path, const struct strbuf *text);

#endif
