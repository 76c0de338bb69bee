/*
 * Questions about what comes next in the text, for the few places where the
 * language needs more than one token of it.
 *
 * All take the offset in the text to look at.  Each looks only as far as the
 * construct asked about, so that reading a script stays linear.
 */
#ifndef LEXER_LOOKAHEAD_H
#define LEXER_LOOKAHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

/* A '(' after "typeof" and its ')', 0 when it has none. */
struct paren_pair {
	uint32_t open, close;
};

/* Offsets of what an attach point's text has in it, 0 when absent. */
struct attach_extent {
	uint32_t start, end;
	uint32_t first_colon, last_colon, last_open, last_close;
	char following; /* first character after it that is not blank */
};

struct lookahead {
	struct arena *arena;
	const char *text;
	uint32_t size;
	/* What was found out already, so that nested questions cost nothing. */
	VEC(struct paren_pair) typeof_parens; /* sorted by open */
	size_t typeof_next;
	uint32_t typeof_end; /* known up to here */
	uint32_t stars_end;
	bool stars_are_type;
	struct attach_extent attach;
};

void lookahead_init(struct lookahead *ahead, struct arena *arena, const char *text, uint32_t size);

bool is_word_start(char c);
bool is_word_char(char c);

/* Past white space and comments. */
uint32_t lookahead_skip_blank(const struct lookahead *ahead, uint32_t at);

/* The first character that is not blank, 0 at the end. */
char lookahead_char(const struct lookahead *ahead, uint32_t at);

/* '=', but not "==". */
bool lookahead_assign(const struct lookahead *ahead, uint32_t at);

/* After '(': "name =" begins a record. */
bool lookahead_record(const struct lookahead *ahead, uint32_t at);

/* After '(': a type, ')' and the start of an operand. */
bool lookahead_cast(struct lookahead *ahead, uint32_t at);

/* At '*': does it belong to a type, as in sizeof(int *)? */
bool lookahead_type_star(struct lookahead *ahead, uint32_t at);

/*
 * At a '/' in an attach point that began at `start`: does a predicate begin
 * here?  kprobe:f/pid == 1/ but not uprobe:/bin/sh:f.
 */
bool lookahead_predicate(struct lookahead *ahead, uint32_t start, uint32_t at);

/* End of a C definition whose last brace closed before `at`: attributes and ';'. */
uint32_t lookahead_c_tail(const struct lookahead *ahead, uint32_t at);

/* A name that can only be meant as a type: int32, size_t. */
bool is_type_name(const char *name, size_t length);

#endif
