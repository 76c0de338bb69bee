/*
 * State of the formatter, shared by format.c (lines) and format_expr.c (what
 * stands on them).
 */
#ifndef PARSER_FORMATTER_H
#define PARSER_FORMATTER_H

#include "base/strbuf.h"
#include "parser/ast.h"

enum { FORMAT_WIDTH = 80, FORMAT_INDENT = 2 };

struct formatter {
	const struct script *script;
	struct strbuf *out;
	size_t line_start; /* offset in out of the line being written */
	size_t indent;	   /* of statements, in columns */
	size_t comment;	   /* next one to write */
	uint32_t copied_end; /* in the source: of the last C text, which may end in blank lines */

	/* When only the width is asked for: how much is enough to know, and if that is reached. */
	size_t width_limit; /* 0: writing */
	bool full;
};

void format_puts(struct formatter *formatter, const char *text);
void format_source(struct formatter *formatter, struct span span); /* as it was written */
void format_newline(struct formatter *formatter);		   /* with the indentation */
size_t format_column(const struct formatter *formatter);

void format_expr(struct formatter *formatter, const struct expr *expr);
/* Where a statement begins. */
void format_stmt_expr(struct formatter *formatter, const struct expr *expr);
/* In parentheses unless it is plain, as after "if". */
void format_condition(struct formatter *formatter, const struct expr *expr);
/* In parentheses unless it is a primary, as on both sides of "..". */
void format_bound(struct formatter *formatter, const struct expr *expr);
void format_type(struct formatter *formatter, const struct type_spec *spec);

/* Does its text begin with an operator that could as well continue what stands before? */
bool format_begins_with_operator(const struct expr *expr);

/*
 * '{' ... '}'; the '{' stands on the current line.  `has_use` tells whether a
 * value at its end would mean anything.
 */
void format_block(struct formatter *formatter, const struct block *block, bool has_use);

#endif
