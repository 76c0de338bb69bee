/*
 * Moves that happen at the same time, put in an order.
 *
 * No register may be overwritten before it has been read; a ring of moves is
 * opened with r0, which is never a part of one.
 */
#ifndef CODEGEN_MOVES_H
#define CODEGEN_MOVES_H

#include <stdbool.h>
#include <stdint.h>

enum { MOVES_REGS = 11, MOVE_NONE = 255 };

struct move {
	uint8_t to, from;
};

struct moves {
	uint8_t from[MOVES_REGS];  /* by target: its source, or MOVE_NONE */
	uint8_t reads[MOVES_REGS]; /* by source: moves that still want it */
};

void moves_init(struct moves *moves);
void moves_add(struct moves *moves, uint8_t to, uint8_t from);

/* The next move to do, false when all are done. */
bool moves_next(struct moves *moves, struct move *ret_move);

#endif
