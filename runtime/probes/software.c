/*
 * software, hardware: events that the kernel counts by itself, and those that
 * the processor counts for it.
 */
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/object.h"
#include "lexer/literal.h"
#include "runtime/attacher.h"
#include "runtime/lister.h"
#include "runtime/probes/context.h"
#include "runtime/probes/perf.h"
#include "runtime/probes/probes.h"

struct event {
	const char *name, *alias; /* no name: the end */
	uint64_t config, count; /* the program runs after so many, unless the script says */
};

static const struct event software_events[] = {
	{ "alignment-faults", NULL, PERF_COUNT_SW_ALIGNMENT_FAULTS, 1 },
	{ "bpf-output", NULL, PERF_COUNT_SW_BPF_OUTPUT, 1 },
	{ "context-switches", "cs", PERF_COUNT_SW_CONTEXT_SWITCHES, 1000 },
	{ "cpu-clock", "cpu", PERF_COUNT_SW_CPU_CLOCK, 1000000 },
	{ "cpu-migrations", NULL, PERF_COUNT_SW_CPU_MIGRATIONS, 1 },
	{ "dummy", NULL, PERF_COUNT_SW_DUMMY, 1 },
	{ "emulation-faults", NULL, PERF_COUNT_SW_EMULATION_FAULTS, 1 },
	{ "major-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1 },
	{ "minor-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MIN, 100 },
	{ "page-faults", "faults", PERF_COUNT_SW_PAGE_FAULTS, 100 },
	{ "task-clock", NULL, PERF_COUNT_SW_TASK_CLOCK, 1 },
	{ NULL },
};

static const struct event hardware_events[] = {
	{ "backend-stalls", NULL, PERF_COUNT_HW_STALLED_CYCLES_BACKEND, 1000000 },
	{ "branch-instructions", "branches", PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100000 },
	{ "branch-misses", NULL, PERF_COUNT_HW_BRANCH_MISSES, 100000 },
	{ "bus-cycles", NULL, PERF_COUNT_HW_BUS_CYCLES, 100000 },
	{ "cache-misses", NULL, PERF_COUNT_HW_CACHE_MISSES, 1000000 },
	{ "cache-references", NULL, PERF_COUNT_HW_CACHE_REFERENCES, 1000000 },
	{ "cpu-cycles", "cycles", PERF_COUNT_HW_CPU_CYCLES, 1000000 },
	{ "frontend-stalls", NULL, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, 1000000 },
	{ "instructions", NULL, PERF_COUNT_HW_INSTRUCTIONS, 1000000 },
	{ "ref-cycles", NULL, PERF_COUNT_HW_REF_CPU_CYCLES, 1000000 },
	{ NULL },
};

static bool is_hardware(const struct probe_type *type)
{
	return type == &probe_hardware;
}

static const struct event *events_of(const struct probe_type *type)
{
	return is_hardware(type) ? hardware_events : software_events;
}

static int attach(struct attacher *attacher, const struct object_attachment *attachment, int program)
{
	const struct software_event event = {
		.config = attachment->extra,
		.period = attachment->number,
		.is_hardware = is_hardware(attachment->type),
	};

	return perf_attach_software(attacher, program, &event);
}

static const struct mechanism counted_event = {
	.name = "perf",
	.section = "perf_event",
	.prog_type = BPF_PROG_TYPE_PERF_EVENT,
	.has_registers = true,
	.attach = attach,
};

static const struct event *find_event(const struct probe_type *type, const char *name)
{
	const struct event *event;

	for (event = events_of(type); event->name; event++)
		if (!strcmp(event->name, name) || (event->alias && !strcmp(event->alias, name)))
			return event;
	return NULL;
}

static void report_event(struct expander *expander, const struct attach_point_parts *parts)
{
	struct diags *diags = expander->program->diags;
	const char *type = expander->type->name;
	struct suggestion suggestion;
	const struct event *event;

	diag_report(diags, part_span(parts, 1), DIAG_ATTACH_POINT, "%s is not a %s probe",
		    part_text(parts, 1), type);
	suggestion_init(&suggestion, part_text(parts, 1));
	for (event = events_of(expander->type); event->name; event++)
		suggestion_offer(&suggestion, event->name);
	if (suggestion.best)
		diag_hint(diags, "did you mean %s:%s?", type, suggestion.best);
	else
		diag_hint(diags, "bpfline -l '%s:*' lists them", type);
}

/* The count, 0 for the event's own; false after a diagnostic. */
static bool parse_count(struct expander *expander, const struct attach_point_parts *parts,
			uint64_t *ret_count)
{
	const char *text = part_text(parts, 2);
	struct literal_number literal = { 0 };

	if (literal_parse_number(text, strlen(text), 0, &literal) != LITERAL_OK ||
	    literal.value > INT64_MAX) {
		diag_report(expander->program->diags, part_span(parts, 2), DIAG_ATTACH_POINT,
			    "Invalid count for %s probe: invalid integer: %s", expander->type->name,
			    text);
		return false;
	}
	*ret_count = literal.value;
	return true;
}

static void resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	const struct event *event;
	struct attach_point *point;
	uint64_t count = 0;
	const char *name;

	if (!expect_parts(expander, parts, 1, 2))
		return;
	event = find_event(expander->type, part_text(parts, 1));
	if (!event) {
		report_event(expander, parts);
		return;
	}
	if (part_count(parts) == 2 && !parse_count(expander, parts, &count))
		return;
	if (count)
		name = point_name(expander, "%s:%s:%" PRIu64, expander->type->name,
				  part_text(parts, 1), count);
	else
		name = point_name(expander, "%s:%s", expander->type->name, part_text(parts, 1));
	point = expander_add(expander, &counted_event, name);
	point->number = count ? count : event->count;
	point->extra = event->config;
}

static void add_name(struct lister *lister, const struct attach_point_parts *pattern,
		     const char *type, const char *name)
{
	if (!pattern || wildcard_match(part_text(pattern, 1), name))
		lister_add(lister, arena_printf(lister->arena, "%s:%s:", type, name));
}

static void list_events(struct lister *lister, const struct attach_point_parts *pattern,
			const char *type, const struct event *event)
{
	for (; event->name; event++) {
		add_name(lister, pattern, type, event->name);
		if (event->alias)
			add_name(lister, pattern, type, event->alias);
	}
}

static void list_software(struct lister *lister, const struct attach_point_parts *pattern)
{
	list_events(lister, pattern, "software", software_events);
}

static void list_hardware(struct lister *lister, const struct attach_point_parts *pattern)
{
	list_events(lister, pattern, "hardware", hardware_events);
}

const struct probe_type probe_software = {
	.name = "software",
	.short_name = "s",
	.forms = "software:EVENT or software:EVENT:COUNT",
	.manual = "Fires on every COUNT-th event that the kernel counts itself, on each CPU.",
	.ways = "perf",
	.flags = PROBE_FILTERS_PID | PROBE_OF_KERNEL,
	.space = SPACE_NONE,
	.resolve = resolve,
	.context = sample_context,
	.list = list_software,
};

const struct probe_type probe_hardware = {
	.name = "hardware",
	.short_name = "h",
	.forms = "hardware:EVENT or hardware:EVENT:COUNT",
	.manual = "Fires on every COUNT-th event that the processor counts, on each CPU.",
	.ways = "perf",
	.flags = PROBE_FILTERS_PID | PROBE_OF_KERNEL,
	.space = SPACE_NONE,
	.resolve = resolve,
	.context = sample_context,
	.list = list_hardware,
};
