/*
 * Calls of functions in C: their code, compiled elsewhere, becomes functions of
 * the program that calls them, their data maps of the object.
 *
 * Numbers are passed as C has them.  Of what lies in memory the address is
 * passed: of a variable its own, of anything else that of a copy.
 */
#include "codegen/lower.h"

#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "sema/c_object.h"

enum { REGISTERS = 5, FRAME_UNIT = 32 };

/* --- the code ---------------------------------------------------------------------- */

static uint32_t data_map(struct codegen *cg, struct c_section *section)
{
	struct object_map map = { .role = OBJECT_MAP_DATA, .name = section->is_writable ? "c_data" : "c_rodata",
				  .type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				  .value_size = section->size, .max_entries = 1,
				  .flags = section->is_writable ? 0 : BPF_F_RDONLY_PROG,
				  .contents = section->bytes };

	if (!section->map) {
		vec_push(cg->arena, &cg->object->maps, map);
		section->map = (uint32_t)cg->object->maps.count;
	}
	return section->map - 1;
}

static uint32_t place_function(struct codegen *cg, struct c_function *function);

static void relocate(struct codegen *cg, const struct c_function *function, struct code *code,
		     const struct c_relocation *from)
{
	struct code_reloc reloc = { .insn = from->insn, .kind = RELOC_FUNCTION };
	struct bpf_insn *insn = &code->insns[from->insn];

	if (from->kind == C_DATA) {
		reloc.kind = RELOC_MAP_VALUE;
		reloc.map = data_map(cg, &function->object->sections.items[from->index]);
		insn[0].src_reg = BPF_PSEUDO_MAP_VALUE;
		insn[0].imm = 0;
		insn[1].imm = (int32_t)from->offset;
	} else {
		reloc.map = place_function(cg, function->object->functions.items[from->index]);
		insn->src_reg = from->kind == C_CALL ? BPF_PSEUDO_CALL : BPF_PSEUDO_FUNC;
		insn->imm = (int32_t)reloc.map;
		function_is_called(cg, reloc.map);
	}
	vec_push(cg->arena, &code->relocs, reloc);
}

/* The function and those that it calls, once in each program; its number there. */
static uint32_t place_function(struct codegen *cg, struct c_function *function)
{
	struct code *code = arena_new_struct(cg->arena, struct code);
	uint32_t outer_below = cg->below;
	size_t i;

	if (function->program == cg->program_number)
		return function->number;
	*code = (struct code){ .name = function->name, .count = function->insn_count,
			       .stack_size = function->stack_size,
			       .frame_size = ALIGN_UP(MAX(function->stack_size, 1U), FRAME_UNIT) };
	code->insns = arena_dup(cg->arena, function->insns,
				function->insn_count * sizeof(*function->insns));
	vec_push(cg->arena, &code->lines, ((struct code_line){ 0, function->span, function->name }));
	cg->below = 0;
	for (i = 0; i < function->relocs.count; i++)
		relocate(cg, function, code, &function->relocs.items[i]);
	code->chain_size = code->frame_size + cg->below;
	cg->below = outer_below;
	function->program = cg->program_number;
	function->number = (uint32_t)cg->functions.count;
	vec_push(cg->arena, &cg->functions, code);
	codegen_dump_code(cg, arena_printf(cg->arena, "function %u %s", function->number, function->name),
			  code);
	return function->number;
}

/* --- calls --------------------------------------------------------------------------- */

/* Registers hold 64 bits; of narrower numbers C leaves the rest to whoever reads them. */
static struct val emit_result(struct codegen *cg, struct val val, const struct type *type)
{
	if (type->kind == TYPE_VOID)
		return VAL_NOTHING;
	return type->size < 8 ? build_extend(cg->b, val, type->size, type_is_signed(type)) : val;
}

static struct val emit_arg(struct codegen *cg, const struct expr *arg, const struct type *param)
{
	const struct type *type = type_read(&cg->program->types, arg->type);
	struct val slot;

	if (type_in_register(type))
		return emit_convert(cg, emit_expr(cg, arg), type, param);
	if (arg->kind == EXPR_VAR)
		return emit_expr(cg, arg);
	slot = build_slot(cg->b, type->size);
	emit_expr_into(cg, arg, type, slot);
	return slot;
}

/* What C takes of frames and stack cannot be made less. */
static void check_room(struct codegen *cg, const struct expr *call)
{
	const uint32_t most = STACK_MAX - 2 * FRAME_UNIT;

	if (cg->depth + call->call.c_function->frames > FRAMES_MAX)
		diag_report(cg->program->diags, call->span, DIAG_PROGRAM_TOO_LARGE,
			    "%s() is called %u functions and loops deep and takes %u more itself; the "
			    "kernel takes %d",
			    call->call.name, cg->depth - 1, call->call.c_function->frames,
			    FRAMES_MAX - 1);
	if (cg->below <= most)
		return;
	diag_report(cg->program->diags, call->span, DIAG_PROGRAM_TOO_LARGE,
		    "%s() and what it calls take %u bytes of stack; there are %d for all functions that "
		    "run at a time",
		    call->call.name, cg->below, STACK_MAX);
	cg->below = most;
}

struct val emit_c_call(struct codegen *cg, const struct expr *call)
{
	struct c_function *function = call->call.c_function;
	bool was_open = cg->is_wide_open;
	struct val args[REGISTERS], result;
	uint32_t number;
	size_t i, count = MIN(call->call.args.count, (size_t)REGISTERS);

	cg->is_wide_open = false;
	for (i = 0; i < count; i++)
		args[i] = emit_arg(cg, call->call.args.items[i], function->params.items[i]);
	cg->is_wide_open = was_open;
	if (build_is_dead(cg->b))
		return val_const(0);
	number = place_function(cg, function);
	function_is_called(cg, number);
	check_room(cg, call);
	forget_reads(cg, NULL);
	result = build_call_function(cg->b, number, args, (unsigned)count);
	return emit_result(cg, result, function->result);
}
