/*
 * Ways to put a program on functions of the kernel:
 *
 *	kprobe.session	one link for all functions, for their entries and returns at once; where a
 *			kprobe and a kretprobe are written alike and the kernel has it
 *	kprobe.multi	one link for all functions; for patterns, where the kernel has it
 *	perf		an event for each function, held by a link or by its descriptor
 *
 * All get the registers of the place, so one program serves any.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/object.h"
#include "runtime/attacher.h"
#include "runtime/bpf.h"
#include "runtime/host/kallsyms.h"
#include "runtime/output/report.h"
#include "runtime/probes/context.h"
#include "runtime/probes/kernel_functions.h"
#include "runtime/probes/perf.h"
#include "runtime/probes/probes.h"
#include "sema/program.h"

/* What is to be probed at a place, by its name: "kprobe:xfs:f+16" is "xfs:f". */
static const char *symbol_of(struct arena *arena, const struct object_place *place)
{
	char *symbol = arena_strdup(arena, strchr(place->name, ':') + 1);

	symbol[strcspn(symbol, "+")] = '\0';
	return strncmp(symbol, "vmlinux:", 8) ? symbol : symbol + 8;
}

/* "kprobe:xfs:f": several modules may have an f. */
static bool symbol_has_module(const char *name)
{
	return strchr(strchr(name, ':') + 1, ':');
}

static bool is_on_return(const struct object_attachment *attachment)
{
	return attachment->mechanism->on_return;
}

/* --- one by one --------------------------------------------------------------------- */

struct clones {
	struct arena *arena;
	const char *function;
	VEC(const char *) names;
	bool exists; /* under its own name */
};

static bool visit_clone(void *context, const char *module UNUSED, const char *name)
{
	struct clones *clones = context;

	clones->exists |= !strcmp(name, clones->function);
	if (is_clone_of(name, clones->function))
		vec_push(clones->arena, &clones->names, arena_strdup(clones->arena, name));
	return true;
}

/* The kernel says no: finds out why. */
static void explain(struct attacher *attacher, const char *symbol, const struct clones *clones,
		    int err)
{
	if ((err == -ENOENT || err == -EINVAL) && *symbol >= '0' && *symbol <= '9') {
		attacher_explain(attacher, "there is no code of the kernel at %s that may be probed",
				 symbol);
		return;
	}
	switch (-err) {
	case ENODEV:
		return; /* said already */
	case EILSEQ:
		attacher_explain(attacher, "%s: the offset is inside an instruction", symbol);
		return;
	case EADDRNOTAVAIL:
		attacher_explain(attacher, "%s: several functions have that name, and the kernel does "
					   "not know which is meant", symbol);
		return;
	case ENOENT:
		attacher_explain(attacher, "the kernel has no function '%s': it does not exist, or the "
					   "compiler inlined it", symbol);
		return;
	case EINVAL:
		if (clones->exists)
			attacher_explain(attacher, "%s: the kernel takes no probe there: the offset is "
						   "not in it, or it is on the list of functions that "
						   "must not be probed", symbol);
		else
			attacher_explain(attacher, "%s is kept from being probed: it is marked "
						   "\"notrace\" or \"nokprobe\", or is none", symbol);
		return;
	default:
		attacher_explain(attacher, "%s: %s", symbol, function_refusal(attacher->arena, err));
	}
}

struct following {
	uint64_t address, next;
};

static bool look_behind(void *context, uint64_t address, char type UNUSED, const char *name UNUSED,
			size_t length UNUSED)
{
	struct following *following = context;

	if (address > following->address && address < following->next)
		following->next = address;
	return true;
}

/* The kernel would take a place in another function.  Unknown sizes pass. */
static bool is_inside(struct attacher *attacher, const char *symbol, uint64_t offset)
{
	const char *name = strchr(symbol, ':') ? strchr(symbol, ':') + 1 : symbol;
	struct following following = { .next = UINT64_MAX };

	if (attacher->target->kernel_symbols(attacher->target, &name, 1, &following.address) ||
	    !following.address ||
	    kallsyms_each("/proc/kallsyms", look_behind, &following) ||
	    offset < following.next - following.address)
		return true;
	attacher_explain(attacher, "%s has %" PRIu64 " bytes: the offset %" PRIu64 " leads out of it, which "
				   "takes --unsafe",
			 symbol, following.next - following.address, offset);
	return false;
}

static int attach_symbol(struct attacher *attacher, const struct object_attachment *attachment,
			 const struct object_place *place, const char *symbol, int program)
{
	bool is_address = *symbol >= '0' && *symbol <= '9';
	const struct perf_kprobe kprobe = {
		.symbol = is_address ? NULL : symbol,
		.offset = place->number,
		.on_return = is_on_return(attachment),
		.cookie = place->cookie,
	};

	return perf_attach_kprobe(attacher, program, &kprobe);
}

static int attach_place(struct attacher *attacher, const struct object_attachment *attachment,
			const struct object_place *place, int program)
{
	const char *symbol = symbol_of(attacher->arena, place);
	bool is_checked = place->number && !(attachment->extra & KPROBE_UNCHECKED);
	int err = is_checked && !is_inside(attacher, symbol, place->number) ?
			  -ERANGE :
			  attach_symbol(attacher, attachment, place, symbol, program);
	struct clones clones = { .arena = attacher->arena, .function = symbol };
	size_t i, done = 0;

	if (!err || err == -ERANGE)
		return err;
	if (err != -ENODEV && err != -EPERM && err != -EACCES)
		attacher->target->each_function(attacher->target, visit_clone, &clones);
	/* BTF has the name that the source has; the compiler may have made others of it. */
	for (i = 0; err == -ENOENT && !place->number && i < clones.names.count; i++) {
		if (attacher->verbose)
			report_line("'%s' is there as %s", place->name, clones.names.items[i]);
		done += !attach_symbol(attacher, attachment, place, clones.names.items[i], program);
	}
	if (done)
		return 0;
	explain(attacher, symbol, &clones, err);
	if (!attachment->mechanism->fallback)
		return err;
	/* Lockdown and perf_event_paranoid are about perf events alone: ENOENT asks for the fallback. */
	if ((err == -EPERM || err == -EACCES) && !place->number)
		return -ENOENT;
	return err == -ENOENT ? -ESRCH : err;
}

static int attach_each(struct attacher *attacher, const struct object_attachment *attachment,
		       int program)
{
	bool is_pattern = attachment->extra & KPROBE_OF_PATTERN;
	size_t i, done = 0;
	int err = 0;

	for (i = 0; i < attachment->places.count; i++) {
		const struct object_place *place = &attachment->places.items[i];

		err = attach_place(attacher, attachment, place, program);
		if (!err)
			done++;
		else if (!is_pattern || err == -ENODEV)
			return err;
		else
			attacher_skip(attacher, place->name);
	}
	return done ? 0 : err;
}

/* --- many at once ---------------------------------------------------------------------- */

static int attach_multi(struct attacher *attacher, const struct object_attachment *attachment,
			int program)
{
	size_t count = attachment->places.count, i;
	const char **symbols = arena_new_array(attacher->arena, const char *, count);
	uint64_t *cookies = arena_new_array(attacher->arena, uint64_t, count);
	int link;

	for (i = 0; i < count; i++) {
		/* The kernel looks for the plain name, in modules too. */
		symbols[i] = strrchr(attachment->places.items[i].name, ':') + 1;
		cookies[i] = attachment->places.items[i].cookie;
	}
	link = bpf_attach_kprobes(program, &(struct bpf_kprobe_spec){
						   .symbols = symbols,
						   .cookies = cookies,
						   .count = (uint32_t)count,
						   .on_return = is_on_return(attachment),
						   .is_session = attachment->mechanism->is_session,
					   });
	if (link == -EPERM || link == -EACCES || link == -EMFILE) {
		attacher_explain(attacher, "%s", function_refusal(attacher->arena, link));
		return link;
	}
	if (link < 0) /* one that it does not take spoils all: perf takes them one by one */
		return -ENOENT;
	attacher_hold(attacher, LINK_SLOW, link);
	return 0;
}

/* --- sessions ----------------------------------------------------------------------------- */

/* Pairs are found by their places: of all instances with one key two are in the program. */
static const char *key_of_session(const struct attach_point *point)
{
	return strchr(point->name, ':') + 1;
}

static struct val is_return(struct codegen *cg)
{
	struct val context = build_context(cg->b);

	return build_call_pure(cg->b, HELPER_IS_RETURN, &context, 1);
}

static void match_entry(struct codegen *cg, const struct instance *instance UNUSED, uint32_t skip)
{
	build_branch(cg->b, BPF_JNE, is_return(cg), val_const(0), skip);
}

static void match_return(struct codegen *cg, const struct instance *instance UNUSED, uint32_t skip)
{
	build_branch(cg->b, BPF_JEQ, is_return(cg), val_const(0), skip);
}

static const struct mechanism *joint(const struct program *program,
				     const struct attach_point *point);

/* --- mechanisms ------------------------------------------------------------------------- */

#define COMMON                                                                                  \
	.prog_type = BPF_PROG_TYPE_KPROBE, .has_registers = true, .is_multi = true, .joint = joint

#define ENTRY .emit_argn = emit_call_arg, .argn_count = call_arg_count
#define RETURN .emit_retval = emit_call_result, .on_return = true
#define PERF .name = "perf", .section = "kprobe", .attach = attach_each
#define MULTI(other)                                                                            \
	.name = "kprobe_multi", .section = "kprobe.multi",                                      \
	.attach_type = BPF_TRACE_KPROBE_MULTI, .attach = attach_multi,                          \
	.emit_point_index = emit_cookie, .fallback = other
#define SESSION                                                                                 \
	.name = "kprobe_session", .attach_type = TRACE_KPROBE_SESSION, .attach = attach_multi,  \
	.emit_point_index = emit_cookie, .is_session = true, .share_key = key_of_session,       \
	.fallback = &perf_only[0], .fallback_on_return = &perf_only[1]

/* Without links there are no cookies: each point that is asked for its name has a program. */
static const struct mechanism perf_plain[] = { { COMMON, PERF, ENTRY }, { COMMON, PERF, RETURN } };
static const struct mechanism perf_only[] = {
	{ COMMON, PERF, ENTRY, .emit_point_index = emit_cookie },
	{ COMMON, PERF, RETURN, .emit_point_index = emit_cookie },
};
static const struct mechanism multi[] = {
	{ COMMON, MULTI(&perf_only[0]), ENTRY },
	{ COMMON, MULTI(&perf_only[1]), RETURN },
};
static const struct mechanism perf_or_multi[] = {
	{ COMMON, PERF, ENTRY, .emit_point_index = emit_cookie, .fallback = &multi[0] },
	{ COMMON, PERF, RETURN, .emit_point_index = emit_cookie, .fallback = &multi[1] },
};
static const struct mechanism session[] = {
	{ COMMON, SESSION, ENTRY, .emit_match = match_entry },
	{ COMMON, SESSION, RETURN, .emit_match = match_return },
};

/* A session takes whole functions, by names that are those of the kernel or of any module. */
static const struct mechanism *joint(const struct program *program,
				     const struct attach_point *point)
{
	const char *forced = forced_way(program->options, point->type);

	if (point->number || !*point->function || symbol_has_module(point->name) ||
	    (forced && strcmp(forced, "kprobe_session") != 0) ||
	    !target_has(program->target, FEATURE_KPROBE_MULTI) ||
	    !target_has(program->target, FEATURE_KPROBE_SESSION))
		return NULL;
	return &session[point->mechanism->on_return];
}

const struct mechanism *kprobe_mechanism(const struct expander *expander, bool on_return,
					 bool is_pattern)
{
	const struct target *target = expander->program->target;
	const char *forced = forced_way(expander->program->options, expander->type);
	bool is_told = forced && !strcmp(forced, "kprobe_multi");
	bool is_best = is_pattern && !(forced && !strcmp(forced, "perf"));

	if (is_told || (is_best && target_has(target, FEATURE_KPROBE_MULTI)))
		return &multi[on_return];
	if (!target_has(target, FEATURE_PERF_LINK))
		return &perf_plain[on_return];
	/* Whether there is kprobe.multi is only found out where perf fails. */
	return forced ? &perf_only[on_return] : &perf_or_multi[on_return];
}
