/*
 * interval and profile: time, as the perf cpu-clock event.
 *
 * interval fires on one CPU; profile on all of them, interrupting what runs.
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

enum { SHORTEST_NS = 1000 };

#define SECOND_NS 1000000000ull

static const struct unit {
	const char *name;
	uint64_t ns; /* 0: times a second */
} units[] = { { "hz", 0 }, { "s", SECOND_NS }, { "ms", 1000000 }, { "us", 1000 } };

static int attach(struct attacher *attacher, const struct object_attachment *attachment, int program,
		  bool one_cpu)
{
	const struct software_event event = {
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.period = attachment->number,
		.one_cpu = one_cpu,
	};

	return perf_attach_software(attacher, program, &event);
}

static int interval_attach(struct attacher *attacher, const struct object_attachment *attachment,
			   int program)
{
	return attach(attacher, attachment, program, true);
}

static int profile_attach(struct attacher *attacher, const struct object_attachment *attachment,
			  int program)
{
	return attach(attacher, attachment, program, false);
}

static const struct mechanism interval_clock = {
	.name = "cpu_clock",
	.section = "perf_event",
	.prog_type = BPF_PROG_TYPE_PERF_EVENT,
	.has_registers = true,
	.attach = interval_attach,
};

static const struct mechanism profile_clock = {
	.name = "cpu_clock",
	.section = "perf_event",
	.prog_type = BPF_PROG_TYPE_PERF_EVENT,
	.has_registers = true,
	.attach = profile_attach,
};

static void add_point(struct expander *expander, const char *unit, uint64_t count, uint64_t period)
{
	const struct mechanism *mechanism =
		expander->type == &probe_interval ? &interval_clock : &profile_clock;
	char *name = point_name(expander, "%s:%s:%" PRIu64, expander->type->name, unit, count);

	expander_add(expander, mechanism, name)->number = period;
}

/* interval:10ms, or a number of nanoseconds */
static void resolve_duration(struct expander *expander, const struct attach_point_parts *parts)
{
	uint64_t ns = positive_part(expander, parts, 1, "rate");

	if (!ns)
		return;
	if (ns < SHORTEST_NS) {
		diag_report(expander->program->diags, part_span(parts, 1), DIAG_ATTACH_POINT,
			    "Invalid rate of %s probe. Minimum is 1000 or 1us. Found: %" PRIu64
			    " nanoseconds",
			    expander->type->name, ns);
		return;
	}
	add_point(expander, "us", ns / 1000, ns);
}

static const struct unit *find_unit(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(units[i].name, name))
			return &units[i];
	return NULL;
}

static void resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	struct diags *diags = expander->program->diags;
	const struct unit *unit;
	uint64_t count, period;

	if (!expect_parts(expander, parts, 1, 2))
		return;
	if (part_count(parts) == 1) {
		resolve_duration(expander, parts);
		return;
	}
	unit = find_unit(part_text(parts, 1));
	if (!unit) {
		diag_report(diags, part_span(parts, 1), DIAG_ATTACH_POINT,
			    "%s is not an accepted unit of time", part_text(parts, 1));
		diag_hint(diags, "units are hz, s, ms and us");
		return;
	}
	count = positive_part(expander, parts, 2, "frequency");
	if (!count)
		return;
	if (unit->ns ? count > INT64_MAX / unit->ns : count > SECOND_NS) {
		diag_report(diags, part_span(parts, 2), DIAG_ATTACH_POINT,
			    "Invalid rate of %s probe: %" PRIu64 " %s is out of range",
			    expander->type->name, count, unit->name);
		return;
	}
	period = unit->ns ? count * unit->ns : SECOND_NS / count;
	add_point(expander, unit->name, count, period);
}

static void list(struct lister *lister, const char *type)
{
	size_t i;

	if (lister->is_general)
		return;
	for (i = 0; i < ARRAY_SIZE(units); i++)
		lister_add(lister, arena_printf(lister->arena, "%s:%s:", type, units[i].name));
}

static void interval_list(struct lister *lister, const struct attach_point_parts *pattern UNUSED)
{
	list(lister, "interval");
}

static void profile_list(struct lister *lister, const struct attach_point_parts *pattern UNUSED)
{
	list(lister, "profile");
}

const struct probe_type probe_interval = {
	.name = "interval",
	.short_name = "i",
	.forms = "interval:UNIT:N or interval:DURATION",
	.manual = "Fires again and again on one CPU; UNIT is hz, s, ms or us.",
	.ways = "cpu_clock",
	.flags = PROBE_TIMED,
	.space = SPACE_NONE,
	.resolve = resolve,
	.context = sample_context,
	.list = interval_list,
};

const struct probe_type probe_profile = {
	.name = "profile",
	.short_name = "p",
	.forms = "profile:UNIT:N or profile:DURATION",
	.manual = "Fires again and again on every CPU and sees what it interrupts.",
	.ways = "cpu_clock",
	.flags = PROBE_TIMED | PROBE_FILTERS_PID,
	.space = SPACE_NONE,
	.resolve = resolve,
	.context = sample_context,
	.list = profile_list,
};
