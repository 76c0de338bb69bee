/*
 * Parses one file and prints what became of it:
 *
 *	parse_main [--ast | --places | --fmt | --split | --none] FILE
 *
 * --split shows the parts of the attach points; further arguments are the
 * parameters for them.
 */
#include <stdio.h>
#include <string.h>

#include "parser/ast_text.h"
#include "parser/attach_point.h"
#include "parser/format.h"
#include "parser/parse.h"

static char *read_file(struct arena *arena, const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rb");
	char *text;

	if (!file) {
		perror(path);
		exit(2);
	}
	fseek(file, 0, SEEK_END);
	*ret_size = (size_t)ftell(file);
	rewind(file);
	text = arena_alloc(arena, *ret_size + 1);
	if (fread(text, 1, *ret_size, file) != *ret_size)
		exit(2);
	fclose(file);
	return text;
}

static void print_parts(struct arena *arena, const struct probe *probe, char **params, int count,
			struct diags *diags, struct strbuf *out)
{
	for (size_t i = 0; i < probe->attach_points.count; i++) {
		struct attach_point_parts parts;

		if (!attach_point_split(arena, &probe->attach_points.items[i],
					(const char *const *)params, (size_t)count, diags, &parts))
			continue;
		strbuf_printf(out, "[%s]", parts.label ? parts.label : "");
		for (size_t j = 0; j < parts.parts.count; j++) {
			const struct attach_point_part *part = &parts.parts.items[j];

			strbuf_printf(out, " %u-%u:%s%s", part->span.start, part->span.end, part->text,
				      part->is_quoted ? "(quoted)" : "");
		}
		strbuf_putc(out, '\n');
	}
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "--ast", *path = argv[argc > 2 ? 2 : 1], *name;
	struct arena *arena = arena_new();
	struct sources sources;
	struct interner interner;
	struct diags diags;
	struct script *script;
	struct strbuf out, errors;
	size_t size;
	char *text = read_file(arena, path, &size);

	sources_init(&sources, arena);
	interner_init(&interner, arena);
	diags_init(&diags, arena, &sources);
	strbuf_init(&out, arena);
	strbuf_init(&errors, arena);
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	script = parse(arena, &sources, sources_add(&sources, name, text, size), &interner, &diags);
	if (!diags.error_count) {
		if (!strcmp(mode, "--ast"))
			ast_text(script, &out);
		else if (!strcmp(mode, "--places"))
			ast_text_with_places(script, &sources, &out);
		else if (!strcmp(mode, "--fmt"))
			format_script(script, &sources, &out);
		for (size_t i = 0; !strcmp(mode, "--split") && i < script->decls.count; i++)
			if (script->decls.items[i]->kind == DECL_PROBE)
				print_parts(arena, script->decls.items[i]->probe, argv + 3, argc - 3,
					    &diags, &out);
	}
	fputs(out.text, stdout);
	diags_format(&diags, false, true, &errors);
	fputs(errors.text, stderr);
	size = diags.error_count;
	arena_free(arena);
	return size != 0;
}
