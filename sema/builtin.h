/*
 * Rows for the values and functions of the language.
 *
 * A row is all that is known of a builtin; the passes know no names.  The
 * prototype is both what arguments are checked against and what the manual
 * shows:
 *
 *	"uint32"			a value: pid (also callable without arguments)
 *	"void (format, ...)"		printf
 *	"string (pointer, [int])"	the second may be left out
 *	"infer (int value, [int-lit bits])"	with names, for the reader
 *
 * Words for parameters: any, int, bool, string, pointer (or an integer used as
 * one), map, int-lit, string-lit, format, key (of the map before it), type.
 * Words for results: void, bool, [u]int8..64, string[N], "struct X *", or
 * infer: the hook says.
 */
#ifndef SEMA_BUILTIN_H
#define SEMA_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sema/type.h"

struct checker;
struct codegen;
struct consumer;
struct expr;
struct inferer;
struct instance;
struct object_event;
struct program;
struct value;
struct val;

enum builtin_flag {
	BUILTIN_AGGREGATE = 1,	/* count(): only directly assigned to a map */
	BUILTIN_UNSAFE = 2,	/* needs --unsafe */
	BUILTIN_ENDS_PROBE = 4, /* exit(): what follows is unreachable */
	BUILTIN_DISCARDABLE = 8, /* result may be dropped without a warning: delete() */
	BUILTIN_CONTEXT = 16,	/* reads the probe's context: argN, args, retval, ctx */
	BUILTIN_MUST_CALL = 32, /* no bare name */
	BUILTIN_POINT = 64,	/* differs between attach points: probe */
	BUILTIN_PARAM_TEXT = 128, /* str($1): a positional parameter means its text, not its value */
	BUILTIN_ARGS = 256,	/* args: its type is the instance's */
	BUILTIN_WORDS = 512,	/* kstack(perf): bare words among the arguments are no names */
	BUILTIN_HANDS_ON = 1024, /* ustack: gives the context to a helper, which takes that of any probe */
	BUILTIN_MAY_END = 2048,	 /* assert(): may end the run */
	BUILTIN_KERNEL = 4096,	/* with arguments it calls a function of the kernel */
	BUILTIN_SETTINGS = 8192, /* config: its fields are the settings, as constants */
	BUILTIN_IS_CONTEXT = 16384, /* ctx: the context itself */
	BUILTIN_EACH = 32768,	/* delete(@a[1], @b[2]): several arguments are several calls */
	BUILTIN_STORES = 65536,	 /* find(): its last argument is a variable that it sets */
	BUILTIN_TYPED = 131072,	 /* skboutput(): only for programs of which the kernel knows what pointers point to */
};

/* It looks at what the probe was given. */
enum { BUILTIN_NEEDS_CONTEXT = BUILTIN_CONTEXT | BUILTIN_HANDS_ON | BUILTIN_ARGS | BUILTIN_POINT };

struct builtin {
	const char *name;
	const char *prototype;
	const char *manual; /* one line, for the manual and messages */
	unsigned flags;
	const char *example; /* for the manual, and a test: a script of one line, then what it prints */

	/* Result type where the prototype says "infer".  May be called several times while types
	 * settle; NULL: not known yet.  `inferer` gives types and the instance (sema/infer.h). */
	const struct type *(*infer)(struct inferer *inferer, struct expr *call);

	/* Of a bool that follows from the argument's type, or from a literal string: its value. */
	bool (*known)(struct program *program, const struct instance *instance,
		      const struct expr *arg);

	/* Checks beyond the prototype, once types are known (sema/check.h).  May set call.data. */
	void (*check)(struct checker *checker, struct expr *call);

	/* Emits; gives the value, or for memory types its address, or VAL_NOTHING for void. */
	struct val (*emit)(struct codegen *cg, const struct expr *call);

	/* For memory types, instead of emit: writes the result at `address` (codegen/lower.h). */
	void (*emit_into)(struct codegen *cg, const struct expr *call, struct val address);

	/*
	 * Strings as keys of maps, beside emit_into: when no more than `head` bytes
	 * with the NUL are written, those behind the head may stay as they are.
	 */
	void (*emit_key_into)(struct codegen *cg, const struct expr *call, struct val address,
			      uint32_t head);

	/*
	 * Aggregates: adds the call's argument to the record at `record`, an
	 * address in a per-CPU map value that was zero before the first update.
	 */
	void (*emit_update)(struct codegen *cg, const struct expr *call, const struct type *type,
			    struct val record);

	/* Aggregates: folds the records of `cpu_count` CPUs, `stride` bytes apart, into a value.
	 * False when the record was never set.  Memory of the value comes from `arena`. */
	bool (*reduce)(const struct type *type, const void *records, size_t stride,
		       unsigned cpu_count, struct arena *arena, struct value *ret_value);

	/*
	 * Asynchronous functions: what has to be there before anything is attached, for each place
	 * in the script.  0, or -errno after saying what is wrong.
	 */
	int (*prepare)(struct consumer *consumer, const struct object_event *event);

	/* Asynchronous functions: the other end, in user space (runtime/consumer.h). */
	void (*handle)(struct consumer *consumer, const struct object_event *event,
		       const void *payload, size_t size);

	enum aggregate aggregate; /* with BUILTIN_AGGREGATE */
};

/* Rows about one subject. */
struct builtin_family {
	const char *title;	    /* of the subject; the same as before: goes on */
	const struct builtin *rows; /* ended by one without a name */
};

/* Macros of the library, written in the language; read when a script uses one of the names. */
struct prelude {
	const char *const *names; /* NULL at the end */
	const char *text;	  /* `size` bytes and a NUL */
	size_t size;
};

/* A prototype, read.  Interned per program. */
enum param_kind {
	PARAM_ANY,
	PARAM_INT,
	PARAM_BOOL,
	PARAM_STRING,
	PARAM_POINTER,
	PARAM_MAP,
	PARAM_INT_LITERAL,
	PARAM_STRING_LITERAL,
	PARAM_FORMAT,
	PARAM_KEY,
	PARAM_TYPE,
};

enum { PROTOTYPE_PARAMS_MAX = 8 };

struct prototype {
	const char *result; /* text of the result type */
	size_t result_length;
	enum param_kind params[PROTOTYPE_PARAMS_MAX];
	const char *names[PROTOTYPE_PARAMS_MAX]; /* in the prototype's text; NULL: has none */
	size_t name_lengths[PROTOTYPE_PARAMS_MAX];
	unsigned required, count; /* parameters that must, and may, be given */
	bool is_variadic;	  /* any number more */
	bool is_callable;	  /* has a parameter list */
};

/* As a user reads it: "lhist(integer, integer literal, ...)". */
struct strbuf;
void prototype_format(const struct builtin *builtin, struct strbuf *out);

void prototype_parse(const char *text, struct prototype *ret_prototype);
size_t prototype_result_length(const char *text); /* that of the result type at its start */
const char *param_kind_name(enum param_kind kind); /* "integer", "string literal" */

#endif
