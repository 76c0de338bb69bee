/*
 * Object files for BPF: their functions and data.
 */
#ifndef RUNTIME_HOST_C_OBJECT_H
#define RUNTIME_HOST_C_OBJECT_H

#include "base/arena.h"
#include "sema/c_object.h"
#include "sema/type.h"

/*
 * 0 or -errno: -ENOEXEC when it is no object for BPF, -EBADMSG when it is
 * damaged.  What is wrong with one function is kept with it.
 */
int c_object_read(struct arena *arena, struct types *types, const char *path,
		  struct c_object *ret_object);

#endif
