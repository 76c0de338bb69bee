/*
 * Everything that can be said in a script, joined.
 */
#ifndef CLI_LANGUAGE_H
#define CLI_LANGUAGE_H

#include "sema/program.h"

struct language language_of(const struct target *target);

#endif
