/*
 * The process of -c: found, forked, held back behind a pipe until it may run.
 */
#include "runtime/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/vec.h"
#include "runtime/output/report.h"
#include "runtime/session_internal.h"

enum { EXEC_FAILED = 127 };

int watch_process(int pid)
{
	long fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : (int)fd;
}

/* Splits at blanks; nothing quotes or escapes. */
static char **split_words(struct arena *arena, const char *command)
{
	char *text = arena_strdup(arena, command), *word, *rest = NULL;
	VEC(char *) words = { 0 };

	for (word = strtok_r(text, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest))
		vec_push(arena, &words, word);
	vec_push(arena, &words, NULL);
	return words.items;
}

static int check_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return access(path, X_OK) < 0 ? -errno : 0;
}

/* The path of a command, or NULL with the reason in *ret_err. */
static const char *find_program(struct arena *arena, const char *name, int *ret_err)
{
	const char *places = getenv("PATH"), *end;

	*ret_err = -ENOENT;
	if (strchr(name, '/')) {
		*ret_err = check_program(name);
		return *ret_err ? NULL : name;
	}
	if (!places)
		places = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
	for (; *places; places = *end ? end + 1 : end) {
		const char *path;
		int err;

		end = strchrnul(places, ':');
		path = arena_printf(arena, "%.*s/%s", (int)(end - places),
				    end == places ? "." : places, name);
		err = check_program(path);
		if (!err)
			return path;
		if (err != -ENOENT && err != -ENOTDIR)
			*ret_err = err;
	}
	return NULL;
}

/* Never returns.  What the tracer set up for itself is undone. */
static void run_child(int gate, const char *path, char **words)
{
	sigset_t none;
	char byte;

	while (read(gate, &byte, 1) < 0 && errno == EINTR)
		;
	/* Before they are let in: what child_end() sent by now has to end us. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(path, words);
	report_error("failed to run '%s': %s", path, strerror(errno));
	_exit(EXEC_FAILED);
}

int child_prepare(struct session *session, const char *command)
{
	char **words = split_words(session->arena, command);
	int gate[2], err = -ENOENT;
	const char *path = words[0] ? find_program(session->arena, words[0], &err) : NULL;
	pid_t pid;

	if (!path) {
		report_error("Failed to fork child: Path '%s' does not exist or is not executable (%s)",
			     words[0] ? words[0] : "", strerror(-err));
		return err;
	}
	if (pipe2(gate, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(gate[1]);
		run_child(gate[0], path, words);
	}
	err = pid < 0 ? -errno : 0;
	close(gate[0]);
	if (err) {
		close(gate[1]);
		report_error("Failed to fork child: %s", strerror(-err));
		return err;
	}
	session->child = pid;
	session->child_gate = gate[1];
	session->watched = watch_process(pid);
	return session->watched < 0 ? session->watched : 0;
}

void child_start(struct session *session)
{
	if (session->child_gate >= 0)
		close(session->child_gate);
	session->child_gate = -1;
}

void child_end(struct session *session)
{
	if (!session->child)
		return;
	/* One that never got through the gate must not run now. */
	if (session->child_gate >= 0)
		kill(session->child, SIGKILL);
	else if (waitpid(session->child, NULL, WNOHANG) == 0)
		kill(session->child, SIGTERM);
	child_start(session);
	session->child = 0;
}
