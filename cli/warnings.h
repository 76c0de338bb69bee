/*
 * -W: which warnings are silenced, and which are errors.
 */
#ifndef CLI_WARNINGS_H
#define CLI_WARNINGS_H

#include "base/diag.h"

/*
 * Adds one -W to what is wanted, `list` being words between commas:
 *
 *	no-ID, no-all		silent
 *	error=ID, error		errors; error alone: all that are not silent
 *	no-error=ID, ID, all	warnings again
 *
 * Ids in any case, with '-' or '_'.  0, or -EINVAL after saying what is wrong.
 */
int warnings_parse(struct arena *arena, const char *list, struct diag_treatments *treatments);

#endif
