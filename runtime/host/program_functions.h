/*
 * Functions of loaded BPF programs.
 */
#ifndef RUNTIME_HOST_PROGRAM_FUNCTIONS_H
#define RUNTIME_HOST_PROGRAM_FUNCTIONS_H

#include "sema/target.h"
#include "sema/type.h"

/* As target->each_program_function. */
int program_functions_each(struct types *types, program_function_visitor *visitor, void *context);

#endif
