/*
 * How the tool is used: --help, and what a wrong command line is answered with.
 */
#ifndef CLI_USAGE_H
#define CLI_USAGE_H

#include "base/compiler.h"

/* The text of --help. */
void usage_print(void);

/* The forms of a command line and where to go on, on standard error.  Gives the exit status. */
int usage_remind(void);

/* What is wrong with an option, then the reminder.  Gives the exit status. */
int usage_error(const char *format, ...) PRINTF_LIKE(1, 2);

/* What getopt_long() did not take, `result` being what it gave: '?' or ':'. */
int usage_bad_option(int result, char **argv);

#endif
