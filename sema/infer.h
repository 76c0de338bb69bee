/*
 * Types of everything, worked out over all uses until nothing changes.
 */
#ifndef SEMA_INFER_H
#define SEMA_INFER_H

#include "sema/program.h"

/* What infer hooks of builtins get. */
struct inferer {
	struct program *program;
	struct instance *instance;
	bool changed; /* something got a type or a wider one in this round */
	bool has_ifs;	/* there are some whose conditions types may decide */
	bool sees_dead; /* branches that are left out are looked at, too */
	bool is_final; /* nothing changes any more: what has no type now is an error */
};

/* Literal arguments were folded before: a number or string argument that is one. */
bool expr_is_number(const struct expr *expr, int64_t *ret_number);
bool expr_is_string(const struct expr *expr, const char **ret_text, size_t *ret_length);

/* The type both fit in, or NULL (language.md 6.5). */
const struct type *type_unify(struct types *types, const struct type *a, const struct type *b);

/* Can a value of `from` be stored in a `to` without a cast? */
bool type_converts(const struct type *from, const struct type *to);

/* How well a value goes into what is declared with a type. */
enum fit { FITS, FITS_CUT, FITS_NO_LITERAL, FITS_NOT };

enum fit type_fit(struct types *types, const struct type *declared, const struct type *type);

/* The type literals become when nothing else decides: int64; others as they are. */
const struct type *type_settled(struct types *types, const struct type *type);

#endif
