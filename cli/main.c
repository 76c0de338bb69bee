/*
 * bpfline: from the command line to the verb it asks for.
 */
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "cli/environment.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "runtime/exit_status.h"

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
		print_usage(false);
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

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct options options;
	int status = options_parse(arena, argc, argv, &options);

	if (!status)
		status = run_verb(arena, &options);
	arena_free(arena);
	return status;
}
