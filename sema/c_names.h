/*
 * Names that come from C: the structs, unions, enums, typedefs and #defines of
 * the script, and what the headers it includes bring.
 *
 * The compiler reads plain C itself.  What it cannot read, and what is only in
 * headers, it asks of the target (target->ask_c), once, and only when the
 * script uses a name that is found nowhere else.
 */
#ifndef SEMA_C_NAMES_H
#define SEMA_C_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"
#include "base/table.h"
#include "base/vec.h"

struct c_define;
struct expr_vec;
struct macro;
struct program;
struct type;
struct types;

/* A member of an enum. */
struct c_constant {
	const char *name;
	const struct type *type; /* the enum; NULL: a plain number */
	int64_t value;
	bool is_unsigned; /* of a plain number: value is the uint64 */
	struct span span;
};

/* A struct, union or enum of the script: defined, or only pointed to. */
struct c_tag {
	struct type *type;
	struct span span;
	bool is_defined;
};

struct c_typedef {
	const struct type *type;
	struct span span;
};

struct c_names {
	struct table tags;      /* "struct foo" to struct c_tag */
	struct table typedefs;  /* to struct c_typedef */
	struct table constants; /* to struct c_constant */
	struct table defines;   /* to struct c_define; NULL after #undef */
	struct table kernel;    /* names looked for in the target: to struct c_constant, empty: none */
	const struct type *char_type; /* plain char: an array of it is text */
	struct span include; /* of the first #include that counts; SPAN_NONE: there is none */
};

/* The type that C of the script gives a name, as target->find_type; NULL: none. */
const struct type *c_find_type(struct program *program, const char *what, const char *name);

/* What words such as "unsigned long int" mean together; NULL: nothing. */
const struct type *c_type_of_words(const struct types *types, const char *words);

/* The enum member of that name: of the script, else of the kernel; NULL: none. */
const struct c_constant *c_find_constant(struct program *program, const char *name);

/* NULL when the name is not #defined. */
struct c_define *c_find_define(struct program *program, const char *name);

/* Does the #define have a parameter list? */
bool c_define_is_function(const struct c_define *define);

/*
 * The #define as a macro of the language whose value is the replacement, made
 * on first use.  NULL after saying why it cannot be one, at `use`.
 */
const struct macro *c_define_macro(struct program *program, struct c_define *define,
				   struct span use);

#endif
