/*
 * A program or library that probes are put into: its functions, where they
 * are in the file, and where their instructions begin.
 */
#ifndef RUNTIME_HOST_BINARY_H
#define RUNTIME_HOST_BINARY_H

#include "runtime/host/debug_entries.h"
#include "runtime/host/elf_symbols.h"

struct binary {
	struct elf_file *elf;
	struct elf_file *debug; /* the file of its debug information, or NULL */
	struct elf_symbols own, all; /* functions: its own; with those of `debug` */
	struct elf_symbols objects;
	bool own_is_read, all_is_read, objects_are_read, debug_is_tried;
	struct debug_entries *entries; /* NULL: nobody asked yet */
	const char *debug_folders; /* more places to look for `debug` in, "DIR:DIR", or NULL */
	const char *home; /* the path beside which it is looked for; NULL: that of `elf` */
};

/* As elf_open(); -ENOEXEC for what is neither program nor library. */
int binary_open(struct arena *arena, const char *path, struct binary **ret_binary);
void binary_close(struct binary *binary);

/* In no order, some twice.  The file of debug information is looked for if `wants_all`, or where
 * there is no .symtab. */
const struct elf_symbols *binary_functions(struct binary *binary, bool wants_all);

/* The file with debug information on the binary: its own or another; NULL: there is none. */
const struct elf_file *binary_debug(struct binary *binary);

/* The other file, whatever it has; NULL: there is none. */
const struct elf_file *binary_debug_file(struct binary *binary);

/* What is told there of functions and types; never NULL, but there may be nothing in it. */
struct debug_entries *binary_entries(struct binary *binary);

/* The function of .all that an address is in, or NULL. */
const struct elf_symbol *binary_function_at(struct binary *binary, uint64_t address);

/* Its size; where the symbol does not tell: up to the next one, or 0. */
uint64_t binary_function_size(struct binary *binary, const struct elf_symbol *symbol);

/* Is there an object of that name (`usdt` arguments name them)? */
bool binary_object(struct binary *binary, const char *name, uint64_t *ret_address);

/*
 * Where a probe on the entry of a function costs least: behind an endbr64, if
 * the kernel can carry out by itself what follows; else at `address`.  Registers
 * and stack are the same there.
 */
uint64_t binary_cheap_entry(const struct binary *binary, uint64_t address);

VEC_STRUCT(binary_places, uint64_t);

/* Offsets in the file of the instructions that return from a function; false: not all of its
 * instructions are understood. */
bool binary_returns(struct binary *binary, const struct elf_symbol *symbol,
		    struct binary_places *ret_places);

enum boundary {
	BOUNDARY_YES,	  /* an instruction begins there */
	BOUNDARY_INSIDE,  /* none does */
	BOUNDARY_UNKNOWN, /* the machine's instructions are not known here, or those before it */
};

/* `offset` bytes into the function, whose instructions up to there are read. */
enum boundary binary_boundary(struct binary *binary, const struct elf_symbol *symbol,
			      uint64_t offset, uint64_t *ret_last);

#endif
