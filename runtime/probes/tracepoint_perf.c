/*
 * Tracepoints through perf, with the fields of the format file in the context;
 * and through the raw tracepoint of the same name, which is quicker to hit and
 * far quicker to detach, for bodies that use no fields.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/attacher.h"
#include "runtime/bpf.h"
#include "runtime/probes/perf.h"
#include "runtime/probes/tracepoint.h"

/* Up to here bytes of the context are moved by loads and stores, above by a helper. */
enum { UNROLLED_MAX = 64 };

const char *event_of_target(const char *target)
{
	return strchr(target, ':') + 1;
}

/*
 * The context may only be read at its register plus a constant, so no build_copy();
 * the steps have to suit the alignment of both ends.
 */
static struct val copy_of_field(struct codegen *cg, const struct field *field)
{
	struct val context = build_context(cg->b), slot = build_slot(cg->b, field->type->size);
	uint32_t at = 0, left, step;

	if (field->type->size > UNROLLED_MAX) {
		emit_read(cg, slot, field->type->size, build_offset(cg->b, context, field->offset),
			  SPACE_KERNEL);
		return slot;
	}
	for (; at < field->type->size; at += step) {
		left = field->type->size - at;
		for (step = 8; step > left || (field->offset + at) % step || at % step; step /= 2)
			;
		build_store(cg->b, step, slot, at,
			    build_load_pure(cg->b, step, false, context, field->offset + at));
	}
	return slot;
}

/* Data of variable length: a word says where it lies behind the fields. */
static struct val emit_data_loc(struct codegen *cg, const struct field *field)
{
	struct val context = build_context(cg->b), where, slot;

	where = build_load_pure(cg->b, 4, false, context, field->offset);
	where = build_alu(cg->b, BPF_AND, where, val_const(0xffff));
	where = build_alu(cg->b, BPF_ADD, context, where);
	if (field->type->kind != TYPE_STRING)
		return where;
	slot = build_slot(cg->b, field->type->size);
	emit_string_into(cg, slot, field->type->size, where, SPACE_KERNEL);
	return slot;
}

static struct val emit_arg(struct codegen *cg, const struct instance *instance UNUSED,
			   const struct field *field)
{
	if (field->is_data_loc)
		return emit_data_loc(cg, field);
	if (!type_in_register(field->type))
		return copy_of_field(cg, field);
	return build_load_pure(cg->b, field->type->size, type_is_signed(field->type),
			       build_context(cg->b), field->offset);
}

static struct val index_by_cookie(struct codegen *cg, const struct instance *instance UNUSED)
{
	struct val context = build_context(cg->b);

	return build_call_pure(cg->b, BPF_FUNC_get_attach_cookie, &context, 1);
}

static int attach_perf(struct attacher *attacher, const struct object_attachment *attachment,
		       int program)
{
	const char *event = event_of_target(attachment->target);
	char *category = arena_strndup(attacher->arena, attachment->target,
				       (size_t)(event - attachment->target) - 1);
	struct tracepoint_format format;
	int err = attacher->target->tracepoint_format(attacher->target, category, event, &format);

	if (err) {
		attacher_explain(attacher, "its number in tracefs cannot be read: %s", strerror(-err));
		return err;
	}
	return perf_attach_tracepoint(attacher, program, format.id, attachment->cookie);
}

static int attach_raw(struct attacher *attacher, const struct object_attachment *attachment,
		      int program)
{
	int link = bpf_attach_raw_tracepoint(program, event_of_target(attachment->target),
					     attachment->cookie);

	if (link < 0)
		return link;
	attacher_hold(attacher, LINK_QUICK, link);
	return 0;
}

#define PERF_MECHANISM                                                                          \
	.name = "perf", .section = "tracepoint/", .prog_type = BPF_PROG_TYPE_TRACEPOINT,         \
	.emit_arg = emit_arg, .attach = attach_perf
#define RAW_MECHANISM                                                                           \
	.name = "raw_tracepoint", .section = "raw_tp/",                                         \
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT, .attach = attach_raw

/* A program attached at several places can tell which one it is where the kernel has cookies. */
static const struct mechanism perf_with_cookie = { PERF_MECHANISM,
						   .emit_point_index = index_by_cookie };
static const struct mechanism perf_plain = { PERF_MECHANISM };
static const struct mechanism raw_with_cookie = { RAW_MECHANISM,
						  .emit_point_index = index_by_cookie,
						  .fallback = &perf_with_cookie };
static const struct mechanism raw_plain = { RAW_MECHANISM, .fallback = &perf_plain };

const struct mechanism *raw_mechanism(const struct target *target)
{
	return target_has(target, FEATURE_RAW_TP_COOKIE) ? &raw_with_cookie : &raw_plain;
}

const struct mechanism *perf_mechanism(const struct target *target)
{
	return target_has(target, FEATURE_PERF_LINK) ? &perf_with_cookie : &perf_plain;
}
