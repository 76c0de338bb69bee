/*
 * Arguments of a builtin's use, which may be a bare name without any.
 */
#ifndef STDLIB_CALL_H
#define STDLIB_CALL_H

#include <stddef.h>

#include "parser/ast.h"
#include "sema/type.h"

static inline size_t call_arg_count(const struct expr *call)
{
	return call->kind == EXPR_CALL ? call->call.args.count : 0;
}

/* NULL when it was not given. */
static inline struct expr *call_arg(const struct expr *call, size_t index)
{
	return index < call_arg_count(call) ? call->call.args.items[index] : NULL;
}

/* Of a number to gather.  Literals take the sign of what else the map is given. */
static inline bool arg_is_signed(const struct type *type)
{
	if (type->kind == TYPE_INT && type->integer.is_literal)
		return type->integer.is_negative;
	return type_is_signed(type);
}

#endif
