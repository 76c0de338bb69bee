/*
 * The passes in their order.  Each may report and go on; the list stops after
 * a pass that left errors, except where the next one can say more.
 */
#include "sema/passes.h"

#include "base/compiler.h"
#include "sema/target.h"

static const struct {
	void (*run)(struct program *program);
	bool goes_on; /* after errors: what is wrong does not confuse the next pass */
} passes[] = {
	{ read_imports, false },
	{ read_c, false },
	{ expand_macros, false },
	{ find_functions, false },
	{ expand, false },
	{ pair, false },
	{ bind_functions, false },
	{ resolve, true },
	{ fold, true },
	{ infer, true },
	{ prune, true },
	{ check, false },
	{ layout, false },
	{ select_probes, false },
};

static void add_builtins(struct program *program)
{
	const struct builtin_family *family;
	const struct builtin *row;

	table_init(&program->builtins, program->arena);
	for (family = program->language->families; family->rows; family++)
		for (row = family->rows; row->name; row++) {
			table_set_str(&program->builtins, row->name, (void *)row);
			if (row->flags & BUILTIN_PARAM_TEXT)
				program->reads_text = row;
		}
}

struct program *analyse(struct arena *arena, struct sources *sources, struct script *script,
			struct interner *interner, const struct language *language,
			const struct compile_options *options, struct diags *diags)
{
	struct program *program = arena_new_struct(arena, struct program);
	size_t i;

	*program = (struct program){ .arena = arena, .sources = sources, .diags = diags,
				     .interner = interner, .language = language,
				     .target = language->target, .options = options,
				     .script = script };
	types_init(&program->types, arena, interner, language->target);
	table_init(&program->map_names, arena);
	add_builtins(program);
	for (i = 0; i < ARRAY_SIZE(passes); i++) {
		passes[i].run(program);
		if (diags->error_count && !passes[i].goes_on)
			return NULL;
	}
	return program;
}
