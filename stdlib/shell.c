/*
 * cat() and system(): files and commands, read when the event is handled.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "runtime/output/output.h"
#include "runtime/output/report.h"
#include "stdlib/library.h"
#include "stdlib/printf.h"

enum { CHUNK = 4096 };

/* Appends what comes, `limit` bytes at most; 0 or -errno. */
static int read_some(int fd, size_t limit, struct strbuf *out)
{
	char chunk[CHUNK];
	ssize_t n;

	while (out->length < limit) {
		n = read(fd, chunk, MIN(sizeof(chunk), limit - out->length));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		strbuf_add(out, chunk, (size_t)n);
	}
	return 0;
}

static void write_text(struct consumer *consumer, enum output_text kind, const struct strbuf *text)
{
	consumer->took_time = true;
	output_format_of(consumer->output)->text(consumer->output, kind, text->text, text->length);
}

/* --- cat -------------------------------------------------------------------------------- */

static void handle_cat(struct consumer *consumer, const struct object_event *event,
		       const void *payload, size_t size UNUSED)
{
	struct strbuf path, text;
	int fd, err;

	strbuf_init(&path, consumer->arena);
	strbuf_init(&text, consumer->arena);
	format_event(consumer, event, event->data, payload, &path);
	fd = open(path.text, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : read_some(fd, consumer->object->config.max_cat_bytes, &text);
	if (fd >= 0)
		close(fd);
	if (err) {
		output_flush(consumer->output);
		report_error("failed to open file '%s' (%s)", path.text, strerror(-err));
	}
	if (!err || text.length)
		write_text(consumer, OUTPUT_CAT, &text);
}

/* --- system ------------------------------------------------------------------------------- */

/* Both outputs of the command go to one pipe; gives its reading end, or -errno. */
static int start_command(const char *command, pid_t *ret_child)
{
	char *const words[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, plain;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	sigemptyset(&none);
	sigemptyset(&plain);
	sigaddset(&plain, SIGPIPE);
	sigaddset(&plain, SIGUSR1);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &plain);
	err = posix_spawn(ret_child, "/bin/sh", &actions, &attributes, words, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (!err)
		return ends[0];
	close(ends[0]);
	return -err;
}

static void report_status(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status))
		report_error("command exited with code %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		report_error("child process did not exit normally (%s)", strsignal(WTERMSIG(status)));
}

static void handle_system(struct consumer *consumer, const struct object_event *event,
			  const void *payload, size_t size UNUSED)
{
	struct strbuf command, text;
	int fd, status = 0;
	pid_t child = 0;

	if (!consumer_may_run_command(consumer))
		return;
	strbuf_init(&command, consumer->arena);
	strbuf_init(&text, consumer->arena);
	format_event(consumer, event, event->data, payload, &command);
	output_flush(consumer->output);
	fd = start_command(command.text, &child);
	if (fd < 0) {
		report_error("failed to run the command '%s' (%s)", command.text, strerror(-fd));
		return;
	}
	read_some(fd, SIZE_MAX, &text);
	close(fd);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	strbuf_putc(&text, '\n');
	write_text(consumer, OUTPUT_SYSTEM, &text);
	output_flush(consumer->output);
	report_status(status);
}

const struct builtin shell_builtins[] = {
	{ "cat", "void (format, ...)", "Prints the beginning of a file; the path is formatted.",
	  BUILTIN_MUST_CALL, .check = check_formatted, .emit = emit_formatted, .handle = handle_cat,
	  .example = "begin { cat(\"/proc/%d/comm\", 1); }" },
	{ "system", "void (format, ...)",
	  "Runs a formatted command in a shell and prints what it writes.",
	  BUILTIN_MUST_CALL | BUILTIN_UNSAFE, .check = check_formatted, .emit = emit_formatted,
	  .handle = handle_system,
	  .example = "interval:s:5 { system(\"date +%%s\"); }" },
	{ NULL },
};
