/*
 * begin and end: run once in the tracer itself.
 *
 * The kernel runs a raw-tracepoint program on request (BPF_PROG_TEST_RUN), with
 * us as its current task; the session asks for it at the right time, so nothing
 * is attached.
 */
#include <linux/bpf.h>

#include "runtime/probes/probes.h"

static const struct mechanism test_run = {
	.name = "test_run",
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
	.flags = PROBE_RUNS_HERE,
	.space = SPACE_NONE,
	.resolve = special_resolve,
};

const struct probe_type probe_end = {
	.name = "end",
	.forms = "end",
	.manual = "Runs once after everything is detached, before the maps are printed.",
	.flags = PROBE_RUNS_HERE,
	.space = SPACE_NONE,
	.resolve = special_resolve,
};
