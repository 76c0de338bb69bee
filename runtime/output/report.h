/*
 * What the tracer itself has to say, on standard error.
 */
#ifndef RUNTIME_OUTPUT_REPORT_H
#define RUNTIME_OUTPUT_REPORT_H

#include "base/compiler.h"

void report_error(const char *format, ...) PRINTF_LIKE(1, 2);	/* "ERROR: ..." and a line end */
void report_warning(const char *format, ...) PRINTF_LIKE(1, 2); /* "WARNING: ..." */
void report_hint(const char *format, ...) PRINTF_LIKE(1, 2);	/* "HINT: ..." */
void report_line(const char *format, ...) PRINTF_LIKE(1, 2);	/* as it is */

#endif
