/*
 * Loads programs.  What the verifier says is asked for only after a refusal, and
 * led back to the line of the script that the instruction comes from.
 */
#include "runtime/programs.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/diag.h"
#include "runtime/bpf.h"
#include "runtime/host/host.h"
#include "runtime/output/report.h"
#include "runtime/session_internal.h"
#include "sema/probe_type.h"

/*
 * How a program of a session learns where it runs: it asks the kernel, or it is loaded once for
 * the entries and once for the returns and always runs there.
 */
static void answer_is_return(struct session *session, struct bpf_insn *insns, uint32_t count,
			     const struct mechanism *mechanism)
{
	const struct bpf_insn known = { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0,
					.imm = mechanism->on_return };
	struct bpf_insn asked = { .code = BPF_JMP | BPF_CALL,
				  .src_reg = BPF_PSEUDO_KFUNC_CALL };
	uint32_t i;

	if (mechanism->is_session)
		asked.imm = (int32_t)target_function_id(session->target, SESSION_IS_RETURN);
	for (i = 0; i < count; i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].imm == HELPER_IS_RETURN &&
		    !insns[i].src_reg)
			insns[i] = mechanism->is_session ? asked : known;
}

/* The instructions with the descriptors of this run in them. */
static struct bpf_insn *relocate(struct session *session, const struct object_program *program)
{
	struct bpf_insn *insns = arena_dup(session->arena, program->insns,
					   program->insn_count * sizeof(*insns));
	size_t i;

	for (i = 0; i < program->relocs.count; i++) {
		const struct code_reloc *reloc = &program->relocs.items[i];

		insns[reloc->insn].imm = session->maps[reloc->map];
	}
	return insns;
}

/* --- refusals ----------------------------------------------------------------- */

/* The last line of the log that says something: before the statistics. */
static const char *log_complaint(struct session *session, const char *log)
{
	const char *line = log, *last = "", *end;
	size_t last_length = 0, length;

	for (; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		length = (size_t)(end - line);
		if (!length || !strncmp(line, "processed ", 10) ||
		    !strncmp(line, "verification time", 17) || !strncmp(line, "stack depth", 11))
			continue;
		last = line;
		last_length = length;
	}
	return arena_strndup(session->arena, last, last_length);
}

/* Number of the instruction that the log mentions last, as in "17: (85) call ..."; -1: none. */
static long log_last_insn(const char *log)
{
	const char *line = log;
	long last = -1;

	while (line && *line) {
		char *end;
		long number = isdigit((unsigned char)*line) ? strtol(line, &end, 10) : -1;

		if (number >= 0 && !strncmp(end, ": (", 3))
			last = number;
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return last;
}

static struct code_line line_of_insn(const struct object_program *program, long insn)
{
	struct code_line line = { .span = program->span };
	size_t i;

	for (i = 0; i < program->lines.count && (long)program->lines.items[i].insn <= insn; i++)
		line = program->lines.items[i];
	return line;
}

/* It gave up counting ways through the program: a loop with a branchy body, or one without an end. */
static bool is_out_of_patience(const char *complaint)
{
	return strstr(complaint, "program is too large") || strstr(complaint, "is too complex");
}

/* It has no such helper, or not for programs of this type. */
static bool is_about_helper(const char *complaint)
{
	return strstr(complaint, "cannot use helper") || strstr(complaint, "unknown func ") ||
	       strstr(complaint, "helper call is not allowed");
}

/* An argument that a tracepoint may be without. */
static bool is_about_nothing(const char *complaint)
{
	return strstr(complaint, "null-check it first") || strstr(complaint, "_or_null");
}

static void hint_at_way_out(const struct code_line *line, const char *complaint, bool verbose, int err)
{
	if (line->c_function)
		report_hint("the kernel has to see by itself that a function's loops end and that it stays "
			    "within the memory it is given; -v shows all that it says");
	else if (is_out_of_patience(complaint))
		report_hint("there are more ways through the program than the kernel follows: loop less "
			    "often, or decide less in the loop's body");
	else if (is_about_helper(complaint))
		report_hint("this kernel does not offer that to such a probe: its version, its "
			    "configuration or a lockdown is against it");
	else if (is_about_nothing(complaint))
		report_hint("this argument may be 0: look before what it points to, as in "
			    "if (args.NAME) { ... }");
	else if (*complaint && !verbose)
		report_hint("this is a mistake in bpfline; -v shows the kernel's whole log");
	else if (err == -EPERM || err == -EACCES)
		report_hint("loading programs takes root, or CAP_BPF and CAP_PERFMON; kernel lockdown "
			    "may forbid it too");
	else if (err == -EMFILE)
		report_hint("'ulimit -n' raises the number of files that may be open");
}

static void report_refusal(struct session *session, const struct object_program *program,
			   const char *log, int err)
{
	struct code_line line = line_of_insn(program, log_last_insn(log));
	const char *complaint = log_complaint(session, log);
	struct sources *sources = session->object->sources;
	struct strbuf text;

	/* Its log may have been cut before it said so. */
	if (err == -E2BIG && !is_out_of_patience(complaint))
		complaint = "the program is too complex";
	strbuf_init(&text, session->arena);
	if (session->options->verbose)
		report_line("%s", log);
	if (line.span.start) {
		span_format(sources, line.span, &text);
		strbuf_puts(&text, ": ");
	}
	strbuf_printf(&text, "ERROR: the kernel refuses the %s '%s': %s\n",
		      line.c_function ? "C function" : "program",
		      line.c_function ? line.c_function : program->name,
		      *complaint ? complaint : strerror(-err));
	if (line.span.start)
		span_quote(sources, line.span, &text);
	text.text[text.length - 1] = '\0'; /* report_line() ends the line */
	report_line("%s", text.text);
	hint_at_way_out(&line, complaint, session->options->verbose, err);
}

/* --- loading ------------------------------------------------------------------- */

/* An attachment of the program: any, all are loaded for the same place. */
static const struct object_attachment *attachment_of(struct session *session,
						     const struct object_program *program)
{
	const struct object *object = session->object;
	uint32_t index = (uint32_t)(program - object->programs.items);
	size_t i;

	for (i = 0; i < object->attachments.count; i++)
		if (object->attachments.items[i].program == index)
			return &object->attachments.items[i];
	return NULL;
}

/*
 * A program that is loaded for a function may be refused for that alone; then it is the attaching
 * that fails.  Why, or NULL: the program is to blame.
 */
static const char *place_refusal(struct session *session, const struct object_attachment *attachment,
				 const char *log, int err)
{
	const char *complaint = log_complaint(session, log);
	const char *place = attachment ? attachment->target : NULL;

	if (!attachment || !attachment->mechanism->is_btf_function ||
	    attachment->mechanism->attach_type == BPF_TRACE_ITER)
		return NULL;
	if (strstr(complaint, "__noreturn"))
		return arena_printf(session->arena, "%s never returns; fentry is its entry", place);
	/* Without a word before 6.16. */
	if (strstr(complaint, "is rejected") || (!*complaint && err == -EINVAL))
		return arena_printf(session->arena,
				    "%s: the kernel keeps this function from being traced by BTF: BPF programs "
				    "call it themselves; kprobe may do",
				    place);
	if (strstr(complaint, "attach") || strstr(complaint, "Attach"))
		return arena_printf(session->arena, "%s: %s", place, complaint);
	if (*complaint)
		return NULL;
	if (err == -EPERM)
		return arena_printf(session->arena,
				    "%s: the kernel lets nobody trace functions by BTF, though it takes other "
				    "programs; rawtracepoint, tracepoint or kprobe may do",
				    place);
	return NULL;
}

/* What BTF calls the place that the program is for: nothing, where it does not matter. */
static void set_place(struct session *session, const struct object_attachment *attachment,
		      struct bpf_program_spec *spec)
{
	const char *type = attachment->mechanism->btf_type, *colon;
	int fd;

	if (type && type[strlen(type) - 1] == '_')
		type = ARENA_JOIN(session->arena, type, attachment->target);
	if (type)
		spec->attach_btf_id = target_typedef_id(session->target, type);
	if (!attachment->mechanism->is_btf_function)
		return;
	spec->attach_btf_id = (uint32_t)attachment->number;
	if (!strncmp(attachment->target, "bpf:", 4)) {
		fd = bpf_program_by_id((uint32_t)attachment->extra);
		spec->attach_btf = MAX(fd, 0); /* gone meanwhile: the kernel does not know the function */
		return;
	}
	colon = strchr(attachment->target, ':');
	if (!strncmp(attachment->target, "vmlinux:", 8))
		return;
	fd = bpf_module_btf(arena_strndup(session->arena, attachment->target,
					  (size_t)(colon - attachment->target)));
	if (fd >= 0) /* else the kernel says that it does not know the function */
		spec->attach_btf = fd;
}

/* For the mechanism that it was compiled for (NULL), or for another. */
static struct bpf_program_spec program_spec(struct session *session,
					    const struct object_program *program,
					    const struct mechanism *other)
{
	const struct object_attachment *attachment = attachment_of(session, program);
	struct bpf_insn *insns = relocate(session, program);
	struct bpf_program_spec spec = {
		.name = program->name,
		.license = session->object->config.license,
		.type = program->prog_type,
		.attach_type = program->attach_type,
		.insn_count = program->insn_count,
		.btf = session->btf,
		.func_infos = program->func_infos,
		.func_info_count = program->func_info_count,
		.line_infos = program->line_infos,
		.line_info_count = program->line_info_count,
	};

	if (attachment && attachment->mechanism->is_session)
		answer_is_return(session, insns, program->insn_count,
				 other ? other : attachment->mechanism);
	spec.insns = insns;
	if (other) {
		spec.type = other->prog_type;
		spec.attach_type = other->attach_type;
	}
	if (attachment && spec.type == program->prog_type)
		set_place(session, attachment, &spec);
	return spec;
}

/* Loads; when that fails once more with a log, which costs too much to have it always. */
static int load(struct session *session, const struct object_program *program,
		struct bpf_program_spec *spec, const char **ret_refusal)
{
	uint32_t log_size = (uint32_t)MAX(session->object->config.log_size, 4096u);
	int fd = bpf_load_program(spec);

	if (fd == -EAGAIN) /* a signal came in between */
		fd = bpf_load_program(spec);
	if (fd >= 0)
		return fd;
	spec->log = calloc(1, log_size);
	spec->log_size = log_size;
	if (spec->log) {
		int again = bpf_load_program(spec);

		if (again >= 0) {
			free(spec->log);
			return again;
		}
	}
	*ret_refusal = place_refusal(session, attachment_of(session, program),
				     spec->log ? spec->log : "", fd);
	if (!*ret_refusal)
		report_refusal(session, program, spec->log ? spec->log : "", fd);
	free(spec->log);
	return fd;
}

int program_load_as(struct session *session, uint32_t index, const struct mechanism *mechanism)
{
	const struct object_program *program = &session->object->programs.items[index];
	struct bpf_program_spec spec = program_spec(session, program, mechanism);
	const char *refusal = NULL;
	int fd = load(session, program, &spec, &refusal);

	if (spec.attach_btf)
		close(spec.attach_btf);
	if (!refusal)
		return fd;
	if (!session->refusals)
		session->refusals = arena_new_array(session->arena, const char *,
						    session->object->programs.count);
	session->refusals[index] = refusal;
	return -ENXIO;
}

int programs_load(struct session *session)
{
	const struct object *object = session->object;
	uint32_t i;
	int fd;

	if (object->btf_size) {
		fd = bpf_load_btf(object->btf, object->btf_size);
		session->btf = fd < 0 ? -1 : fd; /* only names and lines are lost */
		if (fd < 0 && session->options->verbose)
			report_warning("the kernel takes no debug information: %s", strerror(-fd));
	}
	for (i = 0; i < object->programs.count; i++) {
		fd = program_load_as(session, i, NULL);
		if (fd < 0 && !(session->refusals && session->refusals[i]))
			return fd;
		session->programs[i] = fd; /* negative: attaching says why */
	}
	return 0;
}

void programs_close(struct session *session)
{
	uint32_t i;

	for (i = 0; i < session->object->programs.count; i++)
		if (session->programs[i] >= 0)
			close(session->programs[i]);
	if (session->btf >= 0)
		close(session->btf);
}
