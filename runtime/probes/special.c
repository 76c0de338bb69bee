/*
 * begin, end, self, test, bench: run in the tracer itself, the first two once,
 * self when a signal comes, test and bench for --test and --bench.
 *
 * The kernel runs a raw-tracepoint program on request (BPF_PROG_TEST_RUN), with
 * us as its current task; the session asks for it at the right time, so nothing
 * is attached.
 */
#include <linux/bpf.h>
#include <string.h>

#include "runtime/lister.h"
#include "runtime/probes/probes.h"

static const struct mechanism test_run = {
	.name = "test_run",
	.section = "raw_tp",
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.interrupts_on = true,
};

static void special_resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	if (expect_parts(expander, parts, 0, 0))
		expander_add(expander, &test_run, expander->type->name);
}

const struct probe_type probe_begin = {
	.name = "begin",
	.forms = "begin",
	.manual = "Runs once before anything else is attached.",
	.ways = "test_run",
	.flags = PROBE_RUNS_HERE,
	.space = SPACE_NONE,
	.resolve = special_resolve,
};

const struct probe_type probe_end = {
	.name = "end",
	.forms = "end",
	.manual = "Runs once after everything is detached, before the maps are printed.",
	.ways = "test_run",
	.flags = PROBE_RUNS_HERE,
	.space = SPACE_NONE,
	.resolve = special_resolve,
};

/* --- self ------------------------------------------------------------------------- */

static void self_resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	struct diags *diags = expander->program->diags;

	if (!expect_parts(expander, parts, 2, 2))
		return;
	if (strcmp(part_text(parts, 1), "signal") != 0) {
		diag_report(diags, part_span(parts, 1), DIAG_ATTACH_POINT,
			    "%s is not a supported trigger", part_text(parts, 1));
		diag_hint(diags, "it is written %s", expander->type->forms);
	} else if (strcmp(part_text(parts, 2), "SIGUSR1") != 0) {
		diag_report(diags, part_span(parts, 2), DIAG_ATTACH_POINT,
			    "%s is not a supported signal", part_text(parts, 2));
		diag_hint(diags, "the one that a script may have is SIGUSR1");
	} else {
		expander_add(expander, &test_run, "self:signal:SIGUSR1");
	}
}

static void self_list(struct lister *lister, const struct attach_point_parts *pattern)
{
	if (!pattern || wildcard_match(part_text(pattern, part_count(pattern)), "SIGUSR1"))
		lister_add(lister, "self:signal:SIGUSR1");
}

const struct probe_type probe_self = {
	.name = "self",
	.forms = "self:signal:SIGUSR1",
	.manual = "Runs in the tracer when it receives the signal.",
	.ways = "test_run",
	.flags = PROBE_RUNS_HERE | PROBE_ON_SIGNAL,
	.space = SPACE_NONE,
	.resolve = self_resolve,
	.list = self_list,
};

/* --- test, bench ------------------------------------------------------------------- */

static bool is_taken(const struct expander *expander, const char *name)
{
	const struct program *program = expander->program;
	size_t i, j;

	for (i = 0; i < expander->points.count; i++)
		if (!strcmp(expander->points.items[i]->name, name))
			return true;
	for (i = 0; i < program->instances.count; i++)
		for (j = 0; j < program->instances.items[i]->points.count; j++)
			if (!strcmp(program->instances.items[i]->points.items[j]->name, name))
				return true;
	return false;
}

static void trial_resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	const char *type = expander->type->name, *name;

	if (!expect_parts(expander, parts, 1, 1))
		return;
	name = point_name(expander, "%s:%s", type, part_text(parts, 1));
	if (is_taken(expander, name))
		diag_report(expander->program->diags, expander->span, DIAG_ATTACH_POINT,
			    "\"%s\" was used as the name for more than one %s probe",
			    part_text(parts, 1), expander->type == &probe_test ? "TEST" : "BENCH");
	else
		expander_add(expander, &test_run, name);
}

const struct probe_type probe_test = {
	.name = "test",
	.forms = "test:NAME",
	.manual = "Runs under --test; passes when it returns 0 and reports no error.",
	.ways = "test_run",
	.flags = PROBE_RUNS_HERE | PROBE_IS_TEST,
	.space = SPACE_NONE,
	.resolve = trial_resolve,
};

const struct probe_type probe_bench = {
	.name = "bench",
	.forms = "bench:NAME",
	.manual = "Runs under --bench, many times, and is timed.",
	.ways = "test_run",
	.flags = PROBE_RUNS_HERE | PROBE_IS_TEST,
	.space = SPACE_NONE,
	.resolve = trial_resolve,
};
