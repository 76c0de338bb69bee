/*
 * Functions that the kernel calls back from a program: bodies of its loops.
 *
 * A callback has a builder, and with it a stack and a scratch value, of its
 * own.  It lies behind the program in the same instructions.
 */
#include "codegen/lower.h"

struct builder *callback_begin(struct codegen *cg)
{
	struct builder *outer = cg->b;
	struct builder_options options = {
		.name = "loop",
		.target = cg->program->target,
		.scratch_map = cg->scratch_map,
		.scratch_key = cg->function_count++,
		.is_callback = true,
	};

	cg->callback_depth++;
	cg->b = builder_new(cg->arena, &options);
	build_span(cg->b, cg->span);
	return outer;
}

struct val callback_end(struct codegen *cg, struct builder *outer)
{
	struct code *code = builder_finish(cg->b, DUMP_NOTHING, NULL);
	struct val function = { VAL_FUNCTION, (uint32_t)cg->functions.count, 0 };

	if (!code)
		diag_report(cg->program->diags, cg->span, DIAG_PROGRAM_TOO_LARGE, "%s",
			    builder_error(cg->b));
	else
		vec_push(cg->arena, &cg->functions, code);
	cg->callback_depth--;
	cg->b = outer;
	return function;
}
