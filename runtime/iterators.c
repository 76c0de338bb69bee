/*
 * Reads the files of iterators to their end, which runs their programs.
 */
#include "runtime/iterators.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runtime/output/report.h"
#include "runtime/session_internal.h"

/* Runs between two looks at the ring buffer: what each may send has room in it. */
enum { RUNS_AT_ONCE = 256 };

static int read_to_end(struct session *session, int file)
{
	char marks[RUNS_AT_ONCE]; /* a byte for each run */
	ssize_t n = 1;

	while (n != 0 && !session->is_ending) {
		n = read(file, marks, sizeof(marks));
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		drain_events(session, SIZE_MAX);
	}
	return 0;
}

int iterators_run(struct session *session)
{
	const struct attacher *attacher = &session->attacher;
	size_t i;
	int err = 0;

	for (i = 0; i < attacher->iterators.count && !err; i++)
		err = read_to_end(session, attacher->iterators.items[i]);
	if (err)
		report_error("failed to read an iterator: %s", strerror(-err));
	return err;
}
