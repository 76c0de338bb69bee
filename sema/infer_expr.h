/*
 * The type of one expression from those of its parts; see infer.c.
 */
#ifndef SEMA_INFER_EXPR_H
#define SEMA_INFER_EXPR_H

#include "sema/infer.h"

/* Sets (*slot)->type, NULL while it is not known.  sizeof and the like become literals. */
void infer_expr(struct inferer *inferer, struct expr **slot);

/* The type of `left op right`, NULL when the operands do not go with it. */
const struct type *infer_arithmetic(struct types *types, enum binary_op op, const struct type *left,
				    const struct type *right);

/*
 * Widens *place so that `type` fits; false when it cannot.  A literal alone is
 * kept as one until something typed meets it.  In infer.c.
 */
bool infer_widen(struct inferer *inferer, const struct type **place, const struct type *type);

/* A call of a function of the script, and a value that such a function gives (infer_function.c). */
void infer_function_call(struct inferer *inferer, struct expr *call);
void infer_c_call(struct inferer *inferer, struct expr *call);
void infer_return(struct inferer *inferer, const struct expr *value);

/* An operand that has no value, as of print(1) + 2, unless something else is wrong already. */
void infer_report_void(struct inferer *inferer, const struct expr *operand);

/* Of e.f, e.0 and e[i] (infer_access.c). */
const struct type *infer_field(struct inferer *inferer, struct expr *expr);
const struct type *infer_element(struct inferer *inferer, struct expr *expr);
const struct type *infer_index(struct inferer *inferer, struct expr *expr);

/* Of sizeof, offsetof and typeinfo, which become literals (infer_of.c). */
void infer_of(struct inferer *inferer, struct expr *expr);

/* One use of a map with these keys; in infer.c. */
void infer_map_key(struct inferer *inferer, struct map *map, const struct expr_vec *keys,
		   struct span span);

/* A type as written; reports UNKNOWN_TYPE and gives void. */
const struct type *type_from_spec(struct inferer *inferer, const struct type_spec *spec);

/* Types of the language and of C that need no kernel: "uint8"; NULL when it is none of them. */
const struct type *type_plain(struct program *program, const char *name, size_t length);

/* The result type as a prototype words it. */
const struct type *type_from_words(struct inferer *inferer, const char *words, size_t length);

/* type_settled(), also for the items of tuples. */
const struct type *type_settled_deep(struct types *types, const struct type *type);

#endif
