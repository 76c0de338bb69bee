/*
 * Definitions of macros that share a name.
 */
#ifndef SEMA_OVERLOAD_H
#define SEMA_OVERLOAD_H

#include "base/table.h"
#include "parser/ast.h"
#include "sema/program.h"

/* Macros of one name, in source order. */
struct overload {
	const struct macro *macro;
	struct overload *next;
};

/* Adds to the table from names to their first overload; reports one that is there already. */
void overload_add(struct program *program, struct table *macros, const struct macro *macro);

/* The one that takes the arguments and asks most of them; NULL: none does. */
const struct macro *overload_choose(const struct overload *overloads, const struct expr_vec *args);

/* Says why none does. */
void overload_report(struct program *program, const struct expr *call,
		     const struct overload *overloads, const struct expr_vec *args);

#endif
