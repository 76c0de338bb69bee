/*
 * watchpoint: accesses to an address, watched by the processor.
 *
 * With -p or -c the address is one of that process, else one of the kernel.
 */
#include <linux/bpf.h>
#include <linux/hw_breakpoint.h>
#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/object.h"
#include "lexer/literal.h"
#include "runtime/attacher.h"
#include "runtime/probes/context.h"
#include "runtime/probes/perf.h"
#include "runtime/probes/probes.h"
#include "sema/arch.h"
#include "sema/target.h"

static const struct {
	char letter;
	uint32_t access;
} modes[] = { { 'r', HW_BREAKPOINT_R }, { 'w', HW_BREAKPOINT_W }, { 'x', HW_BREAKPOINT_X } };

/* What the processors can do: x86 has no register that watches reading alone. */
static const struct {
	const char *arch, *modes;
	uint32_t allowed[5];
} processors[] = {
	{ "x86_64", "w, rw, x", { HW_BREAKPOINT_W, HW_BREAKPOINT_RW, HW_BREAKPOINT_X } },
	{ "aarch64", "r, w, rw, x",
	  { HW_BREAKPOINT_R, HW_BREAKPOINT_W, HW_BREAKPOINT_RW, HW_BREAKPOINT_X } },
};

static int attach(struct attacher *attacher, const struct object_attachment *attachment, int program)
{
	const struct perf_watchpoint watchpoint = {
		.address = attachment->number,
		.length = (uint32_t)attachment->extra,
		.access = (uint32_t)(attachment->extra >> 32),
		.pid = attacher->child ? attacher->child : attacher->pid,
	};

	return perf_attach_watchpoint(attacher, program, &watchpoint);
}

static const struct mechanism breakpoint = {
	.name = "perf",
	.section = "perf_event",
	.prog_type = BPF_PROG_TYPE_PERF_EVENT,
	.has_registers = true,
	.attach = attach,
};

static void report_part(struct expander *expander, const struct attach_point_parts *parts,
			size_t number, const char *text)
{
	diag_report(expander->program->diags, part_span(parts, number), DIAG_ATTACH_POINT, "%s", text);
}

static bool parse_number(const char *text, uint64_t *ret_number)
{
	struct literal_number literal = { 0 };

	if (literal_parse_number(text, strlen(text), 0, &literal) != LITERAL_OK)
		return false;
	*ret_number = literal.value;
	return true;
}

/* Letters to bits; false after a diagnostic. */
static bool parse_mode(struct expander *expander, const struct attach_point_parts *parts,
		       uint32_t *ret_access)
{
	const char *at = part_text(parts, 3);
	uint32_t access = 0;
	size_t i;

	if (!*at) {
		report_part(expander, parts, 3, "watchpoint mode must be combination of (r,w,x)");
		return false;
	}
	for (; *at; at++) {
		for (i = 0; i < ARRAY_SIZE(modes) && modes[i].letter != *at; i++)
			;
		if (i == ARRAY_SIZE(modes)) {
			report_part(expander, parts, 3, "watchpoint mode must be combination of (r,w,x)");
			return false;
		}
		if (access & modes[i].access) {
			report_part(expander, parts, 3, "watchpoint modes may not be duplicated");
			return false;
		}
		access |= modes[i].access;
	}
	*ret_access = access;
	return true;
}

static bool check_mode(struct expander *expander, const struct attach_point_parts *parts,
		       uint32_t access)
{
	const char *arch = expander->program->target->arch->name;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(processors); i++) {
		if (strcmp(processors[i].arch, arch) != 0)
			continue;
		for (j = 0; j < ARRAY_SIZE(processors[i].allowed); j++)
			if (processors[i].allowed[j] == access)
				return true;
		diag_report(expander->program->diags, part_span(parts, 3), DIAG_ATTACH_POINT,
			    "%s has no watchpoints of mode '%s'", arch, part_text(parts, 3));
		diag_hint(expander->program->diags, "supported modes: %s", processors[i].modes);
		return false;
	}
	return true; /* the kernel will tell */
}

static void resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	uint64_t address = 0, length = 0;
	struct attach_point *point;
	uint32_t access = 0;

	if (!expect_parts(expander, parts, 3, 3))
		return;
	if (!parse_number(part_text(parts, 1), &address) || !address) {
		report_part(expander, parts, 1, "watchpoint address must be a number other than 0");
		return;
	}
	if (!parse_number(part_text(parts, 2), &length) ||
	    (length != 1 && length != 2 && length != 4 && length != 8)) {
		report_part(expander, parts, 2, "watchpoint length must be one of (1,2,4,8)");
		return;
	}
	if (!parse_mode(expander, parts, &access) || !check_mode(expander, parts, access))
		return;
	point = expander_add(expander, &breakpoint,
			     point_name(expander, "watchpoint:%#" PRIx64 ":%" PRIu64 ":%s", address,
					length, part_text(parts, 3)));
	point->number = address;
	point->extra = (uint64_t)access << 32 | length;
}

const struct probe_type probe_watchpoint = {
	.name = "watchpoint",
	.short_name = "w",
	.forms = "watchpoint:ADDRESS:LENGTH:MODE",
	.manual = "Fires when memory is read (r), written (w) or executed (x).",
	.ways = "perf",
	.space = SPACE_NONE,
	.resolve = resolve,
	.context = sample_context,
};
