/*
 * One loop sleeps on all descriptors: signals, the ring buffer, the process or
 * the time whose end is ours.  Without a timeout: an idle run wakes up for nothing.
 */
#include "runtime/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "runtime/exit_status.h"
#include "runtime/follow.h"
#include "runtime/output/output.h"
#include "runtime/packets.h"
#include "runtime/probes/probes.h"
#include "runtime/session_internal.h"
#include "runtime/symbolize.h"
#include "sema/builtin.h"

enum {
	DRAIN_NS = 20000000, /* of handling records before signals are looked at again */
	/*
	 * Records that come closer to each other than FAST_NS are fast.  The reader
	 * then looks by itself every NAP_MS, because being woken for a record costs
	 * the traced process a microsecond or two.  A record that comes alone is
	 * printed at once, and with -B none each is.
	 */
	FAST_NS = 2000000,
	NAP_MS = 1,
};

/* --- signals ------------------------------------------------------------------------- */

static const int ending_signals[] = { SIGINT, SIGTERM };

static sigset_t wanted_signals(bool only_ending)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(ending_signals); i++)
		sigaddset(&set, ending_signals[i]);
	if (!only_ending)
		sigaddset(&set, SIGUSR1); /* for self:signal probes */
	return set;
}

/* That it was called shows in the disposition: the kernel has made it the default again. */
static void note_signal(int number UNUSED)
{
}

/*
 * Signals come through a descriptor, except while output is written: then they
 * interrupt.  So a second one ends the process even where nobody reads the
 * output and the write would never return.
 */
int loop_catch_signals(struct session *session)
{
	const struct sigaction action = { .sa_handler = note_signal, .sa_flags = SA_RESETHAND };
	const sigset_t set = wanted_signals(false), ending = wanted_signals(true);
	size_t i;

	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	for (i = 0; i < ARRAY_SIZE(ending_signals); i++)
		sigaction(ending_signals[i], &action, NULL);
	output_unblock(session->output, &ending);
	session->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return session->signals < 0 ? -errno : 0;
}

bool loop_is_interrupted(void)
{
	struct sigaction action;
	sigset_t pending;
	bool is_over = false;
	size_t i;

	sigpending(&pending);
	for (i = 0; i < ARRAY_SIZE(ending_signals); i++) {
		is_over |= sigismember(&pending, ending_signals[i]);
		is_over |= !sigaction(ending_signals[i], NULL, &action) &&
			   action.sa_handler == SIG_DFL;
	}
	return is_over;
}

void loop_release_signals(struct session *session)
{
	const sigset_t set = wanted_signals(false);
	struct signalfd_siginfo info;
	size_t i;

	while (read(session->signals, &info, sizeof(info)) > 0)
		; /* what came once has been obeyed */
	close(session->signals);
	session->signals = -1;
	output_unblock(session->output, NULL);
	pcap_unblock(&session->pcaps, NULL);
	for (i = 0; i < ARRAY_SIZE(ending_signals); i++)
		signal(ending_signals[i], SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* --- time ---------------------------------------------------------------------------- */

int loop_start_timer(uint64_t ns, int *ret_fd)
{
	const struct itimerspec when = { .it_value = { .tv_sec = (time_t)(ns / 1000000000),
						       .tv_nsec = (long)(ns % 1000000000) } };
	int fd, err;

	*ret_fd = -1;
	if (!ns)
		return 0;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (fd >= 0 && !timerfd_settime(fd, 0, &when, NULL)) {
		*ret_fd = fd;
		return 0;
	}
	err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

static uint64_t now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* --- events -------------------------------------------------------------------------- */

/* When and how often the ring buffer is read. */
struct pace {
	uint64_t last;	/* when something was in it */
	int timeout_ms; /* to the next look, where programs need not wake us; -1: where they do */
};

static void read_events(struct session *session, struct pace *pace)
{
	uint64_t until = now() + DRAIN_NS;
	size_t count = drain_events_quietly(session, until);
	uint64_t time = now();
	bool is_eager = output_options_of(session->output)->buffering == BUFFER_NONE;
	bool is_fast = count && time - pace->last < FAST_NS && !is_eager;

	if (count)
		pace->last = time;
	pace->timeout_ms = time >= until ? 0 : is_fast ? NAP_MS : -1;
	if (pace->timeout_ms < 0)
		drain_catch_up(session);
}

/* What has come; whether one of them is to end the run. */
static bool handle_signals(struct session *session)
{
	struct signalfd_siginfo info;
	bool is_over = false;

	while (read(session->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			session_run_here(session, &probe_self);
		else
			is_over = true;
	}
	return is_over;
}

/* Would the run end without somebody from outside? */
static bool is_expected_to_end(const struct session *session)
{
	const struct object *object = session->object;
	size_t i;

	for (i = 0; i < object->events.count; i++)
		if (object->events.items[i].builtin->flags & BUILTIN_ENDS_PROBE)
			return true;
	return session->watched >= 0;
}

static void handle_timeout(struct session *session)
{
	if (session->exit_status == STATUS_OK && is_expected_to_end(session))
		session->exit_status = STATUS_CUT;
}

/* However it ends, commands of system() must not keep it for long; the process that is watched lets them. */
void loop_run(struct session *session)
{
	enum { SIGNALS, WATCHED, TIMER, RING, SYMBOLS, PACKETS, COUNT };
	struct pollfd fds[COUNT] = {
		[SIGNALS] = { .fd = session->signals, .events = POLLIN },
		[WATCHED] = { .fd = session->watched, .events = POLLIN },
		[TIMER] = { .fd = session->timer, .events = POLLIN },
		[RING] = { .events = POLLIN },
		[SYMBOLS] = { .fd = symbolizer_fd(session->symbolizer), .events = POLLIN },
		[PACKETS] = { .fd = packets_fd(session), .events = POLLIN },
	};
	struct pace pace = { .timeout_ms = -1 };

	session->is_ending |= loop_is_interrupted(); /* while something was written before */
	while (!session->is_ending) {
		fds[RING].fd = pace.timeout_ms < 0 ? session->ring.fd : -1;
		if (poll(fds, COUNT, pace.timeout_ms) < 0 && errno != EINTR)
			return;
		if (pace.timeout_ms >= 0 || fds[RING].revents) {
			read_events(session, &pace);
			if (loop_is_interrupted())
				break;
		}
		if (fds[PACKETS].revents) {
			packets_drain(session);
			session->is_ending |= loop_is_interrupted();
		}
		if (fds[SYMBOLS].revents)
			symbolizer_catch_up(session->symbolizer);
		if (fds[SIGNALS].revents && handle_signals(session))
			break;
		if (fds[TIMER].revents) {
			handle_timeout(session);
			break;
		}
		if (fds[WATCHED].revents && !follow_next(session))
			return;
		fds[WATCHED].fd = session->watched;
	}
	consumer_limit_commands(&session->consumer);
}
