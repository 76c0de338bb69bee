/*
 * Options: their arguments, and which go together.
 */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/vec.h"
#include "cli/option_list.h"
#include "cli/usage.h"
#include "cli/warnings.h"
#include "lexer/literal.h"
#include "runtime/exit_status.h"
#include "runtime/output/outputs.h"
#include "runtime/output/report.h"
#include "runtime/probes/probes.h"

enum { PID_MAX = 4194304, PLAIN_WORD = 1 /* what getopt_long() gives for words */ };

/* What getopt_long() has to know of an option. */
struct option_row {
	int key;
	const char *name, *argument;
};

static const struct option_row rows[] = {
#define X(key, name, argument, help) { key, name, argument },
	OPTIONS(X)
#undef X
};

static int parse_pid(const char *text, uint32_t *ret_pid)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (end == text) {
		report_error("Failed to parse pid: invalid integer: %s", text);
		return STATUS_USAGE;
	}
	if (*end) {
		report_error("Failed to parse pid: invalid trailing bytes: %s", text);
		return STATUS_USAGE;
	}
	if (errno || pid < 1 || pid > PID_MAX) {
		report_error("Pid out of range: %s", text);
		return STATUS_USAGE;
	}
	if (kill((pid_t)pid, 0) < 0 && errno == ESRCH) {
		report_error("Failed to attach to pid: %s", strerror(errno));
		return STATUS_USAGE;
	}
	*ret_pid = (uint32_t)pid;
	return 0;
}

static int parse_format(const char *name, const struct output_format **ret_format)
{
	size_t i;

	for (i = 0; output_formats[i]; i++)
		if (!strcmp(output_formats[i]->name, name)) {
			*ret_format = output_formats[i];
			return 0;
		}
	report_error("Invalid output format \"%s\"", name);
	fputs("Valid formats: ", stderr);
	for (i = 0; output_formats[i]; i++)
		fprintf(stderr, "%s'%s'", i ? ", " : "", output_formats[i]->name);
	fputc('\n', stderr);
	return STATUS_USAGE;
}

static int parse_buffering(const char *name, enum output_buffering *ret_buffering)
{
	static const char *const names[] = { [BUFFER_LINE] = "line", [BUFFER_FULL] = "full",
					     [BUFFER_NONE] = "none" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name)) {
			*ret_buffering = (enum output_buffering)i;
			return 0;
		}
	return usage_error("-B must be one of: line, full, none");
}

/* The second column: the names of -d. */
static const struct {
	const char *name, *debug_name;
	enum compile_stage stage;
} stages[] = {
	{ "ast", "ast", STAGE_AST },
	{ "types", "types", STAGE_TYPES },
	{ "ir", "codegen", STAGE_IR },
	{ "optimised", "codegen-opt", STAGE_OPTIMISED },
	{ "allocated", NULL, STAGE_ALLOCATED },
	{ "bpf", "dis", STAGE_BPF },
	{ "object", "libbpf", STAGE_OBJECT },
};

static int parse_stage(const char *name, bool is_debug, struct options *options)
{
	size_t i;

	options->dump_only |= !is_debug;
	for (i = 0; i < ARRAY_SIZE(stages); i++) {
		bool is_this = !strcmp(stages[i].name, name) ||
			       (is_debug && stages[i].debug_name && !strcmp(stages[i].debug_name, name));

		if (is_this && is_debug)
			options->debug_stages |= 1u << stages[i].stage;
		else if (is_this)
			options->dump = stages[i].stage;
		if (is_this)
			return 0;
	}
	return usage_error("invalid option for %s: %s", is_debug ? "-d" : "--dump", name);
}

static int parse_debug_stages(struct arena *arena, const char *list, struct options *options)
{
	char *rest = arena_strdup(arena, list), *name;
	int status = 0;
	size_t i;

	while (!status && (name = strsep(&rest, ","))) {
		bool is_all = !strcmp(name, "all");

		options->verbose |= is_all || !strcmp(name, "verifier");
		for (i = 0; is_all && i < ARRAY_SIZE(stages); i++)
			if (stages[i].debug_name)
				options->debug_stages |= 1u << stages[i].stage;
		if (!is_all && strcmp(name, "verifier") != 0)
			status = parse_stage(name, true, options);
	}
	return status;
}

static int set_mode(struct options *options, enum session_mode mode)
{
	if (options->mode != SESSION_TRACE && options->mode != mode)
		return usage_error("--test and --bench exclude each other.");
	options->mode = mode;
	return 0;
}

static int parse_mode(const char *name, struct options *options)
{
	if (!strcmp(name, "test"))
		return set_mode(options, SESSION_TEST);
	if (!strcmp(name, "bench"))
		return set_mode(options, SESSION_BENCH);
	if (!strcmp(name, "codegen") || !strcmp(name, "compiler-bench"))
		options->compile_only = true;
	else if (!strcmp(name, "format"))
		options->verb = VERB_FORMAT;
	else
		return usage_error("--mode must be one of: codegen, test, bench, format");
	return 0;
}

/* Those that are only ways to attach: others are tried in their place. */
static int parse_no_feature(struct arena *arena, const char *list, struct options *options)
{
	char *rest = arena_strdup(arena, list), *name;

	while ((name = strsep(&rest, ","))) {
		if (!strcmp(name, "kprobe_multi"))
			options->hidden_features |= 1u << FEATURE_KPROBE_MULTI;
		else if (!strcmp(name, "uprobe_multi"))
			options->hidden_features |= 1u << FEATURE_UPROBE_MULTI;
		else if (!strcmp(name, "kprobe_session"))
			options->hidden_features |= 1u << FEATURE_KPROBE_SESSION;
		else
			return usage_error("--no-feature can only be used with kprobe_multi, "
					   "kprobe_session and uprobe_multi: %s", name);
	}
	return 0;
}

static int set_functions_file(const char *path, struct options *options)
{
	options->functions = path;
	if (!access(path, R_OK))
		return 0;
	report_error("failed to open the list of functions '%s': %s", path, strerror(errno));
	return STATUS_USAGE;
}

static int parse_mechanism(const char *name, struct options *options)
{
	options->mechanism = name;
	if (is_way(NULL, name))
		return 0;
	return usage_error("--attach: no probe is attached by '%s'; --info lists the ways there are", name);
}

/* A number of seconds, or with a unit. */
static int parse_timeout(const char *text, uint64_t *ret_ns)
{
	struct literal_number number;

	if (literal_parse_number(text, strlen(text), 0, &number) != LITERAL_OK || !number.value)
		return usage_error("--timeout takes a time such as 10s, 500ms or 5m: %s", text);
	if (!number.is_duration &&
	    __builtin_mul_overflow(number.value, 1000000000ull, &number.value))
		return usage_error("--timeout is too long: %s", text);
	*ret_ns = number.value;
	return 0;
}

/* Of the reference, and not here: what to take instead. */
static int refuse_aot(void)
{
	report_error("--aot is not supported: scripts start in a millisecond or two without it. "
		     "-o and -f choose the output, a `#!/usr/bin/env bpfline` line makes a "
		     "script a program.");
	return STATUS_USAGE;
}

static int parse_warnings(struct options *options, int option)
{
	if (option == 'k' && options->more_warnings)
		return usage_error("-k can only be given once");
	options->more_warnings |= option == 'k';
	options->no_warnings |= option == OPTION_NO_WARNINGS;
	return 0;
}

/* Options without an argument; false for others. */
static bool parse_switch(struct options *options, int option)
{
	switch (option) {
	case 'l':
		options->verb = VERB_LIST;
		return true;
	case 'h':
		options->verb = VERB_HELP;
		return true;
	case 'V':
		options->verb = VERB_VERSION;
		return true;
	case OPTION_FOLLOW:
		options->follow = true;
		return true;
	case OPTION_FMT:
		options->verb = VERB_FORMAT;
		return true;
	case OPTION_INFO:
		options->verb = VERB_INFO;
		return true;
	case 'v':
		options->verbose = true;
		return true;
	case 'q':
		options->quiet = true;
		return true;
	case OPTION_DRY_RUN:
		options->dry_run = true;
		return true;
	case OPTION_UNSAFE:
		options->unsafe = true;
		return true;
	case OPTION_STRICT:
		options->strict = true;
		return true;
	case 'b':
	case OPTION_IGNORED:
		return true;
	default:
		return false;
	}
}

/* Where an argument goes that is kept as it is; NULL: it is not. */
static const char **place_of_text(struct options *options, int option)
{
	switch (option) {
	case 'e':
		return &options->text;
	case 'o':
		return &options->output_file;
	case OPTION_TARGET:
		return &options->target;
	case OPTION_DEBUGINFO:
		return &options->debug_folders;
	case OPTION_PROBE_FILTER:
		return &options->probe_filter;
	default:
		return NULL;
	}
}

static int parse_option(struct arena *arena, struct options *options, int option,
			const char *argument)
{
	const char **place = place_of_text(options, option);

	if (place)
		*place = argument;
	if (place || parse_switch(options, option))
		return 0;
	switch (option) {
	case 'c':
		options->command = *argument ? argument : NULL;
		return 0;
	case 'p':
		return parse_pid(argument, &options->pid);
	case 'f':
		return parse_format(argument, &options->format);
	case 'B':
		return parse_buffering(argument, &options->buffering);
	case 'd':
		return parse_debug_stages(arena, argument, options);
	case OPTION_DUMP:
		return parse_stage(argument, false, options);
	case 'k':
	case OPTION_NO_WARNINGS:
		return parse_warnings(options, option);
	case 'W':
		return warnings_parse(arena, argument, &options->treatments) ? STATUS_USAGE : 0;
	case OPTION_ATTACH:
		return parse_mechanism(argument, options);
	case 'I':
		vec_push(arena, &options->include_dirs, argument);
		return 0;
	case OPTION_INCLUDE:
		vec_push(arena, &options->headers, argument);
		return 0;
	case OPTION_MODE:
		return parse_mode(argument, options);
	case OPTION_TEST:
		return set_mode(options, SESSION_TEST);
	case OPTION_BENCH:
		return set_mode(options, SESSION_BENCH);
	case OPTION_NO_FEATURE:
		return parse_no_feature(arena, argument, options);
	case OPTION_FUNCTIONS:
		return set_functions_file(argument, options);
	case OPTION_TIMEOUT:
		return parse_timeout(argument, &options->timeout_ns);
	case OPTION_EMIT_LLVM:
		options->asks_for_llvm = true;
		return 0;
	case OPTION_EMIT_ELF:
		options->elf_file = argument;
		return 0;
	case OPTION_AOT:
		return refuse_aot();
	}
	unreachable();
}

static int check_combination(const struct options *options)
{
	if (options->command && options->pid)
		return usage_error("Cannot use both -c and -p.");
	if ((options->mode != SESSION_TRACE) + (options->verb == VERB_FORMAT) + options->compile_only > 1)
		return usage_error("--mode, --test, --bench and --fmt exclude each other.");
	if (options->more_warnings && options->no_warnings)
		return usage_error("Cannot use both -k and --no-warnings.");
	if (options->verb != VERB_RUN && options->verb != VERB_FORMAT)
		return 0;
	if (options->follow && !options->command && !options->pid)
		return usage_error("--follow goes with -c or -p.");
	if (!options->text && !options->file)
		return usage_error("filename or -e 'program' required.");
	return 0;
}

/* "--name=value" or "--name" after `--`: a pair; the value of the latter is NULL. */
static void add_named(struct arena *arena, struct options *options, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);

	vec_push(arena, &options->named, arena_strndup(arena, word + 2, length - 2));
	vec_push(arena, &options->named, equals ? equals + 1 : NULL);
}

/* The first word is the script unless -e gave it; the others are its parameters. */
static void split_words(struct options *options)
{
	options->params = options->words.items;
	options->param_count = options->words.count;
	if (options->text || !options->words.count)
		return;
	options->file = options->words.items[0];
	options->params++;
	options->param_count--;
}

/* The list as getopt_long() wants it. */
struct getopt_tables {
	char letters[3 + 2 * ARRAY_SIZE(rows)];
	struct option names[ARRAY_SIZE(rows) + 1];
};

static void make_tables(struct getopt_tables *tables)
{
	char *letter = tables->letters;
	struct option *name = tables->names;
	size_t i;

	*letter++ = '-'; /* words come in their order, so that those after "--" are known */
	*letter++ = ':'; /* what is wrong is for us to say */
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int takes = rows[i].argument ? required_argument : no_argument;

		if (rows[i].key < OPTION_DUMP)
			*letter++ = (char)rows[i].key;
		if (rows[i].key < OPTION_DUMP && rows[i].argument)
			*letter++ = ':';
		if (rows[i].name)
			*name++ = (struct option){ rows[i].name, takes, NULL, rows[i].key };
	}
	*letter = '\0';
	*name = (struct option){ 0 };
}

int options_parse(struct arena *arena, int argc, char **argv, struct options *ret_options)
{
	const char *slash = strrchr(argv[0], '/');
	struct getopt_tables tables;
	int option, status;

	*ret_options = (struct options){
		.program_name = slash ? slash + 1 : argv[0],
		.format = output_formats[0],
		.buffering = BUFFER_LINE,
	};
	if (argc == 1)
		return usage_remind();
	make_tables(&tables);
	opterr = 0;
	while ((option = getopt_long(argc, argv, tables.letters, tables.names, NULL)) != -1) {
		status = 0;
		if (option == PLAIN_WORD)
			vec_push(arena, &ret_options->words, optarg);
		else if (option == '?' || option == ':')
			status = usage_bad_option(option, argv);
		else
			status = parse_option(arena, ret_options, option, optarg);
		if (status)
			return status;
	}
	for (; optind < argc; optind++) {
		if (!strncmp(argv[optind], "--", 2) && argv[optind][2])
			add_named(arena, ret_options, argv[optind]);
		else
			vec_push(arena, &ret_options->words, argv[optind]);
	}
	split_words(ret_options);
	return check_combination(ret_options);
}
