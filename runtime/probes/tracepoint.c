/*
 * tracepoint: the kernel's static tracepoints by category and name.
 *
 * How a point is attached is chosen here, for all bodies alike:
 *
 *	syscalls:sys_enter_X, raw_syscalls:*	one program for all (syscalls.c)
 *	others, args not used			raw tracepoint, unless it calls the kernel
 *	others					perf event, args as tracefs describes them
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "runtime/lister.h"
#include "runtime/probes/probes.h"
#include "runtime/probes/tracepoint.h"

static bool is_forced(const struct expander *expander, const char *mechanism)
{
	const char *forced = forced_way(expander->program->options, expander->type);

	return forced && !strcmp(forced, mechanism);
}

static void add_point(struct expander *expander, const char *category, const char *event)
{
	const struct target *target = expander->program->target;
	bool is_free = !forced_way(expander->program->options, expander->type);
	const struct mechanism *mechanism = NULL;
	struct attach_point *point;
	uint64_t number = 0;

	if (is_free || is_forced(expander, "syscalls"))
		mechanism = syscall_mechanism(target, category, event, &number);
	/* Programs of raw tracepoints may not call the kernel's functions. */
	if (mechanism && expander->calls_kernel &&
	    mechanism->prog_type == BPF_PROG_TYPE_RAW_TRACEPOINT)
		mechanism = NULL;
	/* The calls of syscalls:* have no raw tracepoints of their own. */
	if (!mechanism && !expander->uses_args && !expander->calls_kernel && strcmp(category, "syscalls") != 0 &&
	    (is_free || is_forced(expander, "raw_tracepoint")))
		mechanism = raw_mechanism(target);
	if (!mechanism)
		mechanism = perf_mechanism(target);
	point = expander_add(expander, mechanism,
			     point_name(expander, "tracepoint:%s:%s", category, event));
	point->target = point->name + strlen("tracepoint:");
	point->number = number;
}

/* --- one ------------------------------------------------------------------------ */

/* Names are gone after the callback, so what is offered is a copy. */
struct search {
	struct suggestion suggestion;
	struct arena *arena;
	const char *last; /* category seen last */
	bool exists;	  /* the category does */
};

static bool offer_event(void *context, const char *category UNUSED, const char *event)
{
	struct search *search = context;

	suggestion_offer(&search->suggestion, arena_strdup(search->arena, event));
	return true;
}

static bool offer_category(void *context, const char *category, const char *event UNUSED)
{
	struct search *search = context;

	if (search->last && !strcmp(search->last, category))
		return true;
	search->last = arena_strdup(search->arena, category);
	search->exists |= !strcmp(category, search->suggestion.name);
	suggestion_offer(&search->suggestion, search->last);
	return true;
}

static void report_unknown(struct expander *expander, const struct attach_point_parts *parts,
			   const char *category, const char *event)
{
	const struct target *target = expander->program->target;
	struct search search = { .arena = expander->program->arena };
	struct tracepoint_format format;
	const char *text = NULL;

	suggestion_init(&search.suggestion, category);
	target->each_tracepoint(target, NULL, offer_category, &search);
	if (search.exists) {
		suggestion_init(&search.suggestion, event);
		target->each_tracepoint(target, category, offer_event, &search);
		if (search.suggestion.best)
			text = point_name(expander, "tracepoint:%s:%s", category,
					  search.suggestion.best);
	} else if (search.suggestion.best &&
		   !target->tracepoint_format(target, search.suggestion.best, event, &format)) {
		text = point_name(expander, "tracepoint:%s:%s", search.suggestion.best, event);
	}
	report_no_match(expander, parts, text);
}

static void report_no_tracefs(struct expander *expander, int err)
{
	struct diags *diags = expander->program->diags;

	diag_report(diags, expander->span, DIAG_NO_MATCH,
		    "cannot look up tracepoints: tracefs of %s is not available (%s)",
		    expander->program->target->name, strerror(-err));
	if (err == -EACCES || err == -EPERM)
		diag_hint(diags, "reading it takes root, and a kernel that is not locked down");
	else
		diag_hint(diags, "mount -t tracefs nodev /sys/kernel/tracing");
}

/* Who may not read tracefs can still trace what needs nothing of it. */
static bool is_known_without_tracefs(struct expander *expander, const char *event, bool is_syscall)
{
	const struct target *target = expander->program->target;

	if (expander->uses_args || expander->calls_kernel || is_forced(expander, "perf"))
		return false;
	return is_syscall ||
	       target->raw_tracepoint_args(target, &expander->program->types, event);
}

static void resolve_one(struct expander *expander, const struct attach_point_parts *parts,
			const char *category, const char *event)
{
	const struct target *target = expander->program->target;
	struct tracepoint_format format;
	bool is_syscall;
	uint64_t number;
	int err;

	/* These are the same everywhere: no need to look. */
	is_syscall = syscall_mechanism(target, category, event, &number);
	if (is_syscall && !strcmp(category, "raw_syscalls")) {
		add_point(expander, category, event);
		return;
	}
	err = target->tracepoint_format(target, category, event, &format);
	if (!err || (err != -ENOENT && is_known_without_tracefs(expander, event, is_syscall)))
		add_point(expander, category, event);
	else if (err == -ENOENT)
		report_unknown(expander, parts, category, event);
	else
		report_no_tracefs(expander, err);
}

/* --- many ------------------------------------------------------------------------- */

struct match {
	struct expander *expander;
	const char *event; /* pattern */
	size_t count;
};

static bool add_match(void *context, const char *category, const char *event)
{
	struct match *match = context;

	if (wildcard_match(match->event, event)) {
		add_point(match->expander, category, event);
		match->count++;
	}
	return true;
}

static void resolve_pattern(struct expander *expander, const struct attach_point_parts *parts,
			    const char *category, const char *event)
{
	const struct target *target = expander->program->target;
	struct match match = { .expander = expander, .event = event };
	int err = target->each_tracepoint(target, category, add_match, &match);

	if (err)
		report_no_tracefs(expander, err);
	else if (!match.count)
		report_no_match(expander, parts, NULL);
}

static bool is_pattern(const struct attach_point_parts *parts, size_t number)
{
	return !parts->parts.items[number].is_quoted && has_wildcard(part_text(parts, number));
}

static void tracepoint_resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	if (part_count(parts) == 1 && is_pattern(parts, 1)) {
		resolve_pattern(expander, parts, NULL, part_text(parts, 1));
		return;
	}
	if (!expect_parts(expander, parts, 2, 2))
		return;
	if (is_pattern(parts, 1) || is_pattern(parts, 2))
		resolve_pattern(expander, parts, part_text(parts, 1), part_text(parts, 2));
	else
		resolve_one(expander, parts, part_text(parts, 1), part_text(parts, 2));
}

/* --- args ---------------------------------------------------------------------------- */

static const struct type *tracepoint_args(struct program *program, const struct attach_point *point)
{
	const struct target *target = program->target;
	const char *event = event_of_target(point->target);
	char *category = arena_strndup(program->arena, point->target,
				       (size_t)(event - point->target) - 1);
	bool is_syscalls = !strcmp(category, "syscalls");
	bool has_registers = !strcmp(point->mechanism->name, "syscalls");
	struct tracepoint_format format;
	int err;

	if (has_registers && !is_syscalls)
		return raw_syscall_args(&program->types, !strcmp(event, "sys_exit"));
	err = target->tracepoint_format(target, category, event, &format);
	if (err) {
		diag_report(program->diags, point->span, DIAG_NO_MATCH,
			    "the fields of %s cannot be read: %s", point->name, strerror(-err));
		return NULL;
	}
	return format_args(&program->types, point->name, &format,
			   is_syscalls ? SPACE_USER : SPACE_KERNEL,
			   (uint32_t)program->config.max_strlen, has_registers);
}

/* --- listing -------------------------------------------------------------------------- */

struct listing {
	struct lister *lister;
	const char *category, *event; /* patterns, or NULL */
};

static const char *field_lines(struct lister *lister, const char *category, const char *event)
{
	const struct target *target = lister->language->target;
	struct tracepoint_format format;
	struct strbuf text;
	size_t i;

	if (target->tracepoint_format(target, category, event, &format))
		return NULL;
	strbuf_init(&text, lister->arena);
	for (i = 0; i < format.count; i++) {
		const struct tracepoint_field *field = &format.fields[i];

		strbuf_printf(&text, "    %s %s", field->c_type, field->name);
		if (field->is_array)
			strbuf_printf(&text, "[%u]", field->length);
		strbuf_putc(&text, '\n');
	}
	return text.text;
}

static bool list_event(void *context, const char *category, const char *event)
{
	struct listing *listing = context;
	struct lister *lister = listing->lister;
	struct listed *listed;

	if (listing->event && !wildcard_match(listing->event, event))
		return true;
	listed = lister_add(lister, arena_printf(lister->arena, "tracepoint:%s:%s", category, event));
	if (listed && lister->verbose)
		listed->details = field_lines(lister, category, event);
	return true;
}

static void tracepoint_list(struct lister *lister, const struct attach_point_parts *pattern)
{
	const struct target *target = lister->language->target;
	struct listing listing = { .lister = lister };

	if (pattern && part_count(pattern) == 1)
		listing.event = part_text(pattern, 1);
	if (pattern && part_count(pattern) == 2) {
		listing.category = part_text(pattern, 1);
		listing.event = part_text(pattern, 2);
	}
	if (!pattern || part_count(pattern) <= 2)
		target->each_tracepoint(target, listing.category, list_event, &listing);
}

const struct probe_type probe_tracepoint = {
	.name = "tracepoint",
	.short_name = "t",
	.forms = "tracepoint:CATEGORY:EVENT",
	.manual = "Fires at a static tracepoint of the kernel; args has its fields.",
	.ways = "syscalls raw_tracepoint perf",
	.flags = PROBE_FILTERS_PID | PROBE_OF_KERNEL,
	.space = SPACE_KERNEL,
	.resolve = tracepoint_resolve,
	.args = tracepoint_args,
	.list = tracepoint_list,
};
