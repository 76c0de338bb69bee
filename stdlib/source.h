/*
 * Where the bytes are that an argument means.
 */
#ifndef STDLIB_SOURCE_H
#define STDLIB_SOURCE_H

#include "codegen/lower.h"

/* An address and whose memory it is: of a pointer, an integer, or an array's or string's own place. */
struct place source_of(struct codegen *cg, const struct expr *arg);

/* *ret_is_own: it is a value that the program itself holds. */
struct place source_or_own(struct codegen *cg, const struct expr *arg, bool *ret_is_own);

/* Copies `size` bytes from there. */
void emit_source_into(struct codegen *cg, const struct expr *arg, uint32_t size, struct val address);

/*
 * The value of a string in memory of ours, with zeros after its end: equal strings
 * have equal bytes, whatever is compared beyond the NUL.
 */
struct val emit_padded_string(struct codegen *cg, const struct expr *arg);

/* A number of bytes as the verifier wants it: what is above `most`, or negative, is `most`. */
struct val build_at_most(struct builder *b, struct val number, uint32_t most);

#endif
