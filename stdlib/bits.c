/*
 * Bytes of integers.
 */
#include "codegen/lower.h"
#include "sema/infer.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

/* Unsigned, as wide as the argument; of a literal as wide as it needs. */
static const struct type *infer_bswap(struct inferer *inferer, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);
	unsigned size;

	if (!arg || !arg->type)
		return NULL;
	size = arg->type->size;
	if (arg->type->kind == TYPE_INT && arg->type->integer.is_literal)
		for (size = 1; size < 8 && arg->type->integer.literal_bits > size * 8; size *= 2)
			;
	return type_int(&inferer->program->types, size, false);
}

static struct val emit_bswap(struct codegen *cg, const struct expr *call)
{
	struct val val = emit_expr(cg, call_arg(call, 0));

	if (call->type->size == 1)
		return build_extend(cg->b, val, 1, false);
	return build_byte_swap(cg->b, val, call->type->size);
}

const struct builtin bits_builtins[] = {
	{ "bswap", "infer (int)", "The integer with its bytes in reverse order.", BUILTIN_MUST_CALL,
	  .infer = infer_bswap, .emit = emit_bswap,
	  .example = "begin { printf(\"%x\\n\", bswap((uint16)0x0102)); }\n"
		     "201\n" },
	{ NULL },
};
