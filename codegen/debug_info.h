/*
 * BTF of the object: a function for each program, and which line of the script
 * each instruction comes from.
 */
#ifndef CODEGEN_DEBUG_INFO_H
#define CODEGEN_DEBUG_INFO_H

#include "base/arena.h"
#include "base/source.h"
#include "base/strbuf.h"
#include "base/table.h"
#include "codegen/object.h"

struct debug_info {
	struct arena *arena;
	struct sources *sources;
	struct strbuf types, strings;
	struct table offsets; /* string to its offset + 1 */
	uint32_t type_count;
};

void debug_info_init(struct debug_info *info, struct arena *arena, struct sources *sources);

/*
 * Gives the program its functions and lines: its own begins at instruction 0,
 * the others at `starts`.  Their names are identifiers of C.
 */
void debug_info_add(struct debug_info *info, struct object_program *program, const char *own,
		    const struct code *const *others, const uint32_t *starts, size_t other_count);

void debug_info_finish(struct debug_info *info, struct object *object);

#endif
