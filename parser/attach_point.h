/*
 * Splits the text of an attach point at its colons.  What the parts mean is
 * the business of the probe types.
 */
#ifndef PARSER_ATTACH_POINT_H
#define PARSER_ATTACH_POINT_H

#include <stdbool.h>

#include "base/diag.h"
#include "parser/ast.h"

struct attach_point_part {
	const char *text; /* without quotes, $N replaced */
	struct span span;
	bool is_quoted; /* some of it stood in quotes: no wildcards meant */
};

/* name=uprobe:/bin/sh:"ns::f(int)"+4 */
struct attach_point_parts {
	const char *label; /* the name, or NULL */
	struct span span;
	VEC(struct attach_point_part) parts; /* items[0] is the provider as written */
};

/*
 * Replaces $1, $2 ... outside quotes; parameters that were not given are
 * empty.  False after a diagnostic.
 */
bool attach_point_split(struct arena *arena, const struct attach_point_text *text,
			const char *const *params, size_t param_count, struct diags *diags,
			struct attach_point_parts *ret_parts);

#endif
