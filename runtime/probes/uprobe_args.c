/*
 * args of uprobe: the parameters of a function by the debug information of its
 * program, whose types casts may name, too.
 */
#include <string.h>

#include "base/compiler.h"
#include "runtime/host/debug_params.h"
#include "runtime/host/debug_types.h"
#include "runtime/lister.h"
#include "runtime/probes/context.h"
#include "runtime/probes/probes.h"
#include "runtime/probes/user.h"
#include "sema/arch.h"
#include "sema/program.h"

enum { WORD = 8 };

/* --- finding -------------------------------------------------------------------------- */

static enum params_result find_params(struct program *program, const struct attach_point *point,
				      struct debug_params *ret_params)
{
	const struct user_function *function = point->data;

	return debug_params_find(binary_entries(function->binary), &program->types,
				 program->target->arch, function->address, function->symbol,
				 ret_params);
}

static void report_debug(struct program *program, const struct attach_point *point)
{
	const struct user_function *function = point->data;
	struct diags *diags = program->diags;

	switch (debug_entries_state(binary_entries(function->binary))) {
	case DEBUG_READABLE:
		break;
	case DEBUG_MISSING:
		diag_report(diags, point->span, DIAG_WRONG_PROBE,
			    "args needs debug information on '%s', and none was found", point->target);
		diag_hint(diags, "it comes with a program compiled by -g, in its debug package, or in "
				 "the folder of --debuginfo");
		break;
	case DEBUG_UNREADABLE:
		diag_report(diags, point->span, DIAG_WRONG_PROBE,
			    "the debug information on '%s' cannot be read: it is damaged, or compressed "
			    "by something other than zlib",
			    point->target);
		break;
	case DEBUG_ELSEWHERE:
		diag_report(diags, point->span, DIAG_WRONG_PROBE,
			    "the debug information on '%s' is in .dwo files (-gsplit-dwarf), which are "
			    "not read",
			    point->target);
		break;
	}
	diag_hint(diags, "arg0, arg1 ... do without: they are the registers");
}

static void report_params(struct program *program, const struct attach_point *point,
			  enum params_result result)
{
	const struct user_function *function = point->data;
	struct diags *diags = program->diags;

	switch (result) {
	case PARAMS_FOUND:
		return;
	case PARAMS_WITHOUT_DEBUG:
		report_debug(program, point);
		return;
	case PARAMS_WITHOUT_FUNCTION:
		diag_report(diags, point->span, DIAG_WRONG_PROBE,
			    "the debug information on '%s' does not describe %s", point->target,
			    point->function);
		break;
	case PARAMS_CHANGED:
		diag_report(diags, point->span, DIAG_WRONG_PROBE,
			    "the compiler made %s take other arguments than its source says: where "
			    "they are is not told",
			    function->symbol);
		break;
	case PARAMS_UNKNOWN_CALL:
		diag_report(diags, point->span, DIAG_WRONG_PROBE,
			    "args are known of functions of C and C++ on x86_64 only: how others take "
			    "theirs is not");
		break;
	}
	diag_hint(diags, "arg0, arg1 ... are the registers of a function's first arguments");
}

/* --- args ------------------------------------------------------------------------------- */

static struct type *record_of(struct program *program, const struct attach_point *point,
			      const struct debug_params *params)
{
	struct types *types = &program->types;
	struct type *args = type_struct(types, arena_printf(types->arena, "%s_args", point->name), false);
	size_t i;

	args->align = WORD;
	args->record.fields = arena_new_array(types->arena, struct field, params->items.count);
	args->record.is_complete = args->record.is_context = args->record.is_printable = true;
	for (i = 0; i < params->items.count; i++) {
		const struct debug_param *param = &params->items.items[i];

		if (param->unreadable)
			continue;
		args->record.fields[args->record.count++] = (struct field){
			.name = param->name, .type = param->type, .offset = param->offset
		};
		args->size = MAX(args->size, param->offset + ALIGN_UP(param->type->size, (uint32_t)WORD));
	}
	return args;
}

const struct type *user_args(struct program *program, const struct attach_point *point)
{
	const struct user_function *function = point->data;
	enum params_result result;
	struct debug_params params;

	if (!function->is_entry) {
		diag_report(program->diags, point->span, DIAG_WRONG_PROBE,
			    "args are known where a function begins, and %s is a place inside of one",
			    point->name);
		diag_hint(program->diags, "reg(\"NAME\") is a register of the moment");
		return NULL;
	}
	result = find_params(program, point, &params);
	if (result == PARAMS_FOUND)
		return record_of(program, point, &params);
	report_params(program, point, result);
	if (debug_entries_need_dwz(binary_entries(function->binary)))
		diag_hint(program->diags, "parts of that information are in a file made by dwz, which is "
					  "not read");
	return NULL;
}

const char *hidden_user_arg(struct program *program, const struct attach_point *point,
			    const char *name)
{
	struct debug_params params;
	size_t i;

	if (find_params(program, point, &params) != PARAMS_FOUND)
		return NULL;
	for (i = 0; i < params.items.count; i++)
		if (params.items.items[i].unreadable && !strcmp(params.items.items[i].name, name))
			return params.items.items[i].unreadable;
	return NULL;
}

/* Offsets are those of struct debug_param. */
struct val emit_user_arg(struct codegen *cg, const struct instance *instance,
			 const struct field *field)
{
	const struct arch *arch = cg->program->target->arch;
	uint32_t register_bytes = arch_call_args(arch) * WORD, at;
	struct val slot;

	if (field->offset >= register_bytes) { /* the return address is below the first */
		struct val stack = emit_register(cg, arch_register(arch, "sp"));
		struct place place = { build_offset(cg->b, stack, WORD + field->offset - register_bytes),
				       SPACE_USER };

		return emit_at_place(cg, place, field->type);
	}
	if (type_in_register(field->type)) {
		struct val word = emit_call_arg(cg, instance, field->offset / WORD);

		if (field->type->size >= WORD)
			return word;
		return build_extend(cg->b, word, field->type->size, type_is_signed(field->type));
	}
	slot = build_slot(cg->b, MAX(ALIGN_UP(field->type->size, (uint32_t)WORD), (uint32_t)WORD));
	for (at = 0; at < field->type->size; at += WORD)
		build_store(cg->b, WORD, slot, at,
			    emit_call_arg(cg, instance, (field->offset + at) / WORD));
	return slot;
}

/* --- types ------------------------------------------------------------------------------- */

const struct type *user_type(struct program *program, const struct attach_point *point,
			     const char *what, const char *name)
{
	struct binary *binary;

	if (user_files_open(program->target->user_files, point->target, &binary))
		return NULL;
	return debug_named_type(binary_entries(binary), &program->types, what, name);
}

const struct type *user_constant(struct program *program, const struct attach_point *point,
				 const char *name, int64_t *ret_value)
{
	struct binary *binary;

	if (user_files_open(program->target->user_files, point->target, &binary))
		return NULL;
	return debug_named_constant(binary_entries(binary), &program->types, name, ret_value);
}

/* --- listing -------------------------------------------------------------------------------- */

const char *user_arg_lines(struct lister *lister, struct binary *binary,
			   const struct elf_symbol *symbol)
{
	struct debug_params params;
	struct strbuf text;
	size_t i;

	if (debug_params_find(binary_entries(binary), lister->types, lister->language->target->arch,
			      symbol->address, symbol->linkage, &params) != PARAMS_FOUND)
		return NULL;
	strbuf_init(&text, lister->arena);
	for (i = 0; i < params.items.count; i++)
		strbuf_printf(&text, "    %s %s\n", params.items.items[i].text, params.items.items[i].name);
	return text.text;
}
