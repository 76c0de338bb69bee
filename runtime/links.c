/*
 * Closing descriptors in bounded time: the slow ones by children, what is left
 * of them by a child that outlives us.
 */
#include "runtime/links.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/bpf.h"

enum { CHILDREN_MAX = 64, STACK_SIZE = 64 * 1024 };

void links_init(struct links *links, struct arena *arena)
{
	*links = (struct links){ .arena = arena };
}

void links_add(struct links *links, enum link_kind kind, int fd)
{
	vec_push(links->arena, &links->fds[kind], fd);
}

struct share {
	const int *fds;
	size_t count;
};

static void close_all(const int *fds, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		close(fds[i]);
}

static int close_share(void *data)
{
	const struct share *share = data;

	close_all(share->fds, share->count);
	return 0;
}

/*
 * The last share is closed here, and so is one that gets no child.  Children in our memory that do
 * nothing but system calls; threads of the C library would bring 53 kB of it into the program.
 */
static void close_at_once(struct arena *arena, const int *fds, size_t count)
{
	struct share shares[CHILDREN_MAX];
	pid_t children[CHILDREN_MAX];
	size_t i, parts = MIN(count, (size_t)CHILDREN_MAX);
	char *stack = arena_take(arena, (parts - 1) * STACK_SIZE);

	for (i = 0; i < parts; i++) {
		size_t from = count * i / parts, to = count * (i + 1) / parts;

		shares[i] = (struct share){ fds + from, to - from };
		children[i] = -1;
		if (i + 1 < parts) {
			stack += STACK_SIZE; /* it grows down */
			children[i] = clone(close_share, stack, CLONE_VM | CLONE_FILES | SIGCHLD, &shares[i]);
		}
		if (children[i] < 0)
			close_share(&shares[i]);
	}
	for (i = 0; i < parts; i++)
		while (children[i] > 0 && waitpid(children[i], NULL, 0) < 0 && errno == EINTR)
			; /* it uses our memory */
}

static void close_between(int from, int to)
{
	if (from <= to)
		syscall(SYS_close_range, from, to, 0);
}

/*
 * A child keeps the descriptors when we are gone and waits in our place.  It
 * holds nothing else: neither pipes that others read to their end, nor maps.
 * The one who closes last waits, so it goes on only when we have closed ours.
 */
static void leave_to_child(const int *fds, size_t count)
{
	int gate[2], next = 0;
	char byte;
	size_t i;

	if (pipe2(gate, O_CLOEXEC) < 0)
		return; /* our own exit closes them, and waits */
	switch (fork()) {
	case -1:
		break;
	case 0:
		close(gate[1]);
		for (i = 0; i < count; i++) { /* ascending, as they were opened; the gate is above */
			close_between(next, fds[i] - 1);
			next = fds[i] + 1;
		}
		close_between(next, gate[0] - 1);
		close_between(gate[0] + 1, INT_MAX);
		while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
			;
		_exit(0);
	default:
		close_all(fds, count);
	}
	close(gate[0]);
	close(gate[1]);
}

uint64_t links_missed(const struct links *links)
{
	uint64_t missed = 0;
	size_t i;

	for (i = 0; i < links->fds[LINK_SLOW].count; i++)
		missed += bpf_missed_by_link(links->fds[LINK_SLOW].items[i]);
	return missed;
}

void links_close(struct links *links)
{
	close_all(links->fds[LINK_QUICK].items, links->fds[LINK_QUICK].count);
	if (links->fds[LINK_SLOW].count)
		close_at_once(links->arena, links->fds[LINK_SLOW].items, links->fds[LINK_SLOW].count);
	if (links->fds[LINK_REMAIN].count)
		leave_to_child(links->fds[LINK_REMAIN].items, links->fds[LINK_REMAIN].count);
	links_init(links, links->arena);
}
