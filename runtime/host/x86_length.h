/*
 * Lengths of x86-64 instructions: a probe may only be put where one begins.
 */
#ifndef RUNTIME_HOST_X86_LENGTH_H
#define RUNTIME_HOST_X86_LENGTH_H

#include <stddef.h>
#include <stdint.h>

enum { X86_LENGTH_MAX = 15 };

/* Of the instruction at `code`; 0: none that is known, or it goes on behind `size` bytes. */
size_t x86_length(const uint8_t *code, size_t size);

#endif
