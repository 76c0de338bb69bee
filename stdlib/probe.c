/*
 * What the probe knows of itself: its name, its arguments.
 */
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

/* --- probe ----------------------------------------------------------------------------- */

static const struct type *infer_probe(struct inferer *inferer, struct expr *call UNUSED)
{
	const struct instance *instance = inferer->instance;
	size_t size = 0, i;

	for (i = 0; i < instance->points.count; i++)
		size = MAX(size, strlen(instance->points.items[i]->name) + 1);
	return type_string(&inferer->program->types, (uint32_t)size);
}

/* The names of all points of an instance, each in `size` bytes. */
static struct val name_table(struct codegen *cg, uint32_t size)
{
	size_t count = cg->instance->points.count, i;
	char *names = arena_alloc(cg->arena, size * count);

	for (i = 0; i < count; i++) {
		const char *name = cg->instance->points.items[i]->name;

		memcpy(names + i * size, name, strlen(name));
	}
	return codegen_data(cg, names, (uint32_t)(size * count));
}

static struct val emit_probe(struct codegen *cg, const struct expr *call)
{
	const struct instance *instance = cg->instance;
	uint32_t size = call->type->size, address, end;
	struct builder *b = cg->b;
	struct val names = name_table(cg, size), index;

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

/* --- func, args ------------------------------------------------------------------------------ */

static void check_func(struct checker *checker, struct expr *call)
{
	const struct attach_point *point = checker->instance->points.items[0];

	diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
		    "The func builtin can not be used with '%s' probes", point->type->name);
	diag_hint(checker->program->diags,
		  "it names the function of kprobe, uprobe, fentry and their return probes; `probe` "
		  "is the name of any attach point");
}

static const struct type *infer_args(struct inferer *inferer, struct expr *call UNUSED)
{
	return inferer->instance->args ? inferer->instance->args : inferer->program->types.void_type;
}

/* --- arg0, arg1, ... ----------------------------------------------------------------------------- */

static const struct builtin *builtin_of(const struct expr *call)
{
	return call->kind == EXPR_CALL ? call->call.builtin : call->ident.builtin;
}

static void check_argn(struct checker *checker, struct expr *call)
{
	const struct attach_point *point = checker->instance->points.items[0];

	if (point->mechanism->emit_argn)
		return;
	diag_report(checker->program->diags, call->span, DIAG_WRONG_PROBE,
		    "The %s builtin can only be used with probes that have numbered arguments: %s "
		    "has none", builtin_of(call)->name, point->name);
	if (point->type->args)
		diag_hint(checker->program->diags, "args.NAME is an argument of this probe");
}

static struct val emit_argn(struct codegen *cg, const struct expr *call)
{
	const struct mechanism *mechanism = cg->instance->points.items[0]->mechanism;
	unsigned long number = strtoul(builtin_of(call)->name + strlen("arg"), NULL, 10);

	return mechanism->emit_argn(cg, cg->instance, (unsigned)number);
}

#define ARG_ROW(number)                                                                         \
	{ "arg" #number, "uint64", "Argument " #number " of the function or tracepoint, from 0.", \
	  BUILTIN_CONTEXT, .check = check_argn, .emit = emit_argn }

const struct builtin probe_builtins[] = {
	{ "probe", "infer", "Full name of the attach point, as in \"tracepoint:sched:sched_switch\".",
	  BUILTIN_POINT, .infer = infer_probe, .emit = emit_probe },
	{ "probetype", "infer", "Type of the probe: \"tracepoint\"; \"special\" for begin and end.",
	  .infer = infer_probetype, .emit = emit_probetype },
	{ "func", "uint64", "Name of the function that the probe is in.", BUILTIN_CONTEXT,
	  .check = check_func },
	{ "args", "infer", "The event's arguments; args.NAME is one of them.", BUILTIN_ARGS,
	  .infer = infer_args },
	ARG_ROW(0), ARG_ROW(1), ARG_ROW(2), ARG_ROW(3), ARG_ROW(4), ARG_ROW(5),
	ARG_ROW(6), ARG_ROW(7), ARG_ROW(8), ARG_ROW(9), ARG_ROW(10), ARG_ROW(11),
	{ NULL },
};
