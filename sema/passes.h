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
void prune(struct program *program);   /* branches that constant conditions leave out -> gone */
void check(struct program *program);   /* what is wrong */
void layout(struct program *program);  /* bytes of map keys and values */

/* The type of a key as the kernel can have it: strings of more than 512 bytes, or of what others leave of
 * those, are cut for Linux 5.10. */
const struct type *layout_key(struct program *program, const struct type *type);
void select_probes(struct program *program); /* --probe-filter -> fewer attach points */

/*
 * Folds a condition by itself, which may leave out code before later passes
 * look at it.  `is_typed`: its parts have types, sizeof($x) and is_str($x) count.
 */
void fold_condition(struct program *program, struct instance *instance, bool is_typed,
		    struct expr **slot);

/* The block of an `if` that a constant condition leaves out; false: no constant. */
bool if_is_decided(const struct expr *expr, struct block **ret_dead);

/*
 * Folds the conditions that have types.  True when one has become a constant,
 * which may leave out code that gave types.
 */
bool decide_conditions(struct program *program);

/* config.KEY -> a constant; false: the expression is none of these. */
bool resolve_setting(struct program *program, struct expr *expr);

/* A call as an old release had it -> what is written today; the call's builtin is known. */
void replace_old_form(struct program *program, struct expr *expr);

/* The operand of sizeof() and the like as a type, if it is one; names are resolved. */
void find_type_operand(struct program *program, struct expr *expr);

/* A bare name in sizeof() and the like is a type's, not a value's. */
void expr_name_to_type(struct program *program, struct expr *expr);

/* The typed tree as script text with the types as comments (--dump=types). */
void types_text(const struct program *program, struct strbuf *out);

#endif
