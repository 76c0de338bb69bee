/*
 * rawtracepoint: tracepoints with the arguments that the kernel's own code
 * gives them, as its BTF describes them.
 *
 * A program is plain, and may be attached to several of them; or it is loaded for
 * one, and the kernel knows what its pointers point to: where a body asks for that.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/attacher.h"
#include "runtime/bpf.h"
#include "runtime/lister.h"
#include "runtime/probes/probes.h"
#include "runtime/probes/tracepoint.h"

enum { WORD = 8, ARGS_MAX = 12 };

static struct val emit_argn(struct codegen *cg, const struct instance *instance UNUSED,
			    unsigned number)
{
	/* The verifier does not know of more words; reading beyond is refused. */
	if (number >= ARGS_MAX)
		return val_const(0);
	return build_load_pure(cg->b, WORD, false, build_context(cg->b), number * WORD);
}

/* A word for each argument, whatever its size. */
static struct val emit_arg(struct codegen *cg, const struct instance *instance UNUSED,
			   const struct field *field)
{
	struct val word = build_load_pure(cg->b, WORD, false, build_context(cg->b), field->offset);
	struct val slot;

	if (!type_in_register(field->type)) { /* a small struct, in its register */
		slot = build_slot(cg->b, MAX(field->type->size, (uint32_t)WORD));
		emit_zero(cg, slot, MAX(field->type->size, (uint32_t)WORD));
		build_store(cg->b, WORD, slot, 0, word);
		return slot;
	}
	if (field->type->size < WORD)
		word = build_extend(cg->b, word, field->type->size, type_is_signed(field->type));
	return word;
}

/* Of these the verifier lets no word be read that is not there. */
static struct val emit_typed_argn(struct codegen *cg, const struct instance *instance, unsigned number)
{
	const struct attach_point *point = instance->points.items[0];
	const struct type *args = point->type->args(cg->program, point);

	if (!args || number >= args->record.count)
		return val_const(0);
	return emit_argn(cg, instance, number);
}

static struct val index_by_cookie(struct codegen *cg, const struct instance *instance UNUSED)
{
	struct val context = build_context(cg->b);

	return build_call_pure(cg->b, BPF_FUNC_get_attach_cookie, &context, 1);
}

static int attach(struct attacher *attacher, const struct object_attachment *attachment, int program)
{
	bool is_typed = attachment->mechanism->btf_type != NULL;
	int link = bpf_attach_raw_tracepoint(program, is_typed ? NULL : attachment->target,
					     attachment->cookie);

	if (link == -ENOENT)
		attacher_explain(attacher, "the kernel has no raw tracepoint '%s'", attachment->target);
	if (link < 0)
		return link;
	attacher_hold(attacher, LINK_QUICK, link);
	return 0;
}

/* Probes on one tracepoint share its program, in the order of the script: "netif_rx:typed". */
static const char *key_of_event(const struct attach_point *point)
{
	return point->data;
}

#define RAW_MECHANISM                                                                           \
	.name = "raw_tracepoint", .emit_arg = emit_arg, .attach = attach,                       \
	.stack_skip = RAW_STACK_SKIP
#define PLAIN                                                                                   \
	RAW_MECHANISM, .section = "raw_tp/", .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,         \
	.emit_argn = emit_argn

static const struct mechanism with_cookie = { PLAIN, .emit_point_index = index_by_cookie };
static const struct mechanism plain = { PLAIN };
static const struct mechanism typed = {
	RAW_MECHANISM, .section = "tp_btf/", .prog_type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_RAW_TP,
	.btf_type = "btf_trace_", .share_key = key_of_event, .emit_argn = emit_typed_argn,
};

static void add_point(struct expander *expander, const char *event)
{
	const struct target *target = expander->program->target;
	const struct mechanism *mechanism =
		target_has(target, FEATURE_RAW_TP_COOKIE) ? &with_cookie : &plain;
	struct attach_point *point;

	if (expander->wants_types && target_has(target, FEATURE_TP_BTF))
		mechanism = &typed;
	point = expander_add(expander, mechanism,
			     point_name(expander, "rawtracepoint:vmlinux:%s", event));
	point->target = strrchr(point->name, ':') + 1;
	if (mechanism == &typed)
		point->data = point_name(expander, "%s:typed", event);
}

struct match {
	struct expander *expander;
	const char *pattern;
	struct suggestion suggestion;
	size_t count;
};

static bool add_match(void *context, const char *event)
{
	struct match *match = context;

	if (wildcard_match(match->pattern, event)) {
		add_point(match->expander, event);
		match->count++;
	} else if (!match->count) {
		suggestion_offer(&match->suggestion, event);
	}
	return true;
}

static void resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	const struct target *target = expander->program->target;
	struct match match = { .expander = expander };
	int err;

	if (!expect_parts(expander, parts, 1, 2))
		return;
	match.pattern = part_text(parts, part_count(parts));
	suggestion_init(&match.suggestion, match.pattern);
	if (part_count(parts) == 2 && !wildcard_match(part_text(parts, 1), "vmlinux")) {
		report_no_match(expander, parts, NULL);
		return;
	}
	err = target->each_raw_tracepoint(target, add_match, &match);
	if (err) {
		diag_report(expander->program->diags, expander->span, DIAG_NO_MATCH,
			    "rawtracepoints require kernel BTF, which %s does not have", target->name);
		return;
	}
	if (match.count)
		return;
	if (has_wildcard(match.pattern) || !match.suggestion.best)
		report_no_match(expander, parts, NULL);
	else
		report_no_match(expander, parts,
				point_name(expander, "rawtracepoint:%s", match.suggestion.best));
}

static const struct type *raw_args(struct program *program, const struct attach_point *point)
{
	const struct target *target = program->target;
	const struct type *args =
		target->raw_tracepoint_args(target, &program->types, point->target);

	if (!args)
		diag_report(program->diags, point->span, DIAG_NO_MATCH,
			    "the kernel's BTF has no prototype of %s", point->name);
	return args;
}

struct listing {
	struct lister *lister;
	const char *module, *event; /* patterns, or NULL */
};

static const char *argument_lines(struct lister *lister, const char *event)
{
	const struct target *target = lister->language->target;
	const struct type *args = target->raw_tracepoint_args(target, lister->types, event);
	struct strbuf text;
	size_t i;

	if (!args)
		return NULL;
	strbuf_init(&text, lister->arena);
	for (i = 0; i < args->record.count; i++)
		strbuf_printf(&text, "    %s %s\n", args->record.fields[i].type->name,
			      args->record.fields[i].name);
	return text.text;
}

static bool list_event(void *context, const char *event)
{
	struct listing *listing = context;
	struct lister *lister = listing->lister;
	struct listed *listed;

	if (listing->event && !wildcard_match(listing->event, event))
		return true;
	listed = lister_add(lister, arena_printf(lister->arena, "rawtracepoint:vmlinux:%s", event));
	if (listed && lister->verbose)
		listed->details = argument_lines(lister, event);
	return true;
}

static void list(struct lister *lister, const struct attach_point_parts *pattern)
{
	const struct target *target = lister->language->target;
	struct listing listing = { .lister = lister };

	if (pattern)
		listing.event = part_text(pattern, part_count(pattern));
	if (pattern && part_count(pattern) > 1)
		listing.module = part_text(pattern, 1);
	if (!listing.module || wildcard_match(listing.module, "vmlinux"))
		target->each_raw_tracepoint(target, list_event, &listing);
}

const struct probe_type probe_rawtracepoint = {
	.name = "rawtracepoint",
	.short_name = "rt",
	.forms = "rawtracepoint:EVENT or rawtracepoint:vmlinux:EVENT",
	.manual = "Fires at a tracepoint, with the arguments the kernel's code gives it.",
	.ways = "raw_tracepoint",
	.flags = PROBE_FILTERS_PID | PROBE_OF_KERNEL,
	.space = SPACE_KERNEL,
	.resolve = resolve,
	.args = raw_args,
	.list = list,
};
