/*
 * The pass that reads the C of the script, and the look-ups that later passes
 * make.
 *
 * What the own reader complains about is kept back until it is known whether a
 * C compiler can read it (c_ask.c).
 */
#include "sema/c_names.h"

#include <string.h>

#include "base/compiler.h"
#include "sema/c_ask.h"
#include "sema/c_tags.h"
#include "sema/infer_expr.h"
#include "sema/passes.h"
#include "sema/target.h"

/* --- look-ups ---------------------------------------------------------------------------- */

static const struct type *type_of_define(struct program *program, struct c_define *define)
{
	struct diags unheard;
	struct c_reader reader = { .program = program, .names = program->c, .diags = &unheard };
	const struct type *type;

	if (define->is_function || define->is_expanding || !define->tokens.count)
		return NULL;
	diags_init(&unheard, program->arena, program->sources);
	define->is_expanding = true;
	c_expand(&reader, &define->tokens, &reader.tokens);
	vec_push(program->arena, &reader.tokens,
		 ((struct c_token){ .kind = C_TOKEN_END, .span = define->body }));
	type = c_at_type(&reader) ? c_read_type_name(&reader) : NULL;
	if (c_peek(&reader)->kind != C_TOKEN_END)
		type = NULL;
	define->is_expanding = false;
	return type;
}

const struct type *c_find_type(struct program *program, const char *what, const char *name)
{
	const struct c_names *names = program->c;
	const struct c_typedef *typedef_;
	const struct c_tag *tag;
	struct c_define *define;

	if (*what) {
		if (!names->tags.count)
			return NULL;
		tag = table_get_str(&names->tags,
				    arena_printf(program->arena, "%s %s", what, name));
		return tag && tag->is_defined ? tag->type : NULL;
	}
	typedef_ = table_get_str(&names->typedefs, name);
	if (typedef_ && typedef_->type == names->char_type)
		return type_int(&program->types, 1, true);
	if (typedef_)
		return typedef_->type;
	define = c_find_define(program, name);
	return define ? type_of_define(program, define) : NULL;
}

const struct type *c_named_type(struct program *program, const char *name)
{
	static const struct {
		const char *name;
		unsigned size;
	} fixed[] = {
		{ "__u8", 1 },   { "__u16", 2 },  { "__u32", 4 },  { "__u64", 8 },  { "__be16", 2 },
		{ "__be32", 4 }, { "__be64", 8 }, { "__le16", 2 }, { "__le32", 4 }, { "__le64", 8 },
		{ "__s8", 1 },   { "__s16", 2 },  { "__s32", 4 },  { "__s64", 8 },
	};
	const struct c_typedef *typedef_ = table_get_str(&program->c->typedefs, name);
	const struct type *type;
	size_t i;

	if (typedef_)
		return typedef_->type;
	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		if (!strcmp(fixed[i].name, name))
			return type_int(&program->types, fixed[i].size, name[2] == 's');
	type = type_plain(program, name, strlen(name));
	if (type && type->kind == TYPE_BOOL)
		return type_int(&program->types, 1, false);
	if (type)
		return type->kind == TYPE_INT ? type : NULL;
	return program->target->find_type
		       ? program->target->find_type(program->target, &program->types, "", name)
		       : NULL;
}

/* A member of the enum; what the target found is remembered, also that there is none. */
static const struct c_constant *kernel_constant(struct program *program, const char *name)
{
	const struct target *target = program->target;
	struct table *known = &program->c->kernel;
	struct c_constant *constant = table_get_str(known, name);
	const struct type *type = NULL;
	int64_t value;
	bool found;

	if (constant)
		return constant->name ? constant : NULL;
	constant = arena_new_struct(program->arena, struct c_constant);
	table_set_str(known, name, constant);
	found = target->abi_constant && target->abi_constant(target, name, &value);
	if (!found && target->find_enumerator)
		type = target->find_enumerator(target, &program->types, name, &value);
	if (!found && !type)
		return NULL;
	*constant = (struct c_constant){ .name = name, .type = type, .value = value };
	return constant;
}

const struct c_constant *c_find_constant(struct program *program, const char *name)
{
	const struct c_constant *constant = table_get_str(&program->c->constants, name);

	return constant ? constant : kernel_constant(program, name);
}

struct c_define *c_find_define(struct program *program, const char *name)
{
	return table_get_str(&program->c->defines, name);
}

bool c_define_is_function(const struct c_define *define)
{
	return define->is_function;
}

/* --- the pass ------------------------------------------------------------------------------ */

static void end_declaration(struct c_reader *reader, struct span span)
{
	struct c_token end = { .kind = C_TOKEN_SIGN, .sign = ';', .span = { span.end, span.end } };

	vec_push(reader->program->arena, &reader->tokens, end);
}

/* Lines and text in their order; other parts of the script stay where a condition lets them. */
static void read_decls(struct c_reader *reader)
{
	struct script *script = reader->program->script;
	size_t i, kept = 0;

	for (i = 0; i < script->decls.count; i++) {
		struct decl *decl = script->decls.items[i];

		if (decl->kind != DECL_C) {
			if (c_is_active(reader))
				script->decls.items[kept++] = decl;
			continue;
		}
		script->decls.items[kept++] = decl;
		if (decl->c.is_line) {
			c_read_line(reader, decl->c.span);
		} else if (c_is_active(reader)) {
			c_read_text(reader, decl->c.span);
			end_declaration(reader, decl->c.span);
		}
	}
	script->decls.count = kept;
	if (reader->conditions.count)
		c_error(reader, vec_last(&reader->conditions).span, "this has no #endif");
}

static bool has_c(const struct script *script)
{
	size_t i;

	for (i = 0; i < script->decls.count; i++)
		if (script->decls.items[i]->kind == DECL_C)
			return true;
	return false;
}

static void init_names(struct program *program, struct c_names *names)
{
	struct type *plain_char = arena_new_struct(program->arena, struct type);

	*plain_char = *type_int(&program->types, 1, true);
	*names = (struct c_names){ .char_type = plain_char };
	table_init(&names->tags, program->arena);
	table_init(&names->typedefs, program->arena);
	table_init(&names->constants, program->arena);
	table_init(&names->defines, program->arena);
	table_init(&names->kernel, program->arena);
}

void read_c(struct program *program)
{
	struct c_reader reader = { .program = program };
	struct diags diags;
	struct c_token end = { .kind = C_TOKEN_END };

	program->c = arena_new_struct(program->arena, struct c_names);
	init_names(program, program->c);
	if (!has_c(program->script) && !program->options->c_header_count)
		return;
	diags_init(&diags, program->arena, program->sources);
	reader.names = program->c;
	reader.diags = &diags;
	read_decls(&reader);
	if (reader.tokens.count)
		end.span = vec_last(&reader.tokens).span;
	vec_push(program->arena, &reader.tokens, end);
	c_read_declarations(&reader);
	c_ask(program, &diags, reader.expanded > C_EXPANDED_MAX);
}
