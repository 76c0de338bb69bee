/*
 * Stacks and symbols as text.
 */
#ifndef RUNTIME_OUTPUT_STACK_TEXT_H
#define RUNTIME_OUTPUT_STACK_TEXT_H

#include "base/strbuf.h"
#include "base/value.h"

/* A line for each frame, the innermost first, after an empty one. */
void stack_text(const struct value *stack, struct strbuf *out);

/* The name, or the address. */
void symbol_text(const struct value *symbol, struct strbuf *out);

/* One frame without indentation and line end: "vfs_read+25"; `offset`: with the "+25". */
void frame_text(const struct stack_frame *frame, bool offset, struct strbuf *out);

#endif
