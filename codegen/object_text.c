/*
 * An object as text: --dump=object.
 */
#include <inttypes.h>
#include <linux/bpf.h>

#include "base/compiler.h"
#include "base/diag.h"
#include "codegen/object.h"
#include "sema/builtin.h"
#include "sema/probe_type.h"

static const char *role_name(enum object_map_role role)
{
	switch (role) {
	case OBJECT_MAP_SCRIPT:
		return "script";
	case OBJECT_MAP_SHORT:
		return "short keys";
	case OBJECT_MAP_EVENTS:
		return "events";
	case OBJECT_MAP_SCRATCH:
		return "scratch";
	case OBJECT_MAP_COUNTS:
		return "counts";
	case OBJECT_MAP_DATA:
		return "data";
	case OBJECT_MAP_START:
		return "start";
	case OBJECT_MAP_EXIT:
		return "exit";
	case OBJECT_MAP_FOLLOWED:
		return "followed";
	case OBJECT_MAP_PACKETS:
		return "packets";
	}
	unreachable();
}

static const char *site_name(enum site_kind kind)
{
	switch (kind) {
	case SITE_EVENT_LOST:
		return "event lost";
	case SITE_MAP_FULL:
		return "map full";
	case SITE_DIVISION:
		return "division by zero";
	case SITE_BOUNDS:
		return "index out of bounds";
	case SITE_READ:
		return "failed read";
	case SITE_LOOP:
		return "loop cut";
	case SITE_ABSENT:
		return "element absent";
	case SITE_FOLLOW:
		return "not followed";
	case SITE_STACK:
		return "failed stack";
	case SITE_PACKET_LOST:
		return "packet lost";
	case SITE_PACKET:
		return "packet too short";
	}
	unreachable();
}

static const char *map_type_name(uint32_t type)
{
	static const char *const names[] = {
		[BPF_MAP_TYPE_HASH] = "hash",
		[BPF_MAP_TYPE_ARRAY] = "array",
		[BPF_MAP_TYPE_PERF_EVENT_ARRAY] = "perf_event_array",
		[BPF_MAP_TYPE_PERCPU_HASH] = "percpu_hash",
		[BPF_MAP_TYPE_PERCPU_ARRAY] = "percpu_array",
		[BPF_MAP_TYPE_LRU_HASH] = "lru_hash",
		[BPF_MAP_TYPE_LRU_PERCPU_HASH] = "lru_percpu_hash",
		[BPF_MAP_TYPE_RINGBUF] = "ringbuf",
	};

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "?";
}

static void map_text(const struct object_map *map, struct strbuf *out)
{
	strbuf_printf(out, "map %s: %s, %s", map->name, role_name(map->role), map_type_name(map->type));
	if (map->key_size)
		strbuf_printf(out, ", key %u", map->key_size);
	if (map->value_size)
		strbuf_printf(out, ", value %u", map->value_size);
	if (map->slots.count)
		strbuf_printf(out, " in %u %sslots of %u", map->slots.count,
			      map->slots.is_shared ? "shared " : "", map->slots.size);
	strbuf_printf(out, ", entries %u, flags %#x", map->max_entries, map->flags);
	if (map->key)
		strbuf_printf(out, ", of %s", map->key->name);
	if (map->value)
		strbuf_printf(out, " to %s", map->value->name);
	if (map->set_offset)
		strbuf_printf(out, ", set at %u", map->set_offset);
	strbuf_putc(out, '\n');
}

static void attachment_text(const struct object *object, const struct object_attachment *attachment,
			    struct strbuf *out)
{
	size_t i;

	strbuf_printf(out, "attach %s: by %s, program %s", attachment->name,
		      attachment->mechanism->name,
		      object->programs.items[attachment->program].name);
	if (attachment->target)
		strbuf_printf(out, ", target %s", attachment->target);
	if (attachment->number)
		strbuf_printf(out, ", number %" PRIu64, attachment->number);
	if (attachment->cookie)
		strbuf_printf(out, ", cookie %" PRIu64, attachment->cookie);
	if (attachment->probe_count != 1)
		strbuf_printf(out, ", probes %u", attachment->probe_count);
	strbuf_putc(out, '\n');
	for (i = 0; attachment->mechanism->is_multi && i < attachment->places.count; i++) {
		const struct object_place *place = &attachment->places.items[i];

		strbuf_printf(out, "  place %s: %#" PRIx64, place->name, place->number);
		if (place->counter)
			strbuf_printf(out, ", counter %#" PRIx64, place->counter);
		strbuf_printf(out, ", cookie %" PRIu64 "\n", place->cookie);
	}
}

static void site_text(const struct object *object, const struct object_site *site,
		      struct strbuf *out)
{
	strbuf_printf(out, "site: %s", site_name(site->kind));
	if (site->what)
		strbuf_printf(out, " of %s", site->what);
	strbuf_puts(out, " at ");
	span_format(object->sources, site->span, out);
	strbuf_putc(out, '\n');
}

void object_text(const struct object *object, struct strbuf *out)
{
	size_t i;

	strbuf_printf(out, "probes %u%s\n", object->probe_count,
		      object->ends_by_itself ? ", ends by itself" : "");
	for (i = 0; i < object->maps.count; i++)
		map_text(&object->maps.items[i], out);
	for (i = 0; i < object->programs.count; i++) {
		const struct object_program *program = &object->programs.items[i];

		strbuf_printf(out, "program %s: type %u, instructions %u, relocations %zu, lines %u\n",
			      program->name, program->prog_type, program->insn_count,
			      program->relocs.count, program->line_info_count);
	}
	for (i = 0; i < object->attachments.count; i++)
		attachment_text(object, &object->attachments.items[i], out);
	for (i = 0; i < object->events.count; i++) {
		const struct object_event *event = &object->events.items[i];

		strbuf_printf(out, "event %zu: %s", i, event->builtin->name);
		if (event->payload)
			strbuf_printf(out, " %s", event->payload->name);
		strbuf_putc(out, '\n');
	}
	for (i = 0; i < object->sites.count; i++)
		site_text(object, &object->sites.items[i], out);
	strbuf_printf(out, "btf %u bytes\n", object->btf_size);
}
