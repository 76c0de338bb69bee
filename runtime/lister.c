/*
 * Listing: which probe types a pattern means, and their lines in order.
 */
#include "runtime/lister.h"

#include <string.h>
#include <strings.h>

#include "base/compiler.h"
#include "parser/attach_point.h"
#include "sema/target.h"

struct listed *lister_add(struct lister *lister, const char *name)
{
	struct listed listed = { .name = name };

	if (lister->search && !wildcard_match(lister->search, name))
		return NULL;
	vec_push(lister->arena, &lister->list, listed);
	return &vec_last(&lister->list);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct listed *)a)->name, ((const struct listed *)b)->name);
}

static int by_type(const void *a, const void *b)
{
	return strcmp((*(const struct probe_type *const *)a)->name,
		      (*(const struct probe_type *const *)b)->name);
}

static void sort_listed(struct lister *lister)
{
	if (lister->list.count)
		qsort(lister->list.items, lister->list.count, sizeof(*lister->list.items), by_name);
}

/* Lists one type; what it gave is sorted and printed. */
static void list_type(struct lister *lister, const struct probe_type *type,
		      const struct attach_point_parts *parts, struct strbuf *out)
{
	size_t i;

	lister->list.count = 0;
	type->list(lister, parts);
	sort_listed(lister);
	for (i = 0; i < lister->list.count; i++) {
		strbuf_puts(out, lister->list.items[i].name);
		strbuf_putc(out, '\n');
		if (lister->list.items[i].details)
			strbuf_puts(out, lister->list.items[i].details);
	}
}

static bool is_named(const struct probe_type *type, const char *provider)
{
	return !strcasecmp(provider, type->name) ||
	       (type->short_name && !strcmp(provider, type->short_name)) ||
	       (type->old_name && !strcasecmp(provider, type->old_name));
}

/* Splits the pattern; one without a colon that is no provider is looked for in whole names. */
static bool split(struct lister *lister, const char *pattern, struct diags *diags,
		  struct attach_point_parts *ret_parts)
{
	struct attach_point_text text = { .text = pattern, .length = strlen(pattern) };
	const struct attach_point_part any = { .text = "*" };

	if (!attach_point_split(lister->arena, &text, NULL, 0, diags, ret_parts))
		return false;
	if (ret_parts->parts.count > 1)
		return true;
	if (probe_type_named(lister->language, pattern))
		vec_push(lister->arena, &ret_parts->parts, any);
	else
		lister->search = pattern;
	return true;
}

static bool is_wanted(const struct lister *lister, const struct probe_type *type,
		      const char *pattern, const struct attach_point_parts *parts)
{
	const char *provider;

	if (!type->list)
		return false;
	if (!pattern || lister->search)
		return true;
	provider = parts->parts.items[0].text;
	return is_named(type, provider) ||
	       (has_wildcard(provider) && wildcard_match(provider, type->name));
}

/* --- types --------------------------------------------------------------------- */

struct type_listing {
	struct lister *lister;
	const char *what, *pattern;
};

static bool list_c_type(void *context, uint32_t number, const char *name)
{
	struct type_listing *listing = context;
	struct lister *lister = listing->lister;
	const struct target *target = lister->language->target;
	struct listed *listed;

	if (!wildcard_match(listing->pattern, name))
		return true;
	listed = lister_add(lister, arena_printf(lister->arena, "%s %s", listing->what, name));
	if (lister->verbose)
		listed->details = arena_printf(lister->arena, "vmlinux: %s;\n\n",
					       target->type_definition(target, lister->arena, number));
	return true;
}

/* "struct sched_p*": types of the kernel, with -v their definitions.  False: it is none of those. */
static bool list_c_types(struct lister *lister, const char *pattern, struct strbuf *out)
{
	static const char *const words[] = { "struct", "union", "enum" };
	const struct target *target = lister->language->target;
	size_t length = strcspn(pattern, " "), i, j;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == length && !strncmp(pattern, words[i], length))
			break;
	if (i == ARRAY_SIZE(words) || !pattern[length])
		return false;
	target->each_type(target, words[i], list_c_type,
			  &(struct type_listing){ lister, words[i], pattern + length + 1 });
	sort_listed(lister);
	for (j = 0; j < lister->list.count; j++) {
		const struct listed *listed = &lister->list.items[j];

		if (listed->details)
			strbuf_puts(out, listed->details);
		else if (!j || strcmp(listed[-1].name, listed->name) != 0) /* modules may have others */
			strbuf_printf(out, "%s\n", listed->name);
	}
	return true;
}

bool list_probes(struct arena *arena, const struct language *language, const char *pattern,
		 uint32_t pid, bool verbose, struct diags *diags, struct strbuf *out)
{
	struct lister lister = { .arena = arena, .language = language, .verbose = verbose,
				 .pid = pid };
	VEC(const struct probe_type *) types = { 0 };
	const struct probe_type *const *type;
	struct attach_point_parts parts = { 0 };
	struct interner interner;
	struct types kernel_types;
	size_t i;

	if (pattern && list_c_types(&lister, pattern, out))
		return true;
	if (pattern && !split(&lister, pattern, diags, &parts))
		return false;
	interner_init(&interner, arena);
	types_init(&kernel_types, arena, &interner, language->target);
	lister.types = &kernel_types;
	for (type = language->probe_types; *type; type++)
		if (is_wanted(&lister, *type, pattern, &parts))
			vec_push(arena, &types, *type);
	if (types.count)
		qsort(types.items, types.count, sizeof(*types.items), by_type);
	for (i = 0; i < types.count; i++) {
		lister.is_general = !pattern || lister.search || has_wildcard(parts.parts.items[0].text);
		list_type(&lister, types.items[i], parts.parts.count > 1 ? &parts : NULL, out);
	}
	return true;
}
