/*
 * The maps of an object.
 */
#ifndef CODEGEN_MAPS_H
#define CODEGEN_MAPS_H

#include "codegen/lower.h"

/* Those of the script, each at the index it has in program.maps. */
void maps_add_script(struct program *program, struct object *object);

/*
 * The instance adds elements to the map.  One that allocates as it grows cannot
 * where interrupts are off; unless it is too large its elements are allocated
 * when it is made.
 */
void maps_need_elements(struct codegen *cg, const struct map *map);

/* The per-CPU scratch memory of programs; gives its index. */
uint32_t maps_add_scratch(struct arena *arena, struct object *object);

/* When all programs are known: sizes and contents; the scratch map goes if nothing uses it. */
void maps_finish(struct codegen *cg, uint32_t scratch_map, uint32_t scratch_size);

#endif
