/*
 * Lines on standard error.
 */
#include "runtime/output/report.h"

#include <stdarg.h>
#include <stdio.h>

static void PRINTF_LIKE(2, 0) say(const char *prefix, const char *format, va_list args)
{
	fputs(prefix, stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

#define DEFINE_REPORT(name, prefix)                                                             \
	void report_##name(const char *format, ...)                                             \
	{                                                                                       \
		va_list args;                                                                   \
                                                                                                \
		va_start(args, format);                                                         \
		say(prefix, format, args);                                                      \
		va_end(args);                                                                   \
	}

DEFINE_REPORT(error, "ERROR: ")
DEFINE_REPORT(warning, "WARNING: ")
DEFINE_REPORT(hint, "HINT: ")
DEFINE_REPORT(line, "")
