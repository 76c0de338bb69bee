/*
 * What programs read of a context that begins with the registers of the
 * moment, and how they tell points apart.
 */
#ifndef RUNTIME_PROBES_CONTEXT_H
#define RUNTIME_PROBES_CONTEXT_H

#include "codegen/lower.h"

/* The 64 bits at an offset of struct pt_regs. */
struct val emit_register(struct codegen *cg, int offset);

/* Hooks of struct mechanism: arguments and result by the calling convention of C. */
struct val emit_call_arg(struct codegen *cg, const struct instance *instance, unsigned number);
unsigned call_arg_count(const struct target *target);
struct val emit_call_result(struct codegen *cg, const struct instance *instance);

/* Hook of struct probe_type: `ctx` is a struct pt_regs *. */
const struct type *registers_context(struct program *program, const struct attach_point *point);

/* The same of perf events: a struct bpf_perf_event_data *, the registers and the sample. */
const struct type *sample_context(struct program *program, const struct attach_point *point);

/* Hook of struct mechanism: the cookie is the index of the point. */
struct val emit_cookie(struct codegen *cg, const struct instance *instance);

#endif
