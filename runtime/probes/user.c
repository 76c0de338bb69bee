/*
 * From the binary of an attach point to opened files, and what is wrong with
 * those that cannot be.
 */
#include "runtime/probes/user.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "runtime/host/zip.h"
#include "runtime/lister.h"
#include "runtime/probes/probes.h"

static void report_missing(struct expander *expander, const struct attach_point_parts *parts,
			   size_t number)
{
	struct diags *diags = expander->program->diags;
	const char *name = part_text(parts, number), *type = expander->type->name;

	diag_report(diags, part_span(parts, number), DIAG_ATTACH_POINT,
		    "%s target file '%s' does not exist or is not executable", type, name);
	if (!strncmp(name, "lib", 3) && !strchr(name, '/'))
		diag_hint(diags, "the dynamic linker's cache has no library of that name; a path "
				 "names any file");
	else if (!strchr(name, '/'))
		diag_hint(diags, "it is looked for in $PATH; ./%s is the file here", name);
}

static void report_unreadable(struct expander *expander, const struct attach_point_parts *parts,
			      size_t number, const struct user_path *path, int err)
{
	struct diags *diags = expander->program->diags;
	struct span span = number ? part_span(parts, number) : parts->span;
	const char *why = strerror(-err), *hint = NULL;

	if (err == -ENOEXEC) {
		why = "it is neither a program nor a library";
		hint = "of a script, its interpreter can be probed";
	} else if (err == -ENOTSUP) {
		why = "it is for another machine, or of 32 bits, which is not supported";
	} else if (err == -EPROTONOSUPPORT) {
		why = "it is compressed in its archive";
		hint = "members that are stored as they are can be loaded from there, and probed";
	} else if (err == -ENOENT && strstr(path->name, ZIP_MARK)) {
		why = "the archive has no such member";
	} else if (err == -EBADMSG) {
		why = "it is damaged: its headers contradict its size";
	}
	diag_report(diags, span, DIAG_ATTACH_POINT, "%s target file '%s' cannot be probed: %s",
		    expander->type->name, path->name, why);
	if (hint)
		diag_hint(diags, "%s", hint);
}

bool open_binaries(struct expander *expander, const struct attach_point_parts *parts,
		   size_t number, bool wants_libraries, struct user_binaries *ret_binaries)
{
	struct program *program = expander->program;
	struct user_files *files = program->target->user_files;
	const struct attach_point_part *part = number ? &parts->parts.items[number] : NULL;
	uint32_t pid = program->options->pid;
	struct user_paths paths = { 0 };
	size_t i;

	if (!part && wants_libraries)
		user_files_mapped(files, pid, &paths);
	else
		user_files_find(files, part ? part->text : "", part && part->is_quoted, pid, &paths);
	if (!paths.count && part)
		report_missing(expander, parts, number);
	else if (!paths.count)
		diag_report(program->diags, parts->span, DIAG_ATTACH_POINT,
			    "process %u has no program that can be read", pid);
	if (paths.count == 1 && paths.items[0].shadowed) {
		diag_report(program->diags, part_span(parts, number), DIAG_SUSPICIOUS,
			    "'%s' is %s: the first one in $PATH, where %s is another", part->text,
			    paths.items[0].name, paths.items[0].shadowed);
		diag_hint(program->diags, "a path means one of them");
	}
	for (i = 0; i < paths.count; i++) {
		struct user_binary new = { .name = paths.items[i].name,
					   .path = intern_str(program->interner,
							      paths.items[i].path) };
		int err = user_files_open(files, new.path, &new.binary);

		if (!err) {
			/* Of a member: its archive. */
			new.path = intern_str(program->interner, new.binary->elf->path);
			vec_push(program->arena, ret_binaries, new);
		} else if (paths.count == 1) {
			report_unreadable(expander, parts, number, &paths.items[i], err);
		}
	}
	return ret_binaries->count > 0;
}

bool lists_binaries(struct lister *lister, const struct attach_point_parts *pattern)
{
	struct user_paths paths = { 0 };

	if (lister->pid)
		return !lister->search;
	if (!pattern)
		return false;
	if (!lister->is_general)
		return true;
	/* "*:/bin/bash:read*": the second part tells that programs are meant. */
	if (!strchr(part_text(pattern, 1), '/') || has_wildcard(part_text(pattern, 1)))
		return false;
	user_files_find(lister->language->target->user_files, part_text(pattern, 1), true, 0, &paths);
	return paths.count > 0;
}

void list_binaries(struct lister *lister, const struct attach_point_part *part,
		   struct user_binaries *ret_binaries)
{
	struct user_files *files = lister->language->target->user_files;
	struct user_paths paths = { 0 };
	size_t i;

	if (part)
		user_files_find(files, part->text, part->is_quoted, lister->pid, &paths);
	else
		user_files_mapped(files, lister->pid, &paths);
	for (i = 0; i < paths.count; i++) {
		struct user_binary new = { .name = paths.items[i].name,
					   .path = paths.items[i].path };

		if (!user_files_open(files, new.path, &new.binary))
			vec_push(lister->arena, ret_binaries, new);
	}
}
