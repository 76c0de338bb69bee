/*
 * The passes of sema in their order.
 */
#ifndef SEMA_PASSES_H
#define SEMA_PASSES_H

#include "sema/program.h"

/*
 * Runs every pass on a parsed script, in the order below.  NULL after errors (they are in `diags`).
 */
struct program *analyse(struct arena *arena, struct sources *sources, struct script *script,
			struct interner *interner, const struct language *language,
			const struct compile_options *options, struct diags *diags);

void read_imports(struct program *program);  /* imported files -> their parts */
void read_c(struct program *program);	     /* names from C: program->c */
void expand_macros(struct program *program); /* calls of macros -> copies of their bodies */
void find_functions(struct program *program); /* the script's functions: program->functions */
void expand(struct program *program);  /* config, attach points, parameters -> instances */
void pair(struct program *program);    /* entries with returns that one attachment serves */
void bind_functions(struct program *program); /* calls of functions -> instances of those */
void resolve(struct program *program); /* names -> builtins, variables, maps */
void fold(struct program *program);    /* constant expressions -> literals */
void infer(struct program *program);   /* types, to a fixed point */
void check(struct program *program);   /* what is wrong */
void layout(struct program *program);  /* bytes of map keys and values */
void select_probes(struct program *program); /* --probe-filter -> fewer attach points */

/* A bare name in sizeof() and the like is a type's, not a value's. */
void expr_name_to_type(struct program *program, struct expr *expr);

/* The typed tree as script text with the types as comments (--dump=types). */
void types_text(const struct program *program, struct strbuf *out);

#endif
