/*
 * From the debug information of a program to types of the language, and to
 * the parameters of its functions.
 */
#ifndef RUNTIME_HOST_DEBUG_TYPES_H
#define RUNTIME_HOST_DEBUG_TYPES_H

#include "runtime/host/debug_entries.h"
#include "sema/type.h"

/*
 * The type that an attribute refers to, void where there is none.  Pointers in
 * it are of user memory; a struct keeps its fields for later.
 */
const struct type *debug_type_of(struct debug_entries *entries, struct types *types,
				 const struct debug_entry *entry, enum debug_attribute attribute);

/* As target->find_type. */
const struct type *debug_named_type(struct debug_entries *entries, struct types *types,
				    const char *what, const char *name);

/* As target->find_enumerator. */
const struct type *debug_named_constant(struct debug_entries *entries, struct types *types,
					const char *name, int64_t *ret_value);

/* What stands behind typedefs and qualifiers; false: void. */
bool debug_plain_type(struct debug_entries *entries, const struct debug_entry *entry,
		      enum debug_attribute attribute, struct debug_entry *ret_type);

/* Bytes of a value of the type, 0: not told. */
uint64_t debug_size(struct debug_entries *entries, const struct debug_entry *type);

/* Where a member lies in its record, in bytes; false: it is not at a fixed place. */
bool debug_member_offset(struct debug_entries *entries, const struct debug_entry *member,
			 uint64_t *ret_offset);

/* Elements of an array, all its dimensions together. */
uint64_t debug_array_length(struct debug_entries *entries, const struct debug_entry *array);

/* The type as C has it: "const char *". */
const char *debug_type_text(struct debug_entries *entries, const struct debug_entry *entry,
			    enum debug_attribute attribute);

#endif
