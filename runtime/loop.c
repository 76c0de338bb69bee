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
#include <time.h>
#include <unistd.h>

#include "runtime/probes/probes.h"
#include "runtime/session_internal.h"
#include "runtime/symbolize.h"

enum {
	DRAIN_MAX = 100000, /* records before signals are looked at again */
	/*
	 * Records that come closer to each other than FAST_NS are fast.  The reader
	 * then looks by itself every NAP_MS, because being woken for a record costs
	 * the traced process a microsecond or two.  A record that comes alone is
	 * printed at once.
	 */
	FAST_NS = 2000000,
	NAP_MS = 1,
};

static sigset_t wanted_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1); /* ends nothing: for self:signal probes */
	return set;
}

int loop_catch_signals(int *ret_fd)
{
	sigset_t set = wanted_signals();

	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	*ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret_fd < 0 ? -errno : 0;
}

void loop_release_signals(int fd)
{
	struct signalfd_siginfo info;
	sigset_t set = wanted_signals();

	while (read(fd, &info, sizeof(info)) > 0)
		; /* what came once has been obeyed */
	close(fd);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

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

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* When and how often the ring buffer is read. */
struct pace {
	int64_t last;	/* when something was in it */
	int timeout_ms; /* to the next look, where programs need not wake us; -1: where they do */
};

static void read_events(struct session *session, struct pace *pace)
{
	size_t count = drain_events_quietly(session, DRAIN_MAX);
	int64_t time = now();
	bool is_fast = count && time - pace->last < FAST_NS;

	if (count)
		pace->last = time;
	pace->timeout_ms = count >= DRAIN_MAX ? 0 : is_fast ? NAP_MS : -1;
	if (pace->timeout_ms < 0)
		drain_catch_up(session);
}

/* What has come; whether one of them is to end the run. */
static bool handle_signals(struct session *session, int signals)
{
	struct signalfd_siginfo info;
	bool is_over = false;

	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			session_run_here(session, &probe_self);
		else
			is_over = true;
	}
	return is_over;
}

void loop_run(struct session *session, int signals)
{
	enum { SIGNALS, WATCHED, TIMER, RING, SYMBOLS, COUNT };
	struct pollfd fds[COUNT] = {
		[SIGNALS] = { .fd = signals, .events = POLLIN },
		[WATCHED] = { .fd = session->watched, .events = POLLIN },
		[TIMER] = { .fd = session->timer, .events = POLLIN },
		[RING] = { .events = POLLIN },
		[SYMBOLS] = { .fd = symbolizer_fd(session->symbolizer), .events = POLLIN },
	};
	struct pace pace = { .timeout_ms = -1 };

	while (!session->is_ending) {
		fds[RING].fd = pace.timeout_ms < 0 ? session->ring.fd : -1;
		if (poll(fds, COUNT, pace.timeout_ms) < 0 && errno != EINTR)
			return;
		if (pace.timeout_ms >= 0 || fds[RING].revents)
			read_events(session, &pace);
		if (fds[SYMBOLS].revents)
			symbolizer_catch_up(session->symbolizer);
		if (fds[SIGNALS].revents && handle_signals(session, signals))
			return;
		if (fds[WATCHED].revents || fds[TIMER].revents)
			return;
	}
}
