/*
 * usdt: the probes that a program was built with.
 *
 * A probe may stand in several places of the code, each with its arguments
 * elsewhere: places where they are alike share a program.
 */
#include <string.h>

#include "base/compiler.h"
#include "base/table.h"
#include "runtime/host/usdt_args.h"
#include "runtime/host/usdt_notes.h"
#include "runtime/lister.h"
#include "runtime/probes/context.h"
#include "runtime/probes/probes.h"
#include "runtime/probes/user.h"
#include "sema/program.h"

/* --- arguments ---------------------------------------------------------------------- */

static struct val arg_address(struct codegen *cg, const struct usdt_arg *arg)
{
	struct builder *b = cg->b;
	struct val address = val_const(arg->number), part;

	if (arg->base != NO_REGISTER)
		address = build_alu(b, BPF_ADD, emit_register(cg, arg->base), address);
	if (arg->index == NO_REGISTER)
		return address;
	part = build_alu(b, BPF_MUL, emit_register(cg, arg->index), val_const(arg->scale));
	return build_alu(b, BPF_ADD, address, part);
}

static struct val emit_memory(struct codegen *cg, const struct usdt_arg *arg)
{
	struct val slot = build_slot(cg->b, sizeof(uint64_t));

	emit_read(cg, slot, arg->size, arg_address(cg, arg), SPACE_USER);
	return build_load(cg->b, arg->size, arg->is_signed, slot, 0);
}

struct val emit_usdt_arg(struct codegen *cg, const struct instance *instance, unsigned number)
{
	const struct usdt_args *args = instance->points.items[0]->data;
	const struct usdt_arg *arg = &args->args[number];
	struct val val;

	if (number >= args->count)
		return val_const(0);
	switch (arg->kind) {
	case USDT_ARG_CONSTANT:
		return build_extend(cg->b, val_const(arg->number), arg->size, arg->is_signed);
	case USDT_ARG_REGISTER:
		val = build_alu(cg->b, BPF_RSH, emit_register(cg, arg->base), val_const(arg->shift));
		return build_extend(cg->b, val, arg->size, arg->is_signed);
	case USDT_ARG_MEMORY:
	case USDT_ARG_NEAR:
		return emit_memory(cg, arg);
	case USDT_ARG_UNKNOWN:
		return val_const(0); /* refused when the script was checked */
	}
	unreachable();
}

const char *unreadable_usdt_arg(const struct attach_point *point, unsigned number)
{
	const struct usdt_args *args = point->data;

	return number < args->count && args->args[number].kind == USDT_ARG_UNKNOWN ? args->text : NULL;
}

bool same_usdt_args(const struct attach_point *a, const struct attach_point *b)
{
	const struct usdt_args *left = a->data, *right = b->data;
	unsigned i;

	if (left->count != right->count || strcmp(left->text, right->text) != 0)
		return false;
	for (i = 0; i < left->count; i++) /* the same symbol is elsewhere from each place */
		if (left->args[i].kind != right->args[i].kind ||
		    left->args[i].number != right->args[i].number)
			return false;
	return true;
}

/* --- resolving ------------------------------------------------------------------------ */

struct wanted {
	const char *provider; /* NULL: any */
	const char *name;
};

static bool is_meant(const struct wanted *wanted, const struct usdt_note *note)
{
	return (!wanted->provider || wildcard_match(wanted->provider, note->provider)) &&
	       wildcard_match(wanted->name, note->name);
}

/* What the parts after the binary say; `has_binary`: the first one is it. */
static struct wanted parse_wanted(const struct attach_point_parts *parts, bool has_binary)
{
	size_t count = part_count(parts);
	struct wanted wanted = { .name = part_text(parts, count) };

	if (count > 1u + has_binary && *part_text(parts, count - 1))
		wanted.provider = part_text(parts, count - 1);
	return wanted;
}

/* `seen` has the names of the points so far. */
static void add_note(struct expander *expander, const struct user_binary *file,
		     const struct usdt_note *note, struct table *seen)
{
	struct program *program = expander->program;
	const char *name = point_name(expander, "usdt:%s:%s:%s", file->name, note->provider,
				      note->name);
	struct usdt_args *args = arena_new_struct(program->arena, struct usdt_args);
	uint64_t offset, counter = 0;
	struct attach_point *point;

	/* A damaged note; and what is not in a segment cannot run. */
	if (!elf_offset(file->binary->elf, note->location, PF_X, &offset) ||
	    (note->semaphore && !elf_offset(file->binary->elf, note->semaphore, 0, &counter)))
		return;
	usdt_parse_args(program->target->arch, file->binary, note->location, note->args, args);
	point = expander_add(expander, user_mechanism(expander, USER_PROBE_USDT), name);
	point->target = file->path;
	point->number = file->binary->elf->base + offset;
	point->counter = note->semaphore ? file->binary->elf->base + counter : 0;
	point->data = args;
	point->is_part = table_get_str(seen, name);
	table_set_str(seen, name, point);
}

/* Gives how many probes the file has. */
static size_t resolve_in(struct expander *expander, const struct user_binary *file,
			 const struct wanted *wanted, struct suggestion *suggestion)
{
	struct usdt_notes notes = { 0 };
	struct table seen;
	size_t i;

	table_init(&seen, expander->program->arena);
	usdt_read_notes(file->binary->elf, &notes);
	for (i = 0; i < notes.count; i++) {
		if (is_meant(wanted, &notes.items[i]))
			add_note(expander, file, &notes.items[i], &seen);
		else
			suggestion_offer(suggestion, notes.items[i].name);
	}
	return notes.count;
}

static void resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	size_t before = expander->points.count, errors, notes = 0, said, i;
	struct program *program = expander->program;
	bool has_binary = part_count(parts) > 1;
	struct user_binaries files = { 0 };
	struct suggestion suggestion;
	struct wanted wanted;

	if (!expect_parts(expander, parts, program->options->pid ? 1 : 2, 3))
		return;
	wanted = parse_wanted(parts, has_binary);
	if (!open_binaries(expander, parts, has_binary, !has_binary, &files))
		return;
	errors = program->diags->error_count;
	suggestion_init(&suggestion, wanted.name);
	for (i = 0; i < files.count; i++)
		notes += resolve_in(expander, &files.items[i], &wanted, &suggestion);
	if (expander->points.count > before || program->diags->error_count > errors)
		return;
	said = program->diags->list.count;
	report_no_match(expander, parts,
			notes && suggestion.best && !has_wildcard(wanted.name) ?
				point_name(expander, "usdt:%s:%s", files.items[0].name,
					   suggestion.best) :
				NULL);
	if (!notes && files.count == 1 && program->diags->list.count > said)
		diag_hint(program->diags, "'%s' was built without such probes", files.items[0].name);
}

/* --- listing ---------------------------------------------------------------------------- */

static void list_file(struct lister *lister, const struct user_binary *file,
		      const struct wanted *wanted)
{
	struct usdt_notes notes = { 0 };
	struct table seen;
	size_t i;

	table_init(&seen, lister->arena);
	usdt_read_notes(file->binary->elf, &notes);
	for (i = 0; i < notes.count; i++) {
		const struct usdt_note *note = &notes.items[i];
		struct listed *listed;
		const char *name;

		if (!is_meant(wanted, note))
			continue;
		name = arena_printf(lister->arena, "usdt:%s:%s:%s", file->name, note->provider,
				    note->name);
		if (table_get_str(&seen, name))
			continue;
		table_set_str(&seen, name, (void *)note);
		listed = lister_add(lister, name);
		if (listed && lister->verbose && *note->args)
			listed->details = arena_printf(lister->arena, "    %s\n", note->args);
	}
}

static void list(struct lister *lister, const struct attach_point_parts *pattern)
{
	size_t count = pattern ? part_count(pattern) : 0, i;
	bool has_binary = count > 1 || (count == 1 && !lister->pid);
	struct user_binaries files = { 0 };
	struct wanted wanted = { .name = "*" };

	if (!lists_binaries(lister, pattern))
		return;
	if (count > has_binary)
		wanted = parse_wanted(pattern, has_binary);
	list_binaries(lister, has_binary ? &pattern->parts.items[1] : NULL, &files);
	for (i = 0; i < files.count; i++)
		list_file(lister, &files.items[i], &wanted);
}

const struct probe_type probe_usdt = {
	.name = "usdt",
	.short_name = "U",
	.forms = "usdt:BIN:PROBE or usdt:BIN:PROVIDER:PROBE",
	.manual = "Fires at a probe that a program or library was built with.",
	.ways = "uprobe_multi perf",
	.flags = PROBE_LAST_FIRST | PROBE_OF_PROGRAMS,
	.space = SPACE_USER,
	.resolve = resolve,
	.find_type = user_type,
	.find_constant = user_constant,
	.context = registers_context,
	.list = list,
};
