/*
 * The reader of plain C: tokens, preprocessor lines, constant expressions,
 * declarations and their layout.  One file each; what they share is here.
 */
#ifndef SEMA_C_READER_H
#define SEMA_C_READER_H

#include "base/compiler.h"
#include "base/diag.h"
#include "sema/c_names.h"
#include "sema/program.h"

enum c_token_kind {
	C_TOKEN_END,
	C_TOKEN_NAME,
	C_TOKEN_NUMBER, /* also 'c' */
	C_TOKEN_STRING,
	C_TOKEN_SIGN, /* operators and brackets */
	C_TOKEN_OTHER,
};

/* One or two characters as the number of a sign. */
#define C_SIGN2(a, b) ((a) << 8 | (b))

struct c_token {
	enum c_token_kind kind;
	struct span span; /* where it was written; of an expansion, where the #define is used */
	const char *name; /* NAME, interned */
	uint64_t value;   /* NUMBER */
	bool is_unsigned; /* NUMBER: of an unsigned type */
	bool is_bad;      /* NUMBER: not an integer */
	bool after_space; /* white space before it */
	int sign;         /* SIGN: the character, or C_SIGN2 */
};

VEC_STRUCT(c_tokens, struct c_token);

struct c_define {
	const char *name;
	struct span span, body; /* of the name; of the replacement without comments around it */
	bool is_function, is_variadic, is_expanding;
	bool is_tried; /* as a macro */
	struct name_vec params;
	struct c_tokens tokens; /* of the replacement */
	const struct macro *macro;
};

/* #if ... #endif being read. */
struct c_condition {
	struct span span;
	bool is_active;  /* its lines count */
	bool was_active; /* one of its branches did */
	bool has_else;
};

struct c_reader {
	struct program *program;
	struct c_names *names;
	struct diags *diags; /* the reader's own: see c_names.c */
	VEC(struct c_condition) conditions;
	struct c_tokens tokens; /* what declarations are read from */
	size_t at;
	uint32_t expanded; /* tokens that #defines became, so far */
	unsigned depth; /* of nesting, limited */
	bool has_predefined;
};

enum {
	C_DEPTH_MAX = 100,
	C_EXPANDED_MAX = 1 << 20, /* tokens that #defines became */
	C_ARGUMENTS_MAX = 4096,	    /* tokens */
};

/* --- c_scan.c: characters to tokens -------------------------------------------- */

/* Appends the tokens of the text at `span`, comments left out. */
void c_scan(struct c_reader *reader, struct span span, struct c_tokens *tokens);

/* The text that a span covers. */
const char *c_text(const struct program *program, struct span span);

/* --- c_lines.c: preprocessor lines ----------------------------------------------- */

/* Reads a line that begins with '#'. */
void c_read_line(struct c_reader *reader, struct span span);

/* Text with lines of '#' in it: appends what counts to reader->tokens, #defines replaced. */
void c_read_text(struct c_reader *reader, struct span span);

/* Do lines here count? */
bool c_is_active(const struct c_reader *reader);

/* Replaces #defined names. */
void c_expand(struct c_reader *reader, const struct c_tokens *from, struct c_tokens *to);

/* The names a compiler for the target would define. */
void c_predefine(struct c_reader *reader);

/* --- c_value.c: constant expressions ---------------------------------------------- */

struct c_number {
	uint64_t value;
	bool is_unsigned;
};

/* Reads a constant expression from where the reader stands; false after an error. */
bool c_read_value(struct c_reader *reader, struct c_number *ret_number);

/* --- c_types.c: declarations ------------------------------------------------------- */

/* Reads all of reader->tokens. */
void c_read_declarations(struct c_reader *reader);

/* A type name such as "unsigned long" or "struct foo *"; NULL after an error. */
const struct type *c_read_type_name(struct c_reader *reader);

/* Does a type begin here? */
bool c_at_type(const struct c_reader *reader);

/* --- c_layout.c: members to offsets -------------------------------------------------- */

struct c_member {
	const char *name; /* NULL: anonymous */
	const struct type *type;
	bool is_bitfield;
	bool is_packed;
	uint32_t bits;
	uint32_t align; /* by attribute, else 0 */
};

VEC_STRUCT(c_members, struct c_member);

/* Fills in the struct; false when it becomes too large, or a bitfield does. */
bool c_lay_out(struct types *types, struct type *record, const struct c_members *members,
	       bool is_packed, uint32_t align);

/* --- the cursor (c_types.c) ----------------------------------------------------------- */

const struct c_token *c_peek(const struct c_reader *reader);
bool c_is_sign(const struct c_token *token, int sign);
bool c_is_name(const struct c_token *token, const char *name);
bool c_take_sign(struct c_reader *reader, int sign); /* steps over it if it is next */

void c_error(struct c_reader *reader, struct span span, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
