/*
 * Lines of source files to addresses: the line tables of DWARF 2 to 5.
 */
#ifndef RUNTIME_HOST_DEBUG_LINES_H
#define RUNTIME_HOST_DEBUG_LINES_H

#include "runtime/host/binary.h"

struct source_line {
	const char *file; /* a path, or the end of one from a '/' on */
	uint64_t line, column; /* column 0: any */
};

enum line_result {
	LINE_FOUND,
	LINE_WITHOUT_CODE, /* *ret_next is the next line of the file that has some, or 0 */
	LINE_WITHOUT_FILE, /* no such source file */
	LINE_WITHOUT_DEBUG, /* no line tables */
};

/* The lowest address where a statement of the line begins. */
enum line_result debug_line_find(struct binary *binary, const struct source_line *wanted,
				 uint64_t *ret_address, uint64_t *ret_next);

#endif
