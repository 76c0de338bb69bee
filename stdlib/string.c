/*
 * Strings: read from memory, compared.
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"
#include "stdlib/source.h"

/* --- str ----------------------------------------------------------------------------------- */

/* From this limit on a string that does not fit is cut without a mark (stdlib.md 7). */
enum { MARKED_BELOW = 1024 };

/* More than any max_strlen that a string of a map may have. */
enum { CONCAT_MAX = 16384 };

static uint32_t max_strlen(const struct program *program)
{
	return (uint32_t)program->config.max_strlen;
}

/* str(7) is "7". */
static const char *number_text(struct arena *arena, const struct expr *arg)
{
	int64_t number;

	if (!expr_is_number(arg, &number))
		return NULL;
	return arena_printf(arena, arg->number.is_negative ? "%" PRId64 : "%" PRIu64, number);
}

static bool is_characters(const struct type *type)
{
	return type->kind == TYPE_ARRAY && type->array.element->kind == TYPE_INT &&
	       type->array.element->size == 1;
}

/* str(p, 4) reads 4 bytes with the NUL, and has room for one more. */
static const struct type *infer_str(struct inferer *inferer, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0), *length = call_arg(call, 1);
	uint32_t limit = max_strlen(inferer->program);
	int64_t number;

	if (!arg || !arg->type)
		return NULL;
	if (number_text(inferer->program->arena, arg))
		limit = (uint32_t)strlen(number_text(inferer->program->arena, arg)) + 1;
	else if (arg->type->kind == TYPE_STRING)
		limit = arg->type->size;
	else if (is_characters(arg->type))
		limit = arg->type->size;
	if (length && expr_is_number(length, &number) && number >= 0 && number < limit)
		limit = (uint32_t)number + 1;
	else if (arg->type->kind == TYPE_STRING && arg->type->string.is_chars)
		return arg->type;
	else if (is_characters(arg->type))
		return type_chars(&inferer->program->types, limit);
	return type_string(&inferer->program->types, limit);
}

static void check_str(struct checker *checker, struct expr *call)
{
	struct diags *diags = checker->program->diags;
	const struct expr *length = call_arg(call, 1);
	int64_t number;

	if (!length || !expr_is_number(length, &number))
		return;
	if (number < 0)
		diag_report(diags, length->span, DIAG_ARG_RANGE,
			    "str() can not read a negative number of bytes (%" PRId64 " provided)",
			    number);
	else if (number >= max_strlen(checker->program)) {
		diag_report(diags, length->span, DIAG_SUSPICIOUS,
			    "str() reads at most max_strlen bytes: %" PRId64 " is cut to %u", number,
			    max_strlen(checker->program));
		diag_hint(diags, "raise it: config = { max_strlen = %" PRId64 " }", number);
	}
}

/*
 * A string of the whole size.  The helper ends what it reads with a NUL; when
 * that took the last byte, the byte itself is fetched, so that a string that
 * does not fit has no NUL at all, which is what marks it.
 */
static void read_whole(struct codegen *cg, struct val address, uint32_t size, struct place from)
{
	struct builder *b = cg->b;
	uint32_t end = build_label(b);
	struct val length = emit_read_string(cg, address, size, from.address, from.space);

	if (size >= MARKED_BELOW)
		return;
	build_branch(b, BPF_JNE, length, val_const(size), end);
	build_enter(b);
	emit_read(cg, build_offset(b, address, size - 1), 1,
		  build_offset(b, from.address, size - 1), from.space);
	build_leave(b);
	build_place(b, end);
}

/* A length known at run time: up to the size. */
static void read_part(struct codegen *cg, struct val address, uint32_t size, struct place from,
		      struct val length)
{
	struct builder *b = cg->b;
	uint32_t capped = build_var(b), end = build_label(b);

	build_store(b, 1, address, 0, val_const(0));
	build_var_set(b, capped, val_const(size));
	build_branch(b, BPF_JGE, length, val_const(size), end);
	build_enter(b);
	build_var_set(b, capped, length);
	build_leave(b);
	build_place(b, end);
	emit_read_string_count(cg, address, build_var_get(b, capped), from.address, from.space);
}

/* Of a string: of a literal so many characters, else what a read of so many bytes would give. */
static void copy_string(struct codegen *cg, const struct expr *call, struct val address)
{
	const struct expr *arg = call_arg(call, 0), *length = call_arg(call, 1);
	uint32_t kept;
	int64_t number;

	if (!length || !expr_is_number(length, &number) || number >= arg->type->size) {
		emit_expr_into(cg, arg, call->type, address);
		return;
	}
	kept = (uint32_t)number - (arg->kind != EXPR_STRING && number);
	if (kept)
		emit_expr_into(cg, arg, type_string(&cg->program->types, kept), address);
	emit_zero(cg, build_offset(cg->b, address, kept), call->type->size - kept);
}

static void emit_str(struct codegen *cg, const struct expr *call, struct val address)
{
	const struct expr *arg = call_arg(call, 0), *length = call_arg(call, 1);
	const char *text = number_text(cg->arena, arg);
	uint32_t size = call->type->size;
	struct place from;
	int64_t number;

	if (text) {
		emit_text(cg, text, MIN((uint32_t)strlen(text), size - 1), size, address);
		return;
	}
	if (arg->type->kind == TYPE_STRING) {
		copy_string(cg, call, address);
		return;
	}
	from = source_of(cg, arg);
	if (!cg->is_wide_open)
		emit_zero(cg, address, size);
	if (!length) {
		read_whole(cg, address, size, from);
	} else if (!expr_is_number(length, &number)) {
		read_part(cg, address, size, from, emit_expr(cg, length));
	} else if (number == 0) {
		build_store(cg->b, 1, address, 0, val_const(0));
	} else {
		emit_read_string(cg, address, (uint32_t)MIN(number, (int64_t)size), from.address,
				 from.space);
	}
}

/*
 * A key whose string fits into the head is short, and the kernel sees no more of
 * it.  Longer ones are read again, over zeros; should the string have become
 * shorter meanwhile, its zeros are in place, too.
 */
static void emit_str_key(struct codegen *cg, const struct expr *call, struct val address,
			 uint32_t head)
{
	const struct expr *arg = call_arg(call, 0);
	uint32_t size = call->type->size, end;
	struct builder *b = cg->b;
	struct place from;
	struct val length;

	if (call_arg(call, 1) || arg->type->kind == TYPE_STRING || number_text(cg->arena, arg) ||
	    size < MARKED_BELOW) {
		emit_str(cg, call, address);
		return;
	}
	end = build_label(b);
	from = source_of(cg, arg);
	emit_zero(cg, address, head);
	length = emit_read_string(cg, address, size, from.address, from.space);
	build_branch(b, BPF_JSLE, length, val_const(head), end);
	build_enter(b);
	emit_zero(cg, address, size);
	read_whole(cg, address, size, from);
	build_leave(b);
	build_place(b, end);
}

/* --- strncmp ---------------------------------------------------------------------------------- */

static void check_strncmp(struct checker *checker, struct expr *call)
{
	int64_t number;

	check_number_arg(checker, call, 2, 0, UINT32_MAX, &number);
}

static struct val emit_strncmp(struct codegen *cg, const struct expr *call)
{
	const struct expr *left = call_arg(call, 0), *right = call_arg(call, 1);
	struct builder *b = cg->b;
	uint32_t result = build_var(b), end = build_label(b), size;
	struct val a = emit_padded_string(cg, left), c = emit_padded_string(cg, right);

	size = (uint32_t)MIN(call_arg(call, 2)->number.value,
			     (uint64_t)MIN(left->type->size, right->type->size));
	build_var_set(b, result, val_const(1));
	emit_compare_bytes(cg, a, c, size, false, end);
	build_enter(b);
	build_var_set(b, result, val_const(0));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, result);
}

/* --- strlen ------------------------------------------------------------------------------------ */

/*
 * Counted by the helper that copies.  A loop would count as well, but its turns are so many
 * ways to the verifier, which it follows through all that looks at the length.
 */
static struct val emit_strlen(struct codegen *cg, const struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);
	struct builder *b = cg->b;
	uint32_t size = arg->type->size, length = build_var(b), end = build_label(b);
	struct val text = emit_padded_string(cg, arg), copy = build_slot(b, size), last;

	build_var_set(b, length, build_alu(b, BPF_SUB, BUILD_CALL(b, BPF_FUNC_probe_read_kernel_str,
							   copy, val_const(size), text), val_const(1)));
	/* One that fills its bytes has no NUL, and the helper puts it over the last of them. */
	last = build_load(b, 1, false, text, size - 1);
	build_branch(b, BPF_JEQ, last, val_const(0), end);
	build_enter(b);
	build_var_set(b, length, val_const(size));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, length);
}

/* --- str_concat -------------------------------------------------------------------------------- */

/* With room for both, and a NUL where the first fills its bytes. */
static const struct type *infer_concat(struct inferer *inferer, struct expr *call)
{
	const struct expr *left = call_arg(call, 0), *right = call_arg(call, 1);

	if (!left || !right || !left->type || !right->type)
		return NULL;
	return type_string(&inferer->program->types,
			   MIN(left->type->size + right->type->size + 1, CONCAT_MAX));
}

static void check_concat(struct checker *checker, struct expr *call)
{
	uint32_t size = call_arg(call, 0)->type->size + call_arg(call, 1)->type->size + 1;

	if (size > CONCAT_MAX)
		diag_report(checker->program->diags, call->span, DIAG_TOO_LARGE,
			    "str_concat() makes strings of up to %d bytes, these may have %u", CONCAT_MAX,
			    size);
}

/* The string's bytes with a NUL behind them, wherever they came from. */
static struct val ended_string(struct codegen *cg, const struct expr *arg)
{
	struct val slot;

	if (arg->kind == EXPR_STRING)
		return emit_expr(cg, arg);
	slot = build_slot(cg->b, arg->type->size + 1);
	emit_expr_into(cg, arg, arg->type, slot);
	build_store(cg->b, 1, slot, arg->type->size, val_const(0));
	return slot;
}

/* The helper that copies a string says how long it was: there the second one begins. */
static void emit_concat(struct codegen *cg, const struct expr *call, struct val address)
{
	const struct expr *left = call_arg(call, 0), *right = call_arg(call, 1);
	struct builder *b = cg->b;
	uint32_t end = build_label(b);
	struct val first = ended_string(cg, left), second = ended_string(cg, right), length;

	emit_zero(cg, address, call->type->size);
	length = BUILD_CALL(b, BPF_FUNC_probe_read_kernel_str, address,
			    val_const(left->type->size + 1), first);
	length = build_alu(b, BPF_SUB, length, val_const(1));
	build_branch(b, BPF_JGT, length, val_const(left->type->size), end);
	build_enter(b);
	BUILD_CALL(b, BPF_FUNC_probe_read_kernel_str, build_alu(b, BPF_ADD, address, length),
		   val_const(right->type->size + 1), second);
	build_leave(b);
	build_place(b, end);
}

const struct builtin string_builtins[] = {
	{ "str", "infer (pointer address, [int size])",
	  "The string at an address, or of a positional parameter; at most so many bytes of it.",
	  BUILTIN_PARAM_TEXT | BUILTIN_MUST_CALL, .infer = infer_str, .check = check_str,
	  .emit_into = emit_str, .emit_key_into = emit_str_key,
	  .example = "tracepoint:syscalls:sys_enter_openat { printf(\"%s\\n\", "
		     "str(args.filename, 16)); }" },
	{ "strncmp", "uint64 (string, string, int-lit length)",
	  "0 when the first bytes of two strings are equal, up to this many, else 1.",
	  BUILTIN_MUST_CALL, .check = check_strncmp, .emit = emit_strncmp,
	  .example = "begin { print(strncmp(\"kernel\", \"kerning\", 4)); }\n"
		     "0\n" },
	{ "strlen", "uint64 (string)", "Length of a string in bytes, without its NUL.",
	  BUILTIN_MUST_CALL, .emit = emit_strlen,
	  .example = "begin { print(strlen(\"four\")); }\n"
		     "4\n" },
	{ "str_concat", "infer (string, string)", "The two strings, one behind the other.",
	  BUILTIN_MUST_CALL, .infer = infer_concat, .check = check_concat, .emit_into = emit_concat,
	  .example = "begin { @[str_concat(comm, \"!\")] = 1; }\n"
		     "@[bpfline!]: 1\n" },
	{ NULL },
};
