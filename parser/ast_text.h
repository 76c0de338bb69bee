/*
 * The tree as text, one node a line: --dump=ast.
 */
#ifndef PARSER_AST_TEXT_H
#define PARSER_AST_TEXT_H

#include "base/strbuf.h"
#include "parser/ast.h"

void ast_text(const struct script *script, struct strbuf *out);

/* The same with the place of every node, as LINE:COL-COL or LINE-LINE. */
void ast_text_with_places(const struct script *script, struct sources *sources, struct strbuf *out);

/* "struct foo*[4]" as it would be written; "typeof(...)" of an expression. */
void type_spec_text(const struct type_spec *spec, struct strbuf *out);

#endif
