/*
 * Where the arguments of a USDT probe are, as its note tells in the words of
 * the assembler.
 */
#ifndef RUNTIME_HOST_USDT_ARGS_H
#define RUNTIME_HOST_USDT_ARGS_H

#include "runtime/host/binary.h"
#include "sema/arch.h"

enum { USDT_ARGS_MAX = 12, NO_REGISTER = -1 };

struct usdt_arg {
	enum usdt_arg_kind {
		USDT_ARG_UNKNOWN, /* not understood */
		USDT_ARG_CONSTANT,
		USDT_ARG_REGISTER, /* `base`, its value from bit `shift` on */
		USDT_ARG_MEMORY,   /* at base + index * scale + number */
		USDT_ARG_NEAR,	   /* memory at the address of the probe + number */
	} kind;
	uint8_t size; /* 1, 2, 4, 8 */
	bool is_signed;
	int base, index; /* offsets in struct pt_regs, NO_REGISTER */
	unsigned scale, shift;
	int64_t number;
};

struct usdt_args {
	const char *text; /* all of them, as the note has them */
	unsigned count;
	struct usdt_arg args[USDT_ARGS_MAX];
};

/* `location`: the address of the probe, which symbols are told relative to. */
void usdt_parse_args(const struct arch *arch, struct binary *binary, uint64_t location,
		     const char *text, struct usdt_args *ret_args);

#endif
