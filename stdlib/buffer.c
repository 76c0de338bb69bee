/*
 * Buffers: bytes with a length of their own.
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <stddef.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"
#include "stdlib/source.h"

static uint32_t capacity_max(const struct program *program)
{
	return (uint32_t)MAX(program->config.max_strlen, (uint64_t)sizeof(struct buffer_header) + 1) -
	       (uint32_t)sizeof(struct buffer_header);
}

static const struct type *infer_buf(struct inferer *inferer, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0), *length = call_arg(call, 1);
	uint32_t capacity = capacity_max(inferer->program);
	int64_t number;

	if (!arg || !arg->type)
		return NULL;
	if (length && expr_is_number(length, &number) && number >= 0)
		capacity = (uint32_t)MIN(number, (int64_t)capacity);
	else if (arg->type->kind == TYPE_ARRAY)
		capacity = MIN(arg->type->size, capacity);
	return type_buffer(&inferer->program->types, capacity);
}

static void check_buf(struct checker *checker, struct expr *call)
{
	struct diags *diags = checker->program->diags;
	const struct expr *arg = call_arg(call, 0), *length = call_arg(call, 1);
	uint32_t most = capacity_max(checker->program);
	int64_t number;

	if (!length && arg->type->kind != TYPE_ARRAY) {
		diag_report(diags, call->span, DIAG_ARG_COUNT,
			    "buf() expects a length argument for what is no array (%s provided)",
			    arg->type->name);
		return;
	}
	if (!length || !expr_is_number(length, &number))
		return;
	if (number < 0)
		diag_report(diags, length->span, DIAG_ARG_RANGE,
			    "buf() cannot use a negative length (%" PRId64 " provided)", number);
	else if (number > most)
		diag_report(diags, length->span, DIAG_SUSPICIOUS,
			    "buf() holds at most max_strlen - 4 bytes: %" PRId64 " is cut to %u", number,
			    most);
}

static void emit_buf(struct codegen *cg, const struct expr *call, struct val address)
{
	const struct expr *arg = call_arg(call, 0), *length = call_arg(call, 1);
	uint32_t capacity = call->type->buffer.capacity;
	bool is_own, is_longer;
	struct place from = source_or_own(cg, arg, &is_own);
	struct val count = length ? build_at_most(cg->b, emit_expr(cg, length), capacity) :
				    val_const(capacity);

	/* Behind a value of ours is nothing of it, while an array in a struct may go on. */
	is_longer = is_own && capacity > arg->type->size;
	if (!cg->is_wide_open || is_longer)
		emit_zero(cg, address, call->type->size);
	build_store(cg->b, 4, address, offsetof(struct buffer_header, length), count);
	if (is_longer)
		count = build_at_most(cg->b, count, arg->type->size);
	if (capacity)
		emit_read_count(cg, build_offset(cg->b, address, sizeof(struct buffer_header)), count,
				from.address, from.space);
}

const struct builtin buffer_builtins[] = {
	{ "buf", "infer (pointer address, [int length])",
	  "So many bytes at an address; of an array all of it.", BUILTIN_MUST_CALL,
	  .infer = infer_buf, .check = check_buf, .emit_into = emit_buf,
	  .example = "begin { print(buf(\"a\\tb\", 3)); }\n"
		     "a\\x09b\n" },
	{ NULL },
};
