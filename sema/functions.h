/*
 * The script's own functions: by name, until calls have been bound to them.
 */
#ifndef SEMA_FUNCTIONS_H
#define SEMA_FUNCTIONS_H

#include "sema/program.h"

/* The function of that name, or NULL. */
struct function *function_named(const struct program *program, const char *name);

/* The builtin that a name or call means: one that no function of the script stands before. */
const struct builtin *builtin_named(const struct program *program, const struct expr *expr);

/* After names have been resolved: what is known of the variables that stand for parameters and result. */
void function_settle_params(struct instance *instance);

#endif
