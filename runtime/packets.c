/*
 * Packets come through perf events, in the order they were seen, and go on as
 * events of the ring buffer do.
 *
 * What found no room is not taken from the kernel's records of it: those tell of
 * a loss when there is room again, so never of the last.  Programs are told each
 * time, and count (SITE_PACKET_LOST).
 */
#include "runtime/packets.h"

#include <string.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "runtime/bpf.h"
#include "runtime/perf_buffers.h"
#include "runtime/session_internal.h"

enum { PAGES = 128, PAGES_MAX = 1 << 17 };

/* What the kernel writes for a sample of this kind. */
struct sample {
	struct perf_event_header header;
	uint64_t time;
	uint32_t size; /* of what follows */
	char bytes[];
};

static size_t page_count(const struct session *session)
{
	uint64_t wanted = session->object->config.perf_rb_pages;
	size_t pages = 1;

	if (!wanted)
		return PAGES;
	while (pages < wanted && pages < PAGES_MAX)
		pages *= 2;
	return pages;
}

int packets_open(struct session *session, int map)
{
	bool is_eager = output_options_of(session->output)->buffering == BUFFER_NONE;
	const struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW, .sample_period = 1, .watermark = !is_eager,
		.wakeup_events = is_eager, .use_clockid = 1, .clockid = CLOCK_BOOTTIME,
	};
	int err = perf_buffers_open(&attr, page_count(session), &session->packets), fd;
	uint32_t cpu;
	size_t i;

	for (i = 0; !err && (fd = perf_buffers_event(session->packets, i, &cpu)) >= 0; i++)
		err = bpf_update(map, &cpu, &fd);
	return err;
}

void packets_close(struct session *session)
{
	perf_buffers_close(session->packets);
	session->packets = NULL;
}

int packets_fd(const struct session *session)
{
	return session->packets ? perf_buffers_fd(session->packets) : -1;
}

static void handle(void *context, const struct perf_event_header *header, uint64_t time)
{
	const struct sample *sample = (const struct sample *)header;
	struct session *session = context;

	if (header->type != PERF_RECORD_SAMPLE || header->size < sizeof(*sample) ||
	    sample->size > header->size - offsetof(struct sample, bytes))
		return;
	session->consumer.boot_ns = time;
	drain_record(session, sample->bytes, sample->size);
}

size_t packets_drain(struct session *session)
{
	size_t count;

	if (!session->packets)
		return 0;
	/* Of what comes from now on there may be something that another CPU is still writing. */
	count = perf_buffers_drain(session->packets, clock_ns(CLOCK_BOOTTIME), handle, session);
	if (count && output_options_of(session->output)->buffering != BUFFER_FULL &&
	    pcap_flush(&session->pcaps))
		session->is_ending = true;
	return count;
}
