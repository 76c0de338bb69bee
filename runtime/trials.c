/*
 * test and bench probes: each is run in the tracer, timed, and reported.
 */
#include "runtime/trials.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "base/strbuf.h"
#include "runtime/bpf.h"
#include "runtime/exit_status.h"
#include "runtime/output/outputs.h"
#include "runtime/output/report.h"
#include "runtime/probes/probes.h"
#include "runtime/session_internal.h"

#define GREEN "\033[32m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

enum { FIRST_RUNS = 1000, RUNS_MAX = 1 << 28 };

#define LONG_ENOUGH_NS 1000000ull

static const char *trial_name(const struct object_attachment *attachment)
{
	return strchr(attachment->name, ':') + 1;
}

static void PRINTF_LIKE(2, 3) say(struct session *session, const char *format, ...)
{
	struct strbuf text;
	va_list args;

	strbuf_init(&text, session->arena);
	va_start(args, format);
	strbuf_vprintf(&text, format, args);
	va_end(args);
	output_write(session->output, text.text, text.length);
}

static uint32_t count_of(const struct session *session, const struct probe_type *type)
{
	uint32_t count = 0;
	size_t i;

	for (i = 0; i < session->object->attachments.count; i++)
		count += session->object->attachments.items[i].type == type;
	return count;
}

/* --- tests ------------------------------------------------------------------------------- */

/* Whether it passed: returned 0, said nothing wrong, and did not exit with a status. */
static bool run_test(struct session *session, const struct object_attachment *attachment,
		     uint64_t *ret_ns)
{
	uint32_t result = 0;
	uint64_t start;
	bool passed;
	int err;

	session->consumer.has_errors = session->is_ending = false;
	session->exit_status = 0;
	start = clock_ns(CLOCK_MONOTONIC);
	err = bpf_run_here(session->programs[attachment->program], &result);
	*ret_ns = clock_ns(CLOCK_MONOTONIC) - start;
	if (err)
		report_error("failed to run the probe '%s': %s", attachment->name, strerror(-err));
	while (drain_events(session))
		;
	passed = !err && !result && !session->consumer.has_errors && !session->exit_status;
	session->is_ending = false;
	session->exit_status = 0;
	return passed;
}

/* A test's time, in the unit that it is of the order of. */
static void say_time(struct session *session, uint64_t ns)
{
	if (ns < 1000)
		say(session, "(%" PRIu64 " ns)\n", ns);
	else if (ns < 1000000)
		say(session, "(%" PRIu64 " \u03bcs)\n", ns / 1000);
	else
		say(session, "(%" PRIu64 " ms)\n", ns / 1000000);
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void say_sum(struct session *session, size_t count, const char *const *failed,
		    size_t failed_count)
{
	size_t i;

	say(session, GREEN "[==========]" PLAIN " %zu test%s ran.\n", count, plural(count));
	if (count > failed_count)
		say(session, GREEN "[  PASSED  ]" PLAIN " %zu test%s.\n", count - failed_count,
		    plural(count - failed_count));
	if (failed_count)
		say(session, RED "[  FAILED  ]" PLAIN " %zu test%s, listed below:\n", failed_count,
		    plural(failed_count));
	for (i = 0; i < failed_count; i++)
		say(session, RED "[  FAILED  ]" PLAIN " %s\n", failed[i]);
}

static int run_tests(struct session *session)
{
	const struct object *object = session->object;
	uint32_t count = count_of(session, &probe_test);
	VEC(const char *) failed = { 0 };
	const struct output_format *format = output_format_of(session->output);
	uint64_t ns;
	bool passed;
	size_t i;

	if (!format->test)
		say(session, GREEN "[==========]" PLAIN " Running %u test%s.\n", count, plural(count));
	for (i = 0; i < object->attachments.count; i++) {
		const struct object_attachment *attachment = &object->attachments.items[i];

		if (attachment->type != &probe_test)
			continue;
		if (!format->test)
			say(session, GREEN "[ RUN      ]" PLAIN " %s\n", trial_name(attachment));
		passed = run_test(session, attachment, &ns);
		if (!passed)
			vec_push(session->arena, &failed, trial_name(attachment));
		if (format->test) {
			format->test(session->output, trial_name(attachment), ns, passed);
			continue;
		}
		say(session, passed ? GREEN "[       OK ]" PLAIN " %s " : RED "[  FAILED  ]" PLAIN " %s ",
		    trial_name(attachment));
		say_time(session, ns);
	}
	if (!format->test)
		say_sum(session, count, failed.items, failed.count);
	return failed.count ? STATUS_USAGE : STATUS_OK;
}

/* --- benchmarks ---------------------------------------------------------------------------- */

/* Time in the program alone, where the kernel measures it for us; else with the system call. */
static int time_runs(struct session *session, const struct object_attachment *attachment,
		     bool has_stats, uint32_t runs, uint64_t *ret_ns)
{
	int program = session->programs[attachment->program], err = 0;
	uint64_t before = has_stats ? bpf_run_time(program) : clock_ns(CLOCK_MONOTONIC);
	uint32_t i, result = 0;

	for (i = 0; i < runs && !err; i++) {
		err = bpf_run_here(program, &result);
		if (!err && result)
			err = -ECANCELED;
	}
	*ret_ns = (has_stats ? bpf_run_time(program) : clock_ns(CLOCK_MONOTONIC)) - before;
	while (drain_events(session))
		;
	return err;
}

static void run_benchmark(struct session *session, const struct object_attachment *attachment,
			  bool has_stats)
{
	const struct output_format *format = output_format_of(session->output);
	uint32_t runs = FIRST_RUNS;
	uint64_t ns = 0;
	int err;

	while (!(err = time_runs(session, attachment, has_stats, runs, &ns)) &&
	       ns < LONG_ENOUGH_NS && runs < RUNS_MAX)
		runs *= 2;
	if (err == -ECANCELED) {
		report_warning("bench:%s returned a value other than 0 and is skipped",
			       trial_name(attachment));
		return;
	}
	if (err) {
		report_error("failed to run the probe '%s': %s", attachment->name, strerror(-err));
		return;
	}
	if (format->benchmark)
		format->benchmark(session->output, trial_name(attachment), ns / runs, runs);
	else
		say(session, "%-41s%-15" PRIu64 "%u\n", trial_name(attachment), ns / runs, runs);
}

static int run_benchmarks(struct session *session)
{
	const struct object *object = session->object;
	int stats = bpf_enable_stats();
	size_t i;

	if (!output_format_of(session->output)->benchmark)
		say(session, "%-41s%-15s%s\n"
			     "-------------------------------------------------------------------\n",
		    "Benchmark", "Time(ns)", "Iterations");
	for (i = 0; i < object->attachments.count && !session->is_ending; i++)
		if (object->attachments.items[i].type == &probe_bench)
			run_benchmark(session, &object->attachments.items[i], stats >= 0);
	if (stats >= 0)
		close(stats);
	return STATUS_OK;
}

int trials_run(struct session *session)
{
	return session->options->mode == SESSION_TEST ? run_tests(session) : run_benchmarks(session);
}
