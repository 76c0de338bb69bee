/*
 * Functions in C: from an import to what a call means.
 *
 * A file is read by the target, which compiles it if need be.  Only what the
 * script calls is looked at closely: other functions of the file may use what
 * they like.
 */
#include "sema/c_functions.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "sema/target.h"

/* --- reading ----------------------------------------------------------------------- */

/* Names that are called in the script, which has no such function itself. */
struct names {
	struct ast_visitor visitor; /* first */
	struct program *program;
	struct table seen;
	VEC(const char *) list;
};

/* Is it the library's: a row, or a macro of the prelude? */
static bool is_of_library(const struct program *program, const char *name)
{
	const struct prelude *prelude = program->language->prelude;
	const char *const *known;

	for (known = prelude ? prelude->names : NULL; known && *known; known++)
		if (!strcmp(*known, name))
			return true;
	return table_get_str(&program->builtins, name) != NULL;
}

static bool note_call(struct ast_visitor *visitor, struct expr **slot)
{
	struct names *names = (struct names *)visitor;
	const struct expr *expr = *slot;

	if (expr->kind != EXPR_CALL || is_of_library(names->program, expr->call.name) ||
	    table_get_str(&names->seen, expr->call.name))
		return true;
	table_set_str(&names->seen, expr->call.name, names);
	vec_push(names->program->arena, &names->list, expr->call.name);
	return true;
}

static void find_names(struct names *names)
{
	const struct script *script = names->program->script;
	size_t i;

	table_init(&names->seen, names->program->arena);
	for (i = 0; i < script->decls.count; i++) {
		const struct decl *decl = script->decls.items[i];

		if (decl->kind == DECL_FUNCTION)
			table_set_str(&names->seen, decl->function->name, names);
		else if (decl->kind == DECL_MACRO)
			table_set_str(&names->seen, decl->macro->name, names);
	}
	for (i = 0; i < script->decls.count; i++) {
		struct decl *decl = script->decls.items[i];

		if (decl->kind == DECL_PROBE)
			ast_walk_probe(&names->visitor, decl->probe);
		else if (decl->kind == DECL_FUNCTION)
			ast_walk_function(&names->visitor, decl->function);
		else if (decl->kind == DECL_MACRO)
			ast_walk_block(&names->visitor, decl->macro->body);
	}
}

/* What clang says, without that the file is included by us. */
static const char *own_errors(const char *errors)
{
	static const char ours[] = "In file included from <stdin>";

	if (strncmp(errors, ours, strlen(ours)) != 0 || !strchr(errors, '\n'))
		return errors;
	return strchr(errors, '\n') + 1;
}

static void report(struct program *program, const struct imported_file *file, struct span span,
		   int err, const char *errors)
{
	struct diags *diags = program->diags;

	switch (-err) {
	case ENOENT:
		diag_report(diags, span, DIAG_C_COMPILER, "'%s' is C, and there is no clang to compile it",
			    file->name);
		diag_hint(diags, "install the package clang, or import an object file: clang -target bpf "
				 "-O2 -g -c");
		return;
	case EINVAL:
		diag_report(diags, span, DIAG_C_SYNTAX, "clang does not compile '%s'", file->name);
		diag_hint(diags, "%s", own_errors(errors));
		return;
	case ENOEXEC:
		diag_report(diags, span, DIAG_IMPORT, "'%s' is no object file for BPF", file->name);
		diag_hint(diags, "clang -target bpf -O2 -g -c makes one");
		return;
	case EBADMSG:
	case ENOTSUP:
		diag_report(diags, span, DIAG_IMPORT, "'%s' is damaged, or for another byte order",
			    file->name);
		return;
	default:
		diag_report(diags, span, DIAG_IMPORT, "'%s' cannot be read: %s", file->name,
			    strerror(-err));
		return;
	}
}

static void add_function(struct program *program, struct c_function *function, struct span span)
{
	function->span = span;
	if (!table_get_str(&program->c_functions, function->name))
		table_set_str(&program->c_functions, function->name, function);
}

void c_functions_read(struct program *program, const struct imported_file *file, struct span span)
{
	struct names names = { .visitor = { .enter_expr = note_call }, .program = program };
	struct c_source source = { .path = file->name };
	struct c_object *object = arena_new_struct(program->arena, struct c_object);
	const char *errors = NULL;
	size_t i;
	int err;

	find_names(&names);
	if (!names.list.count)
		return; /* nothing of it is wanted */
	source.names = names.list.items;
	source.name_count = names.list.count;
	err = program->target->read_c ? program->target->read_c(program->target, &program->types,
								&source, object, &errors)
				      : -EOPNOTSUPP;
	if (err) {
		report(program, file, span, err, errors);
		return;
	}
	for (i = 0; i < object->functions.count; i++)
		add_function(program, object->functions.items[i], span);
}

/* --- calls ----------------------------------------------------------------------------- */

/* What a function calls is part of it: its flaws are, and its frames. */
static void look_into(struct program *program, struct c_function *function)
{
	unsigned below = 0;
	size_t i;

	function->is_open = true;
	for (i = 0; i < function->relocs.count && !function->flaw; i++) {
		const struct c_relocation *reloc = &function->relocs.items[i];
		struct c_function *callee;

		if (reloc->kind == C_DATA)
			continue;
		callee = function->object->functions.items[reloc->index];
		if (!callee->frames && !callee->is_open)
			look_into(program, callee);
		if (callee->is_open)
			function->flaw = arena_printf(program->arena, "it calls itself through %s()",
						      callee->name);
		else if (callee->flaw)
			function->flaw = arena_printf(program->arena, "it calls %s(): %s", callee->name,
						      callee->flaw);
		below = MAX(below, callee->frames);
	}
	function->is_open = false;
	function->frames = below + 1;
}

struct c_function *c_function_find(struct program *program, const char *name, struct span call)
{
	struct c_function *function = table_get_str(&program->c_functions, name);

	if (!function)
		return NULL;
	if (!function->frames)
		look_into(program, function);
	if (function->flaw) {
		diag_report(program->diags, call, DIAG_BAD_C_FUNCTION, "the C function %s() cannot be called: %s",
			    name, function->flaw);
		diag_note(program->diags, function->span, "it comes from here");
	}
	return function;
}
