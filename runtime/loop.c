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
	 * A batch of this size means that events come fast.  The reader then naps:
	 * programs wake it only for the first record after it has caught up, so
	 * one nap saves the traced processes thousands of wakeups.
	 */
	FAST_BATCH = 64,
	NAP_NS = 1000000,
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

static void nap(void)
{
	const struct timespec time = { .tv_nsec = NAP_NS };

	nanosleep(&time, NULL);
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
		[RING] = { .fd = session->ring.fd, .events = POLLIN },
		[SYMBOLS] = { .fd = symbolizer_fd(session->symbolizer), .events = POLLIN },
	};
	size_t count;

	while (!session->is_ending) {
		if (poll(fds, COUNT, -1) < 0 && errno != EINTR)
			return;
		if (fds[RING].revents) {
			count = drain_events(session, DRAIN_MAX);
			if (count >= FAST_BATCH && count < DRAIN_MAX)
				nap();
		}
		if (fds[SYMBOLS].revents)
			symbolizer_catch_up(session->symbolizer);
		if (fds[SIGNALS].revents && handle_signals(session, signals))
			return;
		if (fds[WATCHED].revents || fds[TIMER].revents)
			return;
	}
}
