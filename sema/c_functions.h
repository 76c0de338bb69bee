/*
 * Functions in C that the script imports.
 */
#ifndef SEMA_C_FUNCTIONS_H
#define SEMA_C_FUNCTIONS_H

#include "sema/c_object.h"
#include "sema/imports.h"
#include "sema/program.h"

/* Reads those of a file; reports what is wrong at the import. */
void c_functions_read(struct program *program, const struct imported_file *file, struct span span);

/* The one of that name, ready to be called, or NULL.  Reports at `call` why it cannot be. */
struct c_function *c_function_find(struct program *program, const char *name, struct span call);

#endif
