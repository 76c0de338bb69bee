/*
 * Putting programs into files of user space: by one uprobe.multi link for all
 * points of a file, where the kernel has it, else by perf events.
 *
 * One link is detached in 30 ms, forty events in seconds.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/object.h"
#include "runtime/attacher.h"
#include "runtime/bpf.h"
#include "runtime/probes/context.h"
#include "runtime/probes/perf.h"
#include "runtime/probes/probes.h"
#include "runtime/probes/user.h"

enum { KERNEL_ENOTSUPP = 524 }; /* not among the errors of user space */

/* Is the return to be caught by the kernel? */
static bool is_on_return(const struct mechanism *mechanism);

static uint32_t traced_pid(const struct attacher *attacher)
{
	if (attacher->follows)
		return 0;
	return attacher->pid ? attacher->pid : attacher->child;
}

static void explain(struct attacher *attacher, const struct object_attachment *attachment,
		    const struct object_place *place, int err)
{
	switch (-err) {
	case EOPNOTSUPP:
	case KERNEL_ENOTSUPP:
	case ENOEXEC:
		attacher_explain(attacher,
				 "%s: the kernel cannot step over the instruction at offset %#llx",
				 place->name, (unsigned long long)place->number);
		break;
	case EINVAL:
		attacher_explain(attacher,
				 "%s: the kernel refuses offset %#llx of '%s': it is not in a mapping "
				 "that is executed, or probed already with another semaphore",
				 place->name, (unsigned long long)place->number, attachment->target);
		break;
	case EIO:
		attacher_explain(attacher, "%s: the kernel cannot read '%s'", place->name,
				 attachment->target);
		break;
	case ENOENT:
	case EBADF:
		attacher_explain(attacher, "'%s' is gone", attachment->target);
		break;
	case ESRCH:
		attacher_explain(attacher, "process %u is gone", traced_pid(attacher));
		break;
	}
}

/* --- uprobe.multi ------------------------------------------------------------------ */

static int link_places(struct attacher *attacher, const struct object_attachment *attachment,
		       const struct object_place *places, size_t count, int program)
{
	uint64_t *offsets = arena_new_array(attacher->arena, uint64_t, count);
	uint64_t *counters = arena_new_array(attacher->arena, uint64_t, count);
	uint64_t *cookies = arena_new_array(attacher->arena, uint64_t, count);
	struct bpf_uprobe_spec spec = {
		.path = attachment->target, .offsets = offsets, .cookies = cookies,
		.count = (uint32_t)count, .on_return = is_on_return(attachment->mechanism),
		.pid = traced_pid(attacher),
	};
	size_t i;
	int link;

	for (i = 0; i < count; i++) {
		offsets[i] = places[i].number;
		counters[i] = places[i].counter;
		cookies[i] = places[i].cookie;
		if (counters[i])
			spec.counters = counters;
	}
	link = bpf_attach_uprobes(program, &spec);
	if (link < 0) {
		explain(attacher, attachment, places, link);
		return link;
	}
	attacher_hold(attacher, LINK_SLOW, link);
	return 0;
}

/* Is it about a place, not about all that is to be attached? */
static bool is_of_place(int err)
{
	return err == -EOPNOTSUPP || err == -KERNEL_ENOTSUPP || err == -EINVAL || err == -ENOEXEC;
}

/* One place that cannot be probed makes the kernel refuse all: the others are attached without it.
 * Gives how many are. */
static size_t link_halves(struct attacher *attacher, const struct object_attachment *attachment,
			  const struct object_place *places, size_t count, int program, int *ret_err)
{
	int err = link_places(attacher, attachment, places, count, program);
	size_t half = count / 2;

	if (!err)
		return count;
	*ret_err = err;
	if (!is_of_place(err))
		return 0;
	if (count == 1) {
		attacher_skip(attacher, places->name);
		return 0;
	}
	return link_halves(attacher, attachment, places, half, program, ret_err) +
	       link_halves(attacher, attachment, places + half, count - half, program, ret_err);
}

static int attach_multi(struct attacher *attacher, const struct object_attachment *attachment,
			int program)
{
	const struct object_place *places = attachment->places.items;
	size_t count = attachment->places.count;
	int err = 0;

	if (count == 1)
		return link_places(attacher, attachment, places, 1, program);
	return link_halves(attacher, attachment, places, count, program, &err) ? 0 : err;
}

/* --- perf --------------------------------------------------------------------------- */

static int attach_perf(struct attacher *attacher, const struct object_attachment *attachment,
		       int program)
{
	const struct object_place *place = &attachment->places.items[0];
	struct perf_uprobe uprobe = {
		.path = attachment->target, .offset = place->number, .counter = place->counter,
		.on_return = is_on_return(attachment->mechanism),
		.pid = traced_pid(attacher), .cookie = place->cookie,
	};
	int err = perf_attach_uprobe(attacher, program, &uprobe);

	if (err)
		explain(attacher, attachment, place, err);
	return err;
}

/* --- mechanisms ------------------------------------------------------------------------ */

#define MULTI                                                                                   \
	.name = "uprobe_multi", .section = "uprobe.multi", .prog_type = BPF_PROG_TYPE_KPROBE, .has_registers = true,       \
	.interrupts_on = true, .is_preempted = true, .attach_type = TRACE_UPROBE_MULTI,        \
	.is_multi = true, .emit_point_index = emit_cookie,                                      \
	.attach = attach_multi
#define PERF                                                                                    \
	.name = "perf", .section = "uprobe", .prog_type = BPF_PROG_TYPE_KPROBE, .has_registers = true,               \
	.interrupts_on = true, .is_preempted = true, .attach = attach_perf
#define ENTRY                                                                                   \
	.emit_arg = emit_user_arg, .emit_argn = emit_call_arg, .argn_count = call_arg_count
#define RETURN .emit_retval = emit_call_result
#define STACK_RETURN                                                                            \
	.without_retval = "results of this function are on the stack, as assembler and Go before " \
			  "1.18 have them"
#define USDT                                                                                    \
	.emit_argn = emit_usdt_arg, .argn_is_signed = true, .same_context = same_usdt_args,  \
	.unreadable_argn = unreadable_usdt_arg

static const struct mechanism multi[USER_PROBES] = {
	[USER_PROBE_ENTRY] = { MULTI, ENTRY },
	[USER_PROBE_RETURN] = { MULTI, RETURN },
	[USER_PROBE_USDT] = { MULTI, USDT },
	[USER_PROBE_GO_RETURN] = { MULTI, RETURN },
	[USER_PROBE_GO_RETURN_ON_STACK] = { MULTI, STACK_RETURN },
};
static const struct mechanism perf_with_cookie[USER_PROBES] = {
	[USER_PROBE_ENTRY] = { PERF, ENTRY, .emit_point_index = emit_cookie },
	[USER_PROBE_RETURN] = { PERF, RETURN, .emit_point_index = emit_cookie },
	[USER_PROBE_USDT] = { PERF, USDT, .emit_point_index = emit_cookie },
	[USER_PROBE_GO_RETURN] = { PERF, RETURN, .emit_point_index = emit_cookie },
	[USER_PROBE_GO_RETURN_ON_STACK] = { PERF, STACK_RETURN, .emit_point_index = emit_cookie },
};
static const struct mechanism perf_plain[USER_PROBES] = {
	[USER_PROBE_ENTRY] = { PERF, ENTRY },
	[USER_PROBE_RETURN] = { PERF, RETURN },
	[USER_PROBE_USDT] = { PERF, USDT },
	[USER_PROBE_GO_RETURN] = { PERF, RETURN },
	[USER_PROBE_GO_RETURN_ON_STACK] = { PERF, STACK_RETURN },
};

static bool is_on_return(const struct mechanism *mechanism)
{
	return mechanism == &multi[USER_PROBE_RETURN] ||
	       mechanism == &perf_with_cookie[USER_PROBE_RETURN] ||
	       mechanism == &perf_plain[USER_PROBE_RETURN];
}

const struct mechanism *user_mechanism(const struct expander *expander, enum user_probe kind)
{
	const struct target *target = expander->program->target;
	const char *forced = forced_way(expander->program->options, expander->type);

	if (!(forced && !strcmp(forced, "perf")) && target_has(target, FEATURE_UPROBE_MULTI))
		return &multi[kind];
	return target_has(target, FEATURE_PERF_LINK) ? &perf_with_cookie[kind] : &perf_plain[kind];
}
