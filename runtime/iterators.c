/*
 * Reads the files of iterators to their end, which runs their programs.
 */
#include "runtime/iterators.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/output/report.h"
#include "runtime/session_internal.h"

/* Of runs between two looks at the ring buffer each finds this much room in it. */
enum { RUNS_MAX = 256, BYTES_OF_A_RUN = 1024 };

static int read_to_end(struct session *session, int file)
{
	char marks[RUNS_MAX]; /* a byte for each run */
	size_t runs = MIN(session->ring.size / BYTES_OF_A_RUN, (size_t)RUNS_MAX);
	ssize_t n = 1;

	while (n != 0 && !session->is_ending) {
		n = read(file, marks, MAX(runs, 1u));
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
