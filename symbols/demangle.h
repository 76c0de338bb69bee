/*
 * Names of C++ and Rust as they were written.
 */
#ifndef SYMBOLS_DEMANGLE_H
#define SYMBOLS_DEMANGLE_H

/* To be freed; NULL: the name is written as it is. */
char *demangle(const char *name);

#endif
