/*
 * Checks of one use of a builtin against its row.
 */
#ifndef SEMA_CHECK_CALL_H
#define SEMA_CHECK_CALL_H

#include "sema/check.h"

/* Has it no value for a reason that is told where it came about, if there was an error at all?  Of
 * words that are arguments whoever takes them tells. */
bool check_was_reported(const struct checker *checker, const struct expr *expr);

void check_call(struct checker *checker, struct expr *call);
void check_ident(struct checker *checker, struct expr *ident);

#endif
