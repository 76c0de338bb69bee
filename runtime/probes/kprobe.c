/*
 * kprobe, kretprobe: functions of the kernel by their symbols.
 *
 * One function is looked up where that is quick, in BTF; only what is not
 * there, and patterns, need the kernel's list of functions, which takes it a
 * while to make.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "runtime/lister.h"
#include "runtime/probes/context.h"
#include "runtime/probes/kernel_functions.h"
#include "runtime/probes/probes.h"
#include "sema/program.h"
#include "sema/target.h"

static bool is_kernel(const char *module)
{
	return !strcmp(module, "vmlinux");
}

/* --- adding points ------------------------------------------------------------------- */

static void add_function(struct expander *expander, const struct wanted_function *wanted,
			 const char *module, const char *name)
{
	const char *type = expander->type->name;
	struct attach_point *point;
	const char *full;

	if (module && !is_kernel(module))
		full = point_name(expander, "%s:%s:%s", type, module, name);
	else
		full = point_name(expander, "%s:%s", type, name);
	if (wanted->has_offset)
		full = point_name(expander, "%s+%" PRIu64, full, wanted->offset);
	point = expander_add(expander,
			     kprobe_mechanism(expander, expander->type == &probe_kretprobe,
					      wanted->is_pattern),
			     full);
	point->function = arena_strdup(expander->program->arena, name);
	/* Points of one pattern are attached together, and may fail alone. */
	point->target = wanted->is_pattern ? "pattern" : full;
	point->number = wanted->offset;
	point->extra = (wanted->is_pattern ? KPROBE_OF_PATTERN : 0) |
		       (expander->program->options->allow_unsafe ? KPROBE_UNCHECKED : 0);
}

static void add_address(struct expander *expander, const struct wanted_function *wanted)
{
	struct diags *diags = expander->program->diags;
	struct attach_point *point;

	if (!expander->program->options->allow_unsafe) {
		diag_report(diags, wanted->span, DIAG_ATTACH_POINT,
			    "Probing by address requires --unsafe");
		diag_hint(diags, "%s:FUNCTION+OFFSET is checked by the kernel and needs no option",
			  expander->type->name);
		return;
	}
	point = expander_add(expander,
			     kprobe_mechanism(expander, expander->type == &probe_kretprobe, false),
			     point_name(expander, "%s:%#" PRIx64, expander->type->name,
					wanted->offset));
	point->target = point->name;
	point->function = "";
	point->number = wanted->offset;
}

/* --- searching the list ----------------------------------------------------------------- */

struct search {
	struct expander *expander;
	const struct wanted_function *wanted;
	struct suggestion suggestion;
	struct table seen; /* several functions may have one name: only the first can be named */
	VEC(const char *) clones;
	size_t count;
	bool module_exists;
};

static const char *kept(struct search *search, const char *name)
{
	return arena_strdup(search->expander->program->arena, name);
}

static bool visit_function(void *context, const char *module, const char *name)
{
	struct search *search = context;
	const struct wanted_function *wanted = search->wanted;
	bool is_in_module = !wanted->module || wildcard_match(wanted->module, module);

	search->module_exists |= is_in_module;
	if (!is_in_module)
		return true;
	if (function_matches(wanted, module, name)) {
		if (table_get_str(&search->seen, name))
			return true;
		table_set_str(&search->seen, kept(search, name), search);
		add_function(search->expander, wanted, module, name);
		search->count++;
		return wanted->is_pattern;
	}
	if (wanted->is_pattern)
		return true;
	if (is_clone_of(name, wanted->name))
		vec_push(search->expander->program->arena, &search->clones, kept(search, name));
	if (!search->suggestion.best || strcmp(name, search->suggestion.best) != 0) {
		const char *before = search->suggestion.best;

		suggestion_offer(&search->suggestion, name);
		if (search->suggestion.best != before)
			search->suggestion.best = kept(search, name);
	}
	return true;
}

/* 0, or why there is no list. */
static int search_list(struct expander *expander, const struct wanted_function *wanted,
			struct search *ret_search)
{
	const struct target *target = expander->program->target;

	*ret_search = (struct search){ .expander = expander, .wanted = wanted };
	table_init(&ret_search->seen, expander->program->arena);
	suggestion_init(&ret_search->suggestion, wanted->name);
	return target->each_function(target, visit_function, ret_search);
}

/* --- resolving ---------------------------------------------------------------------------- */

static void warn_untraceable(struct expander *expander, const struct wanted_function *wanted)
{
	diag_report(expander->program->diags, wanted->span, DIAG_SUSPICIOUS,
		    "%s is not traceable (it does not exist, was inlined, or is marked \"notrace\"): "
		    "attaching to it will likely fail",
		    wanted->name);
}

/* What BTF does not know: a function written in assembler, a clone, or none. */
static void resolve_unknown(struct expander *expander, const struct attach_point_parts *parts,
			    const struct wanted_function *wanted)
{
	struct search search;
	size_t i;

	if (search_list(expander, wanted, &search)) {
		if (!expander->is_tentative) /* attaching will tell */
			add_function(expander, wanted, wanted->module, wanted->name);
		return;
	}
	for (i = 0; !search.count && i < search.clones.count && !wanted->has_offset; i++)
		add_function(expander, wanted, wanted->module, search.clones.items[i]);
	if (search.count || i)
		return;
	if (expander->program->options->allow_unsafe) {
		warn_untraceable(expander, wanted);
		add_function(expander, wanted, wanted->module, wanted->name);
		return;
	}
	report_no_function(expander, parts, wanted, search.module_exists, search.suggestion.best);
}

static void resolve_one(struct expander *expander, const struct attach_point_parts *parts,
			const struct wanted_function *wanted)
{
	const struct target *target = expander->program->target;
	struct kernel_function function;
	int err = target->find_function(target, &expander->program->types, wanted->module,
					wanted->name, &function);

	if (!err || err == -EEXIST)
		add_function(expander, wanted, wanted->module, wanted->name);
	else
		resolve_unknown(expander, parts, wanted);
}

static void resolve_pattern(struct expander *expander, const struct attach_point_parts *parts,
			    const struct wanted_function *wanted)
{
	struct search search;
	int err = search_list(expander, wanted, &search);

	if (err) {
		diag_report(expander->program->diags, expander->span, DIAG_NO_MATCH,
			    "the functions of the kernel cannot be listed (%s), so no pattern can be "
			    "matched",
			    strerror(-err));
		diag_hint(expander->program->diags,
			  "the list is available_filter_functions of tracefs: it takes root, no lockdown "
			  "and a kernel with CONFIG_DYNAMIC_FTRACE");
		return;
	}
	if (!search.count)
		report_no_function(expander, parts, wanted, search.module_exists, NULL);
}

static void resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	struct wanted_function wanted;

	if (!expect_parts(expander, parts, 1, 2) || !parse_function(expander, parts, &wanted))
		return;
	if (wanted.has_offset && expander->type == &probe_kretprobe) {
		diag_report(expander->program->diags, wanted.span, DIAG_ATTACH_POINT,
			    "Offset not allowed");
		diag_hint(expander->program->diags, "kretprobe is put on a whole function");
	} else if (wanted.is_address) {
		add_address(expander, &wanted);
	} else if (wanted.is_pattern) {
		resolve_pattern(expander, parts, &wanted);
	} else {
		resolve_one(expander, parts, &wanted);
	}
}

/* --- listing ------------------------------------------------------------------------------- */

struct listing {
	struct lister *lister;
	const char *type, *module, *name; /* patterns may be NULL */
};

static bool list_function(void *context, const char *module, const char *name)
{
	struct listing *listing = context;
	struct lister *lister = listing->lister;
	bool is_return = !strcmp(listing->type, "kretprobe");
	struct listed *listed;

	if ((listing->module && !wildcard_match(listing->module, module)) ||
	    (listing->name && !wildcard_match(listing->name, name)))
		return true;
	if (is_kernel(module))
		listed = lister_add(lister, ARENA_JOIN(lister->arena, listing->type, ":", name));
	else
		listed = lister_add(lister, ARENA_JOIN(lister->arena, listing->type, ":", module, ":",
						       name));
	if (listed && lister->verbose)
		listed->details = function_lines(lister, module, name, !is_return, is_return);
	/* The kernel makes the list while it is read: no more of it than is asked for. */
	return !listing->name || has_wildcard(listing->name);
}

static void list_as(struct lister *lister, const struct attach_point_parts *pattern,
		    const char *type)
{
	const struct target *target = lister->language->target;
	struct listing listing = { .lister = lister, .type = type };

	if (pattern && part_count(pattern) > 2)
		return;
	if (pattern)
		listing.name = part_text(pattern, part_count(pattern));
	if (pattern && part_count(pattern) == 2)
		listing.module = part_text(pattern, 1);
	target->each_function(target, list_function, &listing);
}

static void list_entries(struct lister *lister, const struct attach_point_parts *pattern)
{
	list_as(lister, pattern, "kprobe");
}

/* As many as there are entries: listed where they are asked for. */
static void list_returns(struct lister *lister, const struct attach_point_parts *pattern)
{
	if (!lister->is_general)
		list_as(lister, pattern, "kretprobe");
}

const struct probe_type probe_kprobe = {
	.name = "kprobe",
	.short_name = "k",
	.forms = "kprobe:FUNCTION, kprobe:MODULE:FUNCTION, kprobe:FUNCTION+OFFSET or kprobe:ADDRESS",
	.manual = "Fires where a function of the kernel begins; argN are its arguments.",
	.ways = "kprobe_session kprobe_multi perf",
	.flags = PROBE_FILTERS_PID | PROBE_OF_KERNEL | PROBE_LAST_FIRST,
	.space = SPACE_KERNEL,
	.resolve = resolve,
	.context = registers_context,
	.list = list_entries,
};

const struct probe_type probe_kretprobe = {
	.name = "kretprobe",
	.short_name = "kr",
	.forms = "kretprobe:FUNCTION or kretprobe:MODULE:FUNCTION",
	.manual = "Fires where a function of the kernel returns; retval is what it returns.",
	.ways = "kprobe_session kprobe_multi perf",
	.flags = PROBE_FILTERS_PID,
	.space = SPACE_KERNEL,
	.resolve = resolve,
	.context = registers_context,
	.list = list_returns,
};
