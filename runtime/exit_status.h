/*
 * Exit statuses, the one list of them: id, number, meaning for --help.
 */
#ifndef RUNTIME_EXIT_STATUS_H
#define RUNTIME_EXIT_STATUS_H

/* clang-format off */
#define EXIT_STATUSES(X) \
	X(OK,		0,	"the run ended as asked: exit(), Ctrl-C, SIGTERM, --timeout, end of -c or -p") \
	X(USAGE,	1,	"the command line, the script or the privileges are not right; nothing to attach; output that cannot be written") \
	X(SETTING,	2,	"a setting in the environment has an invalid value, or C in the script cannot be read") \
	X(LOST,		6,	"with --strict: events or data were lost") \
	X(ASSERTION,	7,	"an assertion of the script failed") \
	X(CUT,		124,	"--timeout ended what would have ended by itself: the process of -c or -p, a script with exit()") \
	X(RUN,		255,	"the kernel refused to load or attach")
/* clang-format on */

enum exit_status {
#define X(id, number, meaning) STATUS_##id = number,
	EXIT_STATUSES(X)
#undef X
};

#endif
