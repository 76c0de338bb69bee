/*
 * Random programs for the tests of codegen: what they are made of, and what
 * they compute.
 */
#ifndef TESTS_UNIT_CODEGEN_PROGRAMS_H
#define TESTS_UNIT_CODEGEN_PROGRAMS_H

#include "tests/unit/codegen_run.h"

enum {
	TEMPS_MAX = 512,
	VARS = 6,
	RESULT_OF_ALL = RUN_RESULTS - VARS - 1,
	SLOTS_MAX = 64,
	SLOT_WORDS_MAX = 80,
	STATEMENTS_MAX = 400
};

enum kind {
	DO_ALU,
	DO_SDIV,
	DO_SMOD,
	DO_NEG,
	DO_EXTEND,
	DO_SWAP,
	DO_SET,
	DO_GET,
	DO_SLOT,
	DO_STORE,
	DO_LOAD,
	DO_ADD_TO,
	DO_CALL,
	DO_ID,
	DO_READ,
	DO_COPY,
	DO_IF,
	DO_LOOP,
	DO_RESULT,
	DO_LEAVE
};

/* A temporary, or a constant when `temp` is negative. */
struct operand {
	int temp;
	uint64_t number;
};

/* One statement; what a field means depends on its kind. */
struct statement {
	enum kind kind;
	uint8_t op;
	unsigned size;
	bool is_signed;
	int temp;        /* result */
	unsigned target; /* variable, slot, loop count or result number */
	unsigned source, at;
	struct operand a, b;
	struct statement *then, *otherwise; /* lists */
	struct statement *next;
};

struct generator {
	struct arena *arena;
	uint64_t random;
	unsigned temps[TEMPS_MAX], temp_count; /* those in scope */
	unsigned next_temp, next_slot, next_result, statements;
	unsigned slots[SLOTS_MAX], slot_count; /* those in scope */
	unsigned slot_words[SLOTS_MAX];
	bool in_loop;
};

struct machine {
	uint64_t temps[TEMPS_MAX], vars[VARS], results[RUN_RESULTS];
	uint8_t slots[SLOTS_MAX][SLOT_WORDS_MAX * 8];
	const struct generator *g;
	bool left;
};

/* The same seed gives the same program and inputs. */
struct statement *program_generate(struct generator *g, uint64_t seed,
                                   uint64_t ret_inputs[RUN_INPUTS]);

/* Values that still exist at the end count: so they live long, and many at a time. */
bool program_keeps(const struct generator *g, unsigned index);

/* Interprets it; the results are in the machine. */
void program_run(struct machine *m, const struct generator *g, const struct statement *program,
                 const uint64_t inputs[RUN_INPUTS]);

#endif
