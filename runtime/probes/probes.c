/*
 * The table of probe types, and what their files share.
 */
#include "runtime/probes/probes.h"

#include <string.h>

#include "base/compiler.h"
#include "lexer/literal.h"

const struct probe_type *const probe_types[] = {
	&probe_begin,	       &probe_end,	&probe_interval,   &probe_profile,
	&probe_rawtracepoint, &probe_software, &probe_tracepoint, &probe_uprobe,
	&probe_kprobe,	       &probe_kretprobe, &probe_fentry,	   &probe_fexit,
	&probe_hardware,       &probe_watchpoint, &probe_iter,	   &probe_self,
	&probe_test,	       &probe_bench,
	&probe_uretprobe,      &probe_usdt,	NULL,
};

static bool is_among(const char *words, const char *name)
{
	size_t length = strlen(name);

	for (; words; words = strchr(words, ' ') ? strchr(words, ' ') + 1 : NULL)
		if (!strncmp(words, name, length) && (words[length] == ' ' || !words[length]))
			return true;
	return false;
}

bool is_way(const struct probe_type *type, const char *name)
{
	const struct probe_type *const *each;

	if (type)
		return is_among(type->ways, name);
	for (each = probe_types; *each; each++)
		if (is_among((*each)->ways, name))
			return true;
	return false;
}

void put_ways(struct strbuf *out)
{
	const struct probe_type *const *type;

	strbuf_puts(out, "\nWays to attach, the first that can is taken\n");
	for (type = probe_types; *type; type++)
		strbuf_printf(out, "  %s: %s\n", (*type)->name, (*type)->ways);
}

const char *forced_way(const struct compile_options *options, const struct probe_type *type)
{
	return options->mechanism && is_way(type, options->mechanism) ? options->mechanism : NULL;
}

const char *part_text(const struct attach_point_parts *parts, size_t number)
{
	return parts->parts.items[number].text;
}

size_t part_count(const struct attach_point_parts *parts)
{
	return parts->parts.count - 1;
}

struct span part_span(const struct attach_point_parts *parts, size_t number)
{
	return parts->parts.items[number].span;
}

bool expect_parts(struct expander *expander, const struct attach_point_parts *parts, size_t least,
		  size_t most)
{
	const struct probe_type *type = expander->type;
	struct diags *diags = expander->program->diags;
	size_t count = part_count(parts);

	if (count >= least && count <= most)
		return true;
	if (least == most)
		diag_report(diags, expander->span, DIAG_ATTACH_POINT,
			    "%s probe type requires %zu argument%s, found %zu", type->name, least,
			    least == 1 ? "" : "s", count);
	else
		diag_report(diags, expander->span, DIAG_ATTACH_POINT,
			    "%s probe type requires %zu or %zu arguments, found %zu", type->name,
			    least, most, count);
	diag_hint(diags, "it is written %s", type->forms);
	return false;
}

uint64_t positive_part(struct expander *expander, const struct attach_point_parts *parts,
		       size_t number, const char *what)
{
	struct diags *diags = expander->program->diags;
	const char *text = part_text(parts, number);
	struct literal_number literal;
	enum literal_status status =
		literal_parse_number(text, strlen(text), LITERAL_ALLOW_SIGN, &literal);

	if (status != LITERAL_OK) {
		diag_report(diags, part_span(parts, number), DIAG_ATTACH_POINT,
			    "Invalid %s of %s probe: invalid integer: %s", what,
			    expander->type->name, text);
		if (*text)
			diag_hint(diags, "%s", literal_status_text(status));
		return 0;
	}
	if (literal.is_negative || !literal.value || literal.value > INT64_MAX) {
		diag_report(diags, part_span(parts, number), DIAG_ATTACH_POINT,
			    "%s %s should be a positive integer", expander->type->name, what);
		return 0;
	}
	return literal.value;
}

/* "tracepoint sched:sched_swich" */
static const char *described(struct expander *expander, const struct attach_point_parts *parts)
{
	struct strbuf text;
	size_t i;

	strbuf_init(&text, expander->program->arena);
	strbuf_puts(&text, expander->type->name);
	for (i = 1; i < parts->parts.count; i++)
		strbuf_printf(&text, "%c%s", i == 1 ? ' ' : ':', part_text(parts, i));
	return text.text;
}

void report_no_match(struct expander *expander, const struct attach_point_parts *parts,
		     const char *suggestion)
{
	const char *policy = expander->program->config.missing_probes;
	struct diags *diags = expander->program->diags;

	diags->is_muted = !strcmp(policy, "ignore");
	if (!strcmp(policy, "warn"))
		diag_report(diags, expander->span, DIAG_NO_MATCH_SKIPPED,
			    "No matches for %s. Skipping.", described(expander, parts));
	else
		diag_report(diags, expander->span, DIAG_NO_MATCH, "No matches for %s.",
			    described(expander, parts));
	diags->is_muted = false; /* hints go where the message went */
	if (suggestion)
		diag_hint(diags, "did you mean %s?", suggestion);
	else if (expander->type->space == SPACE_USER && part_count(parts) > 1)
		diag_hint(diags, "bpfline -l '%s:%s:*' lists what there is", expander->type->name,
			  part_text(parts, 1));
	else
		diag_hint(diags, "bpfline -l '%s:*' lists what there is", expander->type->name);
}

char *point_name(struct expander *expander, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(expander->program->arena, format, args);
	va_end(args);
	return text;
}
