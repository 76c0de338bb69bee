/*
 * What the kernel writes through perf events: a buffer for each CPU.
 */
#ifndef RUNTIME_PERF_BUFFERS_H
#define RUNTIME_PERF_BUFFERS_H

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>

struct perf_buffers;

/*
 * Opens such an event on every CPU that is online; each record gets a time of the attribute's
 * clock.  Buffers have so many pages, a power of two, or fewer where the limit for locked memory
 * is low.  With attr.watermark they are ready when they are half full.  0, or -errno.
 */
int perf_buffers_open(const struct perf_event_attr *attr, size_t pages,
		      struct perf_buffers **ret_buffers);
void perf_buffers_close(struct perf_buffers *buffers); /* NULL is fine */

/* Ready to read. */
int perf_buffers_fd(const struct perf_buffers *buffers);

/* The event on a CPU, and which CPU that is; -1 beyond the last. */
int perf_buffers_event(const struct perf_buffers *buffers, size_t index, uint32_t *ret_cpu);

/* A record, aligned to 8; a byte follows that is 0. */
typedef void perf_record_handler(void *context, const struct perf_event_header *header, uint64_t time);

/* Hands on all that has come up to a time (UINT64_MAX: now), in order of time.  Gives the number. */
size_t perf_buffers_drain(struct perf_buffers *buffers, uint64_t until, perf_record_handler *handler,
			  void *context);

#endif
