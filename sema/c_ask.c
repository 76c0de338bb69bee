/*
 * When a C compiler is asked, and for what.
 *
 * Headers are only looked into when the script uses a name that is found
 * nowhere else: not in the script, not in the library, not in the kernel's
 * BTF.  Text that the own reader does not take is asked for as a whole.
 */
#include "sema/c_ask.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "sema/c_reader.h"
#include "sema/infer_expr.h"
#include "sema/passes.h"
#include "sema/target.h"

struct asker {
	struct ast_visitor visitor; /* first */
	struct program *program;
	const struct macro *macro; /* being walked: its parameters are no names from C */
	struct table seen;         /* names taken up already */
	struct span first;         /* where the first name is used that nobody knows */
	bool takes_all;            /* also types that the kernel has */
	struct name_vec types, names;
};

/* --- names that nobody knows --------------------------------------------------------------- */

static bool is_new(struct asker *asker, const char *key)
{
	if (table_get_str(&asker->seen, key))
		return false;
	table_set_str(&asker->seen, key, asker);
	return true;
}

static bool is_param(const struct asker *asker, const char *name)
{
	size_t i;

	for (i = 0; asker->macro && i < asker->macro->params.count; i++)
		if (asker->macro->params.items[i].name == name)
			return true;
	return false;
}

static void want(struct asker *asker, struct name_vec *list, const char *name, struct span span)
{
	if (!list->count && !asker->first.start)
		asker->first = span;
	vec_push(asker->program->arena, list, name);
}

static void want_type(struct asker *asker, const char *what, const char *name, struct span span)
{
	struct program *program = asker->program;
	const char *key = *what ? arena_printf(program->arena, "%s %s", what, name) : name;

	if (!is_new(asker, arena_printf(program->arena, "type %s", key)) ||
	    (!*what && is_param(asker, name)))
		return;
	if (c_find_type(program, what, name) || (!*what && type_plain(program, name, strlen(name))))
		return;
	if (asker->takes_all ||
	    !program->target->find_type(program->target, &program->types, what, name))
		want(asker, &asker->types, key, span);
}

static void want_name(struct asker *asker, const char *name, struct span span)
{
	struct program *program = asker->program;

	if (!is_new(asker, name) || is_param(asker, name))
		return;
	if (table_get_str(&program->builtins, name) || c_find_define(program, name) ||
	    c_find_constant(program, name))
		return;
	want(asker, &asker->names, name, span);
}

static void want_spec(struct asker *asker, const struct type_spec *spec)
{
	static const char *const whats[] = { [TYPE_SPEC_NAME] = "",
					     [TYPE_SPEC_STRUCT] = "struct",
					     [TYPE_SPEC_UNION] = "union",
					     [TYPE_SPEC_ENUM] = "enum" };

	while (spec && spec->kind == TYPE_SPEC_TYPEOF)
		spec = spec->inner;
	if (spec)
		want_type(asker, whats[spec->kind], spec->name, spec->span);
}

static bool enter_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct asker *asker = (struct asker *)visitor;
	const struct expr *expr = *slot;

	switch ((int)expr->kind) {
	case EXPR_IDENT:
		want_name(asker, expr->ident.name, expr->span);
		break;
	case EXPR_CALL:
		want_name(asker, expr->call.name, expr->call.name_span);
		break;
	case EXPR_CAST:
		want_spec(asker, expr->cast.spec);
		break;
	case EXPR_TYPE:
		want_spec(asker, expr->type_spec);
		break;
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEOF:
	case EXPR_TYPEINFO:
		want_spec(asker, expr->of.spec);
		/* A bare name may be a type's or a value's. */
		if (expr->of.operand && expr->of.operand->kind == EXPR_IDENT)
			want_type(asker, "", expr->of.operand->ident.name, expr->of.operand->span);
		break;
	}
	return true;
}

static bool enter_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	if ((*slot)->kind == STMT_LET)
		want_spec((struct asker *)visitor, (*slot)->let.spec);
	return true;
}

/* Names of the script's own macros and functions. */
static void know(struct asker *asker, const struct decl *decl)
{
	if (decl->kind == DECL_MACRO)
		is_new(asker, decl->macro->name);
	else if (decl->kind == DECL_FUNCTION)
		is_new(asker, decl->function->name);
}

static void walk_decl(struct asker *asker, const struct decl *decl)
{
	size_t i;

	switch (decl->kind) {
	case DECL_PROBE:
		ast_walk_probe(&asker->visitor, decl->probe);
		return;
	case DECL_MACRO:
		asker->macro = decl->macro;
		ast_walk_block(&asker->visitor, decl->macro->body);
		asker->macro = NULL;
		return;
	case DECL_FUNCTION:
		for (i = 0; i < decl->function->params.count; i++)
			want_spec(asker, decl->function->params.items[i].spec);
		want_spec(asker, decl->function->result);
		ast_walk_block(&asker->visitor, decl->function->body);
		return;
	case DECL_C:
	case DECL_CONFIG:
	case DECL_IMPORT:
	case DECL_MAP:
		return;
	}
	unreachable();
}

static void collect(struct asker *asker)
{
	const struct script *script = asker->program->script;
	size_t i;

	table_init(&asker->seen, asker->program->arena);
	for (i = 0; i < script->decls.count; i++)
		know(asker, script->decls.items[i]);
	for (i = 0; i < script->decls.count; i++)
		walk_decl(asker, script->decls.items[i]);
}

/* --- the question ---------------------------------------------------------------------------- */

/* The script's lines of C with their places; definitions too when the own reader failed. */
static void write_text(const struct asker *asker, struct strbuf *text)
{
	struct program *program = asker->program;
	const struct compile_options *options = program->options;
	size_t i;

	if (program->target->has_types && program->target->has_types(program->target))
		strbuf_puts(text, "#define BPFTRACE_HAVE_BTF 1\n");
	for (i = 0; i < options->c_header_count; i++)
		strbuf_printf(text, "#include \"%s\"\n", options->c_headers[i]);
	for (i = 0; i < program->script->decls.count; i++) {
		const struct decl *decl = program->script->decls.items[i];
		struct position position;

		if (decl->kind != DECL_C || (!decl->c.is_line && !asker->takes_all))
			continue;
		position = sources_position(program->sources, decl->c.span.start);
		strbuf_printf(text, "#line %u \"%s\"\n", position.line, position.source->name);
		strbuf_fill(text, ' ', position.column - 1);
		strbuf_add(text, c_text(program, decl->c.span),
			   decl->c.span.end - decl->c.span.start);
		strbuf_puts(text, decl->c.is_line ? "\n" : ";\n");
	}
}

/* --- the answer --------------------------------------------------------------------------------
 */

static void add_type(struct program *program, const char *key, const struct type *type)
{
	struct arena *arena = program->arena;

	if (strchr(key, ' ')) {
		struct c_tag *tag = arena_new_struct(arena, struct c_tag);

		*tag = (struct c_tag){ .type = (struct type *)type, .is_defined = true };
		table_set_str(&program->c->tags, key, tag);
	} else {
		struct c_typedef *new = arena_new_struct(arena, struct c_typedef);

		*new = (struct c_typedef){ .type = type };
		table_set_str(&program->c->typedefs, key, new);
	}
}

/* Known by its value, however it was written. */
static void add_constant(struct program *program, const char *name, int64_t value, bool is_unsigned)
{
	struct c_constant *constant = arena_new_struct(program->arena, struct c_constant);

	*constant = (struct c_constant){ .name = name, .value = value, .is_unsigned = is_unsigned };
	table_set_str(&program->c->constants, name, constant);
	table_set_str(&program->c->defines, name, NULL);
}

static void take_answer(struct asker *asker, const struct c_reply *reply)
{
	struct program *program = asker->program;
	struct diags unheard;
	struct c_reader reader = {
		.program = program, .names = program->c, .diags = &unheard, .has_predefined = true
	};
	const struct source *source;
	size_t i;

	for (i = 0; i < asker->types.count; i++)
		if (reply->types[i])
			add_type(program, asker->types.items[i], reply->types[i]);
	if (reply->defines_length) {
		/* The compiler has read them: there is nothing to complain about. */
		diags_init(&unheard, program->arena, program->sources);
		source = sources_add(program->sources, "header", reply->defines,
				     reply->defines_length);
		c_read_text(&reader, (struct span){ source->base, source->base + source->size });
	}
	for (i = 0; i < asker->names.count; i++)
		if (reply->has_value[i])
			add_constant(program, asker->names.items[i], reply->values[i],
				     reply->is_unsigned[i]);
}

/* --- what went wrong
 * ------------------------------------------------------------------------------ */

/* The place that "NAME:LINE:COLUMN: " names, when it is in the script; moves behind it. */
static struct span read_place(struct program *program, const char **at, const char *end)
{
	size_t i, length;

	for (i = 0; i < program->sources->list.count; i++) {
		struct source *source = program->sources->list.items[i];
		size_t name = strlen(source->name), size;
		unsigned long line, column;
		const char *text;
		char *rest;

		if (source->origin.start || (size_t)(end - *at) <= name ||
		    memcmp(*at, source->name, name) != 0 || (*at)[name] != ':')
			continue;
		line = strtoul(*at + name + 1, &rest, 10);
		column = *rest == ':' ? strtoul(rest + 1, &rest, 10) : 0;
		if (!line || !column || *rest != ':')
			continue;
		text = source_line(program->sources, source, 1, &size);
		source_line(program->sources, source, 1, &size);
		if (line > source->line_count)
			continue;
		text = source_line(program->sources, source, (uint32_t)line, &size);
		column = MIN(column, size + 1);
		length = strcspn(text + column - 1, " \t\r\n;,(){}<>\"*");
		*at = rest + 1 + strspn(rest + 1, " ");
		return (struct span){ source->base + (uint32_t)(text - source->text + (column - 1)),
				      source->base + (uint32_t)(text - source->text + (column - 1) +
								MAX(length, (size_t)1)) };
	}
	return SPAN_NONE;
}

/* Lines with "error: " in them; others explain those. */
static void report_errors(struct asker *asker, const char *text)
{
	struct program *program = asker->program;
	size_t before = program->diags->error_count;
	const char *end, *word;

	for (; *text; text = *end ? end + 1 : end) {
		struct span span;

		end = text + strcspn(text, "\n");
		word = memmem(text, (size_t)(end - text), "error: ", 7);
		if (!word)
			continue;
		span = read_place(program, &text, end);
		if (span.start)
			text = word + 7;
		else
			span = program->c->include;
		diag_report(program->diags, span, DIAG_C_COMPILER, "the C compiler says: %.*s",
			    (int)(end - text), text);
	}
	if (program->diags->error_count == before)
		diag_report(program->diags, program->c->include, DIAG_C_COMPILER,
			    "the C compiler failed: %s", text);
}

static void report_missing(struct asker *asker, int err)
{
	struct program *program = asker->program;
	const char *name = asker->types.count ? asker->types.items[0] : asker->names.items[0];

	if (err == -ENOENT) {
		diag_report(
			program->diags, asker->first, DIAG_C_COMPILER,
			"'%s' is found neither in the script nor in the kernel's types, and the "
			"script's headers cannot be read: clang is not installed",
			name);
		diag_hint(program->diags, "apt install clang, or define it in the script");
	} else {
		diag_report(program->diags, asker->first, DIAG_C_COMPILER,
			    "the C compiler could not be run to look for '%s': %s", name,
			    strerror(-err));
	}
	if (program->c->include.start)
		diag_note(program->diags, program->c->include, "the first header is included here");
}

static void report_complaints(struct program *program, const struct diags *complaints)
{
	size_t i;

	for (i = 0; i < complaints->list.count; i++)
		vec_push(program->diags->arena, &program->diags->list, complaints->list.items[i]);
	program->diags->error_count += complaints->error_count;
}

/* Where the script lies; NULL: it is no file, or lies here. */
static const char *folder_of(struct program *program)
{
	const char *name = program->script->source->name, *slash = strrchr(name, '/');

	return slash ? arena_strndup(program->arena, name, (size_t)(slash - name) + 1) : NULL;
}

static int ask(struct asker *asker, struct c_reply *ret_reply)
{
	struct program *program = asker->program;
	struct c_question question = { .types = asker->types.items,
				       .type_count = asker->types.count,
				       .names = asker->names.items,
				       .name_count = asker->names.count };
	struct strbuf text;

	if (!program->target->ask_c)
		return -ENOENT;
	strbuf_init(&text, program->arena);
	write_text(asker, &text);
	question.folder = folder_of(program);
	question.text = text.text;
	question.length = text.length;
	return program->target->ask_c(program->target, &program->types, &question, ret_reply);
}

void c_ask(struct program *program, const struct diags *complaints, bool is_hopeless)
{
	struct asker asker = {
		.visitor = { .enter_expr = enter_expr, .enter_stmt = enter_stmt },
		.program = program,
		.takes_all = complaints->error_count != 0,
	};
	bool has_headers = program->c->include.start || program->options->c_header_count;
	struct c_reply reply = { 0 };
	struct c_names own = *program->c;
	int err;

	if (is_hopeless)
		report_complaints(program, complaints);
	if (is_hopeless || (!asker.takes_all && !has_headers))
		return;
	if (asker.takes_all) {
		table_init(&program->c->tags, program->arena);
		table_init(&program->c->typedefs, program->arena);
		table_init(&program->c->constants, program->arena);
	}
	collect(&asker);
	if (!asker.takes_all && !asker.types.count && !asker.names.count)
		return;
	err = ask(&asker, &reply);
	if (!err) {
		take_answer(&asker, &reply);
		return;
	}
	*program->c = own;
	if (asker.takes_all && (!has_headers || err != -EINVAL))
		report_complaints(program, complaints);
	else if (err == -EINVAL)
		report_errors(&asker, reply.errors);
	else
		report_missing(&asker, err);
}
