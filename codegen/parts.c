/*
 * Parts of the object that programs refer to: constants, sites and their
 * counters, maps that are not the script's.
 */
#include "codegen/lower.h"

#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"

/* --- constants --------------------------------------------------------------------- */

/* Makes the map of constants; its contents are known when all programs are. */
static void add_constants_map(struct codegen *cg)
{
	struct object_map map = { .role = OBJECT_MAP_DATA, .name = "constants",
				  .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .max_entries = 1,
				  .flags = BPF_F_RDONLY_PROG };

	strbuf_init(&cg->constants, cg->arena);
	cg->constants_map = (uint32_t)cg->object->maps.count;
	vec_push(cg->arena, &cg->object->maps, map);
}

struct val codegen_data(struct codegen *cg, const void *bytes, uint32_t size)
{
	/* One more than the offset: a value of 0 means absent. */
	uintptr_t place = (uintptr_t)table_get(&cg->data, bytes, size);

	if (!cg->constants.arena)
		add_constants_map(cg);
	if (!place) {
		strbuf_fill(&cg->constants, '\0', -cg->constants.length & 7);
		place = cg->constants.length + 1;
		table_set(&cg->data, arena_dup(cg->arena, bytes, size), size, (void *)place);
		strbuf_add(&cg->constants, bytes, size);
	}
	return val_map_value(cg->constants_map, (int64_t)place - 1);
}

/* --- sites --------------------------------------------------------------------------- */

uint32_t codegen_add_site(struct codegen *cg, enum site_kind kind, struct span span,
			  const char *what)
{
	struct object_site site = { .kind = kind, .span = span, .what = what };
	uint64_t key[3] = { kind, (uint64_t)span.start << 32 | span.end, (uintptr_t)what };
	uintptr_t index = (uintptr_t)table_get(&cg->site_table, key, sizeof(key));

	if (!index) {
		vec_push(cg->arena, &cg->object->sites, site);
		index = cg->object->sites.count;
		table_set(&cg->site_table, arena_dup(cg->arena, key, sizeof(key)), sizeof(key),
			  (void *)index);
	}
	return (uint32_t)index - 1;
}

static uint32_t counts_map(struct codegen *cg)
{
	struct object_map map = { .role = OBJECT_MAP_COUNTS, .name = "counts",
				  .type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4,
				  .value_size = 8, .is_per_cpu = true };

	if (cg->object->counts_map < 0) {
		cg->object->counts_map = (int)cg->object->maps.count;
		vec_push(cg->arena, &cg->object->maps, map);
	}
	return (uint32_t)cg->object->counts_map;
}

void emit_count(struct codegen *cg, uint32_t site)
{
	struct builder *b = cg->b;
	uint32_t end = build_label(b), mark = build_slots_mark(b);
	struct val key = build_slot(b, 4), counter;

	build_store(b, 4, key, 0, val_const(site));
	counter = BUILD_CALL(b, BPF_FUNC_map_lookup_elem, val_map(counts_map(cg)), key);
	build_branch(b, BPF_JEQ, counter, val_const(0), end);
	build_enter(b);
	/* Atomic though per CPU: a probe that interrupts this one may count here, too. */
	build_atomic(b, BPF_ADD, 8, counter, 0, val_const(1));
	build_leave(b);
	build_place(b, end);
	build_slots_release(b, mark);
}

/* --- the start ------------------------------------------------------------------------- */

uint32_t codegen_start_map(struct codegen *cg)
{
	struct object_map map = { .role = OBJECT_MAP_START, .name = "start",
				  .type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				  .value_size = sizeof(struct object_start), .max_entries = 1,
				  .flags = BPF_F_RDONLY_PROG };

	if (!cg->start_map) {
		cg->start_map = (uint32_t)cg->object->maps.count;
		vec_push(cg->arena, &cg->object->maps, map);
	}
	return cg->start_map;
}

/* The one map of a role, made when it is asked for first. */
static uint32_t map_of_role(struct codegen *cg, const struct object_map *map)
{
	size_t i;

	for (i = 0; i < cg->object->maps.count; i++)
		if (cg->object->maps.items[i].role == map->role)
			return (uint32_t)i;
	vec_push(cg->arena, &cg->object->maps, *map);
	return (uint32_t)cg->object->maps.count - 1;
}

uint32_t codegen_exit_map(struct codegen *cg)
{
	const struct object_map map = { .role = OBJECT_MAP_EXIT, .name = "exit",
					.type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
					.value_size = sizeof(uint64_t), .max_entries = 1 };

	return map_of_role(cg, &map);
}

uint32_t codegen_packets_map(struct codegen *cg)
{
	const struct object_map map = { .role = OBJECT_MAP_PACKETS, .name = "packets",
					.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY, .key_size = 4,
					.value_size = 4,
					.max_entries = cg->program->target->cpu_count };

	return map_of_role(cg, &map);
}

uint32_t codegen_text(struct codegen *cg, const char *text)
{
	size_t i;

	text = intern_str(cg->program->interner, text);
	for (i = 0; i < cg->object->texts.count; i++)
		if (cg->object->texts.items[i] == text)
			return (uint32_t)i;
	vec_push(cg->arena, &cg->object->texts, text);
	return (uint32_t)cg->object->texts.count - 1;
}

struct val emit_pid_tgid(struct codegen *cg)
{
	const struct target *target = cg->program->target;
	struct val slot;

	if (!target->pid_namespace)
		return build_call_pure(cg->b, BPF_FUNC_get_current_pid_tgid, NULL, 0);
	/* struct bpf_pidns_info: thread, then process.  Zeros for tasks outside. */
	slot = build_slot(cg->b, sizeof(struct bpf_pidns_info));
	build_store(cg->b, 8, slot, 0, val_const(0));
	BUILD_CALL(cg->b, BPF_FUNC_get_ns_current_pid_tgid,
		   val_const((int64_t)target->pid_namespace_device),
		   val_const((int64_t)target->pid_namespace), slot,
		   val_const(sizeof(struct bpf_pidns_info)));
	return build_load(cg->b, 8, false, slot, 0);
}

struct val emit_owner(struct codegen *cg)
{
	struct builder *b = cg->b;
	struct val pid = build_alu(b, BPF_RSH, emit_pid_tgid(cg), val_const(32));
	uint32_t owner, end;

	if (!cg->program->target->pid_namespace)
		return pid;
	owner = build_var(b);
	end = build_label(b);
	build_var_set(b, owner, pid);
	build_branch(b, BPF_JNE, pid, val_const(0), end);
	build_enter(b);
	pid = build_alu(b, BPF_RSH, build_call_pure(b, BPF_FUNC_get_current_pid_tgid, NULL, 0),
			val_const(32));
	build_var_set(b, owner, build_alu(b, BPF_OR, pid, val_const(PID_OUTSIDE)));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, owner);
}
