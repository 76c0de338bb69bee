/*
 * The pass that puts the parts of imported files in the place of the imports.
 *
 * Each file counts once, whoever names it first; a file that imports itself
 * is none the wiser.
 */
#include "sema/imports.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "parser/parse.h"
#include "sema/c_functions.h"
#include "sema/passes.h"

/* Files of C are read when the whole script is known, which says what it calls of them. */
struct c_import {
	struct imported_file file;
	struct span span;
};

struct importer {
	struct program *program;
	struct table seen; /* identities of files */
	VEC(struct decl *) decls;
	VEC(struct c_import) c;
	unsigned depth;
};

enum { IMPORT_DEPTH_MAX = 64 };

static void add_decls(struct importer *importer, const struct script *script, bool is_imported);

static void report(struct importer *importer, const struct import *import, int err,
		   const struct imported_files *files)
{
	struct diags *diags = importer->program->diags;
	struct strbuf list;
	size_t i;

	if (err == -EPERM) {
		diag_report(diags, import->path_span, DIAG_IMPORT,
			    "'%s' is not imported: every user may write to this directory",
			    files->failed);
		diag_hint(diags, "chmod o-w %s", files->failed);
		return;
	}
	if (err != -ENOENT) {
		diag_report(diags, import->path_span, DIAG_IMPORT, "failed to import '%s': %s",
			    files->failed ? files->failed : import->path, strerror(-err));
		return;
	}
	diag_report(diags, import->path_span, DIAG_IMPORT,
		    "Unable to find suitable path for import: there is no '%s'", import->path);
	strbuf_init(&list, importer->program->arena);
	for (i = 0; i < files->checked.count; i++)
		strbuf_printf(&list, "%s%s", i ? ", " : "", files->checked.items[i]);
	if (list.length)
		diag_hint(diags, "checked: %s", list.text);
}

/* All but that a file has no parts, which is fine for one that is imported. */
static void take_diags(struct diags *to, const struct diags *from)
{
	size_t i;

	for (i = 0; i < from->list.count; i++) {
		if (from->list.items[i]->id == DIAG_EMPTY_PROGRAM)
			continue;
		vec_push(to->arena, &to->list, from->list.items[i]);
		to->error_count += from->list.items[i]->level == DIAG_LEVEL_ERROR;
	}
}

static bool is_c(const char *path)
{
	static const char *const endings[] = { ".h", ".c", ".o" };
	size_t length = strlen(path), i;

	for (i = 0; i < ARRAY_SIZE(endings); i++)
		if (length > 2 && !strcmp(path + length - 2, endings[i]))
			return true;
	return false;
}

static void add_file(struct importer *importer, const struct imported_file *file, struct span span)
{
	struct program *program = importer->program;
	struct source *source;
	struct script *script;
	struct diags diags;

	if (table_get_str(&importer->seen, file->identity))
		return;
	table_set_str(&importer->seen, file->identity, importer);
	if (is_c(file->name)) {
		struct c_import c = { *file, span };

		vec_push(program->arena, &importer->c, c);
		return;
	}
	source = sources_add(program->sources, file->name, file->text, file->size);
	diags_init(&diags, program->arena, program->sources);
	script = parse(program->arena, program->sources, source, program->interner, &diags);
	take_diags(program->diags, &diags);
	add_decls(importer, script, true);
}

static void add_import(struct importer *importer, const struct import *import)
{
	struct program *program = importer->program;
	const struct source *from = sources_at(program->sources, import->span.start);
	struct imported_files files = { 0 };
	size_t i;
	int err;

	if (!program->language->read_import) {
		report(importer, import, -ENOENT, &files);
		return;
	}
	if (importer->depth >= IMPORT_DEPTH_MAX) {
		diag_report(program->diags, import->path_span, DIAG_IMPORT,
			    "more than %d files import one another", IMPORT_DEPTH_MAX);
		return;
	}
	err = program->language->read_import(program->arena, from->name, import->path, &files);
	if (err) {
		report(importer, import, err, &files);
		return;
	}
	importer->depth++;
	for (i = 0; i < files.files.count; i++)
		add_file(importer, &files.files.items[i], import->path_span);
	importer->depth--;
}

static bool enter_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	if ((*slot)->kind == STMT_IMPORT)
		add_import(visitor->context, &(*slot)->import);
	return true;
}

/* What a block imports all of the script has, and the statement does nothing. */
static void add_inner_imports(struct importer *importer, struct decl *decl)
{
	struct ast_visitor visitor = { .enter_stmt = enter_stmt, .context = importer };

	if (decl->kind == DECL_PROBE)
		ast_walk_probe(&visitor, decl->probe);
	else if (decl->kind == DECL_FUNCTION)
		ast_walk_function(&visitor, decl->function);
	else if (decl->kind == DECL_MACRO)
		ast_walk_block(&visitor, decl->macro->body);
}

static void add_decls(struct importer *importer, const struct script *script, bool is_imported)
{
	struct program *program = importer->program;
	size_t i;

	for (i = 0; i < script->decls.count; i++) {
		struct decl *decl = script->decls.items[i];

		if (decl->kind == DECL_IMPORT) {
			add_import(importer, &decl->import);
			continue;
		}
		if (decl->kind == DECL_CONFIG && is_imported)
			diag_report(
				program->diags, decl->span, DIAG_CONFIG,
				"invalid `config` within import: only the script itself has one");
		if (script->imports_in_blocks)
			add_inner_imports(importer, decl);
		vec_push(program->arena, &importer->decls, decl);
	}
}

static bool has_imports(const struct script *script)
{
	size_t i;

	for (i = 0; i < script->decls.count; i++)
		if (script->decls.items[i]->kind == DECL_IMPORT)
			return true;
	return script->imports_in_blocks;
}

/* The script itself counts once too. */
static void know_script(struct importer *importer)
{
	struct program *program = importer->program;
	struct imported_files files = { 0 };
	const char *name = program->script->source->name;

	if (program->language->read_import &&
	    !program->language->read_import(program->arena, "", name, &files) && files.files.count)
		table_set_str(&importer->seen, files.files.items[0].identity, importer);
}

void read_imports(struct program *program)
{
	struct importer importer = { .program = program };
	size_t i;

	table_init(&program->c_functions, program->arena);
	if (!has_imports(program->script))
		return;
	table_init(&importer.seen, program->arena);
	know_script(&importer);
	add_decls(&importer, program->script, false);
	program->script->decls.items = importer.decls.items;
	program->script->decls.count = importer.decls.count;
	program->script->decls.capacity = importer.decls.capacity;
	for (i = 0; i < importer.c.count; i++)
		c_functions_read(program, &importer.c.items[i].file, importer.c.items[i].span);
}
