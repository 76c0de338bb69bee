/*
 * Orders simultaneous moves: what is not read any more first, then the rings.
 */
#include "codegen/moves.h"

#include <string.h>

void moves_init(struct moves *moves)
{
	memset(moves->from, MOVE_NONE, sizeof(moves->from));
	memset(moves->reads, 0, sizeof(moves->reads));
}

void moves_add(struct moves *moves, uint8_t to, uint8_t from)
{
	if (to == from) {
		/* It stays: still nobody else may write it, which nobody does. */
		return;
	}
	moves->from[to] = from;
	moves->reads[from]++;
}

bool moves_next(struct moves *moves, struct move *ret_move)
{
	uint8_t to, from, ring = MOVE_NONE;

	for (to = 0; to < MOVES_REGS; to++) {
		if (moves->from[to] == MOVE_NONE)
			continue;
		ring = to;
		if (moves->reads[to])
			continue;
		*ret_move = (struct move){ to, moves->from[to] };
		moves->reads[moves->from[to]]--;
		moves->from[to] = MOVE_NONE;
		return true;
	}
	if (ring == MOVE_NONE)
		return false;
	/* Only rings are left: park what one target still holds, and let its reader read it there.
	 */
	from = ring;
	*ret_move = (struct move){ 0, from };
	for (to = 0; to < MOVES_REGS; to++) {
		if (moves->from[to] == from) {
			moves->from[to] = 0;
			moves->reads[0]++;
			moves->reads[from]--;
		}
	}
	return true;
}
