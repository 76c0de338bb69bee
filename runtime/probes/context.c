/*
 * Registers of a context, and cookies.
 */
#include "runtime/probes/context.h"

#include <linux/bpf.h>

#include "base/compiler.h"
#include "sema/arch.h"
#include "sema/target.h"

struct val emit_register(struct codegen *cg, int offset)
{
	return build_load_pure(cg->b, sizeof(uint64_t), false, build_context(cg->b), offset);
}

struct val emit_call_arg(struct codegen *cg, const struct instance *instance UNUSED,
			 unsigned number)
{
	const struct arch *arch = cg->program->target->arch;

	return emit_register(cg, arch_register(arch, arch->call_args[number]));
}

unsigned call_arg_count(const struct target *target)
{
	return arch_call_args(target->arch);
}

struct val emit_call_result(struct codegen *cg, const struct instance *instance UNUSED)
{
	const struct arch *arch = cg->program->target->arch;

	return emit_register(cg, arch_register(arch, arch->result));
}

struct val emit_cookie(struct codegen *cg, const struct instance *instance UNUSED)
{
	struct val context = build_context(cg->b);

	return build_call_pure(cg->b, BPF_FUNC_get_attach_cookie, &context, 1);
}

static const struct type *pointer_to(struct program *program, const char *tag)
{
	const struct type *type =
		program->target->find_type(program->target, &program->types, "struct", tag);

	return type_pointer(&program->types, type ? type : program->types.void_type, SPACE_KERNEL);
}

const struct type *registers_context(struct program *program,
				     const struct attach_point *point UNUSED)
{
	return pointer_to(program, "pt_regs");
}

const struct type *sample_context(struct program *program, const struct attach_point *point UNUSED)
{
	return pointer_to(program, "bpf_perf_event_data");
}
