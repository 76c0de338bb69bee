/*
 * Checks of one use of a builtin against its row.
 */
#ifndef SEMA_CHECK_CALL_H
#define SEMA_CHECK_CALL_H

#include "sema/check.h"

void check_call(struct checker *checker, struct expr *call);
void check_ident(struct checker *checker, struct expr *ident);

#endif
