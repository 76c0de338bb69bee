/*
 * Control groups: their ids, and paths of ids.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

static int find_id(const struct program *program, const struct expr *call, uint64_t *ret_id)
{
	const struct target *target = program->target;

	*ret_id = 0;
	if (!target->cgroup_id)
		return -ENOTSUP;
	return target->cgroup_id(target, call_arg(call, 0)->string.text, ret_id);
}

static void check_cgroupid(struct checker *checker, struct expr *call)
{
	const struct expr *path = call_arg(call, 0);
	uint64_t id;
	int err = find_id(checker->program, call, &id);

	if (err)
		diag_report(checker->program->diags, path->span, DIAG_UNKNOWN_SYMBOL,
			    "Failed to get the cgroup id of '%s': %s", path->string.text,
			    err == -EINVAL ? "it is no control group" : strerror(-err));
}

static struct val emit_cgroupid(struct codegen *cg, const struct expr *call)
{
	uint64_t id;

	find_id(cg->program, call, &id);
	return val_const((int64_t)id);
}

static const struct type *infer_path(struct inferer *inferer, struct expr *call UNUSED)
{
	return type_late(&inferer->program->types, LATE_CGROUP);
}

static void emit_path(struct codegen *cg, const struct expr *call, struct val address)
{
	const struct expr *pattern = call_arg(call, 1);

	build_store(cg->b, 8, address, offsetof(struct late_cgroup, id),
		    emit_expr(cg, call_arg(call, 0)));
	build_store(cg->b, 8, address, offsetof(struct late_cgroup, text),
		    val_const(codegen_text(cg, pattern ? pattern->string.text : "")));
}

const struct builtin cgroup_builtins[] = {
	{ "cgroupid", "uint64 (string-lit folder)", "Id of the control group with this folder.",
	  BUILTIN_MUST_CALL, .check = check_cgroupid, .emit = emit_cgroupid },
	{ "cgroup_path", "infer (int id, [string-lit hierarchies])",
	  "Folders of the control groups with this id, in the hierarchies whose names match.",
	  BUILTIN_MUST_CALL, .infer = infer_path, .emit_into = emit_path,
	  .example = "interval:s:1 { printf(\"%s\\n\", cgroup_path(cgroup, \"unified\")); }" },
	{ NULL },
};
