/*
 * Reading attach points on kernel functions, and why there is no such function.
 */
#include "runtime/probes/kernel_functions.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "lexer/literal.h"
#include "runtime/lister.h"
#include "runtime/probes/probes.h"
#include "sema/target.h"

/* --- reading -------------------------------------------------------------------- */

static bool parse_number(const char *text, uint64_t *ret_number)
{
	struct literal_number literal = { 0 };

	if (*text < '0' || *text > '9' ||
	    literal_parse_number(text, strlen(text), 0, &literal) != LITERAL_OK)
		return false;
	*ret_number = literal.value;
	return true;
}

static bool report_malformed(struct expander *expander, struct span span, const char *text)
{
	diag_report(expander->program->diags, span, DIAG_ATTACH_POINT, "%s", text);
	diag_hint(expander->program->diags, "it is written %s", expander->type->forms);
	return false;
}

bool parse_function(struct expander *expander, const struct attach_point_parts *parts,
		    struct wanted_function *ret_wanted)
{
	const struct attach_point_part *part = &parts->parts.items[part_count(parts)];
	struct wanted_function wanted = { .name = part->text, .span = part->span };
	char *plus = strrchr(part->text, '+');

	if (part_count(parts) > 1)
		wanted.module = part_text(parts, part_count(parts) - 1);
	if (!*part->text)
		return report_malformed(expander, expander->span, "the name of the function is missing");
	wanted.is_address = parse_number(part->text, &wanted.offset);
	if (!wanted.is_address && plus) {
		if (plus == part->text || !parse_number(plus + 1, &wanted.offset))
			return report_malformed(expander, part->span,
						"Invalid offset: it is a number after the function");
		wanted.name = arena_strndup(expander->program->arena, part->text,
					    (size_t)(plus - part->text));
		wanted.has_offset = true;
	}
	wanted.is_pattern = !part->is_quoted && has_wildcard(wanted.name);
	wanted.is_pattern |= wanted.module && has_wildcard(wanted.module);
	if (wanted.is_pattern && wanted.has_offset)
		return report_malformed(expander, part->span,
					"an offset is one of a single function: no wildcards");
	*ret_wanted = wanted;
	return true;
}

bool function_matches(const struct wanted_function *wanted, const char *module, const char *name)
{
	if (wanted->module && strcmp(wanted->module, module) != 0 &&
	    !(wanted->is_pattern && wildcard_match(wanted->module, module)))
		return false;
	return wanted->is_pattern ? wildcard_match(wanted->name, name) :
				    !strcmp(wanted->name, name);
}

bool is_clone_of(const char *name, const char *function)
{
	static const char *const suffixes[] = { ".constprop.", ".isra.", ".part.", ".llvm." };
	size_t length = strlen(function), i;

	if (strncmp(name, function, length) != 0)
		return false;
	for (i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (!strncmp(name + length, suffixes[i], strlen(suffixes[i])))
			return true;
	return false;
}

void report_no_function(struct expander *expander, const struct attach_point_parts *parts,
			const struct wanted_function *wanted, bool module_exists,
			const char *suggestion)
{
	if (wanted->module && !module_exists && !has_wildcard(wanted->module)) {
		diag_report(expander->program->diags, part_span(parts, 1), DIAG_NO_MATCH,
			    "specified module %s in probe %s:%s:%s is not loaded.", wanted->module,
			    expander->type->name, wanted->module, wanted->name);
		diag_hint(expander->program->diags,
			  "'modprobe %s' loads it; functions of the kernel proper are in 'vmlinux'",
			  wanted->module);
		return;
	}
	report_no_match(expander, parts,
			suggestion ? point_name(expander, "%s:%s", expander->type->name, suggestion) :
				     NULL);
	if (!wanted->is_pattern)
		diag_hint(expander->program->diags,
			  "a function that the compiler inlined or the kernel keeps from being traced "
			  "(notrace) cannot be probed");
}

/* --- refusals ---------------------------------------------------------------------- */

static void read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
}

static const char *why_forbidden(void)
{
	char text[128];

	read_text("/sys/kernel/security/lockdown", text, sizeof(text));
	if (strstr(text, "[confidentiality]"))
		return "the kernel is locked down (confidentiality), which forbids perf events of functions; "
		       "without an offset, kprobe.multi (5.18) does";
	read_text("/proc/sys/kernel/perf_event_paranoid", text, sizeof(text));
	if (*text > '2' && geteuid())
		return "not permitted: with kernel.perf_event_paranoid above 2 perf events take CAP_SYS_ADMIN; "
		       "without an offset, kprobe.multi (5.18) does with CAP_BPF and CAP_PERFMON";
	return "not permitted; it takes root, or CAP_BPF and CAP_PERFMON";
}

const char *function_refusal(struct arena *arena, int err)
{
	if (err == -EPERM || err == -EACCES)
		return why_forbidden();
	if (err == -EBUSY || err == -E2BIG)
		return "another tracer holds the function, or too many programs are attached there";
	if (err == -EMFILE)
		return "too many open files; 'ulimit -n' raises the limit";
	return arena_printf(arena, "%s", strerror(-err));
}

/* --- listing ------------------------------------------------------------------------- */

const char *function_lines(struct lister *lister, const char *module, const char *name,
			   bool with_args, bool with_result)
{
	const struct target *target = lister->language->target;
	struct kernel_function function;
	struct strbuf text;
	size_t i;

	if (target->find_function(target, lister->types, module, name, &function))
		return NULL;
	strbuf_init(&text, lister->arena);
	for (i = 0; with_args && i < function.args->record.count; i++)
		strbuf_printf(&text, "    %s %s\n", function.args->record.fields[i].type->name,
			      function.args->record.fields[i].name);
	if (with_result && function.result)
		strbuf_printf(&text, "    %s retval\n", function.result->name);
	return text.text;
}
