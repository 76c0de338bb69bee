/*
 * What the probe types of user space share: binaries as attach points name
 * them, and the ways to put a program into one.
 */
#ifndef RUNTIME_PROBES_USER_H
#define RUNTIME_PROBES_USER_H

#include "runtime/host/binary.h"
#include "runtime/host/user_files.h"
#include "sema/probe_type.h"
#include "sema/target.h"

struct attach_point_part; /* parser/attach_point.h */
struct attach_point_parts;
struct expander;
struct lister;

struct user_binary {
	const char *name, *path; /* as in struct user_path; `path` is interned */
	struct binary *binary;
};

VEC_STRUCT(user_binaries, struct user_binary);

/*
 * Opens the binaries that part `number` means; 0: it was left out, the process
 * of -p has them, its libraries too if `wants_libraries`.  False after a
 * diagnostic.  Of several, those that cannot be read are passed over.
 */
bool open_binaries(struct expander *expander, const struct attach_point_parts *parts,
		   size_t number, bool wants_libraries, struct user_binaries *ret_binaries);

/* The same for a listing, which says nothing of what cannot be read; `part` NULL: of the process. */
void list_binaries(struct lister *lister, const struct attach_point_part *part,
		   struct user_binaries *ret_binaries);

/* Is a listing about programs at all?  They are not listed where nobody named one. */
bool lists_binaries(struct lister *lister, const struct attach_point_parts *pattern);

/* Ways to run a program at an offset of a file: one link for many, or a perf event for each. */
enum user_probe {
	USER_PROBE_ENTRY,
	USER_PROBE_RETURN,
	USER_PROBE_USDT,
	USER_PROBE_GO_RETURN,	       /* at an instruction that returns */
	USER_PROBE_GO_RETURN_ON_STACK, /* the same; results are not in registers */
	USER_PROBES
};

/* The best of the target, or the one forced by --attach. */
const struct mechanism *user_mechanism(const struct expander *expander, enum user_probe kind);

/* A point as it is wanted. */
struct user_point {
	const char *name; /* in full */
	struct span span;
	bool is_pattern; /* one of many */
};

/* Adds the returns of a function of Go, or says why not (uprobe_returns.c). */
void add_go_returns(struct expander *expander, const struct user_binary *file,
		    const struct elf_symbol *symbol, const struct user_point *wanted);

/* The data of points of uprobe and uretprobe. */
struct user_function {
	struct binary *binary;
	uint64_t address;
	const char *symbol; /* as the symbol table has it, or "" */
	bool is_entry;	    /* where a function begins */
};

/* args of uprobe, and types of its program: hooks (uprobe_args.c). */
const struct type *user_args(struct program *program, const struct attach_point *point);
const char *hidden_user_arg(struct program *program, const struct attach_point *point,
			    const char *name);
struct val emit_user_arg(struct codegen *cg, const struct instance *instance,
			 const struct field *field);
const struct type *user_type(struct program *program, const struct attach_point *point,
			     const char *what, const char *name);

const struct type *user_constant(struct program *program, const struct attach_point *point,
				 const char *name, int64_t *ret_value);

/* Lines "    TYPE NAME" for listings, NULL: not known. */
const char *user_arg_lines(struct lister *lister, struct binary *binary,
			   const struct elf_symbol *symbol);

/* argN of usdt (usdt.c). */
struct val emit_usdt_arg(struct codegen *cg, const struct instance *instance, unsigned number);
const char *unreadable_usdt_arg(const struct attach_point *point, unsigned number);
bool same_usdt_args(const struct attach_point *a, const struct attach_point *b);

#endif
