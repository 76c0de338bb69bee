/*
 * The verbs: each makes its job from the options, compiles as far as it needs,
 * and prints what the compiler found.
 */
#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/diag.h"
#include "cli/language.h"
#include "cli/privileges.h"
#include "cli/replace.h"
#include "cli/script.h"
#include "codegen/codegen.h"
#include "codegen/object_elf.h"
#include "parser/format.h"
#include "parser/parse.h"
#include "runtime/exit_status.h"
#include "runtime/host/clang.h"
#include "runtime/host/host.h"
#include "runtime/host/user_files.h"
#include "runtime/host/info.h"
#include "runtime/lister.h"
#include "runtime/output/outputs.h"
#include "runtime/output/report.h"
#include "runtime/probes/probes.h"
#include "runtime/session.h"
#include "sema/passes.h"

/* What every verb that looks at a script works on. */
struct job {
	struct arena *arena;
	const struct options *options;
	const struct environment *environment;
	struct sources sources;
	struct diags diags;
	struct source *source;
	struct target *target;
	struct language language;
	struct compile_options compile_options;
	regex_t filter; /* compiled when the options have one */
};

static struct target *open_target(struct job *job)
{
	const struct host_options host = { .btf = job->environment->btf,
					   .functions = job->options->functions };
	const char *error = NULL;
	struct target *target;

	if (!job->options->target) {
		target = host_target_new(job->arena, &host);
		if (!target)
			report_error("this processor architecture is not supported");
		else if (job->options->debug_folders)
			user_files_add_debug(target->user_files, job->options->debug_folders);
		return target;
	}
	target = file_target_new(job->arena, job->options->target, &error);
	if (!target)
		report_error("%s", error);
	return target;
}

static void set_headers(struct job *job)
{
	const struct clang_options headers = {
		.include_dirs = job->options->include_dirs.items,
		.include_dir_count = job->options->include_dirs.count,
		.kernel_source = job->environment->kernel_source,
		.kernel_build = job->environment->kernel_build,
		.header_arch = job->environment->arch,
	};

	target_set_headers(job->target, &headers);
}

/* The exit status after saying what is wrong with the expression: the reference's, which stops later. */
static int read_filter(struct job *job)
{
	const char *text = job->options->probe_filter;
	char reason[128];
	int err;

	if (!text)
		return STATUS_OK;
	err = regcomp(&job->filter, text, REG_EXTENDED | REG_NOSUB);
	if (err) {
		regerror(err, &job->filter, reason, sizeof(reason));
		report_error("--probe-filter: '%s' is no regular expression: %s", text, reason);
		return STATUS_RUN;
	}
	job->compile_options.probe_filter = &job->filter;
	return STATUS_OK;
}

static void job_finish(struct job *job)
{
	if (job->compile_options.probe_filter)
		regfree(&job->filter);
	target_close(job->target);
}

static void init_diags(struct job *job)
{
	diags_init(&job->diags, job->arena, &job->sources);
	job->diags.treatment = &job->options->treatments;
}

/* The exit status. */
static int job_init(struct job *job, struct arena *arena, const struct options *options,
		    const struct environment *environment)
{
	*job = (struct job){ .arena = arena, .options = options, .environment = environment };
	sources_init(&job->sources, arena);
	init_diags(job);
	job->target = open_target(job);
	if (job->target)
		set_headers(job);
	if (job->target)
		job->target->hidden_features = options->hidden_features;
	job->language = language_of(job->target);
	job->compile_options = (struct compile_options){
		.params = options->params,
		.param_count = options->param_count,
		.settings = environment->settings,
		.setting_count = environment->setting_count,
		.pid = options->pid,
		.has_child = options->command,
		.follow = options->follow,
		.allow_unsafe = options->unsafe,
		.mechanism = options->mechanism,
		.named = options->named.items,
		.named_count = options->named.count / 2,
		.count_quiet = options->more_warnings,
		.c_headers = options->headers.items,
		.c_header_count = options->headers.count,
	};
	return job->target ? read_filter(job) : STATUS_USAGE;
}

static bool read_script(struct job *job)
{
	job->source = script_read(job->arena, &job->sources, job->options);
	return job->source;
}

/*
 * Prints what the compiler found; the exit status for errors.  As JSON it goes
 * where all other lines of JSON go.
 */
static int print_diags(struct job *job)
{
	bool warnings = !job->options->no_warnings;
	struct strbuf text;
	size_t i;

	strbuf_init(&text, job->arena);
	if (job->options->format == &output_json) {
		diags_format_json(&job->diags, warnings, &text);
		fwrite(text.text, 1, text.length, stdout);
		fflush(stdout);
	} else {
		diags_format(&job->diags, job->environment->color, warnings, &text);
		fwrite(text.text, 1, text.length, stderr);
	}
	for (i = 0; i < job->diags.list.count; i++)
		if (job->diags.list.items[i]->id == DIAG_C_SYNTAX ||
		    job->diags.list.items[i]->id == DIAG_C_COMPILER)
			return STATUS_SETTING;
	if (!job->diags.error_count)
		return STATUS_OK;
	script_hint(job->options);
	return STATUS_USAGE;
}

/* --- run -------------------------------------------------------------------------- */

/* Shows a stage; the exit status for errors. */
static int dump_stage(struct job *job, enum compile_stage stage, FILE *to)
{
	struct compile_dump dump = { .stage = stage };
	struct strbuf text;

	strbuf_init(&text, job->arena);
	dump.out = &text;
	compile(job->arena, &job->sources, job->source, &job->language, &job->compile_options,
		&job->diags, &dump);
	if (!job->diags.error_count)
		fwrite(text.text, 1, text.length, to);
	return 0;
}

static int open_output(const struct options *options, int *ret_fd)
{
	*ret_fd = STDOUT_FILENO;
	if (!options->output_file)
		return 0;
	*ret_fd = open(options->output_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (*ret_fd >= 0)
		return 0;
	report_error("Failed to open output file: \"%s\": %s", options->output_file, strerror(errno));
	return STATUS_USAGE;
}

static int run_object(struct job *job, const struct object *object)
{
	const struct options *options = job->options;
	struct session_options session = {
		.mode = options->mode,
		.output = { .format = options->format, .buffering = options->buffering,
			    .quiet = options->quiet, .no_warnings = options->no_warnings,
			    .truncation_mark = object->config.str_trunc_trailer },
		.pid = options->pid,
		.command = options->command,
		.timeout_ns = options->timeout_ns,
		.verbose = options->verbose,
		.dry_run = options->dry_run,
		.tell_quiet = options->more_warnings,
		.strict = options->strict,
		.notify = job->environment->notify,
	};
	int status;

	if (!object->attachments.count) {
		if (!options->quiet)
			puts("No probes to attach");
		return STATUS_USAGE;
	}
	session.output.quiet |= options->dry_run;
	status = open_output(options, &session.output.fd);
	if (status)
		return status;
	status = session_run(object, job->target, &session);
	if (options->output_file)
		close(session.output.fd);
	return status;
}

static void list_named(const struct object *object)
{
	size_t i;

	if (!object->named_count) {
		report_hint("the script asks for none");
		return;
	}
	fputs("HINT: expected program options:", stderr);
	for (i = 0; i < object->named_count; i++)
		fprintf(stderr, "%s --%s", i ? ":" : "", object->named[i].name);
	fputc('\n', stderr);
}

/* What was given after `--` against what the script asks for; the exit status. */
static int check_named(struct job *job, const struct object *object)
{
	const struct options *options = job->options;
	size_t i, j;

	for (i = 0; i < options->named.count; i += 2) {
		const char *name = options->named.items[i];
		bool is_known = false;

		for (j = 0; j < object->named_count; j++)
			is_known |= !strcmp(object->named[j].name, name);
		if (is_known)
			continue;
		if (!strcmp(name, "help") && object->named_count) {
			fputs("HINT: expected program options:\n", stderr);
			for (j = 0; j < object->named_count; j++)
				fprintf(stderr, "      --%s: %s\n", object->named[j].name,
					object->named[j].description ? object->named[j].description
								     : object->named[j].value);
			return STATUS_USAGE;
		}
		report_error("unexpected program command line options: --%s", name);
		list_named(object);
		return STATUS_USAGE;
	}
	return STATUS_OK;
}

/* --emit-elf */
static int write_elf(struct job *job, const struct object *object)
{
	const char *trouble;
	struct strbuf bytes;

	strbuf_init(&bytes, job->arena);
	trouble = object_elf(job->arena, object, &bytes);
	if (trouble) {
		report_error("--emit-elf: such a file has no words for %s", trouble);
		return STATUS_USAGE;
	}
	return file_replace(job->arena, job->options->elf_file, &bytes);
}

static int compile_and_run(struct job *job)
{
	const struct options *options = job->options;
	const struct object *object;
	unsigned stage;
	int status;

	if (options->dump_only) {
		dump_stage(job, options->dump, stdout);
		return print_diags(job);
	}
	for (stage = STAGE_AST; stage <= STAGE_OBJECT; stage++) {
		if (!(options->debug_stages & 1u << stage))
			continue;
		dump_stage(job, (enum compile_stage)stage, stderr);
		if (job->diags.error_count)
			return print_diags(job);
		init_diags(job);
	}
	object = compile(job->arena, &job->sources, job->source, &job->language,
			 &job->compile_options, &job->diags, NULL);
	status = print_diags(job);
	if (!status)
		status = check_named(job, object);
	if (!status && options->elf_file)
		status = write_elf(job, object);
	if (status || options->target || options->compile_only)
		return status;
	return run_object(job, object);
}

int verb_run(struct arena *arena, const struct options *options,
	     const struct environment *environment)
{
	bool runs = !options->dump_only && !options->target;
	struct job job;
	int status;

	if (runs && !privileges_check())
		return STATUS_USAGE;
	if (options->asks_for_llvm && !options->no_warnings)
		report_warning("--emit-llvm has no effect: no LLVM takes part; --dump=ir shows what "
			       "stands in its place");
	status = job_init(&job, arena, options, environment);
	if (!status)
		status = read_script(&job) ? compile_and_run(&job) : STATUS_USAGE;
	job_finish(&job);
	return status;
}

/* --- info --------------------------------------------------------------------------- */

int verb_info(struct arena *arena, const struct options *options,
	      const struct environment *environment)
{
	struct strbuf text;
	struct job job;
	int status;

	if (!privileges_check())
		return STATUS_USAGE;
	status = job_init(&job, arena, options, environment);
	if (status)
		return status;
	strbuf_init(&text, arena);
	host_info(job.target, BPFLINE_VERSION, &text);
	put_ways(&text);
	fwrite(text.text, 1, text.length, stdout);
	job_finish(&job);
	return STATUS_OK;
}

/* --- list --------------------------------------------------------------------------- */

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static bool looks_like_file(const char *path)
{
	size_t length = strlen(path);

	return length > 3 && !strcmp(path + length - 3, ".bt");
}

/* A place of the script, with its arguments where -v asks for them and the place has some. */
static void list_place(struct job *job, const char *name, struct strbuf *out)
{
	size_t length = strlen(name);
	struct strbuf text;
	struct diags diags; /* a place that no list has is listed by its name */

	strbuf_init(&text, job->arena);
	diags_init(&diags, job->arena, &job->sources);
	if (job->options->verbose)
		list_probes(job->arena, &job->language, name, job->options->pid, true, &diags, &text);
	if (text.length > length && !strncmp(text.text, name, length) && text.text[length] == '\n')
		strbuf_add(out, text.text, text.length);
	else
		strbuf_printf(out, "%s\n", name);
}

/* The attach points of a script, after expansion. */
static void list_script(struct job *job, struct strbuf *out)
{
	struct interner interner;
	struct script *script;
	struct program *program;
	size_t i, j;

	interner_init(&interner, job->arena);
	script = parse(job->arena, &job->sources, job->source, &interner, &job->diags);
	if (job->diags.error_count)
		return;
	program = analyse(job->arena, &job->sources, script, &interner, &job->language,
			  &job->compile_options, &job->diags);
	for (i = 0; program && i < program->instances.count; i++) {
		const struct instance *instance = program->instances.items[i];

		for (j = 0; j < instance->points.count; j++)
			if (!(instance->points.items[j]->type->flags & PROBE_RUNS_HERE) &&
			    !instance->points.items[j]->is_part)
				list_place(job, instance->points.items[j]->name, out);
	}
}

/* The pattern up to a comma outside of quotes; *patterns goes on behind it, NULL: that was the last. */
static const char *next_pattern(struct arena *arena, const char **patterns)
{
	const char *begin = *patterns, *end;
	bool is_quoted = false;

	for (end = begin; *end && (is_quoted || *end != ','); end++)
		is_quoted ^= *end == '"';
	*patterns = *end ? end + 1 : NULL;
	return arena_strndup(arena, begin, (size_t)(end - begin));
}

/* "tracepiont:*": nothing is listed, and the reason is not that there is none. */
static void warn_of_type(struct job *job, const char *pattern)
{
	const char *name = arena_strndup(job->arena, pattern, strcspn(pattern, ":"));
	const struct probe_type *const *type;
	struct suggestion suggestion;

	if (!strchr(pattern, ':') || has_wildcard(name) || probe_type_named(&job->language, name))
		return;
	suggestion_init(&suggestion, name);
	for (type = job->language.probe_types; *type; type++)
		suggestion_offer(&suggestion, (*type)->name);
	report_warning("there is no probe type '%s'", name);
	if (suggestion.best)
		report_hint("did you mean %s?", suggestion.best);
}

static void list_pattern(struct job *job, const char *pattern, struct strbuf *out)
{
	if (pattern && looks_like_file(pattern))
		report_warning("It appears that '%s' is a filename but the file does not exist. "
			       "Treating '%s' as a search pattern.",
			       pattern, pattern);
	else if (pattern && !job->options->no_warnings)
		warn_of_type(job, pattern);
	list_probes(job->arena, &job->language, pattern, job->options->pid, job->options->verbose,
		    &job->diags, out);
}

/* Patterns between commas, or in words of their own, as where the shell has expanded one. */
static void list_patterns(struct job *job, struct strbuf *out)
{
	const struct options *options = job->options;
	const char *patterns = options->file;
	size_t i;

	if (!patterns)
		list_pattern(job, NULL, out);
	while (patterns)
		list_pattern(job, next_pattern(job->arena, &patterns), out);
	for (i = 0; i < options->param_count; i++)
		for (patterns = options->params[i]; patterns;)
			list_pattern(job, next_pattern(job->arena, &patterns), out);
}

int verb_list(struct arena *arena, const struct options *options,
	      const struct environment *environment)
{
	bool is_script = options->text || (options->file && is_file(options->file));
	struct strbuf text;
	struct job job;
	int status;

	if (!options->target && !privileges_check())
		return STATUS_USAGE;
	strbuf_init(&text, arena);
	status = job_init(&job, arena, options, environment);
	if (!status && is_script && !read_script(&job))
		status = STATUS_USAGE;
	if (!status) {
		if (is_script)
			list_script(&job, &text);
		else
			list_patterns(&job, &text);
		status = print_diags(&job);
		fwrite(text.text, 1, text.length, stdout);
	}
	job_finish(&job);
	return status;
}

/* --- format -------------------------------------------------------------------------- */

int verb_format(struct arena *arena, const struct options *options,
		const struct environment *environment)
{
	struct job job = { .arena = arena, .options = options, .environment = environment };
	struct interner interner;
	struct script *script;
	struct strbuf text;

	sources_init(&job.sources, arena);
	init_diags(&job);
	interner_init(&interner, arena);
	strbuf_init(&text, arena);
	if (!read_script(&job))
		return STATUS_USAGE;
	script = parse(arena, &job.sources, job.source, &interner, &job.diags);
	if (print_diags(&job))
		return STATUS_USAGE;
	format_script(script, &job.sources, &text);
	if (!options->output_file) {
		fwrite(text.text, 1, text.length, stdout);
		return STATUS_OK;
	}
	return file_replace(arena, options->output_file, &text);
}
