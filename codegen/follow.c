/*
 * The processes of a tree: a map with the pid of each, and two programs on raw
 * tracepoints of the scheduler.  One adds what a member forks, before it runs;
 * the other takes out what the kernel forgets, later than any event of it.
 */
#include "codegen/follow.h"

#include <linux/bpf.h>

#include "base/compiler.h"

enum { PID_SIZE = 4, WORD = 8, PROCESSES_MAX = 65536 };

void follow_init(struct codegen *cg)
{
	struct object_map map = { .role = OBJECT_MAP_FOLLOWED, .name = "followed",
				  .type = BPF_MAP_TYPE_HASH, .key_size = PID_SIZE,
				  .value_size = PID_SIZE, .max_entries = PROCESSES_MAX };
	struct object_follow *follow = &cg->object->follow;

	if (!cg->program->options->follow)
		return;
	if (target_has(cg->program->target, FEATURE_LAZY_ALLOC))
		map.flags = BPF_F_NO_PREALLOC;
	vec_push(cg->arena, &cg->object->maps, map);
	*follow = (struct object_follow){ .is_on = true, .map = (uint32_t)cg->object->maps.count - 1 };
}

/* Jumps to `label` where the current process is none of the tree. */
static void emit_membership(struct codegen *cg, uint32_t label)
{
	struct builder *b = cg->b;
	uint32_t mark = build_slots_mark(b);
	struct val key = build_slot(b, PID_SIZE), found;

	build_store(b, PID_SIZE, key, 0,
		    build_alu(b, BPF_RSH, build_call_pure(b, BPF_FUNC_get_current_pid_tgid, NULL, 0),
			      val_const(32)));
	found = BUILD_CALL(b, BPF_FUNC_map_lookup_elem, val_map(cg->object->follow.map), key);
	build_branch(b, BPF_JEQ, found, val_const(0), label);
	build_slots_release(b, mark);
}

void emit_follow_filter(struct codegen *cg)
{
	unsigned flags = cg->instance->points.items[0]->type->flags;

	/* Timers of one CPU, and what runs in the tracer, are of no process. */
	if (!cg->object->follow.is_on || (flags & (PROBE_RUNS_HERE | PROBE_IS_READ)) ||
	    ((flags & PROBE_TIMED) && !(flags & PROBE_FILTERS_PID)))
		return;
	emit_membership(cg, cg->leave);
}

/* A slot with a pid of the task that an argument of the tracepoint points to. */
static struct val task_pid(struct codegen *cg, unsigned argument, const char *member)
{
	const struct target *target = cg->program->target;
	struct val slot = build_slot(cg->b, PID_SIZE), task;
	uint32_t offset = 0;

	target->member_offset(target, "task_struct", member, &offset); /* there is BTF: see expand.c */
	task = build_load_pure(cg->b, WORD, false, build_context(cg->b), argument * WORD);
	emit_read(cg, slot, PID_SIZE, build_offset(cg->b, task, offset), SPACE_KERNEL);
	return slot;
}

void emit_follow_fork(struct codegen *cg)
{
	struct builder *b = cg->b;
	uint32_t end = build_label(b);
	struct val pid, result;

	emit_membership(cg, end);
	build_enter(b);
	pid = task_pid(cg, 1, "tgid");
	result = BUILD_CALL(b, BPF_FUNC_map_update_elem, val_map(cg->object->follow.map), pid,
			    pid, val_const(BPF_ANY));
	build_branch(b, BPF_JEQ, result, val_const(0), end);
	build_enter(b);
	emit_count(cg, codegen_add_site(cg, SITE_FOLLOW, SPAN_NONE, NULL));
	build_leave(b);
	build_leave(b);
	build_place(b, end);
}

void emit_follow_free(struct codegen *cg)
{
	struct builder *b = cg->b;
	uint32_t end = build_label(b);
	struct val process = task_pid(cg, 0, "tgid"), thread = task_pid(cg, 0, "pid");

	/* A process is its first thread, whose place another takes that calls exec. */
	build_branch(b, BPF_JNE, build_load(b, PID_SIZE, false, process, 0),
		     build_load(b, PID_SIZE, false, thread, 0), end);
	build_enter(b);
	BUILD_CALL(b, BPF_FUNC_map_delete_elem, val_map(cg->object->follow.map), process);
	build_leave(b);
	build_place(b, end);
}
