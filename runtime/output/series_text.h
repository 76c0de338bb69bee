/*
 * Time series as a graph, and their times.
 */
#ifndef RUNTIME_OUTPUT_SERIES_TEXT_H
#define RUNTIME_OUTPUT_SERIES_TEXT_H

#include "base/strbuf.h"
#include "base/value.h"

/* A line for each interval, from the first with values to the last of all series. */
void series_text(const struct value *series, struct strbuf *out);

/* ns since 1970 as local time in a format of strftime(3), with so many digits of the second. */
void series_time(uint64_t ns, const char *format, unsigned digits, struct strbuf *out);

#endif
