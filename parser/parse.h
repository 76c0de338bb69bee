/*
 * A text becomes a tree.
 *
 * Reports several mistakes in one run, up to DIAG_ERRORS_MAX, and always
 * returns a script: after errors one without the parts that had them.
 */
#ifndef PARSER_PARSE_H
#define PARSER_PARSE_H

#include "base/diag.h"
#include "base/intern.h"
#include "parser/ast.h"

struct script *parse(struct arena *arena, struct sources *sources, struct source *source,
		     struct interner *interner, struct diags *diags);

#endif
