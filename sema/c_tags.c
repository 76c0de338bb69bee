/*
 * Structs, unions and enums of C, and the names that declarations give.
 */
#include "sema/c_tags.h"

#include <string.h>

#include "base/compiler.h"
#include "sema/target.h"

/* --- names ------------------------------------------------------------------------------ */

static void report_twice(struct c_reader *reader, struct span span, const char *name,
			 struct span first)
{
	diag_report(reader->diags, span, DIAG_REDECLARED, "%s is defined twice", name);
	if (first.start)
		diag_note(reader->diags, first, "first here");
}

/* A struct without a tag is called what it is typedef'd as. */
static void name_anonymous(struct type *type, const char *name)
{
	if ((type->kind == TYPE_STRUCT && !type->record.tag) ||
	    (type->kind == TYPE_ENUM && !type->enumeration.tag))
		type->name = name;
}

void c_add_typedef(struct c_reader *reader, const struct c_declarator *declarator,
		   const struct type *type)
{
	struct table *typedefs = &reader->names->typedefs;
	const struct c_typedef *old = table_get_str(typedefs, declarator->name);
	struct c_typedef *new;

	if (old) {
		if (old->type != type)
			report_twice(reader, declarator->span, declarator->name, old->span);
		return;
	}
	name_anonymous((struct type *)type, declarator->name);
	new = arena_new_struct(reader->program->arena, struct c_typedef);
	*new = (struct c_typedef){ .type = type, .span = declarator->span };
	table_set_str(typedefs, declarator->name, new);
}

static struct c_tag *find_tag(struct c_reader *reader, const char *word, const char *name)
{
	return table_get_str(&reader->names->tags,
			     arena_printf(reader->program->arena, "%s %s", word, name));
}

static struct c_tag *add_tag(struct c_reader *reader, const char *word, const char *name,
			     struct type *type, struct span span)
{
	struct arena *arena = reader->program->arena;
	struct c_tag *tag = arena_new_struct(arena, struct c_tag);

	*tag = (struct c_tag){ .type = type, .span = span };
	if (name)
		table_set_str(&reader->names->tags, arena_printf(arena, "%s %s", word, name), tag);
	return tag;
}

/* --- enums -------------------------------------------------------------------------------- */

static struct type *new_enum(struct c_reader *reader, const char *tag)
{
	struct arena *arena = reader->program->arena;
	struct type *type = arena_new_struct(arena, struct type);

	type->kind = TYPE_ENUM;
	type->name = arena_printf(arena, "enum %s", tag ? tag : "(anonymous)");
	type->size = type->align = 4;
	type->enumeration.tag = tag;
	return type;
}

static void add_constant(struct c_reader *reader, const struct c_token *token,
			 const struct type *type, int64_t value)
{
	struct c_constant *constant = arena_new_struct(reader->program->arena, struct c_constant);
	const struct c_constant *old = table_get_str(&reader->names->constants, token->name);

	if (old)
		report_twice(reader, token->span, token->name, old->span);
	*constant = (struct c_constant){
		.name = token->name, .type = type, .value = value, .span = token->span
	};
	table_set_str(&reader->names->constants, token->name, constant);
}

/* The width and sign that the members ask for. */
static void finish_enum(struct type *type, bool any_huge)
{
	size_t i;
	bool fits = !any_huge;

	for (i = 0; i < type->enumeration.count; i++) {
		int64_t value = type->enumeration.enumerators[i].value;

		type->enumeration.is_signed |= value < 0 && !any_huge;
	}
	for (i = 0; i < type->enumeration.count; i++) {
		int64_t value = type->enumeration.enumerators[i].value;

		fits &= type->enumeration.is_signed ? value >= INT32_MIN && value <= INT32_MAX
						    : value <= UINT32_MAX;
	}
	if (!fits)
		type->size = type->align = 8;
}

static bool read_enumerators(struct c_reader *reader, struct type *type)
{
	VEC_STRUCT(enumerators, struct enumerator) list = { 0 };
	struct c_number value = { 0 };
	bool any_huge = false;

	while (!c_take_sign(reader, '}')) {
		const struct c_token token = *c_peek(reader);
		struct c_attributes attributes = { 0 };
		struct enumerator enumerator = { .name = token.name };

		if (token.kind != C_TOKEN_NAME) {
			c_error(reader, token.span,
				"the name of a member of the enum is expected here");
			return false;
		}
		reader->at++;
		if (!c_read_attributes(reader, &attributes))
			return false;
		if (c_take_sign(reader, '=') && !c_read_value(reader, &value))
			return false;
		any_huge |= value.is_unsigned && value.value > INT64_MAX;
		enumerator.value = (int64_t)value.value;
		vec_push(reader->program->arena, &list, enumerator);
		add_constant(reader, &token, type, enumerator.value);
		value.value++;
		if (!c_take_sign(reader, ',') && !c_is_sign(c_peek(reader), '}')) {
			c_error(reader, c_peek(reader)->span, "',' or '}' is expected here");
			return false;
		}
	}
	type->enumeration.enumerators = list.items;
	type->enumeration.count = list.count;
	finish_enum(type, any_huge);
	return true;
}

/* --- members -------------------------------------------------------------------------------- */

static bool read_bitfield(struct c_reader *reader, struct c_member *member)
{
	struct span span = c_peek(reader)->span;
	struct c_number bits;

	if (!c_read_value(reader, &bits))
		return false;
	if ((member->type->kind != TYPE_INT && member->type->kind != TYPE_ENUM) ||
	    bits.value > member->type->size * 8ull || (!bits.value && member->name)) {
		c_error(reader, span,
			"a bitfield has a type of integers and not more bits than that");
		return false;
	}
	member->is_bitfield = true;
	member->bits = (uint32_t)bits.value;
	return true;
}

/* A struct has to be known before it can be a part of another. */
static bool check_complete(struct c_reader *reader, const struct c_member *member, struct span span)
{
	const struct type *type = member->type;

	while (type->kind == TYPE_ARRAY)
		type = type->array.element;
	if (type->kind == TYPE_VOID) {
		c_error(reader, span, "a member cannot be void");
		return false;
	}
	if (type->kind != TYPE_STRUCT)
		return true;
	if (type->record.tag && !type->record.is_complete) {
		const struct c_tag *tag = find_tag(
			reader, type->record.is_union ? "union" : "struct", type->record.tag);

		if (tag && tag->is_defined) {
			c_error(reader, span, "%s cannot be a part of itself", type->name);
			return false;
		}
		type_complete(&reader->program->types, type);
	}
	if (type->size || type->record.count)
		return true;
	if (type->record.tag) {
		diag_report(reader->diags, span, DIAG_UNKNOWN_TYPE,
			    "Cannot resolve unknown type \"%s\"", type->name);
		return false;
	}
	return true;
}

static bool read_member(struct c_reader *reader, const struct type *base,
			const struct c_attributes *before, struct c_members *members)
{
	struct c_declarator declarator = { .span = c_peek(reader)->span };
	struct c_attributes attributes = *before;
	struct c_member member = { 0 };

	member.type = c_read_declarator(reader, base, &declarator);
	member.name = declarator.name;
	if (!member.type)
		return false;
	if (c_take_sign(reader, ':') && !read_bitfield(reader, &member))
		return false;
	if (!c_read_attributes(reader, &attributes))
		return false;
	if (!member.name && !member.is_bitfield &&
	    (member.type->kind != TYPE_STRUCT || member.type->record.tag))
		return true; /* "struct foo;" or "int;" declares no member */
	member.is_packed = attributes.is_packed;
	member.align = attributes.align;
	if (!check_complete(reader, &member, declarator.span))
		return false;
	vec_push(reader->program->arena, members, member);
	return true;
}

static bool read_members(struct c_reader *reader, struct c_members *members)
{
	while (!c_take_sign(reader, '}')) {
		struct c_attributes attributes = { 0 };
		const struct type *base;

		if (c_take_sign(reader, ';'))
			continue;
		base = c_read_specifiers(reader, &attributes, NULL);
		if (!base)
			return false;
		do {
			if (!read_member(reader, base, &attributes, members))
				return false;
		} while (c_take_sign(reader, ','));
		if (!c_take_sign(reader, ';')) {
			c_error(reader, c_peek(reader)->span, "';' is missing after a member");
			return false;
		}
	}
	return true;
}

/* --- tags --------------------------------------------------------------------------------------
 */

static bool read_body(struct c_reader *reader, struct type *type, struct span span,
		      struct c_attributes *attributes)
{
	struct c_members members = { 0 };

	if (type->kind == TYPE_ENUM)
		return read_enumerators(reader, type) && c_read_attributes(reader, attributes);
	if (!read_members(reader, &members) || !c_read_attributes(reader, attributes))
		return false;
	if (c_lay_out(&reader->program->types, type, &members, attributes->is_packed,
		      attributes->align))
		return true;
	c_error(reader, span, "%s is too large, or one of its bitfields lies in more than 8 bytes",
		type->name);
	return false;
}

/* A tag that is only mentioned: what the script defines, now or later, else the kernel's. */
static const struct type *mention(struct c_reader *reader, const char *word, const char *name,
				  struct type *type, struct span span)
{
	const struct target *target = reader->program->target;
	const struct c_tag *tag = find_tag(reader, word, name);
	const struct type *known;

	if (tag)
		return tag->type;
	if (type->kind == TYPE_ENUM) {
		known = target->find_type
				? target->find_type(target, &reader->program->types, word, name)
				: NULL;
		if (!known)
			diag_report(reader->diags, span, DIAG_UNKNOWN_TYPE,
				    "Cannot resolve unknown type \"enum %s\"", name);
		return known;
	}
	return add_tag(reader, word, name, type, span)->type;
}

const struct type *c_read_tag(struct c_reader *reader)
{
	const struct c_token word = *c_peek(reader);
	struct types *types = &reader->program->types;
	struct c_attributes attributes = { 0 };
	const char *name = NULL;
	struct c_tag *tag;
	struct type *type;
	struct span span;
	bool ok;

	reader->at++;
	if (!c_read_attributes(reader, &attributes))
		return NULL;
	span = c_peek(reader)->span;
	if (c_peek(reader)->kind == C_TOKEN_NAME)
		name = reader->tokens.items[reader->at++].name;
	type = c_is_name(&word, "enum") ? new_enum(reader, name)
					: type_struct(types, name, c_is_name(&word, "union"));
	if (!c_take_sign(reader, '{')) {
		if (name)
			return mention(reader, word.name, name, type, span);
		c_error(reader, span, "a name or '{' follows '%s'", word.name);
		return NULL;
	}
	tag = name ? find_tag(reader, word.name, name) : NULL;
	if (tag && tag->is_defined)
		report_twice(reader, span, type->name, tag->span);
	if (!tag)
		tag = add_tag(reader, word.name, name, type, span);
	tag->is_defined = true;
	tag->span = span;
	if (reader->depth >= C_DEPTH_MAX) {
		c_error(reader, span, "nested too deeply");
		return NULL;
	}
	reader->depth++;
	ok = read_body(reader, tag->type, span, &attributes);
	reader->depth--;
	return ok ? tag->type : NULL;
}
