/*
 * The compiler: text in, object out.
 */
#ifndef CODEGEN_CODEGEN_H
#define CODEGEN_CODEGEN_H

#include "base/diag.h"
#include "base/source.h"
#include "codegen/object.h"
#include "sema/program.h"

/* What --dump asks for: stage and where the text goes. */
enum compile_stage {
	STAGE_NONE,
	STAGE_AST,
	STAGE_TYPES,
	STAGE_IR,
	STAGE_OPTIMISED,
	STAGE_ALLOCATED,
	STAGE_BPF,
	STAGE_OBJECT,
};

struct compile_dump {
	enum compile_stage stage;
	struct strbuf *out;
};

/*
 * Pure: opens nothing but what the target looks up, prints nothing, needs no
 * root.  NULL when `diags` has errors, or when the dump is of a stage before
 * code is generated.  The object and all it points to live in `arena`.  `dump`
 * may be NULL.
 */
struct object *compile(struct arena *arena, struct sources *sources, struct source *source,
		       const struct language *language, const struct compile_options *options,
		       struct diags *diags, const struct compile_dump *dump);

/* Generates code for a checked program.  NULL after an error. */
struct object *codegen(struct program *program, const struct compile_dump *dump);

#endif
