/*
 * Raw BTF: mapped, walked, never parsed as a whole.  Which type of the language
 * it means is the business of btf_types.c.
 */
#include "runtime/host/btf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"

enum {
	MARK_EVERY = 32,	 /* types between two remembered places */
	BTF_SIZE_MAX = 256 << 20,
	MODIFIERS_MAX = 64,	 /* a longer chain is a loop */
};

struct btf {
	struct arena *arena;
	void *data;
	size_t size;
	bool is_borrowed; /* the data are somebody else's */
	const char *types, *strings;
	uint32_t types_size, strings_size;
	uint32_t *marks; /* offset of type first_id + i * MARK_EVERY */
	uint32_t mark_count, mark_capacity;
	uint32_t reached_id, reached_offset; /* the first type not walked over yet */
	struct btf *base;  /* of a module: the kernel's, which its numbers and strings go on from */
	uint32_t first_id; /* 1 without a base */
};

/* Some kernels cannot map it, and pipes cannot either. */
static int read_whole(int fd, size_t size, void **ret_data)
{
	char *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t length = 0;

	if (data == MAP_FAILED)
		return -errno;
	while (length < size) {
		ssize_t n = read(fd, data + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int err = n < 0 ? -errno : -EINVAL;

			munmap(data, size);
			return err;
		}
		length += (size_t)n;
	}
	*ret_data = data;
	return 0;
}

static int map_file(const char *path, void **ret_data, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct stat st;
	void *data;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		err = -errno;
	} else if (st.st_size < (off_t)sizeof(struct btf_header) || st.st_size > BTF_SIZE_MAX) {
		err = -EINVAL;
	} else {
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data == MAP_FAILED)
			err = read_whole(fd, (size_t)st.st_size, &data);
		if (!err) {
			*ret_data = data;
			*ret_size = (size_t)st.st_size;
		}
	}
	close(fd);
	return err;
}

static bool set_sections(struct btf *btf)
{
	const struct btf_header *header = btf->data;
	uint64_t rest;

	if (header->magic != BTF_MAGIC || header->hdr_len < sizeof(*header) ||
	    header->hdr_len > btf->size)
		return false;
	rest = btf->size - header->hdr_len;
	if ((uint64_t)header->type_off + header->type_len > rest ||
	    (uint64_t)header->str_off + header->str_len > rest || header->type_off % 4 ||
	    header->hdr_len % 4 || !header->str_len)
		return false;
	btf->types = (const char *)btf->data + header->hdr_len + header->type_off;
	btf->types_size = header->type_len;
	btf->strings = (const char *)btf->data + header->hdr_len + header->str_off;
	btf->strings_size = header->str_len;
	return btf->strings[btf->strings_size - 1] == '\0';
}

int btf_of_data(struct arena *arena, const void *data, size_t size, struct btf **ret_btf)
{
	struct btf *btf = arena_new_struct(arena, struct btf);

	btf->arena = arena;
	btf->data = (void *)data;
	btf->size = size;
	btf->is_borrowed = true;
	btf->reached_id = btf->first_id = 1;
	if (size < sizeof(struct btf_header) || !set_sections(btf))
		return -EINVAL;
	*ret_btf = btf;
	return 0;
}

/* Defined with the walk over types. */
static uint32_t last_id(struct btf *btf);

int btf_open_module(struct arena *arena, const char *path, struct btf *base, struct btf **ret_btf)
{
	struct btf *btf = arena_new_struct(arena, struct btf);
	int err = map_file(path, &btf->data, &btf->size);

	if (err)
		return err;
	btf->arena = arena;
	btf->base = base;
	btf->reached_id = btf->first_id = base ? last_id(base) + 1 : 1;
	if (!set_sections(btf)) {
		munmap(btf->data, btf->size);
		return -EINVAL;
	}
	*ret_btf = btf;
	return 0;
}

int btf_open(struct arena *arena, const char *path, struct btf **ret_btf)
{
	return btf_open_module(arena, path, NULL, ret_btf);
}

void btf_close(struct btf *btf)
{
	if (btf && !btf->is_borrowed)
		munmap(btf->data, btf->size);
}

bool btf_is_kernel(const struct btf *btf)
{
	return !btf->is_borrowed;
}

const void *btf_type_data(const struct btf_type *type)
{
	return type + 1;
}

const char *btf_name(const struct btf *btf, uint32_t offset)
{
	if (btf->base) {
		if (offset < btf->base->strings_size)
			return btf_name(btf->base, offset);
		offset -= btf->base->strings_size;
	}
	return offset < btf->strings_size ? btf->strings + offset : "";
}

/* Bytes of a type with what follows it; 0 for a kind that is not known, where walking ends. */
static inline uint32_t type_size(const struct btf_type *type)
{
	enum { HEAD = sizeof(*type) };
	/* Walked over for all types there are, so looked up.  What the kernel may know besides, a later
	 * one, is 0. */
	static const struct { uint8_t fixed, each; } sizes[] = {
		[BTF_KIND_INT] = { HEAD + 4, 0 },
		[BTF_KIND_PTR] = { HEAD, 0 },
		[BTF_KIND_ARRAY] = { HEAD + sizeof(struct btf_array), 0 },
		[BTF_KIND_STRUCT] = { HEAD, sizeof(struct btf_member) },
		[BTF_KIND_UNION] = { HEAD, sizeof(struct btf_member) },
		[BTF_KIND_ENUM] = { HEAD, sizeof(struct btf_enum) },
		[BTF_KIND_FWD] = { HEAD, 0 },
		[BTF_KIND_TYPEDEF] = { HEAD, 0 },
		[BTF_KIND_VOLATILE] = { HEAD, 0 },
		[BTF_KIND_CONST] = { HEAD, 0 },
		[BTF_KIND_RESTRICT] = { HEAD, 0 },
		[BTF_KIND_FUNC] = { HEAD, 0 },
		[BTF_KIND_FUNC_PROTO] = { HEAD, sizeof(struct btf_param) },
		[BTF_KIND_VAR] = { HEAD + 4, 0 },
		[BTF_KIND_DATASEC] = { HEAD, sizeof(struct btf_var_secinfo) },
		[BTF_KIND_FLOAT] = { HEAD, 0 },
		[BTF_KIND_DECL_TAG] = { HEAD + 4, 0 },
		[BTF_KIND_TYPE_TAG] = { HEAD, 0 },
		[BTF_KIND_ENUM64] = { HEAD, sizeof(struct btf_enum64) },
	};
	uint32_t kind = BTF_INFO_KIND(type->info);

	if (kind >= ARRAY_SIZE(sizes))
		return 0;
	return sizes[kind].fixed + BTF_INFO_VLEN(type->info) * sizes[kind].each;
}

/* The type at an offset and where the next one begins; NULL at the end. */
static inline const struct btf_type *type_at(const struct btf *btf, uint32_t offset, uint32_t *ret_next)
{
	const struct btf_type *type;
	uint32_t size;

	if (offset > btf->types_size || btf->types_size - offset < sizeof(*type))
		return NULL;
	type = (const struct btf_type *)(btf->types + offset);
	size = type_size(type);
	if (!size || btf->types_size - offset < size)
		return NULL;
	*ret_next = offset + size;
	return type;
}

static void remember(struct btf *btf, uint32_t offset)
{
	if (btf->mark_count == btf->mark_capacity) {
		uint32_t capacity = MAX(btf->mark_capacity * 2, 1024u);
		uint32_t *marks = arena_new_array(btf->arena, uint32_t, capacity);

		if (btf->mark_count)
			memcpy(marks, btf->marks, btf->mark_count * sizeof(*marks));
		btf->marks = marks;
		btf->mark_capacity = capacity;
	}
	btf->marks[btf->mark_count++] = offset;
}

/* The type with the number `*id` and the place of the next one, walking on where nobody was yet. */
static inline const struct btf_type *walk_over(struct btf *btf, uint32_t id, uint32_t offset,
					uint32_t *ret_next)
{
	const struct btf_type *type = type_at(btf, offset, ret_next);

	if (type && id == btf->reached_id) {
		if ((id - btf->first_id) % MARK_EVERY == 0)
			remember(btf, offset);
		btf->reached_id = id + 1;
		btf->reached_offset = *ret_next;
	}
	return type;
}

static uint32_t last_id(struct btf *btf)
{
	while (walk_over(btf, btf->reached_id, btf->reached_offset, &(uint32_t){ 0 }))
		;
	return btf->reached_id - 1;
}

const struct btf_type *btf_type(struct btf *btf, uint32_t id)
{
	const struct btf_type *type = NULL;
	uint32_t at, offset;

	if (!id)
		return NULL;
	if (id < btf->first_id)
		return btf_type(btf->base, id);
	if (id < btf->reached_id) {
		at = (id - btf->first_id) / MARK_EVERY;
		offset = btf->marks[at];
		at = at * MARK_EVERY + btf->first_id;
	} else {
		at = btf->reached_id;
		offset = btf->reached_offset;
	}
	for (; at <= id; at++) {
		type = walk_over(btf, at, offset, &offset);
		if (!type)
			return NULL;
	}
	return type;
}

struct btf *btf_home(struct btf *btf, uint32_t id)
{
	while (btf->base && id < btf->first_id)
		btf = btf->base;
	return btf;
}

uint32_t btf_find(struct btf *btf, uint32_t kinds, const char *name)
{
	const struct btf_type *type;
	uint32_t id, offset = 0;

	for (id = btf->first_id; (type = walk_over(btf, id, offset, &offset)); id++)
		if ((kinds & BTF_KIND_BIT(BTF_INFO_KIND(type->info))) && type->name_off &&
		    !strcmp(btf_name(btf, type->name_off), name))
			return id;
	return 0;
}

void btf_each(struct btf *btf, uint32_t kinds, const char *prefix,
	      bool (*callback)(void *context, uint32_t id, const char *name), void *context)
{
	const struct btf_type *type;
	uint32_t id, offset = 0;
	size_t length = strlen(prefix);

	for (id = btf->first_id; (type = walk_over(btf, id, offset, &offset)); id++) {
		const char *name = btf_name(btf, type->name_off);

		if ((kinds & BTF_KIND_BIT(BTF_INFO_KIND(type->info))) && *name &&
		    !strncmp(name, prefix, length) && !callback(context, id, name))
			return;
	}
}

/* The member of that name in an enum; false if it has none. */
static bool has_enumerator(const struct btf *btf, const struct btf_type *type, const char *name,
			   int64_t *ret_value)
{
	uint32_t i, count = BTF_INFO_VLEN(type->info);

	if (BTF_INFO_KIND(type->info) == BTF_KIND_ENUM64) {
		const struct btf_enum64 *wide = btf_type_data(type);

		for (i = 0; i < count; i++)
			if (!strcmp(btf_name(btf, wide[i].name_off), name)) {
				*ret_value = (int64_t)((uint64_t)wide[i].val_hi32 << 32 |
						       wide[i].val_lo32);
				return true;
			}
	} else if (BTF_INFO_KIND(type->info) == BTF_KIND_ENUM) {
		const struct btf_enum *small = btf_type_data(type);

		for (i = 0; i < count; i++)
			if (!strcmp(btf_name(btf, small[i].name_off), name)) {
				*ret_value = BTF_INFO_KFLAG(type->info) ?
						     small[i].val : (int64_t)(uint32_t)small[i].val;
				return true;
			}
	}
	return false;
}

bool btf_member_offset(struct btf *btf, uint32_t id, const char *name, uint32_t *ret_offset)
{
	const struct btf_type *type = btf_type(btf, id);
	const struct btf_member *members;
	uint32_t i;

	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_STRUCT)
		return false;
	members = btf_type_data(type);
	for (i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		uint32_t bits = members[i].offset;

		if (strcmp(btf_name(btf, members[i].name_off), name) != 0)
			continue;
		if (BTF_INFO_KFLAG(type->info)) {
			if (BTF_MEMBER_BITFIELD_SIZE(bits))
				return false;
			bits = BTF_MEMBER_BIT_OFFSET(bits);
		}
		*ret_offset = bits / 8;
		return bits % 8 == 0;
	}
	return false;
}

uint32_t btf_find_enumerator(struct btf *btf, const char *name, int64_t *ret_value)
{
	const struct btf_type *type;
	uint32_t id, offset = 0;

	for (id = btf->first_id; (type = walk_over(btf, id, offset, &offset)); id++)
		if (has_enumerator(btf, type, name, ret_value))
			return id;
	return 0;
}

uint32_t btf_skip_modifiers(struct btf *btf, uint32_t id, bool *ret_user)
{
	unsigned i;

	*ret_user = false;
	for (i = 0; i < MODIFIERS_MAX; i++) {
		const struct btf_type *type = btf_type(btf, id);

		if (!type)
			return 0;
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_TYPE_TAG:
			if (!strcmp(btf_name(btf, type->name_off), "user"))
				*ret_user = true;
			id = type->type;
			break;
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
			id = type->type;
			break;
		default:
			return id;
		}
	}
	return 0;
}
