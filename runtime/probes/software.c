/*
 * software: events that the kernel counts without hardware.
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
#include "runtime/probes/perf.h"
#include "runtime/probes/probes.h"

static const struct event {
	const char *name, *alias;
	uint64_t config, count; /* the program runs after so many, unless the script says */
} events[] = {
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
};

static int attach(struct attacher *attacher, const struct object_attachment *attachment, int program)
{
	const struct software_event event = {
		.config = attachment->extra,
		.period = attachment->number,
	};

	return perf_attach_software(attacher, program, &event);
}

static const struct mechanism software_event = {
	.name = "perf",
	.prog_type = BPF_PROG_TYPE_PERF_EVENT,
	.attach = attach,
};

static const struct event *find_event(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		if (!strcmp(events[i].name, name) ||
		    (events[i].alias && !strcmp(events[i].alias, name)))
			return &events[i];
	return NULL;
}

static void report_event(struct expander *expander, const struct attach_point_parts *parts)
{
	struct diags *diags = expander->program->diags;
	struct suggestion suggestion;
	size_t i;

	diag_report(diags, part_span(parts, 1), DIAG_ATTACH_POINT, "%s is not a software probe",
		    part_text(parts, 1));
	suggestion_init(&suggestion, part_text(parts, 1));
	for (i = 0; i < ARRAY_SIZE(events); i++)
		suggestion_offer(&suggestion, events[i].name);
	if (suggestion.best)
		diag_hint(diags, "did you mean software:%s?", suggestion.best);
	else
		diag_hint(diags, "bpfline -l 'software:*' lists them");
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
			    "Invalid count for software probe: invalid integer: %s", text);
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
	event = find_event(part_text(parts, 1));
	if (!event) {
		report_event(expander, parts);
		return;
	}
	if (part_count(parts) == 2 && !parse_count(expander, parts, &count))
		return;
	if (count)
		name = point_name(expander, "software:%s:%" PRIu64, part_text(parts, 1), count);
	else
		name = point_name(expander, "software:%s", part_text(parts, 1));
	point = expander_add(expander, &software_event, name);
	point->number = count ? count : event->count;
	point->extra = event->config;
}

static void add_name(struct lister *lister, const struct attach_point_parts *pattern,
		     const char *name)
{
	if (!pattern || wildcard_match(part_text(pattern, 1), name))
		lister_add(lister, arena_printf(lister->arena, "software:%s:", name));
}

static void list(struct lister *lister, const struct attach_point_parts *pattern)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		add_name(lister, pattern, events[i].name);
		if (events[i].alias)
			add_name(lister, pattern, events[i].alias);
	}
}

const struct probe_type probe_software = {
	.name = "software",
	.short_name = "s",
	.forms = "software:EVENT or software:EVENT:COUNT",
	.manual = "Fires on every COUNT-th event that the kernel counts itself, on each CPU.",
	.flags = PROBE_FILTERS_PID,
	.space = SPACE_NONE,
	.resolve = resolve,
	.list = list,
};
