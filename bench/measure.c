/*
 * Times one run of a command from outside, with nothing of its own in the way.
 *
 *   measure [-a MARK] COMMAND...
 *
 * Prints one line of numbers: nanoseconds from start to MARK on standard
 * output or error (0 without -a), from there to the end, microseconds of user and of system
 * time, kilobytes of peak memory, exit status.  20 ms after MARK the command gets
 * SIGINT, and "from there" counts from that: bpftrace 0.17 may miss an earlier
 * one.  The command's output goes nowhere.
 *
 * Linked statically: the kernel counts the memory of the process before exec
 * as part of the peak, so this one is kept small.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MAX = 65536 };

/* What was read so far, as far as the mark is still looked for. */
struct output {
	char text[TEXT_MAX];
	size_t size;
};

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void run_child(int out, char **command)
{
	int null = open("/dev/null", O_RDONLY);

	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execvp(command[0], command);
	_exit(127);
}

/* Reads what is there; true when the mark has come. */
static int read_some(int fd, struct output *output, const char *mark)
{
	ssize_t got;

	if (output->size == TEXT_MAX - 1)
		output->size = 0;
	got = read(fd, output->text + output->size, TEXT_MAX - 1 - output->size);
	if (got <= 0)
		return 0;
	output->size += (size_t)got;
	output->text[output->size] = '\0';
	return mark && strstr(output->text, mark) != NULL;
}

struct times {
	long long marked, interrupted; /* 0: did not come */
};

/* Follows the process to its end. */
static struct times follow(pid_t pid, int out, const char *mark)
{
	static struct output output;
	struct times times = { 0 };
	struct pollfd fds[2] = {
		{ .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN },
		{ .fd = out, .events = POLLIN },
	};

	while (poll(fds, 2, -1) >= 0) {
		if (fds[1].revents & POLLIN && read_some(out, &output, times.marked ? NULL : mark)) {
			times.marked = now();
			nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
			times.interrupted = now();
			kill(pid, SIGINT);
		} else if (fds[0].revents) {
			break;
		} else if (fds[1].revents & POLLHUP) {
			fds[1].fd = -1;
		}
	}
	return times;
}

int main(int argc, char **argv)
{
	const char *mark = NULL;
	struct rusage usage;
	struct times times;
	long long start, end;
	int out[2], status;
	pid_t pid;

	if (argc > 3 && strcmp(argv[1], "-a") == 0) {
		mark = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc < 2 || pipe2(out, O_CLOEXEC))
		return 2;
	start = now();
	pid = fork();
	if (pid == 0)
		run_child(out[1], argv + 1);
	close(out[1]);
	times = follow(pid, out[0], mark);
	wait4(pid, &status, 0, &usage);
	end = now();
	printf("%lld %lld %ld %ld %ld %d\n", times.marked ? times.marked - start : 0,
	       end - (times.marked ? times.interrupted : start),
	       usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec,
	       usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec, usage.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
