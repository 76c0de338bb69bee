/*
 * Ranges of numbers that grow as the numbers do: each power of two is split
 * into 2^bits ranges of equal width, so that a range is never wider than a
 * 2^bits-th of the numbers in it.  Below 2^(bits + 1) each number has a range
 * of its own.
 */
#ifndef STDLIB_LOG_LINEAR_H
#define STDLIB_LOG_LINEAR_H

#include "codegen/lower.h"

/* The range that holds `val`, a uint64. */
struct val emit_log_linear(struct codegen *cg, struct val val, uint32_t bits);

/* record[index]++, where the verifier can see the range of the index. */
void emit_bucket(struct codegen *cg, struct val record, struct val index);

/* The first number of a range; of the one after the last it has no value. */
uint64_t log_linear_edge(uint32_t bits, uint32_t range);

/* What the CPUs have counted in bucket `index` of their records. */
uint64_t bucket_total(const void *records, size_t stride, unsigned cpu_count, uint32_t index);

#endif
