/*
 * An object as an ELF file, as libbpf reads them.
 */
#ifndef CODEGEN_OBJECT_ELF_H
#define CODEGEN_OBJECT_ELF_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "codegen/object.h"

/* The file's bytes.  NULL, or what of the object such a file has no words for. */
const char *object_elf(struct arena *arena, const struct object *object, struct strbuf *out);

#endif
