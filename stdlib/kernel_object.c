/*
 * path() and socket_cookie(): helpers that take a pointer which the verifier
 * knows the type of.  It does of what fentry, fexit and iterators are given,
 * and of structs embedded there, but not of what was read from memory.
 */
#include <linux/bpf.h>
#include <linux/version.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

static bool is_struct(const struct type *type, const char *tag)
{
	return type->kind == TYPE_STRUCT && type->record.tag && !strcmp(type->record.tag, tag);
}

/* args.NAME, ctx.NAME: a pointer that the program was given. */
static bool is_given(const struct expr *expr)
{
	const struct type *object = expr->kind == EXPR_FIELD ? expr->field.object->type : NULL;

	return object && object->kind == TYPE_STRUCT && object->record.is_context &&
	       expr->type->kind == TYPE_POINTER;
}

/* A pointer that was given, or a struct in what it points to. */
static bool is_typed(const struct expr *expr)
{
	if (is_given(expr))
		return true;
	return expr->type->kind == TYPE_STRUCT && expr->kind == EXPR_FIELD &&
	       (is_given(expr->field.object) ||
		(expr->field.object->type->kind == TYPE_STRUCT && is_typed(expr->field.object)));
}

static void check_object(struct checker *checker, const struct expr *call, const char *what)
{
	const struct attach_point *point = checker->instance->points.items[0];
	struct diags *diags = checker->program->diags;

	if (point->mechanism->prog_type != BPF_PROG_TYPE_TRACING) {
		diag_report(diags, call->span, DIAG_WRONG_PROBE,
			    "%s() can only be used with fentry, fexit and iter probes, this is %s",
			    call->call.name, point->name);
	} else if (!is_typed(call_arg(call, 0))) {
		diag_report(diags, call_arg(call, 0)->span, DIAG_ARG_TYPE,
			    "%s() takes %s that the probe was given, or that lies in what it was given: "
			    "the kernel does not trust a pointer that was read from memory",
			    call->call.name, what);
		diag_hint(diags, "args.NAME, args.NAME.MEMBER, ctx.NAME and ctx.NAME.MEMBER are such");
	}
}

static struct val emit_object(struct codegen *cg, const struct expr *arg)
{
	return arg->type->kind == TYPE_POINTER ? emit_expr(cg, arg) : emit_place(cg, arg).address;
}

/* --- path -------------------------------------------------------------------------------- */

static uint32_t path_size(const struct program *program, const struct expr *call)
{
	int64_t number = 0;

	if (call_arg(call, 1) && expr_is_number(call_arg(call, 1), &number) && number > 0 &&
	    number < (int64_t)program->config.max_strlen)
		return (uint32_t)number;
	return (uint32_t)program->config.max_strlen;
}

static const struct type *infer_path(struct inferer *inferer, struct expr *call)
{
	return type_string(&inferer->program->types, path_size(inferer->program, call));
}

static void check_path(struct checker *checker, struct expr *call)
{
	const struct type *type = call_arg(call, 0)->type;
	int64_t ignored;

	check_number_arg(checker, call, 1, 1, (int64_t)checker->program->config.max_strlen, &ignored);
	if (is_struct(type->kind == TYPE_POINTER ? type->pointer.to : type, "path"))
		check_object(checker, call, "a struct path");
	else
		diag_report(checker->program->diags, call_arg(call, 0)->span, DIAG_ARG_TYPE,
			    "path() only supports struct path arguments (%s provided)", type->name);
}

/* The helper works from the end of its buffer and leaves bytes behind the NUL. */
static void emit_path(struct codegen *cg, const struct expr *call, struct val address)
{
	uint32_t size = call->type->size;
	struct val object = emit_object(cg, call_arg(call, 0)), buffer = build_slot(cg->b, size);

	emit_zero(cg, buffer, size);
	BUILD_CALL(cg->b, BPF_FUNC_d_path, object, buffer, val_const(size));
	emit_string_into(cg, address, size, buffer, SPACE_KERNEL);
}

/* --- socket_cookie ----------------------------------------------------------------------- */

static void check_cookie(struct checker *checker, struct expr *call)
{
	const struct type *type = call_arg(call, 0)->type;
	const struct type *to = type->kind == TYPE_POINTER ? type->pointer.to : NULL;

	if (!to || (!is_struct(to, "sock") && !is_struct(to, "sock_common")))
		diag_report(checker->program->diags, call_arg(call, 0)->span, DIAG_ARG_TYPE,
			    "socket_cookie() only supports struct sock * arguments (%s provided)",
			    type->name);
	else if (checker->program->target->kernel_version < KERNEL_VERSION(5, 12, 0))
		diag_report(checker->program->diags, call->span, DIAG_UNSUPPORTED,
			    "socket_cookie() needs Linux 5.12");
	else
		check_object(checker, call, "a socket");
}

static struct val emit_cookie(struct codegen *cg, const struct expr *call)
{
	return BUILD_CALL(cg->b, BPF_FUNC_get_socket_cookie, emit_expr(cg, call_arg(call, 0)));
}

const struct builtin kernel_object_builtins[] = {
	{ "path", "infer (any path, [int-lit size])",
	  "The path of a struct path that the probe was given: in iterators, and in fentry and fexit of "
	  "the functions that the kernel allows it in, such as filp_close, vfs_getattr, dentry_open, "
	  "vfs_truncate and security_file_open.",
	  BUILTIN_MUST_CALL, .infer = infer_path, .check = check_path, .emit_into = emit_path,
	  .example = "fentry:vfs_open { printf(\"%s\\n\", path(args.path)); }" },
	{ "socket_cookie", "uint64 (any socket)",
	  "The number that the kernel gives a socket for good; of a struct sock * that fentry or fexit "
	  "was given.  Linux 5.12.",
	  BUILTIN_MUST_CALL, .check = check_cookie, .emit = emit_cookie,
	  .example = "fentry:tcp_connect { @[socket_cookie(args.sk)] = count(); }" },
	{ NULL },
};
