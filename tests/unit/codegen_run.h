/*
 * Runs a finished function in the kernel, for the tests of codegen.
 *
 * Map 0 is an array of one value of RUN_RESULTS numbers, where functions leave
 * their results; map 1 is the per-CPU scratch map.
 */
#ifndef TESTS_UNIT_CODEGEN_RUN_H
#define TESTS_UNIT_CODEGEN_RUN_H

#include "codegen/builder.h"
#include "sema/target.h"

enum { RUN_RESULTS = 64, RUN_INPUTS = 12, RUN_MAP_OUT = 0, RUN_MAP_SCRATCH = 1 };

struct run {
	bool can_run; /* root, and the kernel lets us */
	bool has_v4;
	int out, scratch;
	struct target target, target_v4;
	struct builder_options options, options_v4;
	const char *log; /* what the verifier said last */
};

/* `can_run` is false where there is no kernel for us: checks that need none still work. */
void run_init(struct run *run);
void run_finish(struct run *run);

/* 0 and what it left and returned, or -1 when it was refused (run->log). */
int run_code(struct run *run, const struct code *code, const uint64_t inputs[RUN_INPUTS],
             uint64_t ret_results[RUN_RESULTS], uint32_t *ret_value);

/* Finishes, checks and, with a message, ends the test when something is wrong. */
struct code *run_finish_code(struct arena *arena, struct builder *b);

#endif
