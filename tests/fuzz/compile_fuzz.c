/*
 * Any bytes at all as a script for the canned kernel: compiling ends, says why
 * there is no object, and an object it makes can be printed.
 *
 * tests/fuzz/run builds and runs it.  CANNED is the folder of the canned kernel.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "cli/language.h"
#include "codegen/codegen.h"
#include "runtime/host/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void compile_text(struct arena *arena, const struct target *target, const char *text,
			 size_t size)
{
	static const char *const params[] = { "7", "word" };
	const struct compile_options options = { .params = params, .param_count = 2,
						 .allow_unsafe = true };
	struct language language = language_of(target);
	struct sources *sources = arena_new_struct(arena, struct sources);
	const struct object *object;
	struct source *source;
	struct strbuf messages, listing;
	struct diags diags;

	language.read_import = NULL;
	sources_init(sources, arena);
	diags_init(&diags, arena, sources);
	source = sources_add(sources, "fuzz", text, size);
	object = compile(arena, sources, source, &language, &options, &diags, NULL);
	strbuf_init(&messages, arena);
	strbuf_init(&listing, arena);
	diags_format(&diags, false, true, &messages);
	require(!object == !!diags.error_count, "an object, or errors: one of them");
	require(!diags.error_count || messages.length, "an error without a word");
	if (object)
		object_text(object, &listing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *error = "";
	struct target *target = file_target_new(arena, CANNED, &error);

	require(target, error);
	target->ask_c = NULL; /* no processes of its own */
	compile_text(arena, target, arena_strndup(arena, (const char *)data, size), size);
	target_close(target);
	arena_free(arena);
	return 0;
}
