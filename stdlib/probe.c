/*
 * What the probe knows of itself: its name, its arguments.
 */
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/arch.h"
#include "sema/check.h"
#include "sema/infer.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

/* --- probe, func ----------------------------------------------------------------------- */

/* What each of an instance's points is called: of one name of a point. */
typedef const char *point_text(const struct attach_point *point);

static const char *probe_of(const struct attach_point *point)
{
	return point->name;
}

static const char *function_of(const struct attach_point *point)
{
	return point->function ? point->function : "";
}

static const struct type *text_type(struct inferer *inferer, point_text *text)
{
	const struct instance *instance = inferer->instance;
	size_t size = 1, i;

	for (i = 0; i < instance->points.count; i++)
		size = MAX(size, strlen(text(instance->points.items[i])) + 1);
	return type_string(&inferer->program->types, (uint32_t)size);
}

/* The texts of all points of an instance, each in `size` bytes. */
static struct val text_table(struct codegen *cg, point_text *text, uint32_t size)
{
	size_t count = cg->instance->points.count, i;
	char *texts = arena_alloc(cg->arena, size * count);

	for (i = 0; i < count; i++) {
		const char *one = text(cg->instance->points.items[i]);

		memcpy(texts + i * size, one, strlen(one));
	}
	return codegen_data(cg, texts, (uint32_t)(size * count));
}

static struct val emit_text_of_point(struct codegen *cg, point_text *text, uint32_t size)
{
	const struct instance *instance = cg->instance;
	uint32_t address, end;
	struct builder *b = cg->b;
	struct val names = text_table(cg, text, size), index;

	if (instance->points.count == 1)
		return names;
	index = instance->points.items[0]->mechanism->emit_point_index(cg, instance);
	address = build_var(b);
	end = build_label(b);
	build_var_set(b, address, names);
	/* The verifier wants to see that the index is one of the table. */
	build_branch(b, BPF_JGE, index, val_const((int64_t)instance->points.count), end);
	build_enter(b);
	build_var_set(b, address,
		      build_alu(b, BPF_ADD, names, build_alu(b, BPF_MUL, index, val_const(size))));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, address);
}

static const struct type *infer_probe(struct inferer *inferer, struct expr *call UNUSED)
{
	return text_type(inferer, probe_of);
}

static struct val emit_probe(struct codegen *cg, const struct expr *call)
{
	return emit_text_of_point(cg, probe_of, call->type->size);
}

static const struct type *infer_func(struct inferer *inferer, struct expr *call UNUSED)
{
	return text_type(inferer, function_of);
}

static void check_func(struct checker *checker, struct expr *call)
{
	const struct attach_point *point = checker->instance->points.items[0];

	if (point->function)
		return;
	diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
		    "The func builtin can not be used with '%s' probes", point->type->name);
	diag_hint(checker->program->diags,
		  "it names the function of kprobe, uprobe, fentry and their return probes; `probe` "
		  "is the name of any attach point");
}

static struct val emit_func(struct codegen *cg, const struct expr *call)
{
	return emit_text_of_point(cg, function_of, call->type->size);
}

/* --- probetype ----------------------------------------------------------------------------- */

static const char *probe_type_word(const struct instance *instance)
{
	const struct probe_type *type = instance->points.items[0]->type;

	return type->flags & PROBE_RUNS_HERE ? "special" : type->name;
}

static const struct type *infer_probetype(struct inferer *inferer, struct expr *call UNUSED)
{
	const char *word = probe_type_word(inferer->instance);

	return type_string(&inferer->program->types, (uint32_t)strlen(word) + 1);
}

static struct val emit_probetype(struct codegen *cg, const struct expr *call)
{
	return codegen_data(cg, probe_type_word(cg->instance), call->type->size);
}

/* --- args ------------------------------------------------------------------------------------ */

static const struct type *infer_args(struct inferer *inferer, struct expr *call UNUSED)
{
	return inferer->instance->args ? inferer->instance->args : inferer->program->types.void_type;
}

/* All of them, as the type lays them out; what lies between them is 0. */
static struct val emit_args(struct codegen *cg, const struct expr *call)
{
	const struct type *args = call->type;
	const struct mechanism *mechanism = cg->instance->points.items[0]->mechanism;
	struct val slot;
	size_t i;

	if (!args->record.is_printable)
		return emit_unsupported(cg, call->span, "args as one value, in such a probe,");
	slot = build_slot(cg->b, MAX(args->size, 1u));
	emit_zero(cg, slot, args->size);
	for (i = 0; i < args->record.count; i++) {
		const struct field *field = &args->record.fields[i];

		emit_store_value(cg, field->type, build_offset(cg->b, slot, field->offset),
				 mechanism->emit_arg(cg, cg->instance, field));
	}
	return slot;
}

/* --- arg0, arg1, ... ----------------------------------------------------------------------------- */

static const struct builtin *builtin_of(const struct expr *call)
{
	return call->kind == EXPR_CALL ? call->call.builtin : call->ident.builtin;
}

static unsigned argument_number(const struct expr *call)
{
	return (unsigned)strtoul(builtin_of(call)->name + strlen("arg"), NULL, 10);
}

static const struct type *infer_argn(struct inferer *inferer, struct expr *call UNUSED)
{
	return type_int(&inferer->program->types, 8,
			inferer->instance->points.items[0]->mechanism->argn_is_signed);
}

/* Can the argument be read at all the points? */
static void check_readable(struct checker *checker, const struct expr *call)
{
	size_t i;

	for (i = 0; i < checker->instance->points.count; i++) {
		const struct attach_point *point = checker->instance->points.items[i];
		const char *(*hook)(const struct attach_point *, unsigned) =
			point->mechanism->unreadable_argn;
		const char *text = hook ? hook(point, argument_number(call)) : NULL;

		if (!text)
			continue;
		diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
			    "%s of %s cannot be read: where it is, is not understood",
			    builtin_of(call)->name, point->name);
		diag_hint(checker->program->diags, "the program's note says '%s'", text);
		return;
	}
}

static void check_argn(struct checker *checker, struct expr *call)
{
	const struct attach_point *point = checker->instance->points.items[0];
	const struct mechanism *mechanism = point->mechanism;
	const struct target *target = checker->program->target;

	if (mechanism->emit_argn && mechanism->argn_count &&
	    argument_number(call) >= mechanism->argn_count(target)) {
		diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
			    "%s is not in a register on %s: only the first %u arguments of a function "
			    "are", builtin_of(call)->name, target->arch->name,
			    mechanism->argn_count(target));
		diag_hint(checker->program->diags, "the others are on the stack, above reg(\"sp\")");
		return;
	}
	if (mechanism->emit_argn) {
		check_readable(checker, call);
		return;
	}
	diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
		    "The %s builtin can only be used with probes that have numbered arguments: %s "
		    "has none", builtin_of(call)->name, point->name);
	if (point->type->args)
		diag_hint(checker->program->diags, "args.NAME is an argument of this probe");
}

static struct val emit_argn(struct codegen *cg, const struct expr *call)
{
	const struct mechanism *mechanism = cg->instance->points.items[0]->mechanism;

	return mechanism->emit_argn(cg, cg->instance, argument_number(call));
}

/* --- sarg0, sarg1, ...: of releases before 0.25 ------------------------------------------------ */

static void check_sargn(struct checker *checker, struct expr *call)
{
	const struct attach_point *point = checker->instance->points.items[0];

	if (point->mechanism->has_registers && point->mechanism->argn_count)
		return;
	diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
		    "The %s builtin can only be used where functions begin: %s is no such probe",
		    builtin_of(call)->name, point->name);
}

/* A word of the stack as the caller has left it. */
static struct val emit_sargn(struct codegen *cg, const struct expr *call)
{
	const struct arch *arch = cg->program->target->arch;
	unsigned number = (unsigned)strtoul(builtin_of(call)->name + strlen("sarg"), NULL, 10);
	struct val sp = build_load_pure(cg->b, sizeof(uint64_t), false, build_context(cg->b),
					arch_register(arch, "sp"));
	struct place place = { build_offset(cg->b, sp, arch->stack_args + number * 8),
			       cg->instance->points.items[0]->type->space };

	return emit_at_place(cg, place, type_int(&cg->program->types, 8, false));
}

/* --- retval, reg ----------------------------------------------------------------------------------- */

static const struct type *infer_retval(struct inferer *inferer, struct expr *call UNUSED)
{
	const struct attach_point *point = inferer->instance->points.items[0];

	return point->result ? point->result : type_int(&inferer->program->types, 8, false);
}

static void check_retval(struct checker *checker, struct expr *call)
{
	const struct attach_point *point = checker->instance->points.items[0];

	if (point->mechanism->emit_retval)
		return;
	if (point->mechanism->without_retval) {
		diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
			    "there is no retval of %s: %s", point->name, point->mechanism->without_retval);
		return;
	}
	if (point->mechanism->attach_type == BPF_TRACE_FEXIT) {
		diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
			    "there is no retval: %s returns nothing", point->function);
		return;
	}
	diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
		    "The retval builtin can only be used with probes on the return of a function: %s "
		    "is none", point->name);
	if (point->type->args && !point->mechanism->has_registers)
		diag_hint(checker->program->diags,
			  "what a system call returned is args.ret of its sys_exit tracepoint");
}

static struct val emit_retval(struct codegen *cg, const struct expr *call UNUSED)
{
	return cg->instance->points.items[0]->mechanism->emit_retval(cg, cg->instance);
}

static void report_register(struct checker *checker, const struct expr *call, const char *name)
{
	const struct arch *arch = checker->program->target->arch;
	const struct arch_register *reg;
	struct strbuf names;

	diag_report(checker->program->diags, call->call.args.items[0]->span, DIAG_ARG_LITERAL,
		    "'%s' is not a valid register: %s has none of this name", name, arch->name);
	strbuf_init(&names, checker->program->arena);
	for (reg = arch->registers; reg->name; reg++)
		strbuf_printf(&names, " %s", reg->name);
	diag_hint(checker->program->diags, "its registers are%s", names.text);
}

static void check_reg(struct checker *checker, struct expr *call)
{
	const struct attach_point *point = checker->instance->points.items[0];
	const char *name;
	size_t length;

	if (!point->mechanism->has_registers)
		diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
			    "The reg function can not be used with '%s' probes: they keep no registers",
			    point->type->name);
	if (expr_is_string(call->call.args.items[0], &name, &length) &&
	    arch_register(checker->program->target->arch, name) < 0)
		report_register(checker, call, name);
}

static struct val emit_reg(struct codegen *cg, const struct expr *call)
{
	int offset;
	const char *name;
	size_t length;

	expr_is_string(call->call.args.items[0], &name, &length);
	offset = arch_register(cg->program->target->arch, name);
	return build_load_pure(cg->b, sizeof(uint64_t), false, build_context(cg->b), offset);
}

/* --- ctx -------------------------------------------------------------------------------------------- */

static const struct type *infer_ctx(struct inferer *inferer, struct expr *call UNUSED)
{
	const struct attach_point *point = inferer->instance->points.items[0];

	if (!point->type->context)
		return inferer->program->types.void_type;
	return point->type->context(inferer->program, point);
}

static void check_ctx(struct checker *checker, struct expr *call)
{
	const struct attach_point *point = checker->instance->points.items[0];

	if (point->type->context)
		return;
	diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
		    point->type->args ? "Use args instead of ctx in %s" :
					"The ctx builtin can not be used with '%s' probes",
		    point->type->name);
	if (point->mechanism->has_registers)
		diag_hint(checker->program->diags, "reg(\"ip\") is one of the registers");
}

static struct val emit_ctx(struct codegen *cg, const struct expr *call)
{
	/* What the kernel has there is not what it shows: it translates loads, and those alone. */
	if (cg->instance->points.items[0]->mechanism->prog_type == BPF_PROG_TYPE_PERF_EVENT)
		return emit_unsupported(cg, call->span, "ctx in such a probe, other than as ctx->FIELD,");
	return build_context(cg->b);
}

#define ARG_ROW(number)                                                                         \
	{ "arg" #number, "infer", "Argument " #number " of the function or raw tracepoint.",    \
	  BUILTIN_CONTEXT, .infer = infer_argn, .check = check_argn, .emit = emit_argn }

#define SARG_ROW(number)                                                                        \
	{ "sarg" #number, "uint64",                                                             \
	  "Argument " #number " of those that the function gets on the stack.",                 \
	  BUILTIN_CONTEXT, .check = check_sargn, .emit = emit_sargn }

const struct builtin probe_builtins[] = {
	{ "probe", "infer", "Full name of the attach point, as in \"tracepoint:sched:sched_switch\".",
	  BUILTIN_POINT, .infer = infer_probe, .emit = emit_probe,
	  .example = "begin { print(probe); }\n"
		     "begin\n" },
	{ "probetype", "infer", "Type of the probe: \"tracepoint\"; \"special\" for begin and end.",
	  .infer = infer_probetype, .emit = emit_probetype,
	  .example = "begin { print(probetype); }\n"
		     "special\n" },
	{ "func", "infer", "Name of the function that the probe is in.", BUILTIN_POINT,
	  .infer = infer_func, .check = check_func, .emit = emit_func,
	  .example = "uprobe:/bin/bash:read* { @[func] = count(); }" },
	{ "args", "infer", "The event's arguments; args.NAME is one of them.", BUILTIN_ARGS,
	  .infer = infer_args, .emit = emit_args,
	  .example = "tracepoint:syscalls:sys_enter_openat { printf(\"%s\\n\", "
		     "str(args.filename)); }" },
	{ "ctx", "infer", "What the kernel gives the program: registers, or the object of an iterator.",
	  BUILTIN_CONTEXT | BUILTIN_IS_CONTEXT, .infer = infer_ctx, .check = check_ctx, .emit = emit_ctx },
	SARG_ROW(0), SARG_ROW(1), SARG_ROW(2), SARG_ROW(3), SARG_ROW(4),
	SARG_ROW(5), SARG_ROW(6), SARG_ROW(7), SARG_ROW(8), SARG_ROW(9),
	ARG_ROW(0), ARG_ROW(1), ARG_ROW(2), ARG_ROW(3), ARG_ROW(4), ARG_ROW(5),
	ARG_ROW(6), ARG_ROW(7), ARG_ROW(8), ARG_ROW(9), ARG_ROW(10), ARG_ROW(11),
	{ "retval", "infer", "What the function returned.", BUILTIN_CONTEXT,
	  .infer = infer_retval, .check = check_retval, .emit = emit_retval,
	  .example = "uretprobe:/bin/bash:readline { print(str(retval)); }" },
	{ "reg", "uint64 (string-lit)", "A register of the processor, as in reg(\"ip\").",
	  BUILTIN_CONTEXT, .check = check_reg, .emit = emit_reg,
	  .example = "profile:hz:99 { @[ksym(reg(\"ip\"))] = count(); }" },
	{ NULL },
};
