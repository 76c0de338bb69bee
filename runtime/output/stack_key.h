/*
 * Map entries as weighted stacks: what formats for flame graphs are made from.
 */
#ifndef RUNTIME_OUTPUT_STACK_KEY_H
#define RUNTIME_OUTPUT_STACK_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "runtime/output/output.h"

/* Is the key, or a part of it, a stack? */
bool key_has_stack(const struct value *key);

/*
 * Calls back with each level, the outermost first: the parts of the key that
 * are no stacks, the frames of the process, those of the kernel.
 */
void key_each_level(const struct value *key, const char *truncation_mark, struct arena *arena,
		    void (*callback)(void *context, const char *name, size_t length, bool is_kernel),
		    void *context);

/* What the entry weighs: a count, a sum, of averages the total.  Less than 1: nothing. */
uint64_t value_weight(const struct value *value);

#endif
