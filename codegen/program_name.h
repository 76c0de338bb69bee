/*
 * What programs are called, in the kernel's lists and in BTF.
 */
#ifndef CODEGEN_PROGRAM_NAME_H
#define CODEGEN_PROGRAM_NAME_H

#include "base/arena.h"
#include "sema/program.h"

/* The whole name as an identifier of C: "interval_s_1_2", the second probe of its script. */
const char *program_function_name(struct arena *arena, const struct instance *instance,
				  const char *share_key);

/* The same in at most 15 characters, which is what the kernel keeps of a program's name. */
const char *program_short_name(struct arena *arena, const struct instance *instance,
			       const char *share_key);

#endif
