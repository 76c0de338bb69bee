/*
 * iter: runs once for each object of a kind that the kernel can go through.
 *
 * The kernel runs the program while its file is read.  What the body prints
 * goes through the ring buffer like all output; besides, each run writes one
 * byte into the file, so that a read of N bytes ends after N objects and the
 * ring buffer is emptied in between.  Of a pinned iterator the file belongs to
 * whoever reads it: what the body prints goes there and nothing else.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/attacher.h"
#include "runtime/bpf.h"
#include "runtime/lister.h"
#include "runtime/probes/kernel_functions.h"
#include "runtime/probes/probes.h"
#include "sema/target.h"

enum { WORD = 8 };

/* --- program ---------------------------------------------------------------------------- */

static const char *key_of_object(const struct attach_point *point)
{
	return point->name;
}

/* "iter:task:list" is to be kept as the file "list"; NULL: it runs now. */
static const char *pin_of(const char *name)
{
	const char *pin = strchr(strchr(name, ':') + 1, ':');

	return pin ? pin + 1 : NULL;
}

static struct val load_word(struct codegen *cg, struct val address, int64_t offset)
{
	return build_load_pure(cg->b, WORD, false, address, offset);
}

/* The context begins with a struct bpf_iter_meta *, and that with a struct seq_file *. */
static struct val seq_file(struct codegen *cg)
{
	return load_word(cg, load_word(cg, build_context(cg->b), 0), 0);
}

static void write_mark(struct codegen *cg)
{
	struct val seq = seq_file(cg), mark = build_slot(cg->b, WORD);
	struct val args[] = { seq, mark, val_const(1) };

	build_store(cg->b, WORD, mark, 0, val_const(0));
	build_call(cg->b, BPF_FUNC_seq_write, args, ARRAY_SIZE(args));
}

/* After the last object the program runs once more, for none. */
static void enter_object(struct codegen *cg, const struct instance *instance, uint32_t skip)
{
	const struct kernel_function *function = instance->points.items[0]->data;
	const struct type *fields = function->args;
	size_t i;

	for (i = 1; i < fields->record.count; i++)
		if (fields->record.fields[i].type->kind == TYPE_POINTER)
			build_branch(cg->b, BPF_JEQ,
				     load_word(cg, build_context(cg->b),
					       fields->record.fields[i].offset),
				     val_const(0), skip);
	if (!pin_of(instance->points.items[0]->name))
		write_mark(cg);
}

/* --- attaching ----------------------------------------------------------------------------- */

static int attach(struct attacher *attacher, const struct object_attachment *attachment, int program)
{
	bool has_pid = attacher->pid && strstr(attachment->target, "bpf_iter_task");
	const struct bpf_iterator_spec spec = {
		.pid = has_pid ? attacher->pid : 0,
		.is_of_cgroups = strstr(attachment->target, ":bpf_iter_cgroup"),
	};
	struct pinned_link pinned = { .link = bpf_attach_iterator(program, &spec),
				      .path = pin_of(attachment->name) };
	int file;

	if (pinned.link < 0) {
		if (has_pid)
			attacher_explain(attacher, "%s of one process: the kernel cannot (%s); without "
						   "-p it goes through all", attachment->name,
					 strerror(-pinned.link));
		return pinned.link;
	}
	attacher_hold(attacher, LINK_QUICK, pinned.link);
	if (pinned.path) {
		vec_push(attacher->arena, &attacher->pinned, pinned);
		return 0;
	}
	file = bpf_open_iterator(pinned.link);
	if (file < 0)
		return file;
	attacher_hold(attacher, LINK_QUICK, file);
	vec_push(attacher->arena, &attacher->iterators, file);
	return 0;
}

#define COMMON                                                                                  \
	.name = "iterator", .section = "iter/", .prog_type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_ITER,  \
	.is_btf_function = true, .share_key = key_of_object, .emit_match = enter_object,        \
	.emit_arg = emit_function_arg, .interrupts_on = true, .attach = attach

static const struct mechanism iterator = { COMMON };
static const struct mechanism pinned_iterator = { COMMON, .emit_file = seq_file };

/* --- resolving ------------------------------------------------------------------------------- */

/* The kernel's table of iterators is not to be seen; its BTF has a function for each, that gives an
 * int and takes the iterator's own things after what all have. */
static bool find_iterator(const struct target *target, struct types *types, const char *object,
			  struct kernel_function *ret_function)
{
	const char *function = ARENA_JOIN(types->arena, "bpf_iter_", object);
	const struct type *first;

	if (target->find_function(target, types, NULL, function, ret_function) ||
	    !ret_function->args->record.count || !ret_function->result ||
	    ret_function->result->kind != TYPE_INT)
		return false;
	first = ret_function->args->record.fields[0].type;
	return first->kind == TYPE_POINTER && first->pointer.to->kind == TYPE_STRUCT &&
	       !strcmp(first->pointer.to->name, "struct bpf_iter_meta");
}

struct visit {
	const struct target *target;
	struct types *types;
	struct lister *lister;	       /* or NULL */
	const char *pattern;	       /* of the listing, or NULL */
	struct suggestion suggestion;
};

static bool visit_function(void *context, const char *module, const char *name)
{
	struct visit *visit = context;
	struct kernel_function function;
	struct listed *listed;
	const char *object;

	if (strncmp(name, "bpf_iter_", 9) != 0)
		return true;
	object = name + 9;
	/* First, since the other question goes through all types. */
	if (visit->lister && visit->pattern && !wildcard_match(visit->pattern, object))
		return true;
	if (!find_iterator(visit->target, visit->types, object, &function))
		return true;
	if (!visit->lister) {
		suggestion_offer(&visit->suggestion, object);
		return true;
	}
	listed = lister_add(visit->lister, arena_printf(visit->lister->arena, "iter:%s", object));
	if (listed && visit->lister->verbose)
		listed->details = function_lines(visit->lister, module, name, true, false);
	return true;
}

static void report_unknown(struct expander *expander, const struct attach_point_parts *parts)
{
	const struct target *target = expander->program->target;
	struct visit visit = { .target = target, .types = &expander->program->types };

	suggestion_init(&visit.suggestion, part_text(parts, 1));
	if (target->each_typed_function(target, NULL, visit_function, &visit)) {
		diag_report(expander->program->diags, expander->span, DIAG_NO_MATCH,
			    "iter needs the kernel's BTF, which %s does not have", target->name);
		return;
	}
	report_no_match(expander, parts,
			visit.suggestion.best ?
				point_name(expander, "iter:%s", visit.suggestion.best) :
				NULL);
}

/* The kernel wants to be given the map, and refuses to go through all. */
static bool is_of_one_map(const char *object)
{
	static const char *const objects[] = { "bpf_map_elem", "bpf_sk_storage_map", "sockmap" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(objects); i++)
		if (!strcmp(object, objects[i]))
			return true;
	return false;
}

static bool check_form(struct expander *expander, const struct attach_point_parts *parts)
{
	struct diags *diags = expander->program->diags;

	if (!expect_parts(expander, parts, 1, 2))
		return false;
	if (has_wildcard(part_text(parts, 1))) {
		diag_report(diags, part_span(parts, 1), DIAG_ATTACH_POINT,
			    "iter probe type does not support wildcards");
		return false;
	}
	if (is_of_one_map(part_text(parts, 1))) {
		diag_report(diags, part_span(parts, 1), DIAG_UNSUPPORTED,
			    "iter:%s goes through the elements of one map, and there is no way to name it",
			    part_text(parts, 1));
		diag_hint(diags, "iter:bpf_map goes through all maps; 'bpftool map dump id ID' prints the "
				 "elements of one");
		return false;
	}
	if (part_count(parts) > 1 && !*part_text(parts, 2)) {
		diag_report(diags, part_span(parts, 2), DIAG_ATTACH_POINT,
			    "a name to pin the iterator by is missing");
		return false;
	}
	return true;
}

static void resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	struct program *program = expander->program;
	const struct target *target = program->target;
	struct kernel_function function;
	struct attach_point *point;
	struct type *args;
	const char *object;

	if (!check_form(expander, parts))
		return;
	object = part_text(parts, 1);
	if (!find_iterator(target, &program->types, object, &function)) {
		report_unknown(expander, parts);
		return;
	}
	if (part_count(parts) == 1)
		point = expander_add(expander, &iterator, point_name(expander, "iter:%s", object));
	else
		point = expander_add(expander, &pinned_iterator,
				     point_name(expander, "iter:%s:%s", object, part_text(parts, 2)));
	point->target = point_name(expander, "%s:bpf_iter_%s", function.module, object);
	point->number = function.btf_id;
	args = arena_dup(program->arena, function.args, sizeof(*args));
	args->record.is_printable = false; /* ctx is looked into, not shown */
	function.args = args;
	point->data = arena_dup(program->arena, &function, sizeof(function));
}

static const struct type *context(struct program *program UNUSED, const struct attach_point *point)
{
	const struct kernel_function *function = point->data;

	return function->args;
}

static void list(struct lister *lister, const struct attach_point_parts *pattern)
{
	const struct target *target = lister->language->target;
	struct visit visit = { .target = target, .types = lister->types, .lister = lister };

	if (pattern)
		visit.pattern = part_text(pattern, 1);
	target->each_typed_function(target, NULL, visit_function, &visit);
}

const struct probe_type probe_iter = {
	.name = "iter",
	.short_name = "it",
	.forms = "iter:OBJECT or iter:OBJECT:NAME",
	.manual = "Runs for each object of a kind, as the kernel goes through them; ctx has it.",
	.ways = "iterator",
	.flags = PROBE_IS_READ | PROBE_OF_KERNEL,
	.space = SPACE_KERNEL,
	.resolve = resolve,
	.context = context,
	.list = list,
};
