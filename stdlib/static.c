/*
 * What is known when the script is compiled: tests of types, assertions, what
 * the kernel offers; and marks that change a type only.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/format.h"
#include "stdlib/kernel_call.h"
#include "stdlib/library.h"
#include "stdlib/printf.h"

/* --- is_* -------------------------------------------------------------------------------- */

static bool is_str(struct program *program UNUSED,
		   const struct instance *instance UNUSED, const struct expr *arg)
{
	return arg->kind == EXPR_STRING || arg->type->kind == TYPE_STRING;
}

static bool is_ptr(struct program *program UNUSED,
		   const struct instance *instance UNUSED, const struct expr *arg)
{
	return arg->type && arg->type->kind == TYPE_POINTER;
}

static bool is_array(struct program *program UNUSED,
		     const struct instance *instance UNUSED, const struct expr *arg)
{
	return arg->type && arg->type->kind == TYPE_ARRAY;
}

static bool is_integer(struct program *program UNUSED,
		       const struct instance *instance UNUSED, const struct expr *arg)
{
	return arg->type && arg->type->kind == TYPE_INT;
}

static bool is_unsigned(struct program *program UNUSED,
			const struct instance *instance UNUSED, const struct expr *arg)
{
	return arg->type && arg->type->kind == TYPE_INT &&
	       !(arg->type->integer.is_literal ? arg->type->integer.is_negative
					       : arg->type->integer.is_signed);
}

static bool is_literal(struct program *program UNUSED,
		       const struct instance *instance UNUSED, const struct expr *arg)
{
	return arg->kind == EXPR_NUMBER || arg->kind == EXPR_STRING || arg->kind == EXPR_BOOL;
}

static bool is_scalar(struct program *program UNUSED,
		      const struct instance *instance UNUSED, const struct expr *arg)
{
	return arg->kind == EXPR_MAP && arg->map.map && arg->map.map->kind != MAP_KEYED;
}

static struct val emit_known(struct codegen *cg, const struct expr *call)
{
	return val_const(call->call.builtin->known(cg->program, cg->instance, call_arg(call, 0)));
}

/* --- static_assert, fail: reported where they are not pruned ------------------------------- */

static struct val emit_static_assert(struct codegen *cg, const struct expr *call)
{
	const struct expr *condition = call_arg(call, 0), *text = call_arg(call, 1);
	int64_t holds = 0;

	if (!expr_known(cg, condition, &holds))
		diag_report(cg->program->diags, condition->span, DIAG_ARG_LITERAL,
			    "static_assert() wants a condition that is known when the script is "
			    "compiled");
	else if (!holds)
		diag_report(cg->program->diags, call->span, DIAG_STATIC_ASSERT, "%s",
			    text->string.text);
	return VAL_NOTHING;
}

static void check_fail(struct checker *checker, struct expr *call)
{
	size_t i;

	check_formatted(checker, call);
	for (i = 1; i < call_arg_count(call); i++)
		if (!is_literal(checker->program, checker->instance, call_arg(call, i)))
			diag_report(checker->program->diags, call_arg(call, i)->span,
				    DIAG_ARG_LITERAL, "fail() can only use literals");
}

static void put_literal(const struct conversion *conversion, const struct expr *arg,
			struct strbuf *out)
{
	if (arg->kind == EXPR_STRING)
		format_text(conversion, arg->string.text, arg->string.length, out);
	else if (conversion_is_number(conversion->kind))
		format_number(conversion,
			      arg->kind == EXPR_BOOL ? arg->boolean : arg->number.value, out);
	else if (arg->kind == EXPR_BOOL)
		strbuf_puts(out, arg->boolean ? "true" : "false");
	else
		strbuf_printf(out, arg->number.is_negative ? "%lld" : "%llu",
			      (long long)arg->number.value);
}

static struct val emit_fail(struct codegen *cg, const struct expr *call)
{
	const struct format *format = call->call.data;
	struct strbuf text;
	size_t i, next = 1;

	strbuf_init(&text, cg->arena);
	for (i = 0; i < format->pieces.count; i++) {
		const struct format_piece *piece = &format->pieces.items[i];

		strbuf_add(&text, piece->text, piece->length);
		if (piece->has_conversion)
			put_literal(&piece->conversion, call_arg(call, next++), &text);
	}
	diag_report(cg->program->diags, call->span, DIAG_STATIC_ASSERT, "%s", text.text);
	return VAL_NOTHING;
}

/* --- kptr, uptr: the same value, in a space ------------------------------------------------ */

static const struct type *infer_space(struct inferer *inferer, const struct expr *call,
				      enum space space)
{
	struct types *types = &inferer->program->types;
	const struct type *type = call_arg(call, 0) ? call_arg(call, 0)->type : NULL;

	if (!type)
		return NULL;
	if (type->kind == TYPE_POINTER)
		return type_pointer(types, type->pointer.to, space);
	return type_address(types, space);
}

static const struct type *infer_kptr(struct inferer *inferer, struct expr *call)
{
	return infer_space(inferer, call, SPACE_KERNEL);
}

static const struct type *infer_uptr(struct inferer *inferer, struct expr *call)
{
	return infer_space(inferer, call, SPACE_USER);
}

static void check_space(struct checker *checker, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);

	if (arg->type->kind != TYPE_POINTER && arg->type->kind != TYPE_INT)
		diag_report(checker->program->diags, arg->span, DIAG_ARG_TYPE,
			    "%s() only supports pointer and integer arguments (%s provided)",
			    call->call.name, arg->type->name);
}

static struct val emit_same(struct codegen *cg, const struct expr *call)
{
	return emit_expr(cg, call_arg(call, 0));
}

/* --- kfunc_exist, kfunc_allowed ------------------------------------------------------------ */

static bool kfunc_exist(struct program *program, const struct instance *instance UNUSED,
			const struct expr *arg)
{
	const struct target *target = program->target;
	struct kernel_function function;
	int err = -ENOENT;

	if (target->find_function && arg->kind == EXPR_STRING)
		err = target->find_function(target, &program->types, NULL, arg->string.text, &function);
	return !err || err == -EEXIST;
}

static bool kfunc_allowed(struct program *program, const struct instance *instance,
			  const struct expr *arg)
{
	uint32_t id = arg->kind == EXPR_STRING ? kernel_function_id(program, arg->string.text) : 0;

	return id && kernel_function_allowed(program, instance, id);
}

/* --- what there is not ---------------------------------------------------------------------- */

static void refuse(struct checker *checker, const struct expr *call, const char *why,
		   const char *instead)
{
	diag_report(checker->program->diags, call->span, DIAG_UNSUPPORTED, "%s() is not supported: %s",
		    call->kind == EXPR_CALL ? call->call.name : call->ident.name, why);
	if (instead)
		diag_hint(checker->program->diags, "%s", instead);
}

static void refuse_unwatch(struct checker *checker, struct expr *call)
{
	refuse(checker, call, "a watchpoint stays until the end of the run",
	       "a condition before the body stops it from acting");
}

static void refuse_dwarf(struct checker *checker, struct expr *call)
{
	refuse(checker, call, "stacks are unwound by frame pointers only", "ustack does that");
}

const struct builtin static_builtins[] = {
	{ "is_str", "bool (any)", "Is the type a string?", BUILTIN_MUST_CALL, .known = is_str, .emit = emit_known,
	  .example = "begin { print(is_str(\"q\")); }\n"
		     "true\n" },
	{ "is_ptr", "bool (any)", "Is the type a pointer?", BUILTIN_MUST_CALL, .known = is_ptr, .emit = emit_known,
	  .example = "begin { print(is_ptr(curtask)); }\n"
		     "true\n" },
	{ "is_array", "bool (any)", "Is the type an array?", BUILTIN_MUST_CALL,
	  .known = is_array, .emit = emit_known,
	  .example = "begin { print(is_array(pton(\"::1\"))); }\n"
		     "true\n" },
	{ "is_integer", "bool (any)", "Is the type an integer?", BUILTIN_MUST_CALL,
	  .known = is_integer, .emit = emit_known,
	  .example = "begin { print(is_integer(pid)); }\n"
		     "true\n" },
	{ "is_unsigned_integer", "bool (any)", "Is the type an unsigned integer?",
	  BUILTIN_MUST_CALL, .known = is_unsigned, .emit = emit_known,
	  .example = "begin { print(is_unsigned_integer((int8)1)); }\n"
		     "false\n" },
	{ "is_literal", "bool (any)", "Is this a constant?", BUILTIN_MUST_CALL,
	  .known = is_literal, .emit = emit_known,
	  .example = "begin { print(is_literal(4 + 4)); }\n"
		     "true\n" },
	{ "is_scalar", "bool (any)", "Is this a map without keys?", BUILTIN_MUST_CALL,
	  .known = is_scalar, .emit = emit_known,
	  .example = "begin { @ = 1; print(is_scalar(@)); }\n"
		     "true\n"
		     "\n"
		     "\n"
		     "@: 1\n" },
	{ "static_assert", "void (bool condition, string-lit message)",
	  "An error when the condition, known to the compiler, does not hold.", BUILTIN_MUST_CALL,
	  .emit = emit_static_assert,
	  .example = "begin { static_assert(sizeof(uint64) == 8, \"not here\"); }\n" },
	{ "fail", "void (format, ...)", "An error, unless an `if comptime` leaves it out.",
	  BUILTIN_MUST_CALL, .check = check_fail, .emit = emit_fail,
	  .example = "begin { if comptime (sizeof(uint16) != 2) { fail(\"odd: %d\", 16); } }\n" },
	{ "kptr", "infer (any)", "The address as one of the kernel's memory.", BUILTIN_MUST_CALL,
	  .infer = infer_kptr, .check = check_space, .emit = emit_same,
	  .example = "tracepoint:syscalls:sys_enter_execve { print(*kptr((uint64*)curtask) != "
		     "0); }" },
	{ "uptr", "infer (any)", "The address as one of the process's memory.", BUILTIN_MUST_CALL,
	  .infer = infer_uptr, .check = check_space, .emit = emit_same,
	  .example = "tracepoint:syscalls:sys_enter_openat { printf(\"%s\\n\", "
		     "str(uptr(args.filename))); }" },
	{ "kfunc_exist", "bool (string-lit name)", "Has the kernel's BTF a function of this name?",
	  BUILTIN_MUST_CALL, .known = kfunc_exist, .emit = emit_known,
	  .example = "begin { print(kfunc_exist(\"no_such_function\")); }\n"
		     "false\n" },
	{ "kfunc_allowed", "bool (string-lit name)",
	  "May programs of this probe call that function of the kernel?  As comm(pid) does.",
	  BUILTIN_MUST_CALL, .known = kfunc_allowed, .emit = emit_known,
	  .example = "begin { print(kfunc_allowed(\"vfs_read\")); }\n"
		     "false\n" },
	{ "unwatch", "void (any)", "Not supported.", BUILTIN_MUST_CALL, .check = refuse_unwatch },
	{ "dw_ustack", "uint64 ([any], [any])", "Not supported.", BUILTIN_WORDS,
	  .check = refuse_dwarf },
	{ NULL },
};
