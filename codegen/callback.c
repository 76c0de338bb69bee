/*
 * Functions beside a program's own: those of the script, and bodies of loops.
 *
 * Each has a builder, and with it a stack frame and a scratch value, of its
 * own.  It lies behind the program in the same instructions.  A function is
 * finished before the one that calls it, so of the 512 bytes of stack that all
 * running functions share, each is to take no more than an even part; what the
 * inner ones leave over is for those around them.
 */
#include "codegen/lower.h"

#include "base/compiler.h"

enum { FRAME_UNIT = 32 };

struct outer_function function_begin(struct codegen *cg, const struct builder_options *options,
				     unsigned depth)
{
	struct outer_function outer = { .b = cg->b, .depth = cg->depth, .below = cg->below };

	cg->depth = depth;
	cg->frames = MAX(cg->frames, depth);
	cg->below = 0;
	cg->b = builder_new(cg->work, options);
	build_span(cg->b, cg->span);
	return outer;
}

/* What is surely left for a program, and for a function that calls others. */
enum { PROGRAM_STACK = 160, FUNCTION_STACK = 64 };

/* The function should take an even part, and may take what those around it can do without. */
static void limit_stack(const struct codegen *cg)
{
	uint32_t share = STACK_MAX / MIN(cg->frames, 5u) / FRAME_UNIT * FRAME_UNIT;
	uint32_t others = (STACK_MAX - PROGRAM_STACK) / (MAX(cg->frames, 2u) - 1) / FRAME_UNIT * FRAME_UNIT;
	uint32_t above = PROGRAM_STACK + MIN(others, (uint32_t)FUNCTION_STACK) * (cg->depth - 2);

	build_limit_stack(cg->b, share, STACK_MAX - MIN(above + cg->below, (uint32_t)STACK_MAX));
}

uint32_t function_end(struct codegen *cg, const struct outer_function *outer, const char *name)
{
	uint32_t number = (uint32_t)cg->functions.count;
	struct code *code;

	limit_stack(cg);
	code = codegen_finish(cg, arena_printf(cg->arena, "function %u %s", number, name), cg->span);
	if (code) {
		code->name = name;
		code->chain_size = code->frame_size + cg->below;
		vec_push(cg->arena, &cg->functions, code);
	}
	cg->depth = outer->depth;
	cg->below = outer->below;
	cg->b = outer->b;
	return number;
}

void function_is_called(struct codegen *cg, uint32_t function)
{
	if (function < cg->functions.count) /* else it could not be made, which has been told */
		cg->below = MAX(cg->below, cg->functions.items[function]->chain_size);
}

struct outer_function callback_begin(struct codegen *cg, int failure)
{
	struct builder_options options = { .name = "loop", .target = cg->program->target,
					   .scratch_map = cg->scratch_map,
					   .scratch_key = cg->function_count++,
					   .context = NO_CONTEXT, .failure = failure };

	return function_begin(cg, &options, cg->depth + 1);
}

struct val callback_end(struct codegen *cg, const struct outer_function *outer)
{
	const char *name = arena_printf(cg->arena, "%s_loop_%zu", cg->function_name,
					cg->functions.count + 1);
	uint32_t number = function_end(cg, outer, name);

	function_is_called(cg, number);
	return (struct val){ VAL_FUNCTION, number, 0 };
}
