/*
 * BTF types as types of the language.  A struct gets its fields when somebody
 * asks for them, so that naming task_struct does not convert half a kernel.
 */
#include "runtime/host/btf_types.h"

#include <string.h>

#include "base/compiler.h"
#include "runtime/host/foreign_types.h"

#define STRUCT_KINDS (BTF_KIND_BIT(BTF_KIND_STRUCT) | BTF_KIND_BIT(BTF_KIND_UNION))
#define ENUM_KINDS   (BTF_KIND_BIT(BTF_KIND_ENUM) | BTF_KIND_BIT(BTF_KIND_ENUM64))

static const struct type *convert(struct btf *btf, struct types *types, uint32_t id, unsigned depth);

/* Types made from BTF are found again in the table of interned types, by number and by tag. */
struct id_key {
	const struct btf *btf;
	uint64_t id;
};

static struct type *known_by_id(const struct btf *btf, struct types *types, uint32_t id)
{
	struct id_key key = { btf, id };

	return table_get(&types->interned, &key, sizeof(key));
}

static void remember_id(const struct btf *btf, struct types *types, uint32_t id, struct type *type)
{
	struct id_key key = { btf, id };

	table_set(&types->interned, arena_dup(types->arena, &key, sizeof(key)), sizeof(key), type);
}

static struct type *struct_of_tag(struct types *types, const char *tag, bool is_union)
{
	const char *key = arena_printf(types->arena, "kernel %s %s", is_union ? "union" : "struct", tag);
	struct type *type = table_get_str(&types->interned, key);

	if (!type) {
		type = type_struct(types, arena_strdup(types->arena, tag), is_union);
		table_set_str(&types->interned, key, type);
	}
	return type;
}

const struct type *kernel_struct(struct types *types, const char *tag, bool is_union)
{
	return struct_of_tag(types, tag, is_union);
}

static const struct type *convert_struct(struct btf *btf, struct types *types, uint32_t id,
					 const struct btf_type *from)
{
	bool is_union = BTF_INFO_KIND(from->info) == BTF_KIND_UNION;
	const char *tag = btf_name(btf, from->name_off);
	struct type *type = known_by_id(btf, types, id);

	if (type)
		return type;
	if (*tag && btf_is_kernel(btf))
		type = struct_of_tag(types, tag, is_union);
	else
		type = type_struct(types, *tag ? arena_strdup(types->arena, tag) : NULL, is_union);
	/* Several structs may have one tag: the first gets what was named before. */
	if (type->record.btf_id)
		type = type_struct(types, arena_strdup(types->arena, tag), is_union);
	type->record.btf_id = id;
	type->record.origin = btf;
	type->size = from->size;
	type->align = foreign_struct_align(from->size);
	remember_id(btf, types, id, type);
	return type;
}

static const struct type *convert_enum(struct btf *btf, struct types *types, uint32_t id,
				       const struct btf_type *from)
{
	bool is_64 = BTF_INFO_KIND(from->info) == BTF_KIND_ENUM64;
	const char *tag = btf_name(btf, from->name_off);
	uint32_t i, count = BTF_INFO_VLEN(from->info);
	struct type *type = known_by_id(btf, types, id);
	const void *data = btf_type_data(from);

	if (type)
		return type;
	type = foreign_enum(types, *tag ? tag : NULL, from->size, count);
	type->enumeration.is_signed = BTF_INFO_KFLAG(from->info);
	for (i = 0; i < count; i++) {
		struct enumerator *to = &type->enumeration.enumerators[i];
		const struct btf_enum *small = (const struct btf_enum *)data + i;
		const struct btf_enum64 *wide = (const struct btf_enum64 *)data + i;

		to->name = arena_strdup(types->arena,
					btf_name(btf, is_64 ? wide->name_off : small->name_off));
		if (is_64)
			to->value = (int64_t)((uint64_t)wide->val_hi32 << 32 | wide->val_lo32);
		else
			to->value = type->enumeration.is_signed ? small->val : (int64_t)(uint32_t)small->val;
	}
	remember_id(btf, types, id, type);
	return type;
}

static const struct type *convert_pointer(struct btf *btf, struct types *types,
					  const struct btf_type *from, unsigned depth)
{
	bool is_user;
	uint32_t to = btf_skip_modifiers(btf, from->type, &is_user);
	const struct btf_type *target = btf_type(btf, to);
	const struct type *type = types->void_type;

	if (target && BTF_INFO_KIND(target->info) != BTF_KIND_FUNC_PROTO)
		type = convert(btf, types, to, depth + 1);
	return type_pointer(types, type, is_user ? SPACE_USER : SPACE_KERNEL);
}

static const struct type *convert_array(struct btf *btf, struct types *types,
					const struct btf_type *from, unsigned depth)
{
	const struct btf_array *array = btf_type_data(from);
	bool is_user;
	uint32_t element_id = btf_skip_modifiers(btf, array->type, &is_user);
	const struct btf_type *element = btf_type(btf, element_id);
	bool is_char = element && BTF_INFO_KIND(element->info) == BTF_KIND_INT &&
		       !strcmp(btf_name(btf, element->name_off), "char");

	return foreign_array(types, convert(btf, types, element_id, depth + 1), is_char, array->nelems);
}

static const struct type *convert(struct btf *btf, struct types *types, uint32_t id, unsigned depth)
{
	bool is_user;
	uint32_t base = btf_skip_modifiers(btf, id, &is_user);
	const struct btf_type *type = btf_type(btf, base);

	if (!type || depth > FOREIGN_DEPTH_MAX)
		return types->void_type;
	btf = btf_home(btf, base);
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
		return foreign_number(types, type->size,
				      BTF_INT_ENCODING(*(const uint32_t *)btf_type_data(type)) &
					      BTF_INT_SIGNED);
	case BTF_KIND_FLOAT:
		return foreign_number(types, type->size, false);
	case BTF_KIND_PTR:
		return convert_pointer(btf, types, type, depth);
	case BTF_KIND_ARRAY:
		return convert_array(btf, types, type, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return convert_struct(btf, types, base, type);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return convert_enum(btf, types, base, type);
	case BTF_KIND_FWD:
		return struct_of_tag(types, btf_name(btf, type->name_off), BTF_INFO_KFLAG(type->info));
	default: /* functions, variables: nothing that a value can be of */
		return types->void_type;
	}
}

bool btf_owns(const struct btf *btf, struct types *types, const struct type *record)
{
	return record->record.btf_id && known_by_id(btf, types, record->record.btf_id) == record;
}

const struct type *btf_convert(struct btf *btf, struct types *types, uint32_t id)
{
	return convert(btf, types, id, 0);
}

static void complete_field(struct btf *btf, struct types *types, const struct btf_type *record,
			   const struct btf_member *member, struct field *field)
{
	const char *name = btf_name(btf, member->name_off);
	uint32_t bits = member->offset, bit_size = 0;

	field->name = *name ? intern_str(types->interner, name) : NULL;
	field->type = convert(btf, types, member->type, 0);
	if (BTF_INFO_KFLAG(record->info)) {
		bit_size = BTF_MEMBER_BITFIELD_SIZE(bits);
		bits = BTF_MEMBER_BIT_OFFSET(bits);
	}
	field->offset = bits / 8;
	if (bit_size && bit_size <= 64 && field->type->size <= 8)
		foreign_bitfield(field, bits, bit_size);
}

void btf_complete(struct btf *btf, struct types *types, struct type *record)
{
	const struct btf_type *from;
	const struct btf_member *members;
	uint32_t i, count;

	if (record->record.origin)
		btf = record->record.origin;
	record->record.is_complete = true;
	if (!record->record.btf_id && record->record.tag && btf)
		record->record.btf_id =
			btf_find(btf, BTF_KIND_BIT(record->record.is_union ? BTF_KIND_UNION :
									     BTF_KIND_STRUCT),
				 record->record.tag);
	from = btf ? btf_type(btf, record->record.btf_id) : NULL;
	if (!from || !(STRUCT_KINDS & BTF_KIND_BIT(BTF_INFO_KIND(from->info))))
		return;
	if (!known_by_id(btf, types, record->record.btf_id))
		remember_id(btf, types, record->record.btf_id, record);
	count = BTF_INFO_VLEN(from->info);
	members = btf_type_data(from);
	record->size = from->size;
	record->align = foreign_struct_align(from->size);
	record->record.fields = arena_new_array(types->arena, struct field, count);
	for (i = 0; i < count; i++)
		complete_field(btf, types, from, &members[i], &record->record.fields[i]);
	record->record.count = count;
}

uint32_t btf_kinds_of(const char *what)
{
	static const struct {
		const char *what;
		uint32_t kinds;
	} words[] = {
		{ "struct", BTF_KIND_BIT(BTF_KIND_STRUCT) },
		{ "union", BTF_KIND_BIT(BTF_KIND_UNION) },
		{ "enum", ENUM_KINDS },
		{ "", BTF_KIND_BIT(BTF_KIND_TYPEDEF) | BTF_KIND_BIT(BTF_KIND_INT) },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].what, what))
			return words[i].kinds;
	return 0;
}

const struct type *btf_find_type(struct btf *btf, struct types *types, const char *what,
				 const char *name)
{
	uint32_t id = btf_find(btf, btf_kinds_of(what), name);

	return id ? convert(btf, types, id, 0) : NULL;
}

/*
 * A word for each argument; one that is larger has as many as it fills.  The
 * first `skip` parameters are none of the arguments.
 */
static struct type *prototype_args(struct btf *btf, struct types *types, const char *name,
				   const struct btf_type *prototype, uint32_t skip)
{
	const struct btf_param *params = btf_type_data(prototype);
	uint32_t count = BTF_INFO_VLEN(prototype->info), offset = 0, i;
	struct type *args = type_struct(types, arena_printf(types->arena, "%s_args", name), false);

	count = count > skip ? count - skip : 0;
	args->align = 8;
	args->record.fields = arena_new_array(types->arena, struct field, count);
	args->record.count = count;
	args->record.is_complete = true;
	args->record.is_context = args->record.is_printable = true;
	for (i = 0; i < count; i++) {
		const char *param = btf_name(btf, params[i + skip].name_off);
		struct field *field = &args->record.fields[i];

		field->name = *param ? intern_str(types->interner, param) :
				       arena_printf(types->arena, "arg%u", i);
		field->type = convert(btf, types, params[i + skip].type, 0);
		field->offset = offset;
		offset += MAX((field->type->size + 7) / 8 * 8, 8u);
	}
	args->size = offset;
	return args;
}

/* `...` at the end is a parameter without name and type. */
static bool is_variadic(const struct btf_type *prototype)
{
	uint32_t count = BTF_INFO_VLEN(prototype->info);
	const struct btf_param *params = btf_type_data(prototype);

	return count && !params[count - 1].type && !params[count - 1].name_off;
}

bool btf_function(struct btf *btf, struct types *types, uint32_t id, struct kernel_function *ret_function)
{
	const struct btf_type *type = btf_type(btf, id), *prototype;
	bool is_user;

	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_FUNC)
		return false;
	prototype = btf_type(btf, type->type);
	if (!prototype || BTF_INFO_KIND(prototype->info) != BTF_KIND_FUNC_PROTO)
		return false;
	ret_function->btf_id = id;
	ret_function->is_variadic = is_variadic(prototype);
	ret_function->args = prototype_args(btf, types, btf_name(btf, type->name_off), prototype, 0);
	ret_function->result = btf_skip_modifiers(btf, prototype->type, &is_user) ?
				       convert(btf, types, prototype->type, 0) :
				       NULL;
	return true;
}

const struct type *btf_find_constant(struct btf *btf, struct types *types, const char *name,
				     int64_t *ret_value)
{
	uint32_t id = btf_find_enumerator(btf, name, ret_value);

	return id ? convert(btf, types, id, 0) : NULL;
}

/* The prototype of a tracepoint: of the function that has its parameters' names where the kernel
 * has one, else of the type that has only their types. */
static const struct btf_type *raw_tracepoint_prototype(struct btf *btf, struct arena *arena,
						       const char *event)
{
	static const char *const prefixes[] = { "__probestub_", "__traceiter_" };
	const struct btf_type *type;
	uint32_t id;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *name = arena_printf(arena, "%s%s", prefixes[i], event);

		type = btf_type(btf, btf_find(btf, BTF_KIND_BIT(BTF_KIND_FUNC), name));
		if (type)
			return btf_type(btf, type->type);
	}
	id = btf_find(btf, BTF_KIND_BIT(BTF_KIND_TYPEDEF), arena_printf(arena, "btf_trace_%s", event));
	type = btf_type(btf, id);
	type = type ? btf_type(btf, type->type) : NULL;	 /* the pointer */
	return type ? btf_type(btf, type->type) : NULL; /* the function */
}

const struct type *btf_raw_tracepoint_args(struct btf *btf, struct types *types, const char *event)
{
	const struct btf_type *prototype = raw_tracepoint_prototype(btf, types->arena, event);

	if (!prototype || BTF_INFO_KIND(prototype->info) != BTF_KIND_FUNC_PROTO)
		return NULL;
	/* The first one is the kernel's own. */
	return prototype_args(btf, types, arena_printf(types->arena, "rawtracepoint:%s", event),
			      prototype, 1);
}
