/*
 * The program that reads symbols from ELF files, as the tracer sees it.
 */
#ifndef RUNTIME_SYMBOL_SERVER_H
#define RUNTIME_SYMBOL_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/value.h"
#include "runtime/symbol_protocol.h"

struct symbol_server;

/* Starts it; it looks for files of debug information in these folders, too (NULL: none).  0 or -errno. */
int symbol_server_start(const char *debug_folders, struct symbol_server **ret_helper);
void symbol_server_stop(struct symbol_server *helper);

/* What an answer says; the name is NULL when there is no symbol. */
struct named_place {
	const char *name;
	uint64_t offset;
	const char *source; /* "FILE:LINE", or NULL */
	const struct inlined_frame *inlined;
	size_t inlined_count;
};

int symbol_server_file(struct symbol_server *helper, const struct symbol_file *file,
		       const char *path, const char *home);

/* Names from the arena.  0, or -errno when the helper is lost. */
int symbol_server_places(struct symbol_server *helper, struct arena *arena,
			 const struct symbol_place *places, size_t count,
			 struct named_place *ret_named);

#endif
