/*
 * Characters to tokens.
 *
 * The scanner (scanner.l) cuts the text into words; here they get the meaning
 * that depends on where they stand: which words are keywords, whether a '-'
 * has one side or two, whether a '(' begins a cast, a record or a group, where
 * a predicate ends, what is the raw text of an attach point.  So the grammar
 * needs no more than one token of lookahead.
 */
#ifndef LEXER_LEXER_H
#define LEXER_LEXER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/intern.h"
#include "lexer/lookahead.h"

union token_value; /* lexer/grammar.h, made by bison */

/* Text between top-level brackets, and what follows them. */
enum lexer_frame_kind {
	FRAME_TOP,
	FRAME_PAREN,
	FRAME_CAST,    /* (T): an operand follows */
	FRAME_BRACKET,
	FRAME_BLOCK,   /* {} that may have a value */
	FRAME_BODY,    /* {} of a loop, or of an if: what follows is no operator */
};

struct lexer_frame {
	enum lexer_frame_kind kind;
	bool header;	/* in it is an if, for ... whose '{' has not come yet */
	bool statement_if; /* the last if in it began a statement */
	bool statement; /* block, or part of an if, that began a statement */
	struct span open;
};

/* What the current declaration is, as far as the lexer has to know. */
enum lexer_decl { LEXER_OTHER, LEXER_PREDICATE, LEXER_CONFIG, LEXER_IMPORT, LEXER_LET };

/*
 * Brackets in brackets; more is the diagnostic NESTING.  Well above the limit
 * of the tree, since --fmt adds parentheses.
 */
enum { LEXER_DEPTH_MAX = 4000 };

struct lexer {
	struct arena *arena;
	struct interner *interner;
	struct diags *diags;
	const struct source *source;
	void *scanner;
	char *buffer; /* what the scanner reads: a copy it may write to */
	struct lookahead ahead;
	VEC(struct span) comments; /* in source order */
	bool after_let, in_let_type; /* between `let` and ':'; behind that, up to '=' or ';' */

	/* of the scanner */
	uint32_t start;	    /* of a token made of several pieces */
	uint32_t c_depth;
	bool c_is_typedef;
	bool has_escapes;
	int resumed_mode;   /* after a comment */

	VEC(struct lexer_frame) frames; /* [0] is FRAME_TOP */
	enum lexer_decl decl;
	int previous; /* token */
	struct span previous_span;
	uint32_t before_end;  /* where the token before it ended */
	struct span unclosed; /* a '(' or '[' that the last '}' left open */
	bool semicolon_due;   /* after a '}': deliver a ';' */
	bool after_operand;
	bool stray_brace;   /* the last token is a '}' that closes nothing */
	bool recovering;    /* skipping to where the parser can go on */
	size_t recover_depth;
	size_t errors_before; /* of other texts */
	bool stopped;
};

/* `source->text` stays; comments and names go to the arena. */
void lexer_init(struct lexer *lexer, struct arena *arena, const struct source *source,
		struct interner *interner, struct diags *diags);
void lexer_finish(struct lexer *lexer);

/* TOKEN_... of lexer/grammar.h; 0 at the end, and from then on. */
int lexer_next(struct lexer *lexer, union token_value *ret_value, struct span *ret_span);

/*
 * The parser cannot use the token it got: what follows is skipped up to the
 * next ';' or '}' of the same block, blocks in between whole.
 */
void lexer_recover(struct lexer *lexer);

/* No more tokens. */
void lexer_stop(struct lexer *lexer);

bool lexer_has_too_many_errors(const struct lexer *lexer);

/* The '{', '(' or '[' that is open at the end of what was read, or SPAN_NONE. */
struct span lexer_innermost_open(const struct lexer *lexer);

#endif
