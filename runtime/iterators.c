/*
 * Reads the files of iterators to their end, which runs their programs; pins those
 * that others are to read.
 */
#include "runtime/iterators.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/bpf.h"
#include "runtime/output/report.h"
#include "runtime/session_internal.h"

/*
 * Of runs between two looks at the ring buffer each finds BYTES_OF_A_RUN of room
 * in it.  There are as many between two reads as may be: the kernel's buffer
 * takes RUNS_MAX marks, and iter:unix (seen on 6.18) leaves out the sockets of a
 * bucket of its table where one read ends and the next goes on.
 */
enum { RUNS_MAX = 32 << 10, BYTES_OF_A_RUN = 1024 };

static int read_to_end(struct session *session, int file)
{
	char marks[RUNS_MAX]; /* a byte for each run */
	size_t room = session->ring.fd < 0 ? RUNS_MAX : session->ring.size / BYTES_OF_A_RUN;
	size_t runs = MIN(MAX(room, 1u), (size_t)RUNS_MAX);
	ssize_t n = 1;

	while (n != 0 && !session->is_ending) {
		n = read(file, marks, runs);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		drain_events(session);
	}
	return 0;
}

static const char *pin_reason(const char *path, int err)
{
	switch (-err) {
	case EEXIST:
		return "there is something of that name already; 'rm' removes it";
	case ENOENT:
		return "there is no such folder; 'mount -t bpf bpf /sys/fs/bpf' makes that one";
	case EPERM:
		return strchr(strrchr(path, '/'), '.') ?
			       "no '.' may be in the name" :
			       "it has to be in a file system of type bpf: 'mount -t bpf bpf FOLDER' makes "
			       "one";
	default:
		return strerror(-err);
	}
}

static int pin(struct session *session, const struct pinned_link *pinned)
{
	const char *path = *pinned->path == '/' ?
				   pinned->path :
				   arena_printf(session->arena, "/sys/fs/bpf/%s", pinned->path);
	int err = bpf_pin(pinned->link, path);
	struct strbuf text;

	if (err) {
		report_error("failed to pin the iterator as '%s': %s", path, pin_reason(path, err));
		return err;
	}
	strbuf_init(&text, session->arena);
	strbuf_printf(&text, "Program pinned to %s\n", path);
	output_write(session->output, text.text, text.length);
	return 0;
}

int iterators_run(struct session *session)
{
	const struct attacher *attacher = &session->attacher;
	size_t i;
	int err = 0;

	for (i = 0; i < attacher->pinned.count && !err; i++)
		err = pin(session, &attacher->pinned.items[i]);
	if (err)
		return err;
	for (i = 0; i < attacher->iterators.count && !err; i++)
		err = read_to_end(session, attacher->iterators.items[i]);
	if (err)
		report_error("failed to read an iterator: %s", strerror(-err));
	return err;
}
