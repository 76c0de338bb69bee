/*
 * What the files that read declarations of C share.
 */
#ifndef SEMA_C_TAGS_H
#define SEMA_C_TAGS_H

#include "sema/c_reader.h"

struct c_attributes {
	bool is_packed;
	uint32_t align; /* 0: none given */
};

struct c_declarator {
	const char *name; /* NULL: there was none */
	struct span span;
};

/* c_types.c: all give NULL or false after an error. */
bool c_read_attributes(struct c_reader *reader, struct c_attributes *attributes);
const struct type *c_read_specifiers(struct c_reader *reader, struct c_attributes *attributes,
				     bool *ret_typedef);
const struct type *c_read_declarator(struct c_reader *reader, const struct type *type,
				     struct c_declarator *ret);

/* c_tags.c: "struct ..." from the word on. */
const struct type *c_read_tag(struct c_reader *reader);
void c_add_typedef(struct c_reader *reader, const struct c_declarator *declarator,
		   const struct type *type);

/* c_names.c: a type known by a plain name, in the script or to the kernel; NULL: none. */
const struct type *c_named_type(struct program *program, const char *name);

#endif
