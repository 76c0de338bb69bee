/*
 * Starts bpfline-symbols and talks to it.
 *
 * It is a program of its own since it stands on libraries that this one, being
 * linked statically, cannot load; so a broken file cannot do more than end it.
 */
#include "runtime/symbol_server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"

enum { PATIENCE_S = 10, PATH_ROOM = 4096 };

struct symbol_server {
	pid_t pid;
	int socket;
};

/* Beside an installed binary, and in the tree it was built in. */
static const char *const places_of_program[] = {
	"../libexec/bpfline/bpfline-symbols",
	"../symbols/bpfline-symbols",
	"bpfline-symbols",
};

static int find_program(char *path)
{
	char self[PATH_ROOM];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t i;

	if (length < 0)
		return -errno;
	self[length] = '\0';
	*(strrchr(self, '/') + 1) = '\0';
	for (i = 0; i < ARRAY_SIZE(places_of_program); i++) {
		snprintf(path, PATH_ROOM, "%.*s%s", (int)(PATH_ROOM - 64), self,
			 places_of_program[i]);
		if (!access(path, X_OK))
			return 0;
	}
	return -ENOENT;
}

/* Never returns.  Ctrl-C is for the tracer, which still has maps to print. */
static void run_helper(const char *path, const char *debug_folders, int socket)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	if (socket == SYMBOL_SOCKET)
		fcntl(socket, F_SETFD, 0);
	else
		dup2(socket, SYMBOL_SOCKET);
	execl(path, path, debug_folders, NULL);
	_exit(127);
}

int symbol_server_start(const char *debug_folders, struct symbol_server **ret_helper)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	char path[PATH_ROOM];
	struct symbol_server *helper;
	int sockets[2], err = find_program(path);

	if (err)
		return err;
	helper = malloc(sizeof(*helper));
	if (!helper)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
		err = -errno;
		free(helper);
		return err;
	}
	helper->pid = fork();
	if (helper->pid == 0)
		run_helper(path, debug_folders, sockets[1]);
	err = helper->pid < 0 ? -errno : 0;
	close(sockets[1]);
	helper->socket = sockets[0];
	if (err) {
		close(sockets[0]);
		free(helper);
		return err;
	}
	setsockopt(helper->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(helper->socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	*ret_helper = helper;
	return 0;
}

void symbol_server_stop(struct symbol_server *helper)
{
	if (!helper)
		return;
	close(helper->socket);
	kill(helper->pid, SIGKILL);
	waitpid(helper->pid, NULL, 0);
	free(helper);
}

static int send_all(int socket, const void *bytes, size_t size)
{
	while (size) {
		ssize_t n = send(socket, bytes, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes = (const char *)bytes + n;
		size -= (size_t)n;
	}
	return 0;
}

static int receive_all(int socket, void *bytes, size_t size)
{
	while (size) {
		ssize_t n = recv(socket, bytes, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		bytes = (char *)bytes + n;
		size -= (size_t)n;
	}
	return 0;
}

int symbol_server_file(struct symbol_server *helper, const struct symbol_file *file,
		       const char *path, const char *home)
{
	size_t length = strlen(path) + 1, home_length = strlen(home) + 1;
	struct symbol_header header = { SYMBOL_REQUEST_FILE,
					(uint32_t)(sizeof(*file) + length + home_length) };
	int err = send_all(helper->socket, &header, sizeof(header));

	if (!err)
		err = send_all(helper->socket, file, sizeof(*file));
	if (!err)
		err = send_all(helper->socket, path, length);
	return err ? err : send_all(helper->socket, home, home_length);
}

struct answers {
	struct arena *arena; /* of texts */
	const char *bytes;
	size_t size; /* that is left */
};

static bool take(struct answers *answers, void *bytes, size_t size)
{
	if (answers->size < size)
		return false;
	memcpy(bytes, answers->bytes, size);
	answers->bytes += size;
	answers->size -= size;
	return true;
}

/* NULL for one of no length. */
static bool take_text(struct answers *answers, size_t length, const char **ret_text)
{
	char *text = NULL;

	if (answers->size < length)
		return false;
	if (length) {
		text = arena_strndup(answers->arena, answers->bytes, length);
		answers->bytes += length;
		answers->size -= length;
	}
	*ret_text = text;
	return true;
}

static bool take_inlined(struct answers *answers, struct inlined_frame *frame)
{
	struct symbol_answer answer;

	return take(answers, &answer, sizeof(answer)) &&
	       take_text(answers, answer.length, &frame->name) &&
	       take_text(answers, answer.source_length, &frame->source);
}

static bool take_answer(struct answers *answers, struct named_place *named)
{
	struct inlined_frame *inlined;
	struct symbol_answer answer;
	size_t i;

	if (!take(answers, &answer, sizeof(answer)) ||
	    !take_text(answers, answer.length, &named->name) ||
	    !take_text(answers, answer.source_length, &named->source) ||
	    answer.inlined_count > answers->size / sizeof(answer))
		return false;
	inlined = arena_new_array(answers->arena, struct inlined_frame, answer.inlined_count);
	for (i = 0; i < answer.inlined_count; i++)
		if (!take_inlined(answers, &inlined[i]))
			return false;
	named->offset = answer.offset;
	named->inlined = inlined;
	named->inlined_count = answer.inlined_count;
	return true;
}

/* One answer for each place. */
static int read_answers(struct answers *answers, size_t count, struct named_place *ret_named)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!take_answer(answers, &ret_named[i]))
			return -EPROTO;
	return 0;
}

int symbol_server_places(struct symbol_server *helper, struct arena *arena,
			 const struct symbol_place *places, size_t count,
			 struct named_place *ret_named)
{
	struct symbol_header header = { SYMBOL_REQUEST_PLACES,
					(uint32_t)(count * sizeof(*places)) };
	int err = send_all(helper->socket, &header, sizeof(header));
	char *answers;

	if (!err)
		err = send_all(helper->socket, places, count * sizeof(*places));
	if (!err)
		err = receive_all(helper->socket, &header, sizeof(header));
	if (err)
		return err;
	answers = malloc(header.size + 1u);
	if (!answers)
		return -ENOMEM;
	err = receive_all(helper->socket, answers, header.size);
	if (!err)
		err = read_answers(&(struct answers){ arena, answers, header.size }, count, ret_named);
	free(answers);
	return err;
}
