/*
 * fentry, fexit: functions of the kernel with their arguments typed by BTF.
 *
 * A program is loaded for its function, so each function has one.  The context
 * is a word for each argument (two for those that are larger), then the result.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/version.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/attacher.h"
#include "runtime/bpf.h"
#include "runtime/lister.h"
#include "runtime/probes/kernel_functions.h"
#include "runtime/probes/probes.h"
#include "sema/target.h"

enum { WORD = 8, ARGS_MAX = 12, NOT_SUPPORTED = 524 /* ENOTSUPP, an errno of the kernel alone */ };

/* --- reading the context ----------------------------------------------------------------- */

static struct val context_word(struct codegen *cg, uint32_t offset)
{
	return build_load_pure(cg->b, WORD, false, build_context(cg->b), offset);
}

static struct val read_value(struct codegen *cg, const struct type *type, uint32_t offset)
{
	uint32_t at, size = (type->size + WORD - 1) / WORD * WORD;
	struct val word, slot;

	if (!type_in_register(type)) {
		slot = build_slot(cg->b, MAX(size, (uint32_t)WORD));
		for (at = 0; at < size; at += WORD)
			build_store(cg->b, WORD, slot, at, context_word(cg, offset + at));
		return slot;
	}
	word = context_word(cg, offset);
	return type->size < WORD ? build_extend(cg->b, word, type->size, type_is_signed(type)) : word;
}

struct val emit_function_arg(struct codegen *cg, const struct instance *instance UNUSED,
			     const struct field *field)
{
	return read_value(cg, field->type, field->offset);
}

static struct val emit_retval(struct codegen *cg, const struct instance *instance)
{
	const struct kernel_function *function = instance->points.items[0]->data;

	return read_value(cg, function->result, function->args->size);
}

/*
 * Of a BPF program the kernel saves five arguments where it does not trust the prototype, so only
 * its helpers know where the words are.  Before they came one had to take what BTF says.
 */
static struct val helper_value(struct codegen *cg, int helper, struct val number,
			       const struct type *type)
{
	struct val slot = build_slot(cg->b, WORD), context = build_context(cg->b);

	build_store(cg->b, WORD, slot, 0, val_const(0));
	if (helper == BPF_FUNC_get_func_arg)
		BUILD_CALL(cg->b, helper, context, number, slot);
	else
		BUILD_CALL(cg->b, helper, context, slot);
	return emit_load_value(cg, type, slot);
}

static struct val program_arg(struct codegen *cg, const struct instance *instance UNUSED,
			      const struct field *field)
{
	if (!target_has(cg->program->target, FEATURE_FUNC_ARG))
		return read_value(cg, field->type, field->offset);
	return helper_value(cg, BPF_FUNC_get_func_arg, val_const(field->offset / WORD), field->type);
}

static struct val program_retval(struct codegen *cg, const struct instance *instance)
{
	const struct kernel_function *function = instance->points.items[0]->data;

	if (!target_has(cg->program->target, FEATURE_FUNC_ARG))
		return emit_retval(cg, instance);
	return helper_value(cg, BPF_FUNC_get_func_ret, VAL_NOTHING, function->result);
}

/* --- attaching ------------------------------------------------------------------------------ */

/* The data of a point: first what hooks shared with other types look for. */
struct traced_function {
	struct kernel_function function;
	const char *key; /* "vfs_read:fentry:vmlinux": programs are named for it */
};

/* Probes on one function share its program, in the order of the script. */
static const char *key_of_function(const struct attach_point *point)
{
	const struct traced_function *traced = point->data;

	return traced->key;
}

static int attach(struct attacher *attacher, const struct object_attachment *attachment, int program)
{
	int link = bpf_attach_raw_tracepoint(program, NULL, 0);

	/* EBUSY: where a jump would go there is something else than was expected. */
	if (link == -ENOENT || link == -EINVAL || link == -EBUSY || link == -NOT_SUPPORTED)
		attacher_explain(attacher, "%s: the kernel cannot trace this function: it is marked "
					   "\"notrace\", has no place for a jump at its begin, or live "
					   "patching holds it",
				 attachment->target);
	else if (link < 0)
		attacher_explain(attacher, "%s: %s", attachment->target,
				 function_refusal(attacher->arena, link));
	if (link < 0)
		return link;
	attacher_hold(attacher, LINK_SLOW, link);
	return 0;
}

/* Frames of a kernel stack before the function's own: the program and the trampoline. */
enum { STACK_SKIP = 2 };

#define TRACING                                                                                 \
	.prog_type = BPF_PROG_TYPE_TRACING, .is_btf_function = true,                            \
	.share_key = key_of_function, .stack_skip = STACK_SKIP, .attach = attach
#define ENTRY TRACING, .name = "fentry", .attach_type = BPF_TRACE_FENTRY
#define LEAVE TRACING, .name = "fexit", .attach_type = BPF_TRACE_FEXIT, .on_return = true

static const struct mechanism entry = { ENTRY, .section = "fentry/", .emit_arg = emit_function_arg };
static const struct mechanism leave = { LEAVE, .section = "fexit/", .emit_arg = emit_function_arg,
					.emit_retval = emit_retval };
/* A return from a function that returns nothing. */
static const struct mechanism leave_void = { LEAVE, .section = "fexit/", .emit_arg = emit_function_arg };

static const struct mechanism program_entry = { ENTRY, .emit_arg = program_arg };
static const struct mechanism program_leave = { LEAVE, .emit_arg = program_arg,
						.emit_retval = program_retval };
static const struct mechanism program_leave_void = { LEAVE, .emit_arg = program_arg };

/* --- adding points ---------------------------------------------------------------------------- */

static const struct mechanism *mechanism_of(const struct probe_type *type,
					    const struct kernel_function *function, bool is_program)
{
	if (type != &probe_fexit)
		return is_program ? &program_entry : &entry;
	if (is_program)
		return function->result ? &program_leave : &program_leave_void;
	return function->result ? &leave : &leave_void;
}

/* `program`: id of the BPF program that the function is of, or 0. */
static void add_point(struct expander *expander, const struct kernel_function *function,
		      const char *name, uint32_t program)
{
	const struct traced_function traced = {
		*function, point_name(expander, "%s:%s:%s", name, expander->type->name,
				      function->module)
	};
	struct attach_point *point;
	char *full = point_name(expander, "%s:%s:%s", expander->type->name, function->module, name);

	point = expander_add(expander, mechanism_of(expander->type, function, program), full);
	point->target = strchr(full, ':') + 1;
	point->function = strrchr(full, ':') + 1;
	point->number = function->btf_id;
	point->extra = program;
	point->data = arena_dup(expander->program->arena, &traced, sizeof(traced));
	point->result = expander->type == &probe_fexit ? function->result : NULL;
}

/* The kernel attaches to none with more arguments, or with an unknown number of them. */
static bool is_supported(const struct kernel_function *function)
{
	return !function->is_variadic && function->args->size <= ARGS_MAX * WORD;
}

/*
 * What maps and the ring buffer lock themselves with: a program there is entered again from within.
 * The kernel leaves such entries out since 5.12; before, nothing ends them.
 */
static bool is_spin_lock(const char *name)
{
	static const char *const names[] = { "_raw_spin_lock", "_raw_spin_lock_irqsave",
					     "_raw_spin_unlock_irqrestore",
					     "queued_spin_lock_slowpath" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* False: the function is not to be traced. */
static bool check_spin_lock(struct expander *expander, const struct wanted_function *wanted,
			    const char *name)
{
	struct diags *diags = expander->program->diags;

	if (!is_spin_lock(name))
		return true;
	if (expander->program->target->kernel_version >= KERNEL_VERSION(5, 12, 0)) {
		diag_report(diags, wanted->span, DIAG_SUSPICIOUS,
			    "BPF programs take locks by %s themselves: what the body causes is left out, "
			    "and told as missed",
			    name);
		return true;
	}
	if (!wanted->is_pattern) {
		diag_report(diags, wanted->span, DIAG_ATTACH_POINT,
			    "BPF programs take locks by %s themselves, and this kernel would enter the "
			    "program again without end",
			    name);
		diag_hint(diags, "kprobe:%s is safe", name);
	}
	return false;
}

static void report_unsupported(struct expander *expander, const struct wanted_function *wanted,
			       const struct kernel_function *function)
{
	diag_report(expander->program->diags, wanted->span, DIAG_ATTACH_POINT,
		    function->is_variadic ? "%s takes a varying number of arguments: %s cannot be put on it"
					  : "%s takes more arguments than %s can be put on",
		    wanted->name, expander->type->name);
	diag_hint(expander->program->diags, "kprobe:%s can be", wanted->name);
}

/* --- searching ---------------------------------------------------------------------------------- */

struct search {
	struct expander *expander;
	const struct wanted_function *wanted;
	struct suggestion suggestion;
	struct table traceable; /* "module:function" of what a pattern matches */
	struct table seen;
	bool has_list, module_exists;
	size_t count;
};

static const char *full_name(struct search *search, const char *module, const char *name)
{
	return ARENA_JOIN(search->expander->program->arena, module, ":", name);
}

static bool note_traceable(void *context, const char *module, const char *name)
{
	struct search *search = context;

	if (function_matches(search->wanted, module, name))
		table_set_str(&search->traceable, full_name(search, module, name), search);
	return true;
}

static bool visit_match(void *context, const char *module, const char *name)
{
	struct search *search = context;
	struct expander *expander = search->expander;
	const struct target *target = expander->program->target;
	struct kernel_function function;
	const char *full;

	search->module_exists = true;
	if (!function_matches(search->wanted, module, name))
		return true;
	full = full_name(search, module, name);
	if ((search->has_list && !table_get_str(&search->traceable, full)) ||
	    table_get_str(&search->seen, full))
		return true;
	table_set_str(&search->seen, full, search);
	if (!target->find_function(target, &expander->program->types, module, name, &function) &&
	    is_supported(&function) && check_spin_lock(expander, search->wanted, name)) {
		add_point(expander, &function, name, 0);
		search->count++;
	}
	return true;
}

static bool offer_name(void *context, const char *module UNUSED, const char *name)
{
	struct search *search = context;

	search->module_exists = true;
	suggestion_offer(&search->suggestion, name);
	return true;
}

static void resolve_pattern(struct expander *expander, const struct attach_point_parts *parts,
			    const struct wanted_function *wanted)
{
	const struct target *target = expander->program->target;
	struct search search = { .expander = expander, .wanted = wanted };

	table_init(&search.traceable, expander->program->arena);
	table_init(&search.seen, expander->program->arena);
	search.has_list = !target->each_function(target, note_traceable, &search);
	target->each_typed_function(target, wanted->module, visit_match, &search);
	if (!search.count)
		report_no_function(expander, parts, wanted, search.module_exists, NULL);
}

static void resolve_one(struct expander *expander, const struct attach_point_parts *parts,
			const struct wanted_function *wanted)
{
	const struct target *target = expander->program->target;
	struct search search = { .expander = expander, .wanted = wanted };
	struct kernel_function function;

	switch (-target->find_function(target, &expander->program->types, wanted->module,
				       wanted->name, &function)) {
	case 0:
		if (!is_supported(&function))
			report_unsupported(expander, wanted, &function);
		else if (check_spin_lock(expander, wanted, wanted->name))
			add_point(expander, &function, wanted->name, 0);
		return;
	case EEXIST:
		diag_report(expander->program->diags, wanted->span, DIAG_ATTACH_POINT,
			    "ambiguous attach point, please specify module containing the function '%s'",
			    wanted->name);
		diag_hint(expander->program->diags, "bpfline -l '%s:*:%s' lists the modules",
			  expander->type->name, wanted->name);
		return;
	default:
		suggestion_init(&search.suggestion, wanted->name);
		target->each_typed_function(target, wanted->module, offer_name, &search);
		report_no_function(expander, parts, wanted, search.module_exists,
				   search.suggestion.best);
	}
}

static bool never(void *context UNUSED, const char *module UNUSED, const char *name UNUSED)
{
	return false;
}

static bool check_form(struct expander *expander, const struct attach_point_parts *parts)
{
	struct diags *diags = expander->program->diags;
	const struct target *target = expander->program->target;

	if (!expect_parts(expander, parts, 1, 2))
		return false;
	if (!target->each_typed_function(target, "vmlinux", never, NULL))
		return true;
	diag_report(diags, expander->span, DIAG_NO_MATCH, "%s needs the kernel's BTF, which %s does not have",
		    expander->type->name, target->name);
	diag_hint(diags, "kprobe:FUNCTION does without (a kernel with CONFIG_DEBUG_INFO_BTF has it)");
	return false;
}

/* --- BPF programs ----------------------------------------------------------------------------- */

static bool is_of_programs(const struct attach_point_parts *parts)
{
	return part_count(parts) > 1 && !strcmp(part_text(parts, 1), "bpf");
}

struct program_search {
	struct expander *expander;
	struct lister *lister; /* one of the two */
	const char *type, *id, *name; /* patterns; id NULL: any */
	struct suggestion suggestion;
	size_t count;
	bool is_pattern;
};

static bool visit_program_function(void *context, const struct program_function *found)
{
	struct program_search *search = context;
	struct lister *lister = search->lister;

	/* The kernel lets tracing programs be traced by none or few; a pattern does not mean them. */
	if ((search->is_pattern && found->is_tracing) ||
	    (search->id && !wildcard_match(search->id, strchr(found->function.module, ':') + 1)))
		return true;
	if (!wildcard_match(search->name, found->name)) {
		suggestion_offer(&search->suggestion, found->name);
		return true;
	}
	search->count++;
	if (lister) {
		lister_add(lister, ARENA_JOIN(lister->arena, search->type, ":", found->function.module, ":",
					      found->name));
		return true;
	}
	add_point(search->expander, &found->function, found->name, found->program);
	return true;
}

/* fentry:bpf:PROGRAM, fentry:bpf:ID:PROGRAM */
static int search_programs(struct program_search *search, const struct target *target,
			   struct types *types, const struct attach_point_parts *parts)
{
	search->name = part_text(parts, part_count(parts));
	search->id = part_count(parts) == 3 ? part_text(parts, 2) : NULL;
	search->is_pattern = has_wildcard(search->name);
	suggestion_init(&search->suggestion, search->name);
	return target->each_program_function ?
		       target->each_program_function(target, types, visit_program_function, search) :
		       -ENODEV;
}

static void resolve_programs(struct expander *expander, const struct attach_point_parts *parts)
{
	struct program *program = expander->program;
	struct program_search search = { .expander = expander };
	int err;

	if (!expect_parts(expander, parts, 2, 3))
		return;
	err = search_programs(&search, program->target, &program->types, parts);
	if (err) {
		diag_report(program->diags, expander->span, DIAG_NO_MATCH,
			    err == -ENODEV ? "loaded BPF programs are known of the running kernel alone" :
					     "the BPF programs that are loaded cannot be listed: %s",
			    strerror(-err));
		diag_hint(program->diags, "it takes root, or CAP_SYS_ADMIN");
		return;
	}
	if (search.count)
		return;
	report_no_match(expander, parts,
			search.suggestion.best ? point_name(expander, "%s:bpf:%s", expander->type->name,
							    search.suggestion.best) :
						 NULL);
	diag_hint(program->diags, "only programs that were loaded with BTF have names for their functions");
}

static void resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	struct wanted_function wanted;

	if (is_of_programs(parts)) {
		resolve_programs(expander, parts);
		return;
	}
	if (!check_form(expander, parts) || !parse_function(expander, parts, &wanted))
		return;
	if (wanted.has_offset || wanted.is_address) {
		diag_report(expander->program->diags, wanted.span, DIAG_ATTACH_POINT,
			    "%s is put on a whole function, by its name", expander->type->name);
		diag_hint(expander->program->diags, "kprobe:FUNCTION+OFFSET is for a place inside one");
	} else if (wanted.is_pattern) {
		resolve_pattern(expander, parts, &wanted);
	} else {
		resolve_one(expander, parts, &wanted);
	}
}

static const struct type *fentry_args(struct program *program UNUSED,
				      const struct attach_point *point)
{
	const struct kernel_function *function = point->data;

	return function->args;
}

/* --- listing -------------------------------------------------------------------------------------- */

struct listing {
	struct lister *lister;
	const char *type, *module, *name; /* patterns may be NULL */
	struct table traceable;
	bool has_list;
};

static bool note_listed(void *context, const char *module, const char *name)
{
	struct listing *listing = context;

	if (!listing->name || wildcard_match(listing->name, name))
		table_set_str(&listing->traceable,
			      ARENA_JOIN(listing->lister->arena, module, ":", name), listing);
	return true;
}

static bool list_function(void *context, const char *module, const char *name)
{
	struct listing *listing = context;
	struct lister *lister = listing->lister;
	struct listed *listed;
	const char *full;

	if (listing->name && !wildcard_match(listing->name, name))
		return true;
	full = ARENA_JOIN(lister->arena, listing->type, ":", module, ":", name);
	if (listing->has_list && !table_get_str(&listing->traceable, strchr(full, ':') + 1))
		return true;
	listed = lister_add(lister, full);
	if (listed && lister->verbose)
		listed->details = function_lines(lister, module, name, true,
						 !strcmp(listing->type, "fexit"));
	return true;
}

static void list_as(struct lister *lister, const struct attach_point_parts *pattern,
		    const char *type)
{
	const struct target *target = lister->language->target;
	struct listing listing = { .lister = lister, .type = type };
	struct program_search search = { .lister = lister, .type = type };

	if (pattern && is_of_programs(pattern) && part_count(pattern) < 4) {
		search_programs(&search, target, lister->types, pattern);
		return;
	}
	if (pattern && part_count(pattern) > 2)
		return;
	if (pattern)
		listing.name = part_text(pattern, part_count(pattern));
	if (pattern && part_count(pattern) == 2)
		listing.module = part_text(pattern, 1);
	table_init(&listing.traceable, lister->arena);
	listing.has_list = !target->each_function(target, note_listed, &listing);
	target->each_typed_function(target, listing.module, list_function, &listing);
}

static void list_entries(struct lister *lister, const struct attach_point_parts *pattern)
{
	list_as(lister, pattern, "fentry");
}

static void list_returns(struct lister *lister, const struct attach_point_parts *pattern)
{
	if (!lister->is_general)
		list_as(lister, pattern, "fexit");
}

const struct probe_type probe_fentry = {
	.name = "fentry",
	.short_name = "f",
	.old_name = "kfunc",
	.forms = "fentry:FUNCTION, fentry:MODULE:FUNCTION, fentry:bpf:PROGRAM or fentry:bpf:ID:PROGRAM",
	.manual = "Fires where a function of the kernel begins; args has its arguments, typed.",
	.ways = "fentry",
	.flags = PROBE_FILTERS_PID | PROBE_OF_KERNEL,
	.space = SPACE_KERNEL,
	.resolve = resolve,
	.args = fentry_args,
	.list = list_entries,
};

const struct probe_type probe_fexit = {
	.name = "fexit",
	.short_name = "fr",
	.old_name = "kretfunc",
	.forms = "fexit:FUNCTION, fexit:MODULE:FUNCTION, fexit:bpf:PROGRAM or fexit:bpf:ID:PROGRAM",
	.manual = "Fires where a function of the kernel returns; args and retval are typed.",
	.ways = "fexit",
	.flags = PROBE_FILTERS_PID,
	.space = SPACE_KERNEL,
	.resolve = resolve,
	.args = fentry_args,
	.list = list_returns,
};
