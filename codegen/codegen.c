/*
 * From a checked program to an object: which programs there are, what each
 * consists of, and the maps around them.
 *
 * An instance has a program of its own, unless its attach points share one
 * with those of others: then each instance is an arm of that program, in the
 * order of the script.
 */
#include "codegen/codegen.h"

#include <string.h>

#include "base/compiler.h"
#include "codegen/debug_info.h"
#include "codegen/follow.h"
#include "codegen/lower.h"
#include "codegen/maps.h"
#include "codegen/program_name.h"
#include "parser/ast_text.h"
#include "parser/parse.h"
#include "sema/passes.h"

/* Instances that make one program. */
struct group {
	const struct mechanism *mechanism; /* of the first */
	const char *key;		   /* NULL: not shared */
	VEC(const struct instance *) instances;
};

VEC_STRUCT(group_vec, struct group);

/* What making the object takes beside the lowering's own state. */
struct maker {
	struct codegen cg;
	struct debug_info debug_info;
};

/* --- grouping ------------------------------------------------------------------------- */

/* Mechanisms of one family share a program, too: their keys, which are interned, tell. */
static struct group *find_group(struct group_vec *groups, const struct mechanism *mechanism,
				const char *key)
{
	size_t i;

	for (i = 0; i < groups->count; i++) {
		struct group *group = &groups->items[i];

		if (group->key == key && group->mechanism->prog_type == mechanism->prog_type)
			return group;
	}
	return NULL;
}

static void group_instances(struct program *program, struct group_vec *ret_groups)
{
	size_t i;

	for (i = 0; i < program->instances.count; i++) {
		const struct instance *instance = program->instances.items[i];
		const struct attach_point *point = instance->points.items[0];
		const struct mechanism *mechanism = point->mechanism;
		const char *key = mechanism->share_key ? mechanism->share_key(point) : NULL;
		struct group *group = NULL;

		if (key) {
			key = intern_str(program->interner, key);
			group = find_group(ret_groups, mechanism, key);
		}
		if (!group) {
			struct group new = { .mechanism = mechanism, .key = key };

			vec_push(program->arena, ret_groups, new);
			group = &vec_last(ret_groups);
		}
		vec_push(program->arena, &group->instances, instance);
	}
}

/* --- one program ------------------------------------------------------------------------- */

/* -p: other processes' events end here. */
static void emit_pid_filter(struct codegen *cg)
{
	uint32_t pid = cg->program->options->pid;
	struct val val;

	if (!pid || cg->program->options->follow || !(cg->instance->points.items[0]->type->flags & PROBE_FILTERS_PID))
		return;
	val = build_alu(cg->b, BPF_RSH, emit_pid_tgid(cg), val_const(32));
	build_branch(cg->b, BPF_JNE, val, val_const(pid), cg->leave);
}

static void emit_instance(struct codegen *cg, const struct instance *instance,
			  const struct group *group)
{
	const struct mechanism *mechanism = instance->points.items[0]->mechanism;
	struct builder *b = cg->b;
	size_t i;

	cg->instance = instance;
	cg->is_shared = group->key != NULL;
	cg->leave = cg->done = build_label(b);
	cg->detaches = has_many_branches(instance);
	cg->placed.count = 0;
	cg->reads.count = 0;
	for (i = 0; i < instance->variables.count; i++)
		instance->variables.items[i]->storage = NULL;
	cg->span = instance->predicate ? instance->predicate->span : instance->probe->span;
	build_span(b, cg->span);
	build_enter(b);
	if (group->key && mechanism->emit_match)
		mechanism->emit_match(cg, instance, cg->leave);
	emit_pid_filter(cg);
	emit_follow_filter(cg);
	if (instance->predicate) {
		uint32_t mark = build_slots_mark(b);

		emit_unless(cg, instance->predicate, cg->leave);
		build_slots_release(b, mark);
	}
	place_hoisted(cg, instance);
	emit_block(cg, instance->body);
	build_leave(b);
	build_place(b, cg->leave);
}

static const char *map_name(void *context, uint32_t map)
{
	const struct object *object = context;

	return object->maps.items[map].name;
}

static enum build_dump builder_stage(const struct compile_dump *dump)
{
	if (dump && dump->stage == STAGE_IR)
		return DUMP_IR;
	if (dump && dump->stage == STAGE_OPTIMISED)
		return DUMP_OPTIMISED;
	return dump && dump->stage == STAGE_ALLOCATED ? DUMP_ALLOCATED : DUMP_NOTHING;
}

/* BPF_COMPLEXITY_LIMIT_INSNS of the kernel, since 5.2. */
enum { PROGRAM_INSNS_MAX = 1000000, PROGRAM_MAPS_MAX = 64 };

void codegen_dump_code(struct codegen *cg, const char *title, const struct code *code)
{
	if (!cg->dump || cg->dump->stage != STAGE_BPF)
		return;
	strbuf_printf(cg->dump->out, "%s\n", title);
	code_text(code, map_name, cg->object, cg->dump->out);
}

struct code *codegen_finish(struct codegen *cg, const char *title, struct span span)
{
	const struct compile_dump *dump = cg->dump;
	enum build_dump stage = builder_stage(dump);
	struct code *code;

	if (dump && (stage != DUMP_NOTHING || dump->stage == STAGE_BPF))
		strbuf_printf(dump->out, "%s\n", title);
	code = builder_finish(cg->b, stage, stage == DUMP_NOTHING ? NULL : dump->out);
	if (!code) {
		diag_report(cg->program->diags, span, DIAG_PROGRAM_TOO_LARGE, "%s",
			    builder_error(cg->b));
		return NULL;
	}
	if (code->count > PROGRAM_INSNS_MAX) {
		diag_report(cg->program->diags, span, DIAG_PROGRAM_TOO_LARGE,
			    "the program has %u instructions, the kernel takes %d", code->count,
			    PROGRAM_INSNS_MAX);
		return NULL;
	}
#ifdef BPFLINE_SELFCHECK
	if (code_selfcheck(cg->arena, code))
		diag_report(cg->program->diags, span, DIAG_PROGRAM_TOO_LARGE,
			    "the generated code is wrong: %s", code_selfcheck(cg->arena, code));
#endif
	if (dump && dump->stage == STAGE_BPF)
		code_text(code, map_name, cg->object, dump->out);
	cg->scratch_size = MAX(cg->scratch_size, code->scratch_size);
	return code;
}

/* Functions whose calls turned out to be unreachable go: the kernel knows of none that nobody calls. */
static void keep_called(struct codegen *cg, const struct code *own)
{
	uint32_t *numbers = arena_new_array(cg->arena, uint32_t, cg->functions.count + 1);
	VEC(const struct code *) called = { 0 };
	size_t i, j, kept = 0;

	vec_push(cg->arena, &called, own);
	for (i = 0; i < called.count; i++) {
		const struct code *code = called.items[i];

		for (j = 0; j < code->relocs.count; j++) {
			const struct code_reloc *reloc = &code->relocs.items[j];

			if (reloc->kind != RELOC_FUNCTION || numbers[reloc->map])
				continue;
			numbers[reloc->map] = 1;
			vec_push(cg->arena, &called, cg->functions.items[reloc->map]);
		}
	}
	for (i = 0; i < cg->functions.count; i++) {
		if (!numbers[i])
			continue;
		numbers[i] = (uint32_t)kept;
		cg->functions.items[kept++] = cg->functions.items[i];
	}
	cg->functions.count = kept;
	for (i = 0; i < called.count; i++)
		for (j = 0; j < called.items[i]->relocs.count; j++) {
			struct code_reloc *reloc = &called.items[i]->relocs.items[j];

			if (reloc->kind == RELOC_FUNCTION)
				reloc->map = numbers[reloc->map];
		}
}

/* Puts the functions that it calls behind the program's own; *ret_starts: where each begins. */
static void join_functions(struct codegen *cg, struct object_program *program,
			   const struct code *own, uint32_t *ret_starts)
{
	uint32_t total = own->count, at = 0;
	size_t i, j, count = cg->functions.count + 1;

	for (i = 0; i + 1 < count; i++)
		total += cg->functions.items[i]->count;
	program->insns = arena_new_array(cg->arena, struct bpf_insn, total);
	program->insn_count = total;
	for (i = 0; i < count; i++) {
		const struct code *code = i ? cg->functions.items[i - 1] : own;

		if (i)
			ret_starts[i - 1] = at;
		memcpy(program->insns + at, code->insns, code->count * sizeof(*code->insns));
		for (j = 0; j < code->relocs.count; j++) {
			struct code_reloc reloc = code->relocs.items[j];

			reloc.insn += at;
			vec_push(cg->arena, &program->relocs, reloc);
		}
		for (j = 0; j < code->lines.count; j++) {
			struct code_line line = code->lines.items[j];

			line.insn += at;
			vec_push(cg->arena, &program->lines, line);
		}
		at += code->count;
	}
}

/* Addresses of functions, and calls of them, are distances from the instruction; the kernel wants no more help. */
static void resolve_functions(struct object_program *program, const uint32_t *starts)
{
	size_t i, kept = 0;

	for (i = 0; i < program->relocs.count; i++) {
		const struct code_reloc *reloc = &program->relocs.items[i];

		if (reloc->kind == RELOC_FUNCTION)
			program->insns[reloc->insn].imm = (int32_t)starts[reloc->map] -
							  (int32_t)reloc->insn - 1;
		else
			program->relocs.items[kept++] = *reloc;
	}
	program->relocs.count = kept;
}

/* MAX_USED_MAPS of the kernel; it would say that the program is too large. */
static void check_maps(struct codegen *cg, const struct object_program *program)
{
	size_t all = cg->object->maps.count, used = 0, own = 0, i;
	bool *is_used = arena_new_array(cg->arena, bool, all);

	for (i = 0; i < program->relocs.count; i++)
		is_used[program->relocs.items[i].map] = true;
	for (i = 0; i < all; i++) {
		used += is_used[i];
		own += is_used[i] && cg->object->maps.items[i].role != OBJECT_MAP_SCRIPT;
	}
	if (used <= PROGRAM_MAPS_MAX)
		return;
	diag_report(cg->program->diags, program->span, DIAG_PROGRAM_TOO_LARGE,
		    "a probe may use %zu maps, this one uses %zu", PROGRAM_MAPS_MAX - own, used - own);
	diag_hint(cg->program->diags, "one map serves for several with a name as a part of the key: "
		  "@[\"reads\", tid]");
}

static void add_program(struct maker *maker, const struct group *group, const struct code *code)
{
	struct codegen *cg = &maker->cg;
	struct object_program program = {
		.name = code->name,
		.prog_type = group->mechanism->prog_type,
		.attach_type = group->mechanism->attach_type,
		.span = group->instances.items[0]->probe->span,
	};
	uint32_t *starts;

	keep_called(cg, code);
	starts = arena_new_array(cg->arena, uint32_t, cg->functions.count);
	join_functions(cg, &program, code, starts);
	resolve_functions(&program, starts);
	check_maps(cg, &program);
	debug_info_add(&maker->debug_info, &program, cg->function_name,
		       (const struct code *const *)cg->functions.items, starts, cg->functions.count);
	vec_push(cg->arena, &cg->object->programs, program);
}

/* How many functions may be running at a time in it, bodies of loops and its own included. */
static void plan_program(struct codegen *cg, const struct group *group)
{
	size_t i;

	cg->program_number++;
	cg->functions.count = 0;
	cg->frames = cg->depth = 1;
	cg->below = 0;
	for (i = 0; i < group->instances.count; i++) {
		const struct instance *instance = group->instances.items[i];

		cg->frames = MAX(cg->frames, 1 + instance->inner_frames);
		functions_plan(cg, instance);
	}
}

static bool make_program(struct maker *maker, const struct group *group)
{
	struct codegen *cg = &maker->cg;
	const struct instance *first = group->instances.items[0];
	const char *name = program_short_name(cg->arena, first, group->key);
	struct builder_options options = { .name = name, .target = cg->program->target,
					   .scratch_map = cg->scratch_map,
					   .scratch_key = cg->function_count++ };
	struct code *code;
	size_t i;

	cg->function_name = program_function_name(cg->arena, first, group->key);
	plan_program(cg, group);
	arena_reset(cg->work);
	cg->b = builder_new(cg->work, &options);
	for (i = 0; i < group->instances.count; i++)
		emit_instance(cg, group->instances.items[i], group);
	build_exit(cg->b, val_const(0));
	build_limit_stack(cg->b, STACK_MAX, STACK_MAX - cg->below);
	code = codegen_finish(cg, arena_printf(cg->arena, "program %s", name), first->probe->span);
	/* A function that it calls may be what could not be made. */
	if (!code || cg->program->diags->error_count)
		return false;
	add_program(maker, group, code);
	return true;
}

/* One that no probe of the script is: `emit` makes its body.  Gives its index. */
static uint32_t make_own_program(struct maker *maker, const char *name, void (*emit)(struct codegen *cg))
{
	struct codegen *cg = &maker->cg;
	struct builder_options options = { .name = name, .target = cg->program->target,
					   .scratch_map = cg->scratch_map,
					   .scratch_key = cg->function_count++ };
	struct object_program program = { .name = name, .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT };
	struct code *code;

	cg->functions.count = 0;
	cg->function_name = name;
	arena_reset(cg->work);
	cg->b = builder_new(cg->work, &options);
	emit(cg);
	build_exit(cg->b, val_const(0));
	code = codegen_finish(cg, arena_printf(cg->arena, "program %s", name), SPAN_NONE);
	if (!code)
		return 0; /* reported */
	join_functions(cg, &program, code, NULL);
	resolve_functions(&program, NULL);
	vec_push(cg->arena, &cg->object->programs, program);
	return (uint32_t)cg->object->programs.count - 1;
}

/* --- attaching ------------------------------------------------------------------------------ */

static struct object_attachment attachment_of(const struct attach_point *point, uint32_t program,
					      uint64_t cookie)
{
	return (struct object_attachment){
		.type = point->type,
		.mechanism = point->mechanism,
		.program = program,
		.name = point->name,
		.target = point->target,
		.number = point->number,
		.extra = point->extra,
		.cookie = cookie,
		.probe_count = !point->is_part,
		.span = point->span,
	};
}

/* The attachment of the program that the point can be added to, or NULL. */
static struct object_attachment *find_attachment(struct object *object, uint32_t program,
						 const struct attach_point *point)
{
	size_t i = object->attachments.count;

	while (point->mechanism->is_multi && i-- > 0) {
		struct object_attachment *attachment = &object->attachments.items[i];

		if (attachment->program != program)
			return NULL;
		if (attachment->target == point->target)
			return attachment;
	}
	return NULL;
}

static void add_place(struct codegen *cg, uint32_t program, const struct attach_point *point,
		      uint64_t cookie)
{
	struct object_place place = { point->name, point->number, point->counter, cookie };
	struct object_attachment *attachment = find_attachment(cg->object, program, point);

	if (attachment) {
		attachment->probe_count += !point->is_part;
	} else {
		struct object_attachment new = attachment_of(point, program, cookie);

		vec_push(cg->arena, &cg->object->attachments, new);
		attachment = &vec_last(&cg->object->attachments);
	}
	vec_push(cg->arena, &attachment->places, place);
}

static void add_attachments(struct codegen *cg, const struct group *group)
{
	uint32_t program = (uint32_t)cg->object->programs.count - 1;
	const struct instance *first = group->instances.items[0];
	struct object_attachment attachment;
	size_t i;

	if (!group->key) {
		for (i = 0; i < first->points.count; i++)
			add_place(cg, program, first->points.items[i], i);
		return;
	}
	attachment = attachment_of(first->points.items[0], program, 0);
	attachment.probe_count = 0;
	for (i = 0; i < group->instances.count; i++)
		attachment.probe_count += (uint32_t)group->instances.items[i]->points.count;
	for (i = 0; attachment.mechanism->is_multi && i < first->points.count; i++) {
		const struct attach_point *point = first->points.items[i];
		struct object_place place = { point->name, point->number, point->counter, i };

		vec_push(cg->arena, &attachment.places, place);
	}
	vec_push(cg->arena, &cg->object->attachments, attachment);
}

/* --- the object ------------------------------------------------------------------------------- */

/* Does nobody wait for what such probes see? */
static bool ends_by_itself(const struct probe_type *type)
{
	return (type->flags & (PROBE_RUNS_HERE | PROBE_IS_READ)) && !(type->flags & PROBE_ON_SIGNAL);
}

static struct object *new_object(struct program *program)
{
	struct object *object = arena_new_struct(program->arena, struct object);
	size_t i, j;

	object->config = program->config;
	object->sources = program->sources;
	object->named = program->named.items;
	object->named_count = program->named.count;
	object->events_map = object->counts_map = -1;
	object->ends_by_itself = true;
	for (i = 0; i < program->instances.count; i++) {
		const struct instance *instance = program->instances.items[i];

		for (j = 0; j < instance->points.count; j++)
			object->probe_count += !instance->points.items[j]->is_part;
		object->ends_by_itself &= ends_by_itself(instance->points.items[0]->type);
	}
	return object;
}

struct object *codegen(struct program *program, const struct compile_dump *dump)
{
	struct maker maker = { .cg.dump = dump };
	struct codegen *cg = &maker.cg;
	struct group_vec groups = { 0 };
	size_t i;

	cg->program = program;
	cg->arena = program->arena;
	cg->work = arena_new();
	cg->object = new_object(program);
	table_init(&cg->data, cg->arena);
	table_init(&cg->site_table, cg->arena);
	debug_info_init(&maker.debug_info, cg->arena, program->sources);
	maps_add_script(program, cg->object);
	follow_init(cg);
	cg->scratch_map = maps_add_scratch(cg->arena, cg->object);
	group_instances(program, &groups);
	for (i = 0; i < groups.count; i++)
		if (make_program(&maker, &groups.items[i]))
			add_attachments(cg, &groups.items[i]);
	if (cg->object->follow.is_on) {
		cg->object->follow.fork = make_own_program(&maker, "follow_fork", emit_follow_fork);
		cg->object->follow.free = make_own_program(&maker, "follow_free", emit_follow_free);
	}
	arena_free(cg->work);
	if (program->diags->error_count)
		return NULL;
	maps_finish(cg, cg->scratch_map, cg->scratch_size);
	debug_info_finish(&maker.debug_info, cg->object);
	if (dump && dump->stage == STAGE_OBJECT)
		object_text(cg->object, dump->out);
	return cg->object;
}

struct object *compile(struct arena *arena, struct sources *sources, struct source *source,
		       const struct language *language, const struct compile_options *options,
		       struct diags *diags, const struct compile_dump *dump)
{
	struct interner interner;
	struct script *script;
	struct program *program;

	interner_init(&interner, arena);
	script = parse(arena, sources, source, &interner, diags);
	if (diags->error_count)
		return NULL;
	if (dump && dump->stage == STAGE_AST) {
		ast_text(script, dump->out);
		return NULL;
	}
	program = analyse(arena, sources, script, &interner, language, options, diags);
	if (!program || diags->error_count)
		return NULL;
	if (dump && dump->stage == STAGE_TYPES) {
		types_text(program, dump->out);
		return NULL;
	}
	return codegen(program, dump);
}
