/*
 * From BTF to the types of the language.
 */
#ifndef RUNTIME_HOST_BTF_TYPES_H
#define RUNTIME_HOST_BTF_TYPES_H

#include "runtime/host/btf.h"
#include "sema/target.h"
#include "sema/type.h"

/* A struct keeps its fields for later (btf_complete()). */
const struct type *btf_convert(struct btf *btf, struct types *types, uint32_t id);

/* Bits of the kinds that "struct", "union", "enum" or "" (typedefs, integers) stand for. */
uint32_t btf_kinds_of(const char *what);

/* As target->find_type. */
const struct type *btf_find_type(struct btf *btf, struct types *types, const char *what,
				 const char *name);

/* As target->find_enumerator. */
const struct type *btf_find_constant(struct btf *btf, struct types *types, const char *name,
				     int64_t *ret_value);

/* Fills in the fields of a struct; one that BTF does not know is complete without any. */
void btf_complete(struct btf *btf, struct types *types, struct type *record);

/* Does this BTF tell the fields of the struct? */
bool btf_owns(const struct btf *btf, struct types *types, const struct type *record);

/* A FUNC; false when the number is none.  `module` is left to the caller. */
bool btf_function(struct btf *btf, struct types *types, uint32_t id,
		  struct kernel_function *ret_function);

/* As target->raw_tracepoint_args. */
const struct type *btf_raw_tracepoint_args(struct btf *btf, struct types *types, const char *event);

/*
 * The kernel's struct or union of that tag, whether BTF knows it or not: it is
 * looked for when its fields are asked for.
 */
const struct type *kernel_struct(struct types *types, const char *tag, bool is_union);

#endif
