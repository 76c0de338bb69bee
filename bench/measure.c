/*
 * Times one run of a command from outside, with nothing of its own in the way.
 *
 *   measure [-a MARK [-d LOAD]] COMMAND...
 *
 * Prints one line of numbers: nanoseconds from start to MARK on standard
 * output or error (0 without -a), from SIGINT (without -a: from the start) to the end;
 * microseconds of user and of system time, kilobytes of peak memory, exit status;
 * lines of output after MARK, nanoseconds that LOAD took and of those until the
 * first line came.
 *
 * SIGINT comes when LOAD, a command for the shell, is through, and 20 ms after
 * MARK at the earliest: bpftrace 0.17 may miss an earlier one.
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

enum { TEXT_MAX = 1 << 16 };

static const long long settle_ns = 20000000;

/* One run of the command. */
struct run {
	const char *mark, *load;
	pid_t pid, load_pid;
	int out;
	char text[TEXT_MAX]; /* what was read, until the mark has come */
	size_t size;
	/* When; 0: not yet. */
	long long start, marked, interrupted, load_ended, first_line;
	long long lines;
};

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static pid_t spawn(char **command, int out)
{
	pid_t pid = fork();
	int null;

	if (pid)
		return pid;
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(out < 0 ? null : out, STDOUT_FILENO);
	dup2(out < 0 ? null : out, STDERR_FILENO);
	execvp(command[0], command);
	_exit(127);
}

static int open_process(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void count_lines(struct run *run, size_t size)
{
	const char *at = run->text, *end = run->text + size;

	if (size && !run->first_line)
		run->first_line = now();
	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		run->lines++;
		at++;
	}
}

/* Reads what is there; true when the mark has come with it. */
static int read_some(struct run *run)
{
	size_t at = run->marked ? 0 : run->size;
	ssize_t got;

	if (at == TEXT_MAX - 1)
		at = 0;
	got = read(run->out, run->text + at, TEXT_MAX - 1 - at);
	if (got <= 0)
		return 0;
	if (run->marked) {
		count_lines(run, (size_t)got);
		return 0;
	}
	run->size = at + (size_t)got;
	run->text[run->size] = '\0';
	return run->mark && strstr(run->text, run->mark) != NULL;
}

static void interrupt(struct run *run)
{
	const long long rest = run->marked + settle_ns - now();

	if (rest > 0)
		nanosleep(&(struct timespec){ .tv_nsec = rest }, NULL);
	run->interrupted = now();
	kill(run->pid, SIGINT);
}

/* The mark has come: starts the load.  Returns a descriptor of it, -1 without one. */
static int begin_load(struct run *run)
{
	char *shell[] = { "sh", "-c", (char *)run->load, NULL };

	run->marked = now();
	if (!run->load) {
		interrupt(run);
		return -1;
	}
	run->load_pid = spawn(shell, -1);
	return open_process(run->load_pid);
}

/* Follows the process to its end. */
static void follow(struct run *run)
{
	enum { COMMAND, OUTPUT, LOAD, COUNT };
	struct pollfd fds[COUNT] = {
		[COMMAND] = { .fd = open_process(run->pid), .events = POLLIN },
		[OUTPUT] = { .fd = run->out, .events = POLLIN },
		[LOAD] = { .fd = -1, .events = POLLIN },
	};

	while (poll(fds, COUNT, -1) >= 0) {
		if (fds[LOAD].revents) {
			run->load_ended = now();
			waitpid(run->load_pid, NULL, 0);
			fds[LOAD].fd = -1;
			interrupt(run);
		} else if (fds[OUTPUT].revents & POLLIN) {
			if (read_some(run))
				fds[LOAD].fd = begin_load(run);
		} else if (fds[COMMAND].revents) {
			break;
		} else if (fds[OUTPUT].revents & POLLHUP) {
			fds[OUTPUT].fd = -1;
		}
	}
}

static long long microseconds(struct timeval time)
{
	return time.tv_sec * 1000000LL + time.tv_usec;
}

static long long since(long long time, long long start)
{
	return time ? time - start : 0;
}

int main(int argc, char **argv)
{
	static struct run run;
	struct rusage usage;
	int out[2], status, option;
	long long end;

	while ((option = getopt(argc, argv, "+a:d:")) != -1) {
		if (option == 'a')
			run.mark = optarg;
		else if (option == 'd')
			run.load = optarg;
		else
			return 2;
	}
	if (optind == argc || pipe2(out, O_CLOEXEC))
		return 2;
	run.start = now();
	run.out = out[0];
	run.pid = spawn(argv + optind, out[1]);
	close(out[1]);
	follow(&run);
	wait4(run.pid, &status, 0, &usage);
	end = now();
	printf("%lld %lld %lld %lld %ld %d %lld %lld %lld\n", since(run.marked, run.start),
	       end - (run.interrupted ? run.interrupted : run.start), microseconds(usage.ru_utime),
	       microseconds(usage.ru_stime), usage.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), run.lines,
	       since(run.load_ended, run.marked), since(run.first_line, run.marked));
	return 0;
}
