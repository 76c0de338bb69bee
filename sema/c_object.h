/*
 * Functions in C that scripts import, compiled for BPF: what an object file
 * holds, as plain data.  The target reads it (target->read_c), the compiler
 * puts what is called into the programs that call it.
 */
#ifndef SEMA_C_OBJECT_H
#define SEMA_C_OBJECT_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/source.h"
#include "base/vec.h"

struct type;

/* What is to be read. */
struct c_source {
	const char *path; /* *.o: compiled already */
	const char *const *names; /* what the script calls: of C, static functions too */
	size_t name_count;
};

/* An instruction that names something else. */
struct c_relocation {
	enum { C_CALL, C_FUNCTION, C_DATA } kind; /* a call, the address of a function, of data */
	uint32_t insn;
	uint32_t index;	 /* of the function or section in the object */
	uint32_t offset; /* in the section */
};

struct c_function {
	const char *name;
	const struct bpf_insn *insns;
	uint32_t insn_count;
	VEC(struct c_relocation) relocs; /* ascending */
	uint32_t stack_size;
	const char *flaw; /* why it cannot be called, or NULL: "it uses the map 'counts'" */

	/* From the types of the file. */
	const struct type *result; /* NULL: they tell nothing of this function */
	VEC(const struct type *) params;

	/* resolve */
	struct span span;   /* of the import */
	unsigned frames;    /* that it and what it calls take; 0: not known yet */
	bool is_open;	    /* it is being looked at */
	struct c_object *object;

	/* codegen */
	uint32_t program, number; /* the last program that got it, from 1; its number there */
};

/* Data of functions: .rodata, .data, .bss. */
struct c_section {
	const char *name;
	const void *bytes; /* NULL: zeros */
	uint32_t size;
	bool is_writable;
	uint32_t map; /* codegen: index of its map + 1 */
};

struct c_object {
	VEC(struct c_function *) functions;
	VEC(struct c_section) sections;
};

#endif
