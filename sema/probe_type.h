/*
 * Rows for what a probe can be attached to.
 *
 * A probe type says how its attach points are written and what they offer; a
 * mechanism is one way of the kernel to run a program there.  A type has one
 * or several mechanisms and chooses for each attach point.
 */
#ifndef SEMA_PROBE_TYPE_H
#define SEMA_PROBE_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"
#include "base/vec.h"
#include "sema/type.h"

struct attach_point_parts; /* parser/attach_point.h */
struct attacher;	   /* runtime/attacher.h */
struct codegen;		   /* codegen/lower.h */
struct instance;
struct lister;
struct mechanism;
struct object_attachment;
struct probe_type;
struct program;
struct target;
struct val;

/* One place to attach to, resolved. */
struct attach_point {
	const struct probe_type *type;
	const struct mechanism *mechanism;
	struct span span;
	const char *name;	/* full: "tracepoint:sched:sched_switch", what `probe` gives */
	const char *target;	/* what the mechanism attaches to, its own words */
	uint64_t number;	/* of the mechanism: system call number, period in ns, ... */
	uint64_t extra;
	const struct type *args; /* struct of `args`, or NULL; fetched when the body uses it */
	const char *function;	 /* what `func` gives, or NULL */
	const struct type *result; /* of `retval`, or NULL: a 64-bit word */
	uint64_t counter;	 /* of the mechanism: offset of a counter raised while attached, or 0 */
	const void *data;	 /* of the mechanism, for its emit hooks; lives as long as the script */
	bool is_part;		 /* a further place of the point before it: not counted as a probe */
};

/* What resolve() is given to add attach points to. */
struct expander {
	struct program *program;
	const struct probe_type *type;
	struct span span;
	bool is_tentative; /* one of several types that may be meant: adds only what is there for sure */
	bool uses_args; /* the predicate or body reads args, argN, ctx ... of the probe */
	bool calls_kernel; /* it calls functions of the kernel, which not all types of programs may */
	bool wants_types; /* it asks for programs whose pointers have types to the kernel */
	VEC(struct attach_point *) points;
};

struct attach_point *expander_add(struct expander *expander, const struct mechanism *mechanism,
				  const char *name);

/* Does `name` match the pattern ('*' is any run of characters)? */
bool wildcard_match(const char *pattern, const char *name);
bool has_wildcard(const char *pattern);

struct language;

/* The type with that name: any case, short or old name; NULL: none. */
const struct probe_type *probe_type_named(const struct language *language, const char *name);

struct mechanism {
	const char *name;	/* "raw_tracepoint", shown by -v, forced by --attach */
	uint32_t prog_type;	/* BPF_PROG_TYPE_* */
	uint32_t attach_type;	/* expected_attach_type at load */
	/* Typedef of the kernel's BTF that a program is loaded for, or NULL; one that ends in '_' goes
	 * on with the point's target. */
	const char *btf_type;
	bool is_btf_function;	/* loaded for the function `number` in the BTF of target's "MODULE:" */

	/* Section of an ELF file that libbpf knows such programs by; one that ends in '/' goes on with
	 * the last part of the point's target (codegen/object_elf.c).  NULL: it knows none. */
	const char *section;

	/*
	 * Instances whose points give the same key share one program and one
	 * attachment: a program that finds out itself what happened.  NULL hook
	 * or NULL key: the instance has its own program, attached at each point.
	 */
	const char *(*share_key)(const struct attach_point *point);

	/* In a shared program: goes on when one of the instance's points is meant, else jumps to
	 * label `skip`. */
	void (*emit_match)(struct codegen *cg, const struct instance *instance, uint32_t skip);

	/* Which of the instance's points is meant, from 0.  Needed only if there are several and
	 * the body asks (`probe`); NULL: such bodies get one program a point. */
	struct val (*emit_point_index)(struct codegen *cg, const struct instance *instance);

	/* A field of `args`: its value, or for memory its address in BPF memory. */
	struct val (*emit_arg)(struct codegen *cg, const struct instance *instance,
			       const struct field *field);

	/* argN: a 64-bit word of the context, or NULL. */
	struct val (*emit_argn)(struct codegen *cg, const struct instance *instance,
				unsigned number);

	/* How many argN there are on a target; NULL: as many as are asked for. */
	unsigned (*argn_count)(const struct target *target);
	bool argn_is_signed;

	/* What the point says of an argN that nobody can read, or NULL: it can be read. */
	const char *(*unreadable_argn)(const struct attach_point *point, unsigned number);

	/* What the function returned: `retval`, a 64-bit word, or NULL. */
	struct val (*emit_retval)(struct codegen *cg, const struct instance *instance);

	/* The file (struct seq_file *) that printf() writes to, and nothing else is sent; NULL: all
	 * goes through the ring buffer. */
	struct val (*emit_file)(struct codegen *cg);

	/* Why a probe on a return has no `retval`, or NULL. */
	const char *without_retval;

	bool has_registers; /* the context begins with a struct pt_regs: reg() */

	/* Do argN and reg() mean the same at both points?  NULL: always.  Asked for bodies that read
	 * the context. */
	bool (*same_context)(const struct attach_point *a, const struct attach_point *b);

	/* One attaching serves all points of an instance that have the same target, which is
	 * interned. */
	bool is_multi;

	/*
	 * Programs run with interrupts enabled, so that the kernel can give maps memory at any
	 * time; in others the first elements of a map that allocates as it grows may be lost.
	 */
	bool interrupts_on;

	/* Programs may be interrupted by others of the same CPU for other threads: that of the record
	 * of a CPU has to be added to atomically. */
	bool is_preempted;

	/* Attaches; 0 or -errno, with a text for the user through attacher_explain(). */
	int (*attach)(struct attacher *attacher, const struct object_attachment *attachment,
		      int prog_fd);

	/* Innermost frames of a kernel stack that are not the event's but of the way to the program. */
	unsigned stack_skip;

	/* It runs where a function returns. */
	bool on_return;

	/*
	 * What attaches the point together with the same place's of another probe, that of
	 * the return with that of the entry; NULL: nothing does.  Shares a program by its key.
	 */
	const struct mechanism *(*joint)(const struct program *program,
					 const struct attach_point *point);

	/* The program runs at the entry and at the return, and asks which it is. */
	bool is_session;

	/* Taken when attach fails with -ENOENT and the program reads no context; may be NULL.  Of a
	 * session: for the entries, and for the returns. */
	const struct mechanism *fallback, *fallback_on_return;
};

enum probe_type_flag {
	PROBE_RUNS_HERE = 1,	/* runs once in the tracer: begin, end */
	PROBE_TIMED = 2,	/* goes on by itself: keeps nothing waiting for events */
	PROBE_FILTERS_PID = 4,	/* -p and -c: the program compares pid */
	PROBE_IS_READ = 8,	/* runs when the session reads it, and is then over: iter */
	PROBE_ON_SIGNAL = 16,	/* with RUNS_HERE: when the tracer gets a signal, until it is ended */
	PROBE_OF_KERNEL = 64,	/* meant by a pattern of providers: *:vfs_read */
	PROBE_OF_PROGRAMS = 128, /* the same where a file or a process is named */
	PROBE_IS_TEST = 32,	/* with RUNS_HERE: only under --test or --bench */
	PROBE_LAST_FIRST = 256,	/* of programs at one place the kernel runs the last attached first */
};

struct probe_type {
	const char *name;
	const char *short_name;	/* "t", or NULL */
	const char *old_name;	/* "kfunc", or NULL */
	const char *forms;	/* "tracepoint:CATEGORY:EVENT", for messages and the manual */
	const char *manual;	/* one line */
	const char *ways;	/* names of its mechanisms, with blanks between: the first that can is taken */
	unsigned flags;
	enum space space;	/* of pointers in args and of integers cast to pointers */

	/* Adds an attach point for each match, or reports why there is none. */
	void (*resolve)(struct expander *expander, const struct attach_point_parts *parts);

	/* The struct of `args`; NULL hook: the type has none.  NULL: reported. */
	const struct type *(*args)(struct program *program, const struct attach_point *point);

	/* Why an argument of that name is not among `args`, or NULL: the function has none. */
	const char *(*hidden_arg)(struct program *program, const struct attach_point *point,
				  const char *name);

	/* As target->find_type, of types that the probed program has; asked before the target. */
	const struct type *(*find_type)(struct program *program, const struct attach_point *point,
					const char *what, const char *name);

	/* The same of members of its enums, as target->find_enumerator. */
	const struct type *(*find_constant)(struct program *program, const struct attach_point *point,
					    const char *name, int64_t *ret_value);

	/* The type of `ctx`: a pointer, or a struct whose fields the mechanism reads.  NULL hook: there
	 * is none to be used. */
	const struct type *(*context)(struct program *program, const struct attach_point *point);

	/* Prints what can be attached to and matches the pattern parts. */
	void (*list)(struct lister *lister, const struct attach_point_parts *pattern);
};

#endif
