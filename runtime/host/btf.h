/*
 * Reader of raw BTF: the types of a kernel, found by name or number.
 *
 * Nothing is parsed ahead: a search walks the types and stops at the hit, and
 * remembers places on its way for later look-ups by number.  The data may be
 * anything: whatever leads outside of it reads as absent.
 */
#ifndef RUNTIME_HOST_BTF_H
#define RUNTIME_HOST_BTF_H

#include <linux/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct btf;

/* As btf_open(), of data in memory that stays there: what a C compiler made. */
int btf_of_data(struct arena *arena, const void *data, size_t size, struct btf **ret_btf);

/* 0 or -errno (-EINVAL: the file is no BTF).  The file stays mapped until btf_close(). */
int btf_open(struct arena *arena, const char *path, struct btf **ret_btf);

/* BTF of a module: it goes on where `base` ends, which has to stay open. */
int btf_open_module(struct arena *arena, const char *path, struct btf *base, struct btf **ret_btf);
void btf_close(struct btf *btf);

/* Of a file: the kernel's. */
bool btf_is_kernel(const struct btf *btf);

/* The one of a module's or its base that holds the type. */
struct btf *btf_home(struct btf *btf, uint32_t id);

/* The type with a number; NULL for 0 (void) and numbers there are not. */
const struct btf_type *btf_type(struct btf *btf, uint32_t id);

/* What follows a type: its members, parameters ...  They lie within the data. */
const void *btf_type_data(const struct btf_type *type);

/* "" for no name. */
const char *btf_name(const struct btf *btf, uint32_t offset);

#define BTF_KIND_BIT(kind) (1u << (kind))

/* Number of the first type of one of these kinds with that name, 0 if there is none. */
uint32_t btf_find(struct btf *btf, uint32_t kinds, const char *name);

/* Number of the first enum with a member of that name, 0 if there is none. */
uint32_t btf_find_enumerator(struct btf *btf, const char *name, int64_t *ret_value);

/* Offset in bytes of a direct member of a struct that is no bitfield; false: there is none. */
bool btf_member_offset(struct btf *btf, uint32_t id, const char *name, uint32_t *ret_offset);

/* Follows typedefs and qualifiers.  *ret_user is set when one of them says "user memory". */
uint32_t btf_skip_modifiers(struct btf *btf, uint32_t id, bool *ret_user);

/* Calls back for each type of a kind whose name begins with `prefix`, until false. */
void btf_each(struct btf *btf, uint32_t kinds, const char *prefix,
	      bool (*callback)(void *context, uint32_t id, const char *name), void *context);

#endif
