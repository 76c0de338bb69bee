/*
 * The command line, read.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/vec.h"
#include "codegen/codegen.h"
#include "runtime/output/output.h"
#include "runtime/session.h"

enum verb {
	VERB_RUN,
	VERB_LIST,    /* -l */
	VERB_FORMAT,  /* --fmt */
	VERB_HELP,    /* -h */
	VERB_VERSION, /* -V */
	VERB_INFO,    /* --info */
};

struct options {
	enum verb verb;
	const char *program_name; /* "bpfline", or "bpftrace" through a link of that name */
	const char *text;	  /* -e, or NULL */
	const char *file;	  /* script; "-": standard input; NULL: none; of -l the pattern */
	VEC(const char *) words;  /* of the command line that belong to no option */
	const char *const *params;
	size_t param_count;
	VEC(const char *) named; /* pairs after `--`: name, value or NULL */

	const char *command; /* -c, or NULL */
	uint32_t pid;	     /* -p, or 0 */
	const char *elf_file; /* --emit-elf, or NULL */
	const char *output_file; /* -o, or NULL */
	const struct output_format *format;
	enum output_buffering buffering;
	const char *target;    /* --target, or NULL */
	const char *functions; /* --traceable-functions, or NULL */
	VEC(const char *) include_dirs; /* -I */
	VEC(const char *) headers;	/* --include */
	uint64_t timeout_ns;	  /* --timeout, or 0 */
	const char *probe_filter; /* --probe-filter, or NULL */
	const char *mechanism; /* --attach, or NULL */
	const char *debug_folders; /* --debuginfo, or NULL */
	enum compile_stage dump; /* --dump */
	uint32_t debug_stages;	 /* -d: bits by enum compile_stage */
	uint32_t hidden_features; /* --no-feature: bits by enum target_feature */
	enum session_mode mode; /* --test, --bench */
	struct diag_treatments treatments; /* -W */
	bool dump_only;	   /* --dump: do not run */
	bool compile_only; /* --mode=codegen */
	bool asks_for_llvm; /* --emit-llvm */
	bool follow;	   /* --follow */
	bool verbose, quiet, dry_run, unsafe, no_warnings, more_warnings, strict;
};

/* 0, or the exit status after saying what is wrong. */
int options_parse(struct arena *arena, int argc, char **argv, struct options *ret_options);

#endif
