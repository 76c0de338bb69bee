/*
 * Any bytes at all: parsing ends, and what was parsed without errors can be
 * printed, copied and formatted to a text that means the same and formats to
 * itself.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "parser/ast_text.h"
#include "parser/attach_point.h"
#include "parser/format.h"
#include "parser/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct compilation {
	struct arena *arena;
	struct sources sources;
	struct interner interner;
	struct diags diags;
};

static struct script *parse_text(struct compilation *compilation, const char *text, size_t size)
{
	struct source *source = sources_add(&compilation->sources, "fuzz", text, size);

	return parse(compilation->arena, &compilation->sources, source, &compilation->interner,
		     &compilation->diags);
}

static void split_attach_points(struct compilation *compilation, const struct script *script)
{
	static const char *const params[] = { "one", "2" };

	for (size_t i = 0; i < script->decls.count; i++) {
		const struct decl *decl = script->decls.items[i];

		for (size_t j = 0; decl->kind == DECL_PROBE && j < decl->probe->attach_points.count; j++) {
			struct attach_point_parts parts;

			attach_point_split(compilation->arena, &decl->probe->attach_points.items[j], params,
					   2, &compilation->diags, &parts);
		}
	}
}

/* The script with every body replaced by its copy. */
static void copy_bodies(struct compilation *compilation, struct script *script)
{
	for (size_t i = 0; i < script->decls.count; i++) {
		struct decl *decl = script->decls.items[i];

		if (decl->kind == DECL_PROBE) {
			decl->probe->body = ast_copy_block(compilation->arena, decl->probe->body);
			decl->probe->predicate =
				ast_copy_expr(compilation->arena, decl->probe->predicate);
		}
	}
}

static struct strbuf dump(struct compilation *compilation, const struct script *script)
{
	struct strbuf text;

	strbuf_init(&text, compilation->arena);
	ast_text(script, &text);
	return text;
}

static void require(bool condition, const char *what, const struct strbuf *a, const struct strbuf *b)
{
	if (condition)
		return;
	fprintf(stderr, "%s\n--- first\n%s\n--- second\n%s\n", what, a->text, b->text);
	abort();
}

static bool equal(const struct strbuf *a, const struct strbuf *b)
{
	return a->length == b->length && !memcmp(a->text, b->text, a->length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct compilation compilation = { .arena = arena_new() };
	struct strbuf first, second, formatted, again, messages;
	struct script *script;

	sources_init(&compilation.sources, compilation.arena);
	interner_init(&compilation.interner, compilation.arena);
	diags_init(&compilation.diags, compilation.arena, &compilation.sources);
	strbuf_init(&formatted, compilation.arena);
	strbuf_init(&again, compilation.arena);
	strbuf_init(&messages, compilation.arena);

	script = parse_text(&compilation, arena_strndup(compilation.arena, (const char *)data, size), size);
	first = dump(&compilation, script);
	diags_format(&compilation.diags, false, true, &messages);
	if (!compilation.diags.error_count) {
		copy_bodies(&compilation, script);
		second = dump(&compilation, script);
		require(equal(&first, &second), "the copy differs", &first, &second);

		format_script(script, &compilation.sources, &formatted);
		script = parse_text(&compilation, formatted.text, formatted.length);
		diags_format(&compilation.diags, false, true, &messages);
		require(!compilation.diags.error_count, "the formatted text has errors", &formatted,
			&messages);
		second = dump(&compilation, script);
		require(equal(&first, &second), "formatting changes the meaning", &first, &second);

		format_script(script, &compilation.sources, &again);
		require(equal(&formatted, &again), "formatting twice changes the text", &formatted,
			&again);
	}
	split_attach_points(&compilation, script);
	arena_free(compilation.arena);
	return 0;
}
