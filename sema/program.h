/*
 * What the passes of sema work on: the script, and what is known about it.
 */
#ifndef SEMA_PROGRAM_H
#define SEMA_PROGRAM_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/intern.h"
#include "base/vec.h"
#include "parser/ast.h"
#include "sema/builtin.h"
#include "sema/c_names.h"
#include "sema/config.h"
#include "sema/imports.h"
#include "sema/probe_type.h"
#include "sema/type.h"

struct target;

/* All that can be added to the language without touching it. */
struct language {
	const struct builtin_family *families; /* ended by one without rows */
	const struct prelude *prelude; /* or NULL */
	const struct probe_type *const *probe_types; /* NULL at the end */
	const struct target *target;
	import_reader *read_import; /* NULL: nothing can be imported */
};

/* A parameter that the script asks for by name: getopt(). */
struct named_param {
	const char *name, *value, *description; /* value: the default, as text; description or NULL */
	struct span span;
};

struct compile_options {
	const char *const *params; /* $1 ... */
	size_t param_count;
	const char *const *settings; /* pairs: key, value; they win over the script's config */
	size_t setting_count;	     /* of pairs */
	uint32_t pid;	      /* -p: only events of this process; 0: all */
	bool has_child;	      /* -c */
	bool follow;	      /* --follow: with all that this process or the child starts */
	bool allow_unsafe;
	bool count_quiet;     /* -k: count failed reads and absent elements, too */
	const char *mechanism; /* --attach: name of the one to use where a type has it, or NULL */
	const char *const *c_headers; /* --include: before all other lines of C */
	size_t c_header_count;
	const char *const *named; /* pairs: name, value (NULL: a bare --name) */
	size_t named_count;	  /* of pairs */
	const regex_t *probe_filter; /* keeps attach points with a match in their name; NULL: all */
};

/* A scratch variable of one instance. */
struct variable {
	const char *name; /* with the '$' */
	struct span span; /* of its declaration or first assignment */
	struct span declared_span; /* of "let $x: T", else SPAN_NONE */
	const struct type *type;   /* infer */
	bool is_declared;	   /* with a type: fixed */
	bool is_assigned, is_read;
	bool is_let;		   /* declared by let or a loop: belongs to its block alone */
	bool is_param;		   /* of a function */
	bool is_text;		   /* ... or a result, of type string without a size */
	bool has_space;		   /* a parameter that was given an address */
	bool is_changed;	   /* a parameter that the function, or C that it calls, may change */
	bool is_addressed;	   /* &$x: lies in memory, of whatever type */
	bool is_hoisted;	   /* used after its block: lives as long as the probe */
	struct variable *same_as;  /* of one name that is hoisted: the one that stands for all */
	void *storage;	/* codegen */
};

enum map_kind { MAP_UNKNOWN, MAP_SCALAR, MAP_KEYED };

/* A map of the script. */
struct map {
	const char *name; /* with the '@' */
	struct span span; /* of its first use */
	enum map_kind kind;
	const struct map_decl *declaration; /* or NULL */
	const struct type *key_type;	/* infer; NULL if scalar; of @m[a, b] a tuple */
	const struct type *value_type;	/* infer */
	struct span value_span;		/* what gave the value type */
	const struct builtin *aggregate; /* count(), ...: the row, or NULL */
	bool is_assigned, is_read;
	bool is_deleted_from; /* by delete(): elements come and go */
	bool is_walked; /* by for, len(), &@m: all its elements lie in one kernel map */
	uint32_t index; /* in program.maps, and of its kernel map in the object */
	struct map_layout {
		uint32_t key_size, value_size; /* of the kernel map; a scalar's key is a uint32 0 */
		/*
		 * Offset of a uint64 that is not 0 once the value was set, in maps
		 * whose elements always exist (scalars); 0: there is none, the
		 * record itself tells or the element's existence does.
		 */
		uint32_t set_offset;
		bool is_per_cpu, is_array;
	} layout; /* layout */
};

/* A place where a function is called. */
struct call_site {
	const struct instance *caller;
	unsigned loop_frames; /* the most that bodies of loops around it take: see loop_frames() */
};

/*
 * A probe's body for a set of attach points for which it means the same, or
 * the body of a function that such a probe calls: a copy of the tree with types
 * of its own.  What a function means depends on the probe (its arguments,
 * whose memory addresses are in), so each instance of a probe has its own.
 */
struct instance {
	const struct probe *probe;
	uint32_t number; /* of the probe in the script, from 0 */
	struct expr *predicate; /* or NULL */
	struct block *body;
	VEC(struct attach_point *) points; /* at least one; all of one mechanism */
	const struct type *args;	   /* struct of `args`, or NULL */
	VEC(struct variable *) variables;

	VEC(struct instance *) functions; /* of a probe: what it calls, callees before callers */
	unsigned inner_frames; /* resolve: the most that bodies of loops and functions in C take below it */
	bool reads_context;		  /* it, or a function it calls, asks for what the probe got */
	bool may_end;			  /* ... may end the run */

	/* Of a function only. */
	const struct function *function;  /* NULL: a probe's */
	VEC(struct stmt *) params;	  /* as LET statements */
	struct stmt *result;		  /* the same; its variable is what `return` sets */
	VEC(struct call_site) callers;
	bool may_run_out; /* check: its end can be reached without a `return` */
	uint32_t weight; /* nodes of the tree, with those of what it calls */
	void *lowered;	 /* codegen: how it is called */
};

/* How many functions the body of a loop may become: of one over a map it is called by another. */
static inline unsigned loop_frames(const struct stmt *stmt)
{
	if (stmt->kind == STMT_FOR_MAP)
		return 2;
	return stmt->kind == STMT_FOR_RANGE || stmt->kind == STMT_WHILE;
}

struct program {
	struct arena *arena;
	struct sources *sources;
	struct diags *diags;
	struct interner *interner;
	struct types types;
	const struct language *language;
	const struct target *target;
	const struct compile_options *options;
	struct script *script;
	struct config config;
	struct table builtins; /* name to struct builtin */
	const struct builtin *reads_text; /* the row of str() */
	struct table c_functions; /* name to struct c_function of an import (c_object.h) */
	struct table functions; /* name to the script's struct callee (functions.h) */
	VEC(struct instance *) instances; /* of probes */
	VEC(struct instance *) bodies;	  /* those, and of the functions they call */
	bool has_removed_probes; /* expand: for want of attach points */
	VEC(struct map *) maps;
	struct table map_names;
	VEC(struct named_param) named; /* what getopt() was asked for; check */
	struct c_names *c; /* what the script takes from C (c_names.h) */
};

/* The variable that `return` sets in a function's instance; of type void if it gives nothing. */
struct variable *instance_result(const struct instance *instance);

/* "probe" or "function". */
const char *instance_noun(const struct instance *instance);

/* Walks all that an instance consists of. */
void instance_walk(struct ast_visitor *visitor, struct instance *instance);

#endif
