/*
 * Finds the instruction that already computed the same.
 *
 * A table of pure instructions in nested scopes: what a scope added leaves
 * with it.  Equal means equal operation, operands and constants.
 */
#ifndef CODEGEN_NUMBERING_H
#define CODEGEN_NUMBERING_H

#include "codegen/insn.h"

struct numbering_entry {
	uint32_t insn;
	uint32_t hash;
	uint32_t next; /* in its bucket: index + 1, 0 ends */
	uint32_t time; /* ascending */
};

struct numbering {
	struct function *fn;
	uint32_t *buckets; /* index + 1 of the newest entry */
	uint32_t bucket_count;
	VEC(struct numbering_entry) entries;
	VEC(uint32_t) scopes; /* entry counts at their starts */
	uint32_t time;        /* how many were ever added */
};

void numbering_init(struct numbering *numbering, struct function *fn);

/* The register an equal instruction wrote, or REG_NONE.  *ret_hash is for numbering_add(). */
uint32_t numbering_find(const struct numbering *numbering, const struct insn *insn,
                        uint32_t *ret_hash);

/* The instruction at index `insn` from now on stands for all its equals. */
void numbering_add(struct numbering *numbering, uint32_t insn, uint32_t hash);

/* Is what was added at this time still known? */
bool numbering_has(const struct numbering *numbering, uint32_t time);

void numbering_enter(struct numbering *numbering);
void numbering_leave(struct numbering *numbering);

/* Forgets what was added since `time`: a path that left then joins here. */
void numbering_rewind(struct numbering *numbering, uint32_t time);

#endif
