/*
 * Records sent to the runtime through the ring buffer.
 *
 * A record is built in place where it lies in the buffer.  Between reserving
 * and submitting it no path may leave the program, so values that have
 * statements in them are built on the stack and copied.
 */
#include "codegen/lower.h"

#include <linux/bpf.h>
#include <stddef.h>

#include "base/compiler.h"
#include "sema/infer.h"

enum {
	/* The kernel maps all of it when the run starts: the smallest does for exit() alone. */
	RING_SIZE_EXIT = 4 << 10,
	RING_SIZE = 256 << 10,
	RING_SIZE_BUSY = 4 << 20, /* where a probe of other people's events prints */
	RING_SIZE_MAX = 1 << 30,
	PAGE = 4096,
};

uint32_t codegen_events_map(struct codegen *cg)
{
	struct object *object = cg->object;
	struct object_map map = { .role = OBJECT_MAP_EVENTS, .name = "events",
				  .type = BPF_MAP_TYPE_RINGBUF, .max_entries = RING_SIZE_EXIT };
	uint64_t pages = cg->program->config.perf_rb_pages;

	if (object->events_map < 0) {
		if (pages)
			for (map.max_entries = PAGE; map.max_entries / PAGE < pages && map.max_entries < RING_SIZE_MAX;)
				map.max_entries *= 2;
		object->events_map = (int)object->maps.count;
		vec_push(cg->arena, &object->maps, map);
	}
	return (uint32_t)object->events_map;
}

uint32_t codegen_add_event(struct codegen *cg, const struct builtin *builtin,
			   const struct type *payload, const void *data, struct span span)
{
	struct object_event event = { .builtin = builtin, .payload = payload, .data = data,
				      .span = span };
	unsigned flags = cg->instance->points.items[0]->type->flags;
	uint32_t map = codegen_events_map(cg), wanted = RING_SIZE;
	uint32_t *size = &cg->object->maps.items[map].max_entries;

	if (cg->instance->points.items[0]->mechanism->emit_file) {
		diag_report(cg->program->diags, span, DIAG_WRONG_PROBE,
			    "%s cannot be used in a pinned iterator, which runs when nobody is here to "
			    "act on it",
			    builtin->name);
		diag_hint(cg->program->diags, "printf() can: its text goes into the pinned file");
	}
	if (payload && !(flags & (PROBE_RUNS_HERE | PROBE_TIMED)))
		wanted = RING_SIZE_BUSY;
	else if (builtin->flags & BUILTIN_ENDS_PROBE)
		wanted = RING_SIZE_EXIT;
	if (!cg->program->config.perf_rb_pages)
		*size = MAX(*size, wanted);
	vec_push(cg->arena, &cg->object->events, event);
	return (uint32_t)cg->object->events.count - 1;
}

uint32_t codegen_add_packet(struct codegen *cg, const struct builtin *builtin, const void *data,
			    struct span span)
{
	struct object_event event = { .builtin = builtin, .data = data, .span = span };

	vec_push(cg->arena, &cg->object->events, event);
	return (uint32_t)cg->object->events.count - 1;
}

static uint32_t lost_site(struct codegen *cg)
{
	return codegen_add_site(cg, SITE_EVENT_LOST, cg->span, cg->instance->points.items[0]->name);
}

static void emit_header(struct codegen *cg, struct val record, uint32_t event)
{
	build_store(cg->b, 4, record, offsetof(struct event_header, event), val_const(event));
	build_store(cg->b, 4, record, offsetof(struct event_header, reserved), val_const(0));
}

struct val emit_event_try(struct codegen *cg, uint32_t event, uint32_t payload_size, uint32_t full)
{
	struct val record;

	record = BUILD_CALL(cg->b, BPF_FUNC_ringbuf_reserve, val_map(codegen_events_map(cg)),
			    val_const(sizeof(struct event_header) + payload_size), val_const(0));
	build_branch(cg->b, BPF_JEQ, record, val_const(0), full);
	emit_header(cg, record, event);
	return build_offset(cg->b, record, sizeof(struct event_header));
}

struct val emit_event_reserve(struct codegen *cg, uint32_t event, uint32_t payload_size,
			      uint32_t lost)
{
	struct builder *b = cg->b;
	uint32_t reserved = build_label(b);
	struct val record;

	record = BUILD_CALL(b, BPF_FUNC_ringbuf_reserve, val_map(codegen_events_map(cg)),
			    val_const(sizeof(struct event_header) + payload_size), val_const(0));
	build_branch(b, BPF_JNE, record, val_const(0), reserved);
	build_enter(b);
	emit_count(cg, lost_site(cg));
	build_jump(b, lost);
	build_leave(b);
	build_place(b, reserved);
	emit_header(cg, record, event);
	return build_offset(b, record, sizeof(struct event_header));
}

void emit_event_submit(struct codegen *cg, struct val payload)
{
	struct val record = build_offset(cg->b, payload, -(int64_t)sizeof(struct event_header));

	BUILD_CALL(cg->b, BPF_FUNC_ringbuf_submit, record, val_const(0));
}

/* --- events made of values --------------------------------------------------------- */

const struct type *payload_type(struct codegen *cg, const struct type *type)
{
	struct types *types = &cg->program->types;

	return type_settled(types, type_read(types, type));
}

static void emit_values(struct codegen *cg, const struct type *payload, struct expr *const *values,
			struct val address)
{
	bool was_open = cg->is_wide_open;
	size_t i;

	cg->is_wide_open = true;
	for (i = 0; i < payload->tuple.count; i++)
		emit_expr_into(cg, values[i], payload->tuple.fields[i].type,
			       build_offset(cg->b, address, payload->tuple.fields[i].offset));
	cg->is_wide_open = was_open;
}

/* Through a copy: statements in the values may leave the program. */
static void send_copy(struct codegen *cg, uint32_t event, const struct type *payload,
		      struct expr *const *values)
{
	struct builder *b = cg->b;
	uint32_t size = sizeof(struct event_header) + payload->size, sent = build_label(b);
	struct val record = build_slot(b, size), error;

	/* The helper reads all bytes, gaps and tails of strings too. */
	emit_zero(cg, record, size);
	emit_header(cg, record, event);
	emit_values(cg, payload, values, build_offset(b, record, sizeof(struct event_header)));
	error = BUILD_CALL(b, BPF_FUNC_ringbuf_output, val_map(codegen_events_map(cg)), record,
			   val_const(size), val_const(0));
	build_branch(b, BPF_JEQ, error, val_const(0), sent);
	build_enter(b);
	emit_count(cg, lost_site(cg));
	build_leave(b);
	build_place(b, sent);
}

static bool any_has_statements(struct expr *const *values, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (expr_has_statements(values[i]))
			return true;
	return false;
}

void emit_event_values(struct codegen *cg, const struct expr *call, struct expr *const *values,
		       size_t count, const void *data)
{
	const struct type **items = arena_new_array(cg->arena, const struct type *, count);
	const struct type *payload;
	uint32_t event, lost;
	struct val address;
	size_t i;

	for (i = 0; i < count; i++)
		items[i] = payload_type(cg, values[i]->type);
	payload = type_tuple(&cg->program->types, items, NULL, count);
	event = codegen_add_event(cg, call->call.builtin, payload, data, call->span);
	if (any_has_statements(values, count)) {
		send_copy(cg, event, payload, values);
		return;
	}
	lost = build_label(cg->b);
	address = emit_event_reserve(cg, event, payload->size, lost);
	build_enter(cg->b);
	emit_values(cg, payload, values, address);
	emit_event_submit(cg, address);
	build_leave(cg->b);
	build_place(cg->b, lost);
}
