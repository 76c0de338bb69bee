/*
 * What types of BTF and of DWARF have in common on their way to types of the
 * language.
 */
#ifndef RUNTIME_HOST_FOREIGN_TYPES_H
#define RUNTIME_HOST_FOREIGN_TYPES_H

#include "sema/type.h"

/* Deeper is a loop of damaged data: real nesting of arrays and pointers is a few. */
enum { FOREIGN_DEPTH_MAX = 16 };

/* An integer; one wider than a register is bytes that can be looked at one by one. */
const struct type *foreign_number(struct types *types, uint64_t size, bool is_signed);

/* An array; plain `char` makes text, unsigned char is bytes. */
const struct type *foreign_array(struct types *types, const struct type *element, bool is_char,
				 uint64_t length);

/* The alignment, which neither tells; the size bounds it. */
uint32_t foreign_struct_align(uint32_t size);

/* An enum with room for `count` enumerators. */
struct type *foreign_enum(struct types *types, const char *tag, uint64_t size, size_t count);

/* Where a bitfield of `bit_size` bits at `bits` from the struct's start is read. */
void foreign_bitfield(struct field *field, uint64_t bits, uint64_t bit_size);

#endif
