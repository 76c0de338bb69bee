/*
 * bpfline-interp: bpfline on a kernel of its own, for tests.
 *
 * Takes bpfline's command line, with --target.  Runs the begin probes, the events
 * that NAME.events beside the script NAME.bt lists, the end probes, and prints what the
 * tool would print.  It ends with bpfline's status, or with 3 when a program
 * did what the verifier is there to prevent.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "cli/environment.h"
#include "cli/language.h"
#include "cli/options.h"
#include "cli/script.h"
#include "codegen/codegen.h"
#include "runtime/bpf.h"
#include "runtime/drain.h"
#include "runtime/exit_status.h"
#include "runtime/host/host.h"
#include "runtime/probes/probes.h"
#include "runtime/session_internal.h"
#include "tests/interp/events.h"
#include "tests/interp/kernel.h"

enum { STATUS_INTERPRETER = 3 };

struct job {
	struct arena *arena;
	struct options options;
	struct environment environment;
	struct target *target;
	struct events events;
};

static bool open_target(struct job *job)
{
	const char *error = "--target=DIR is wanted";

	if (job->options.target)
		job->target = file_target_new(job->arena, job->options.target, &error);
	if (!job->target) {
		fprintf(stderr, "INTERPRETER: %s\n", error);
		return false;
	}
	if (job->events.cpus)
		job->target->cpu_count = job->target->cpu_end = job->events.cpus;
	return true;
}

/* NAME.events for NAME.bt. */
static bool read_events(struct job *job)
{
	const char *file = job->options.file ? job->options.file : "-", *dot = strrchr(file, '.');
	size_t length = dot ? (size_t)(dot - file) : strlen(file);

	return events_read(job->arena,
			   arena_printf(job->arena, "%.*s.events", (int)length, file), &job->events);
}

static const struct object *compile_script(struct job *job, int *ret_status)
{
	const struct options *options = &job->options;
	struct language language = language_of(job->target);
	struct sources *sources = arena_new_struct(job->arena, struct sources);
	const struct compile_options compile_options = {
		.params = options->params,
		.param_count = options->param_count,
		.named = options->named.items,
		.named_count = options->named.count / 2,
		.settings = job->environment.settings,
		.setting_count = job->environment.setting_count,
		.pid = options->pid,
		.has_child = options->command,
		.allow_unsafe = options->unsafe,
		.mechanism = options->mechanism,
	};
	const struct object *object = NULL;
	struct source *source;
	struct strbuf text;
	struct diags diags;

	sources_init(sources, job->arena);
	diags_init(&diags, job->arena, sources);
	diags.treatment = &options->treatments;
	*ret_status = STATUS_USAGE;
	source = script_read(job->arena, sources, options);
	if (!source)
		return NULL;
	object = compile(job->arena, sources, source, &language, &compile_options, &diags, NULL);
	strbuf_init(&text, job->arena);
	diags_format(&diags, false, !options->no_warnings, &text);
	fwrite(text.text, 1, text.length, stderr);
	return diags.error_count ? NULL : object;
}

/* What `elapsed` counts from is a time of the interpreter's clock. */
static void set_start(struct session *session, const struct kernel *kernel)
{
	const struct object_start facts = { .boot_ns = kernel->clock };
	uint32_t i, zero = 0;

	for (i = 0; i < session->object->maps.count; i++)
		if (session->object->maps.items[i].role == OBJECT_MAP_START)
			bpf_update(session->maps[i], &zero, &facts);
}

static bool fire_all(struct job *job, struct session *session, struct kernel *kernel)
{
	uint64_t start = kernel->clock, i;
	size_t at;

	for (at = 0; at < job->events.items.count; at++) {
		struct event *event = &job->events.items.items[at];

		for (i = 0; i < event->times && !session->is_ending; i++) {
			if (event->time)
				kernel->clock = start + event->time;
			if (!event_fire(kernel, session, &job->events, event))
				return false;
		}
		drain_events(session);
	}
	return true;
}

static int run(struct job *job, const struct object *object, const struct session_options *options)
{
	struct kernel *kernel = kernel_new(job->target);
	const struct happening nobody = happening_default();
	struct session session;
	bool is_fine;
	int status;

	session_init(&session, object, job->target, options);
	is_fine = !session_load(&session);
	set_start(&session, kernel);
	is_fine = is_fine && !session_run_here(&session, &probe_begin) &&
		  fire_all(job, &session, kernel);
	kernel_set_present(kernel, &nobody);
	if (is_fine)
		session_end(&session);
	status = is_fine && !kernel->has_failed ? session.exit_status : STATUS_INTERPRETER;
	session_finish(&session);
	kernel_free(kernel);
	return status;
}

static int compile_and_run(struct job *job)
{
	const struct options *options = &job->options;
	struct session_options session = {
		.output = { .fd = STDOUT_FILENO, .format = options->format,
			    .buffering = options->buffering, .quiet = options->quiet,
			    .no_warnings = options->no_warnings },
		.verbose = options->verbose,
		.tell_quiet = options->more_warnings,
		.strict = options->strict,
	};
	const struct object *object;
	int status;

	if (!read_events(job) || !open_target(job))
		return STATUS_INTERPRETER;
	object = compile_script(job, &status);
	if (object) {
		session.output.truncation_mark = object->config.str_trunc_trailer;
		status = run(job, object, &session);
	}
	target_close(job->target);
	return status;
}

int main(int argc, char **argv)
{
	struct job job = { .arena = arena_new() };
	int status = options_parse(job.arena, argc, argv, &job.options);

	if (!status)
		status = environment_read(job.arena, job.options.no_warnings, &job.environment);
	if (!status)
		status = compile_and_run(&job);
	arena_free(job.arena);
	return status;
}
