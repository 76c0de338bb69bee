/*
 * Closing descriptors in bounded time: the slow ones by threads, what is left
 * of them by a child that outlives us.
 */
#include "runtime/links.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/bpf.h"

enum { THREADS_MAX = 64, STACK_SIZE = 64 * 1024 };

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

static void *close_share(void *data)
{
	const struct share *share = data;

	close_all(share->fds, share->count);
	return NULL;
}

/* The last share is closed here, and so is one that gets no thread. */
static void close_at_once(const int *fds, size_t count)
{
	struct share shares[THREADS_MAX];
	pthread_t threads[THREADS_MAX];
	bool is_running[THREADS_MAX] = { false };
	size_t i, parts = MIN(count, (size_t)THREADS_MAX);
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (i = 0; i < parts; i++) {
		size_t from = count * i / parts, to = count * (i + 1) / parts;

		shares[i] = (struct share){ fds + from, to - from };
		is_running[i] = i + 1 < parts &&
				!pthread_create(&threads[i], &attr, close_share, &shares[i]);
		if (!is_running[i])
			close_share(&shares[i]);
	}
	for (i = 0; i < parts; i++)
		if (is_running[i])
			pthread_join(threads[i], NULL);
	pthread_attr_destroy(&attr);
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
		close_at_once(links->fds[LINK_SLOW].items, links->fds[LINK_SLOW].count);
	if (links->fds[LINK_REMAIN].count)
		leave_to_child(links->fds[LINK_REMAIN].items, links->fds[LINK_REMAIN].count);
	links_init(links, links->arena);
}
