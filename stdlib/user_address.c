/*
 * Addresses of symbols in the program or library that a probe is in.
 *
 * Where the process has loaded it is known from the probe itself: the symbol is
 * as far from there as in the file, wherever that was loaded.
 */
#include <linux/bpf.h>
#include <linux/version.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/host/binary.h"
#include "runtime/host/user_files.h"
#include "runtime/probes/probes.h"
#include "sema/arch.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

/* bpf_get_func_ip() of probes in user space. */
#define FUNC_IP_SINCE KERNEL_VERSION(6, 6, 0)

static bool is_return(const struct attach_point *point)
{
	return point->type == &probe_uretprobe;
}

static bool is_in_a_file(const struct attach_point *point)
{
	return point->type == &probe_uprobe || point->type == &probe_usdt || is_return(point);
}

static const char *name_of(const struct expr *call)
{
	const char *name = NULL;
	size_t length;

	expr_is_string(call_arg(call, 0), &name, &length);
	return name;
}

/* --- in the file ------------------------------------------------------------------------- */

static bool find_in(const struct elf_symbols *symbols, const char *name,
		    struct elf_symbol *ret_symbol)
{
	size_t i;

	for (i = 0; i < symbols->count; i++)
		if (!strcmp(symbols->items[i].name, name)) {
			*ret_symbol = symbols->items[i];
			return true;
		}
	return false;
}

/* Data first, then functions. */
static bool find_symbol(const struct target *target, const struct attach_point *point,
			const char *name, struct elf_symbol *ret_symbol)
{
	struct elf_symbols objects = { 0 };
	struct binary *binary;

	if (!target->user_files || user_files_open(target->user_files, point->target, &binary))
		return false;
	elf_add_symbols(binary->elf, binary->elf, true, &objects);
	if (find_in(&objects, name, ret_symbol) ||
	    find_in(binary_functions(binary, true), name, ret_symbol))
		return true;
	if (!binary->debug)
		return false;
	elf_add_symbols(binary->debug, binary->elf, true, &objects);
	return find_in(&objects, name, ret_symbol);
}

/* The address that an offset of the file is linked for. */
static uint64_t linked_address(const struct elf_file *elf, uint64_t offset)
{
	size_t i;

	for (i = 0; i < elf->segment_count; i++) {
		const Elf64_Phdr *segment = &elf->segments[i];

		if (segment->p_type == PT_LOAD && offset >= segment->p_offset &&
		    offset - segment->p_offset < segment->p_filesz)
			return offset - segment->p_offset + segment->p_vaddr;
	}
	return offset;
}

/* From where the probe is to the symbol. */
static int64_t distance(const struct target *target, const struct attach_point *point,
			const char *name)
{
	struct elf_symbol symbol;
	struct binary *binary;

	if (!find_symbol(target, point, name, &symbol) ||
	    user_files_open(target->user_files, point->target, &binary))
		return 0; /* check has said so */
	return (int64_t)(symbol.address - linked_address(binary->elf, point->number));
}

/* --- the row --------------------------------------------------------------------------------- */

static const struct type *infer_uaddr(struct inferer *inferer, struct expr *call)
{
	struct types *types = &inferer->program->types;
	const struct attach_point *point = inferer->instance->points.items[0];
	struct elf_symbol symbol = { 0 };

	if (name_of(call) && is_in_a_file(point))
		find_symbol(inferer->program->target, point, name_of(call), &symbol);
	if (symbol.size != 1 && symbol.size != 2 && symbol.size != 4)
		symbol.size = 8;
	return type_pointer(types, type_int(types, (unsigned)symbol.size, true), SPACE_USER);
}

static void check_uaddr(struct checker *checker, struct expr *call)
{
	const struct target *target = checker->program->target;
	struct diags *diags = checker->program->diags;
	struct elf_symbol symbol;
	size_t i;

	for (i = 0; i < checker->instance->points.count; i++) {
		const struct attach_point *point = checker->instance->points.items[i];

		if (!is_in_a_file(point)) {
			diag_report(diags, call->span, DIAG_WRONG_PROBE,
				    "uaddr() is for uprobe, uretprobe and usdt, which are in a "
				    "program: %s is not",
				    point->name);
			return;
		}
		if (is_return(point) && target->kernel_version < FUNC_IP_SINCE) {
			diag_report(diags, call->span, DIAG_UNSUPPORTED,
				    "uaddr() in a uretprobe needs a kernel from 6.6 on");
			return;
		}
		if (!find_symbol(target, point, name_of(call), &symbol)) {
			diag_report(diags, call_arg(call, 0)->span, DIAG_UNKNOWN_SYMBOL,
				    "Could not resolve symbol: %s:%s", point->target, name_of(call));
			return;
		}
	}
}

/* Where the process is: at the probe, or back from the function it is in. */
static struct val emit_here(struct codegen *cg)
{
	struct val context = build_context(cg->b);
	int ip;

	if (is_return(cg->instance->points.items[0]))
		return build_call_pure(cg->b, BPF_FUNC_get_func_ip, &context, 1);
	ip = arch_register(cg->program->target->arch, "ip");
	if (ip < 0)
		ip = arch_register(cg->program->target->arch, "pc");
	return build_load_pure(cg->b, sizeof(uint64_t), false, context, ip);
}

/* Of several points each has its distance. */
static struct val emit_distance(struct codegen *cg, const struct expr *call)
{
	const struct instance *instance = cg->instance;
	const struct target *target = cg->program->target;
	size_t count = instance->points.count, i;
	int64_t *distances = arena_new_array(cg->arena, int64_t, count);
	struct builder *b = cg->b;
	struct val table, index;
	uint32_t result, end;

	for (i = 0; i < count; i++)
		distances[i] = distance(target, instance->points.items[i], name_of(call));
	if (count == 1)
		return val_const(distances[0]);
	table = codegen_data(cg, distances, (uint32_t)(count * sizeof(*distances)));
	index = instance->points.items[0]->mechanism->emit_point_index(cg, instance);
	result = build_var(b);
	end = build_label(b);
	build_var_set(b, result, val_const(0));
	/* The verifier wants to see that the index is one of the table. */
	build_branch(b, BPF_JGE, index, val_const((int64_t)count), end);
	build_enter(b);
	table = build_alu(b, BPF_ADD, table,
			  build_alu(b, BPF_MUL, index, val_const(sizeof(*distances))));
	build_var_set(b, result, build_load(b, sizeof(*distances), false, table, 0));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, result);
}

static struct val emit_uaddr(struct codegen *cg, const struct expr *call)
{
	return build_alu(cg->b, BPF_ADD, emit_here(cg), emit_distance(cg, call));
}

const struct builtin user_address_builtins[] = {
	{ "uaddr", "infer (string-lit symbol)",
	  "Address of a symbol of the program or library that the probe is in.",
	  BUILTIN_CONTEXT | BUILTIN_POINT | BUILTIN_MUST_CALL, .infer = infer_uaddr,
	  .check = check_uaddr, .emit = emit_uaddr,
	  .example = "uprobe:/bin/bash:readline { print(uaddr(\"readline\")); }" },
	{ NULL },
};
