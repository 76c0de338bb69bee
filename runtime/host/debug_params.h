/*
 * Where the parameters of a function are at the moment it is entered.
 */
#ifndef RUNTIME_HOST_DEBUG_PARAMS_H
#define RUNTIME_HOST_DEBUG_PARAMS_H

#include "runtime/host/debug_entries.h"
#include "sema/arch.h"
#include "sema/type.h"

struct debug_param {
	const char *name;
	const char *text;	  /* its type as C has it */
	const struct type *type;
	/*
	 * As if the registers of arguments were memory, in their order, and the
	 * stack above the return address followed: a value may be in two registers.
	 */
	uint32_t offset;
	const char *unreadable; /* why nobody can read it; NULL: `offset` is where it is */
};

struct debug_params {
	VEC(struct debug_param) items;
	uint32_t register_bytes; /* offsets from there on are on the stack */
};

/* Why nothing is known of a function's parameters. */
enum params_result {
	PARAMS_FOUND,
	PARAMS_WITHOUT_DEBUG,	 /* of the binary, see debug_entries_state() */
	PARAMS_WITHOUT_FUNCTION, /* no entry for it */
	PARAMS_CHANGED,		 /* the compiler gave the function other ones than the source */
	PARAMS_UNKNOWN_CALL,	 /* of a processor or a language whose calls are not known here */
};

/* `symbol` is the function's name in the symbol table. */
enum params_result debug_params_find(struct debug_entries *entries, struct types *types,
				     const struct arch *arch, uint64_t address, const char *symbol,
				     struct debug_params *ret_params);

#endif
