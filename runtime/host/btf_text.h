/*
 * Types of BTF as C would declare them.
 */
#ifndef RUNTIME_HOST_BTF_TEXT_H
#define RUNTIME_HOST_BTF_TEXT_H

#include "base/strbuf.h"
#include "runtime/host/btf.h"

/* "struct sched_param {\n\tint sched_priority;\n}", of a struct, union or enum. */
void btf_definition(struct btf *btf, struct arena *arena, uint32_t id, struct strbuf *out);

#endif
