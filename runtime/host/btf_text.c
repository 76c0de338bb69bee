/*
 * C reads a declaration from the name outwards: "*(*name[4])(int)" is made by
 * putting what a type adds around what it was given, until a type has a name.
 */
#include "runtime/host/btf_text.h"

#include <string.h>

#include "base/compiler.h"

enum { DEPTH_MAX = 32 };

struct writer {
	struct btf *btf;
	struct arena *arena;
	unsigned depth, indent;
};

static const char *declare(struct writer *writer, uint32_t id, const char *declarator);

static const char *tabs(struct writer *writer)
{
	char *text = arena_alloc(writer->arena, writer->indent + 1);

	memset(text, '\t', writer->indent);
	return text;
}

static const char *join(struct writer *writer, const char *type, const char *declarator)
{
	return *declarator ? arena_printf(writer->arena, "%s %s", type, declarator) : type;
}

/* --- what stands between braces ---------------------------------------------------- */

static const char *members_text(struct writer *writer, const struct btf_type *type)
{
	const struct btf_member *members = btf_type_data(type);
	uint32_t i, count = BTF_INFO_VLEN(type->info), bits;
	struct strbuf text;

	strbuf_init(&text, writer->arena);
	strbuf_puts(&text, "{\n");
	writer->indent++;
	for (i = 0; i < count; i++) {
		bits = BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BITFIELD_SIZE(members[i].offset) : 0;
		strbuf_printf(&text, "%s%s", tabs(writer),
			      declare(writer, members[i].type, btf_name(writer->btf, members[i].name_off)));
		if (bits)
			strbuf_printf(&text, ": %u", bits);
		strbuf_puts(&text, ";\n");
	}
	writer->indent--;
	strbuf_printf(&text, "%s}", tabs(writer));
	return text.text;
}

static const char *enumerators_text(struct writer *writer, const struct btf_type *type)
{
	const struct btf_enum *small = btf_type_data(type);
	const struct btf_enum64 *wide = btf_type_data(type);
	bool is_wide = BTF_INFO_KIND(type->info) == BTF_KIND_ENUM64;
	bool is_signed = BTF_INFO_KFLAG(type->info);
	uint32_t i, count = BTF_INFO_VLEN(type->info);
	struct strbuf text;

	strbuf_init(&text, writer->arena);
	strbuf_puts(&text, "{\n");
	for (i = 0; i < count; i++) {
		uint64_t value = is_wide ? (uint64_t)wide[i].val_hi32 << 32 | wide[i].val_lo32 :
				 is_signed ? (uint64_t)(int64_t)small[i].val :
					     (uint32_t)small[i].val;

		strbuf_printf(&text, is_signed ? "%s\t%s = %lld,\n" : "%s\t%s = %llu,\n", tabs(writer),
			      btf_name(writer->btf, is_wide ? wide[i].name_off : small[i].name_off),
			      (unsigned long long)value);
	}
	strbuf_printf(&text, "%s}", tabs(writer));
	return text.text;
}

static bool is_enum(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info) == BTF_KIND_ENUM || BTF_INFO_KIND(type->info) == BTF_KIND_ENUM64;
}

static const char *keyword_of(const struct btf_type *type)
{
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_UNION:
		return "union";
	case BTF_KIND_FWD:
		return BTF_INFO_KFLAG(type->info) ? "union" : "struct";
	case BTF_KIND_STRUCT:
		return "struct";
	default: /* the two kinds of enum */
		return "enum";
	}
}

static const char *tagged_text(struct writer *writer, const struct btf_type *type, bool is_definition)
{
	const char *tag = join(writer, keyword_of(type), btf_name(writer->btf, type->name_off));

	if (!is_definition && type->name_off)
		return tag;
	return arena_printf(writer->arena, "%s %s", tag,
			    is_enum(type) ? enumerators_text(writer, type) : members_text(writer, type));
}

/* --- declarations --------------------------------------------------------------------- */

static const char *params_text(struct writer *writer, const struct btf_type *type)
{
	const struct btf_param *params = btf_type_data(type);
	uint32_t i, count = BTF_INFO_VLEN(type->info);
	struct strbuf text;

	strbuf_init(&text, writer->arena);
	for (i = 0; i < count; i++)
		strbuf_printf(&text, "%s%s", i ? ", " : "",
			      params[i].type ? declare(writer, params[i].type, "") : "...");
	return count ? text.text : "void";
}

/* `around`: what is put left of the name, "*" or a qualifier; arrays and functions come first in C. */
static const char *declare_pointer(struct writer *writer, uint32_t target, const char *around,
				   const char *declarator)
{
	const struct btf_type *type = btf_type(writer->btf, target);
	uint32_t kind = type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN;
	bool is_outer = kind == BTF_KIND_ARRAY || kind == BTF_KIND_FUNC_PROTO;

	return declare(writer, target,
		       arena_printf(writer->arena, is_outer ? "(%s%s)" : "%s%s", around, declarator));
}

static const char *declare_qualified(struct writer *writer, uint32_t target, const char *word,
				     const char *declarator)
{
	const struct btf_type *type = btf_type(writer->btf, target);

	if (type && BTF_INFO_KIND(type->info) == BTF_KIND_PTR)
		return declare(writer, target, join(writer, word, declarator));
	return arena_printf(writer->arena, "%s %s", word, declare(writer, target, declarator));
}

static const char *declare_array(struct writer *writer, const struct btf_type *type,
				 const char *declarator)
{
	const struct btf_array *array = btf_type_data(type);

	return declare(writer, array->type,
		       arena_printf(writer->arena, "%s[%u]", declarator, array->nelems));
}

static const char *declare_type(struct writer *writer, const struct btf_type *type,
				const char *declarator)
{
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
		return declare_pointer(writer, type->type, "*", declarator);
	case BTF_KIND_CONST:
		return declare_qualified(writer, type->type, "const", declarator);
	case BTF_KIND_VOLATILE:
		return declare_qualified(writer, type->type, "volatile", declarator);
	case BTF_KIND_RESTRICT:
		return declare_qualified(writer, type->type, "restrict", declarator);
	case BTF_KIND_TYPE_TAG: /* __user, __rcu: not C */
		return declare(writer, type->type, declarator);
	case BTF_KIND_ARRAY:
		return declare_array(writer, type, declarator);
	case BTF_KIND_FUNC_PROTO:
		return declare(writer, type->type,
			       arena_printf(writer->arena, "%s(%s)", declarator, params_text(writer, type)));
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FWD:
		return join(writer, tagged_text(writer, type, false), declarator);
	default: /* a number or a typedef; the others are no types of members */
		return join(writer, btf_name(writer->btf, type->name_off), declarator);
	}
}

static const char *declare(struct writer *writer, uint32_t id, const char *declarator)
{
	const struct btf_type *type = btf_type(writer->btf, id);
	const char *text;

	if (!type || writer->depth == DEPTH_MAX)
		return join(writer, "void", declarator);
	writer->depth++;
	text = declare_type(writer, type, declarator);
	writer->depth--;
	return text;
}

void btf_definition(struct btf *btf, struct arena *arena, uint32_t id, struct strbuf *out)
{
	struct writer writer = { .btf = btf, .arena = arena };
	const struct btf_type *type = btf_type(btf, id);

	if (type)
		strbuf_puts(out, tagged_text(&writer, type, true));
}
