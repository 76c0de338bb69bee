/*
 * What builder_finish() runs, in this order.
 */
#ifndef CODEGEN_PASSES_H
#define CODEGEN_PASSES_H

#include "codegen/insn.h"

/* Farther an instruction may be from a jump to it only if a jump surely reaches. */
enum { EXIT_REACH = 8000 };

/* optimise.c.  Leaves: all instructions reachable, no value unused, no jump to a jump, no
 * INSN_NOTHING. */
void optimise(struct function *fn);

/* variables.c.  Values that are copies of variables, or become one, share its register. */
void merge_variables(struct function *fn);

/*
 * frame.c.  Decides what lies in the stack and what in scratch, so that slots
 * take at most `limit` bytes of stack, and adds the code that finds the
 * scratch value.  `with_scratch` adds it even if no slot needs it.
 */
void layout_slots(struct function *fn, uint32_t limit, bool with_scratch);

/*
 * regs.c.  Leaves: fn->phys, spills as loads and stores of spill slots.
 *
 * With `spill_to_scratch` numbers are spilled to the scratch value behind its
 * slots, and only what may be a pointer to the stack.
 */
void allocate_registers(struct function *fn, bool spill_to_scratch);

/* spill.c.  The chosen registers live in memory; around uses they get new short-lived ones.
 * Spoils: liveness. */
struct liveness;
void spill_registers(struct function *fn, const struct liveness *live, const bool *is_spilled,
                     bool to_scratch);

/* spill.c.  Spill slots that are not needed at a time share a place.  Leaves: fn->spill_count
 * and the place of a spill slot in `a` of what accesses it. */
void share_spill_slots(struct function *fn);

/* assemble.c.  Needs: phys and frame. */
struct code *assemble(struct function *fn);

#endif
