/*
 * The tree as a script: --fmt.  The text means the same, and formatting it
 * again changes nothing.
 */
#ifndef PARSER_FORMAT_H
#define PARSER_FORMAT_H

#include "base/strbuf.h"
#include "parser/ast.h"

/* Of a script that parsed without errors. */
void format_script(const struct script *script, struct sources *sources, struct strbuf *out);

#endif
