/*
 * From BTF to the types of the language.
 */
#ifndef RUNTIME_HOST_BTF_TYPES_H
#define RUNTIME_HOST_BTF_TYPES_H

#include "runtime/host/btf.h"
#include "sema/type.h"

/* A struct keeps its fields for later (btf_complete()). */
const struct type *btf_convert(struct btf *btf, struct types *types, uint32_t id);

/* As target->find_type. */
const struct type *btf_find_type(struct btf *btf, struct types *types, const char *what,
				 const char *name);

/* Fills in the fields of a struct; one that BTF does not know is complete without any. */
void btf_complete(struct btf *btf, struct types *types, struct type *record);

/* As target->raw_tracepoint_args. */
const struct type *btf_raw_tracepoint_args(struct btf *btf, struct types *types, const char *event);

/*
 * The kernel's struct or union of that tag, whether BTF knows it or not: it is
 * looked for when its fields are asked for.
 */
const struct type *kernel_struct(struct types *types, const char *tag, bool is_union);

#endif
