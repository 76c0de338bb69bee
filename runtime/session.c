/*
 * The order of a run (cli.md section 12): maps, programs, begin, attach,
 * child, events; then detach, end, the last events, maps, losses.
 */
#include "runtime/session.h"

#include <errno.h>
#include <linux/version.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "runtime/bpf.h"
#include "runtime/child.h"
#include "runtime/exit_status.h"
#include "runtime/follow.h"
#include "runtime/iterators.h"
#include "runtime/loop.h"
#include "runtime/losses.h"
#include "runtime/map_print.h"
#include "runtime/maps.h"
#include "runtime/output/report.h"
#include "runtime/packets.h"
#include "runtime/probes/probes.h"
#include "runtime/programs.h"
#include "runtime/session_internal.h"
#include "runtime/symbolize.h"
#include "runtime/trials.h"

enum { FEW_PROBES = 200 }; /* any limit of open files has room for these */

/* --- set up ------------------------------------------------------------------- */

static int *no_descriptors(struct arena *arena, size_t count)
{
	int *fds = arena_new_array(arena, int, count);
	size_t i;

	for (i = 0; i < count; i++)
		fds[i] = -1;
	return fds;
}

void session_init(struct session *session, const struct object *object, const struct target *target,
		  const struct session_options *options)
{
	struct arena *arena = arena_new();

	*session = (struct session){ .arena = arena, .object = object, .target = target,
				     .options = options, .btf = -1, .child_gate = -1,
				     .watched = -1, .timer = -1, .signals = -1, .ring = { .fd = -1 } };
	session->maps = no_descriptors(arena, object->maps.count);
	session->programs = no_descriptors(arena, object->programs.count);
	session->zeroed = arena_new_array(arena, bool, object->maps.count);
	session->output = output_new(&options->output);
	session->consumer = (struct consumer){ .session = session, .object = object,
					       .output = session->output, .arena = arena_new() };
	session->symbolizer = symbolizer_new();
	links_init(&session->links, arena);
	session->baselines = baselines_new(arena, object->maps.count);
	late_texts_init(&session->late_texts, arena);
	pcap_init(&session->pcaps, arena);
	session->attacher = (struct attacher){ .target = target, .arena = arena,
					       .pid = options->pid, .verbose = options->verbose,
					       .follows = object->follow.is_on,
					       .links = &session->links };
}

void session_finish(struct session *session)
{
	links_close(&session->links);
	child_end(session);
	if (session->watched >= 0)
		close(session->watched);
	if (session->timer >= 0)
		close(session->timer);
	programs_close(session);
	maps_close(session);
	baselines_free(session->baselines, session->object->maps.count);
	symbolizer_free(session->symbolizer);
	output_free(session->output);
	pcap_close(&session->pcaps);
	arena_free(session->consumer.arena);
	arena_free(session->arena);
}

/* What is only known now. */
static int store_start(struct session *session)
{
	struct object_start facts = { .child = (uint64_t)session->child };
	uint32_t i, zero = 0;
	int err = 0;

	for (i = 0; i < session->object->maps.count && !err; i++) {
		if (session->object->maps.items[i].role != OBJECT_MAP_START)
			continue;
		facts.boot_ns = clock_ns(CLOCK_BOOTTIME);
		facts.tai_offset = clock_ns(CLOCK_TAI) - clock_ns(CLOCK_BOOTTIME);
		err = bpf_update(session->maps[i], &zero, &facts);
	}
	return err;
}

int session_load(struct session *session)
{
	int err = maps_create(session);

	if (!err)
		err = programs_load(session);
	return err ? err : store_start(session);
}

/* --- attach --------------------------------------------------------------------- */

static void say_attach(struct session *session, const struct object_attachment *attachment)
{
	if (session->options->verbose)
		report_line("Attaching '%s' by %s", attachment->name, attachment->mechanism->name);
}

int session_run_here(struct session *session, const struct probe_type *type)
{
	const struct object *object = session->object;
	uint32_t result;
	size_t i;

	for (i = 0; i < object->attachments.count; i++) {
		const struct object_attachment *attachment = &object->attachments.items[i];
		int err;

		if (attachment->type != type)
			continue;
		say_attach(session, attachment);
		err = bpf_run_here(session->programs[attachment->program], &result);
		if (err) {
			report_error("failed to run the probe '%s': %s", attachment->name,
				     strerror(-err));
			return err;
		}
	}
	return 0;
}

static int attach_by_fallback(struct session *session, const struct object_attachment *attachment,
			      const struct mechanism *fallback)
{
	struct object_attachment other = *attachment;
	int program, err;

	if (session->options->verbose)
		report_line("Attaching '%s' by %s instead", attachment->name, fallback->name);
	program = program_load_as(session, attachment->program, fallback);
	if (program < 0)
		return program;
	other.mechanism = fallback;
	err = fallback->attach(&session->attacher, &other, program);
	close(program); /* the link holds it */
	return err;
}

static int attach_one(struct session *session, const struct object_attachment *attachment)
{
	const struct mechanism *mechanism = attachment->mechanism;
	int err;

	say_attach(session, attachment);
	session->attacher.skipped.count = 0;
	session->attacher.reason = session->refusals ? session->refusals[attachment->program] : NULL;
	if (session->attacher.reason)
		return -EINVAL;
	err = mechanism->attach(&session->attacher, attachment,
				session->programs[attachment->program]);
	if (err == -ENOENT && mechanism->fallback) {
		err = attach_by_fallback(session, attachment, mechanism->fallback);
		if (!err && mechanism->fallback_on_return)
			err = attach_by_fallback(session, attachment, mechanism->fallback_on_return);
	}
	return err;
}

static const char *attach_reason(struct session *session, int err)
{
	if (session->attacher.reason)
		return session->attacher.reason;
	switch (-err) {
	case EPERM:
	case EACCES:
		return "not permitted; it takes root, or CAP_BPF and CAP_PERFMON";
	case ENOENT:
		return "the kernel has no such place to attach to";
	case EBUSY:
	case E2BIG:
		return "too many programs are attached there already";
	default:
		return strerror(-err);
	}
}

/* As the setting missing_probes says; 0 when the run may go on. */
static int report_failure(struct session *session, const char *name, int err)
{
	const char *policy = session->object->config.missing_probes;

	if (!strcmp(policy, "ignore"))
		return 0;
	if (!strcmp(policy, "warn")) {
		report_warning("%s", attach_reason(session, err));
		report_warning("Unable to attach probe: %s. Skipping.", name);
		return 0;
	}
	report_error("%s", attach_reason(session, err));
	report_error("Unable to attach probe: %s. If this is expected, set the 'missing_probes' "
		     "config variable to 'warn'.",
		     name);
	return err;
}

/* Places that an attachment was made without. */
static int report_skipped(struct session *session)
{
	struct attacher *attacher = &session->attacher;
	size_t i;
	int err = 0;

	for (i = 0; i < attacher->skipped.count && !err; i++) {
		session->attached--;
		attacher->reason = attacher->skipped.items[i].reason;
		err = report_failure(session, attacher->skipped.items[i].name, -EINVAL);
	}
	return err;
}

struct attach_counts {
	size_t tried, done;
};

static int attach_and_count(struct session *session, const struct object_attachment *attachment,
			    struct attach_counts *counts)
{
	int err;

	if (attachment->type->flags & PROBE_IS_TEST)
		return 0;
	if (attachment->type->flags & PROBE_RUNS_HERE) {
		session->attached += attachment->probe_count;
		return 0;
	}
	counts->tried++;
	err = attach_one(session, attachment);
	if (err)
		return report_failure(session, attachment->name, err);
	session->attached += attachment->probe_count;
	counts->done++;
	return report_skipped(session);
}

/* Attaching may take long, and Ctrl-C is not to wait for it. */
static bool goes_on(const struct session *session, int err)
{
	return !err && !(session->signals >= 0 && loop_is_interrupted());
}

/* So that programs at one place run in the order of the script. */
static int attach_all(struct session *session)
{
	const struct object_attachment *attachments = session->object->attachments.items;
	size_t count = session->object->attachments.count, i;
	struct attach_counts counts = { 0 };
	int err = 0;

	for (i = 0; i < count && goes_on(session, err); i++)
		if (!(attachments[i].type->flags & PROBE_LAST_FIRST))
			err = attach_and_count(session, &attachments[i], &counts);
	for (i = count; i-- > 0 && goes_on(session, err);)
		if (attachments[i].type->flags & PROBE_LAST_FIRST)
			err = attach_and_count(session, &attachments[i], &counts);
	if (err)
		return err;
	if (counts.tried && !counts.done) {
		report_error("Attachment failed for all probes.");
		return -ENOENT;
	}
	return 0;
}

/* --- run ------------------------------------------------------------------------- */

static void tell_attached(struct session *session)
{
	static const char note[] = "__BPFTRACE_NOTIFY_PROBES_ATTACHED\n";

	output_format_of(session->output)->attached(session->output, session->attached);
	if (session->options->notify)
		output_write(session->output, note, sizeof(note) - 1);
	if (session->options->notify || session->options->output.format != output_formats[0])
		output_flush(session->output);
}

/* Kernels before 5.11 charge maps and programs to RLIMIT_MEMLOCK; each probe may take two files. */
static void lift_limits(const struct session *session)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit files;

	/* What cannot be lifted is told by whatever then fails. */
	if (session->target->kernel_version < KERNEL_VERSION(5, 11, 0))
		setrlimit(RLIMIT_MEMLOCK, &unlimited);
	if (session->object->attachments.count < FEW_PROBES || getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* What functions need at hand when their events come. */
static int prepare(struct session *session)
{
	const struct object *object = session->object;
	int err = 0;
	size_t i;

	for (i = 0; i < object->events.count && !err; i++) {
		const struct object_event *event = &object->events.items[i];

		if (event->builtin->prepare)
			err = event->builtin->prepare(&session->consumer, event);
	}
	if (err)
		session->exit_status = STATUS_USAGE;
	return err;
}

/* Up to the point where events come in.  A process to watch, then what may fail, then the child. */
static int start(struct session *session)
{
	const struct session_options *options = session->options;
	int err = 0;

	if (options->command)
		err = child_prepare(session, options->command);
	if (err)
		return err;
	session->attacher.child = (uint32_t)session->child;
	if (options->pid) {
		session->watched = watch_process((int)options->pid);
		if (session->watched < 0) {
			report_error("Failed to attach to pid: %s", strerror(-session->watched));
			return session->watched;
		}
	}
	lift_limits(session);
	if ((err = session_load(session)))
		return err;
	if ((err = follow_start(session)))
		return err;
	if (!options->dry_run && (err = prepare(session)))
		return err;
	if (!options->dry_run && (err = session_run_here(session, &probe_begin)))
		return err;
	return attach_all(session);
}

/* Everything that is in the buffers; it ends since nothing is attached any more. */
static void drain_rest(struct session *session)
{
	while (drain_events(session))
		;
	while (packets_drain(session))
		;
}

/* A reader that is gone has read what it wanted; a full disk is another matter. */
static bool is_failure(int err)
{
	return err && err != -EPIPE;
}

static void finish_output(struct session *session)
{
	int err = output_finish(session->output), packets_err = 0;
	const char *path = pcap_trouble(&session->pcaps, &packets_err);

	if (is_failure(err))
		report_error("failed to write the output: %s", strerror(-err));
	if (is_failure(packets_err))
		report_error("failed to write packets to '%s': %s", path, strerror(-packets_err));
	if ((is_failure(err) || is_failure(packets_err)) && session->exit_status == STATUS_OK)
		session->exit_status = STATUS_USAGE;
}

void session_end(struct session *session)
{
	const struct output_format *format = output_format_of(session->output);

	session->missed = links_missed(&session->links);
	symbolizer_before_detaching(session);
	links_close(&session->links);
	drain_rest(session);
	session->commands_until = UINT64_MAX; /* those of end probes are run */
	session_run_here(session, &probe_end);
	drain_rest(session);
	format->end(session->output);
	if (session->object->config.print_maps_on_exit)
		maps_print_all(session);
	output_flush(session->output);
	if (losses_report(session) && session->options->strict &&
	    session->exit_status == STATUS_OK)
		session->exit_status = STATUS_LOST;
	finish_output(session);
}

static int setup_status(const struct session *session, int err)
{
	/* A child that cannot be started or a process that is not there is the user's mistake. */
	bool is_usage = (session->options->command && !session->child) ||
			(session->options->pid && session->watched < 0);

	if (session->exit_status)
		return session->exit_status;
	return err && is_usage ? STATUS_USAGE : STATUS_RUN;
}

/* test and bench probes are for --test and --bench. */
static bool has_only_trials(const struct session *session)
{
	const struct object *object = session->object;
	size_t i;

	for (i = 0; i < object->attachments.count; i++)
		if (!(object->attachments.items[i].type->flags & PROBE_IS_TEST))
			return false;
	report_error("No probes attached; use --%s to run %s probes.", object->attachments.items[0].type->name,
		     object->attachments.items[0].type->name);
	return true;
}

static int try_out(struct session *session)
{
	int err;

	lift_limits(session);
	err = session_load(session);
	if (err)
		return STATUS_RUN;
	session->exit_status = trials_run(session);
	finish_output(session);
	return session->exit_status;
}

static int run(struct session *session)
{
	const struct session_options *options = session->options;
	bool waits = !session->object->ends_by_itself;
	int err;

	if (options->mode != SESSION_TRACE)
		return try_out(session);
	if (has_only_trials(session))
		return STATUS_RUN;

	signal(SIGPIPE, SIG_IGN); /* the output tells when nobody reads it */
	signal(SIGUSR1, SIG_IGN); /* blocked, it is for self:signal probes; else nothing happens */
	if (waits && !options->dry_run && (err = loop_catch_signals(session))) {
		report_error("failed to set up signals: %s", strerror(-err));
		return STATUS_RUN;
	}
	err = start(session);
	if (err)
		return setup_status(session, err);
	if (options->dry_run)
		return STATUS_OK;
	if (waits) {
		symbolizer_follow(session);
		if ((err = loop_start_timer(options->timeout_ns, &session->timer))) {
			report_error("failed to set a timer: %s", strerror(-err));
			return STATUS_RUN;
		}
		if (!loop_is_interrupted())
			child_start(session);
	}
	tell_attached(session);
	if (iterators_run(session) && !waits)
		session->exit_status = STATUS_RUN;
	if (waits) {
		loop_run(session);
		loop_release_signals(session);
	}
	session_end(session);
	return session->exit_status;
}

int session_run(const struct object *object, const struct target *target,
		const struct session_options *options)
{
	struct session session;
	int status;

	session_init(&session, object, target, options);
	status = run(&session);
	session_finish(&session);
	return status;
}
