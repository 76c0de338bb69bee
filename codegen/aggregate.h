/*
 * What aggregates keep for each CPU: shared by the code that updates and reads
 * the records in programs and the code that reduces them in user space.
 *
 * count() and sum() keep one int64, histograms a uint64 for each bucket,
 * percentiles() the total before its buckets.
 */
#ifndef CODEGEN_AGGREGATE_H
#define CODEGEN_AGGREGATE_H

#include <stdint.h>

/* min, max: `value` counts once `number` is 1.  avg, stats: total and how many. */
struct aggregate_record {
	int64_t value;
	uint64_t number;
};

/*
 * tseries: an interval of time, number `epoch` since 1970.  It has values once
 * `number` is not 0: how many (avg), when the last one came (no word), or 1.
 */
struct series_slot {
	int64_t value;
	uint64_t number, epoch;
};

#endif
