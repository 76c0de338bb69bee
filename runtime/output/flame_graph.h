/*
 * A tree of stacks, and its picture.
 */
#ifndef RUNTIME_OUTPUT_FLAME_GRAPH_H
#define RUNTIME_OUTPUT_FLAME_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

struct flame {
	const char *name;
	bool is_kernel;
	uint64_t weight; /* its own and that of all above it */
	struct flame *first, *next; /* children; the next one of its parent's */
};

/* The whole picture: a document of its own. */
void flame_svg(const struct flame *root, struct strbuf *out);

#endif
