/*
 * What the own reader cannot do is asked of a C compiler.
 */
#ifndef SEMA_C_ASK_H
#define SEMA_C_ASK_H

#include "base/diag.h"
#include "sema/program.h"

/*
 * After the own reader, whose complaints are in `complaints`: asks for what it
 * could not read (unless `is_hopeless`) and for names that the script uses and
 * nobody knows.  Reports what is wrong then.
 */
void c_ask(struct program *program, const struct diags *complaints, bool is_hopeless);

#endif
