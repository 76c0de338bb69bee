/*
 * Constants of the kernel's ABI that scripts take from headers of the system
 * and that are in no BTF, because they are #defines: with them most scripts
 * that include such a header need no C compiler.
 */
#ifndef SEMA_C_ABI_H
#define SEMA_C_ABI_H

#include <stdbool.h>

struct program;

/* Makes the name a #define of the program if it is one of these. */
bool c_abi_define(struct program *program, const char *name);

#endif
