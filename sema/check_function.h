/*
 * What is wrong with functions of the script and their calls.
 */
#ifndef SEMA_CHECK_FUNCTION_H
#define SEMA_CHECK_FUNCTION_H

#include "parser/ast.h"
#include "sema/check.h"

/* exit(): nothing after it gets its turn. */
bool call_ends_probe(const struct expr *expr);

/* How many arguments; their types infer has looked at. */
void check_function_call(struct checker *checker, const struct expr *call);

/* `return`, its expression walked already. */
void check_function_return(struct checker *checker, const struct stmt *stmt);

/* The function that is being checked: its result and how its body ends. */
void check_function(struct checker *checker);

#endif
