/*
 * diagnostics TARGET FILE [PARAMETER...]: the ids of what compiling a script
 * reports, one a line.  Messages do not show ids; the cases of errors/ are
 * named after them, and this tells whether the name is right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "cli/imports.h"
#include "codegen/codegen.h"
#include "runtime/host/host.h"
#include "runtime/probes/probes.h"
#include "stdlib/library.h"

static char *read_file(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rb");
	char *text = calloc(1, SOURCE_SIZE_MAX + 1);

	if (!file || !text) {
		perror(path);
		exit(2);
	}
	*ret_size = fread(text, 1, SOURCE_SIZE_MAX, file);
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct sources sources;
	struct diags diags;
	const char *error = "usage: diagnostics TARGET FILE [PARAMETER...]";
	struct target *target = argc < 3 ? NULL : file_target_new(arena, argv[1], &error);
	struct language language = { .families = stdlib_families, .prelude = &stdlib_prelude,
				     .probe_types = probe_types, .target = target,
				     .read_import = import_read };
	struct compile_options options = { .params = (const char *const *)argv + 3 };
	static const char allows[] = "// options: --unsafe"; /* as the cases' first line */
	size_t size;
	char *text;

	if (!target) {
		fprintf(stderr, "%s\n", error);
		return 2;
	}
	options.param_count = (size_t)argc - 3;
	text = read_file(argv[2], &size);
	options.allow_unsafe = !strncmp(text, allows, strlen(allows));
	sources_init(&sources, arena);
	diags_init(&diags, arena, &sources);
	compile(arena, &sources, sources_add(&sources, argv[2], text, size), &language, &options, &diags,
		NULL);
	for (size_t i = 0; i < diags.list.count; i++)
		puts(diag_id_name(diags.list.items[i]->id));
	target_close(target);
	arena_free(arena);
	free(text);
	return 0;
}
