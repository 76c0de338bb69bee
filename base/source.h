/*
 * Script texts and places in them.
 *
 * All texts of one compilation (the script, what it imports, the prelude)
 * share one space of offsets: a span is two numbers and still names its file.
 */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"

/* Bytes [start, end) in the space of a struct sources.  {0, 0} is "nowhere". */
struct span {
	uint32_t start, end;
};

#define SPAN_NONE ((struct span){ 0, 0 })

struct source {
	const char *name; /* as messages show it: a path, or "stdin" */
	const char *text; /* `size` bytes and a NUL; NUL bytes may occur inside */
	uint32_t size;
	uint32_t base;		/* offset of its first byte; never 0 */
	uint32_t *line_starts;	/* offsets in text; made on first use */
	uint32_t line_count;

	/* A copy of a part of another text, made where a macro is called. */
	struct span origin; /* that part; {0, 0} when this is a text of its own */
	struct span call;   /* where it was expanded from */
};

struct sources {
	struct arena *arena;
	VEC(struct source *) list;
};

struct position {
	const struct source *source;
	uint32_t line, column; /* from 1; columns count bytes */
};

enum { SOURCE_SIZE_MAX = 64 * 1024 * 1024 };

void sources_init(struct sources *sources, struct arena *arena);

/* Keeps the pointer to the text.  `size` is at most SOURCE_SIZE_MAX. */
struct source *sources_add(struct sources *sources, const char *name, const char *text, size_t size);

/*
 * Places for a copy of the text `origin`, expanded at `call`: offset
 * `origin.start + n` becomes `base + n`.
 */
struct source *sources_add_expansion(struct sources *sources, struct span origin, struct span call);

/* Where a place was written: the same unless it lies in a copy. */
struct span span_origin(const struct sources *sources, struct span span);

/* Where the copy that the place lies in was expanded from; SPAN_NONE: it lies in no copy. */
struct span span_call(const struct sources *sources, struct span span);

/* The text an offset lies in; NULL for the offset 0. */
struct source *sources_at(const struct sources *sources, uint32_t offset);

/* Where a place was written. */
struct position sources_position(struct sources *sources, uint32_t offset);

/* Line `line` (from 1) without its line end. */
const char *source_line(struct sources *sources, struct source *source, uint32_t line,
			size_t *ret_length);

/* From the start of one to the end of the other. */
struct span span_join(struct span first, struct span last);

#endif
