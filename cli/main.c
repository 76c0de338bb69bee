/*
 * bpfline: from the command line to the verb it asks for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "cli/environment.h"
#include "cli/options.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "runtime/exit_status.h"
#include "runtime/output/report.h"

/* Harnesses of the reference ask a link of its name for its version. */
static void print_version(const struct options *options)
{
	if (!strcmp(options->program_name, "bpftrace"))
		puts("bpftrace v0.26.0");
	else
		puts("bpfline " BPFLINE_VERSION);
}

static int run_verb(struct arena *arena, const struct options *options)
{
	struct environment environment;
	int status;

	switch (options->verb) {
	case VERB_HELP:
		usage_print();
		return STATUS_OK;
	case VERB_VERSION:
		print_version(options);
		return STATUS_OK;
	case VERB_RUN:
	case VERB_LIST:
	case VERB_FORMAT:
	case VERB_INFO:
		break;
	}
	status = environment_read(arena, options->no_warnings, &environment);
	if (status)
		return status;
	if (options->verb == VERB_INFO)
		return verb_info(arena, options, &environment);
	if (options->verb == VERB_LIST)
		return verb_list(arena, options, &environment);
	if (options->verb == VERB_FORMAT)
		return verb_format(arena, options, &environment);
	return verb_run(arena, options, &environment);
}

/* A map or program opened as number 1 would get what is written to standard output. */
static void keep_standard_numbers(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			return;
}

/* What stdio still holds: listings, dumps, help. */
static int finish_output(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	report_error("failed to write the output: %s", strerror(errno));
	return status ? status : STATUS_USAGE;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct options options;
	int status;

	keep_standard_numbers();
	status = options_parse(arena, argc, argv, &options);
	if (!status)
		status = run_verb(arena, &options);
	arena_free(arena);
	return finish_output(status);
}
