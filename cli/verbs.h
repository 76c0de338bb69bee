/*
 * What can be done: run, list, format.
 */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "base/arena.h"
#include "cli/environment.h"
#include "cli/options.h"

/* All give the exit status and have said what went wrong. */
int verb_run(struct arena *arena, const struct options *options,
	     const struct environment *environment);
int verb_list(struct arena *arena, const struct options *options,
	      const struct environment *environment);
int verb_format(struct arena *arena, const struct options *options,
		const struct environment *environment);

int verb_info(struct arena *arena, const struct options *options,
	      const struct environment *environment);

#endif
