/*
 * Words of -W.
 */
#include "cli/warnings.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "runtime/output/report.h"

/* "no-match-skipped" is NO_MATCH_SKIPPED. */
static bool is_id(const char *word, enum diag_id id)
{
	const char *name = diag_id_name(id);

	for (; *word && *name; word++, name++)
		if (toupper((unsigned char)*word) != *name && !(*word == '-' && *name == '_'))
			return false;
	return *word == *name;
}

/* DIAG_ID_COUNT: there is none of that name. */
static enum diag_id find_id(const char *word)
{
	enum diag_id id;

	for (id = 0; id < DIAG_ID_COUNT; id++)
		if (is_id(word, id))
			return id;
	return DIAG_ID_COUNT;
}

static int report_unknown(struct arena *arena, const char *word)
{
	struct suggestion suggestion;
	char *name = arena_strdup(arena, word), *c;
	enum diag_id id;

	for (c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	suggestion_init(&suggestion, name);
	for (id = 0; id < DIAG_ID_COUNT; id++)
		if (diag_id_level(id) == DIAG_LEVEL_WARNING)
			suggestion_offer(&suggestion, diag_id_name(id));
	report_error("-W: there is no warning '%s'", word);
	if (suggestion.best)
		report_hint("did you mean %s?", suggestion.best);
	else
		report_hint("a warning's id stands in brackets at its end; the manual lists them");
	return -EINVAL;
}

static int treat(struct arena *arena, const char *word, enum diag_treatment treatment,
		 struct diag_treatments *treatments)
{
	enum diag_id id = find_id(word);

	if (id == DIAG_ID_COUNT)
		return report_unknown(arena, word);
	if (diag_id_level(id) == DIAG_LEVEL_ERROR) {
		report_error("-W: %s is always an error", diag_id_name(id));
		return -EINVAL;
	}
	treatments->of[id] = (unsigned char)treatment;
	return 0;
}

/* All that are treated as `from` now. */
static void treat_all(enum diag_treatment from, enum diag_treatment to,
		      struct diag_treatments *treatments)
{
	size_t i;

	for (i = 0; i < DIAG_ID_COUNT; i++)
		if (treatments->of[i] == from)
			treatments->of[i] = (unsigned char)to;
}

static int parse_word(struct arena *arena, const char *word, struct diag_treatments *treatments)
{
	if (!strncmp(word, "error=", 6))
		return treat(arena, word + 6, DIAG_AS_ERROR, treatments);
	if (!strncmp(word, "no-error=", 9))
		return treat(arena, word + 9, DIAG_AS_WARNING, treatments);
	if (!strcmp(word, "no-all"))
		memset(treatments->of, DIAG_SILENT, sizeof(treatments->of));
	else if (!strcmp(word, "all"))
		treat_all(DIAG_SILENT, DIAG_AS_WARNING, treatments);
	else if (!strcmp(word, "error"))
		treat_all(DIAG_AS_WARNING, DIAG_AS_ERROR, treatments);
	else if (!strcmp(word, "no-error"))
		treat_all(DIAG_AS_ERROR, DIAG_AS_WARNING, treatments);
	else if (!strncmp(word, "no-", 3) && find_id(word) == DIAG_ID_COUNT) /* not NO_MATCH... */
		return treat(arena, word + 3, DIAG_SILENT, treatments);
	else
		return treat(arena, word, DIAG_AS_WARNING, treatments);
	return 0;
}

int warnings_parse(struct arena *arena, const char *list, struct diag_treatments *treatments)
{
	char *rest = arena_strdup(arena, list), *word;
	int err = 0;

	while (!err && (word = strsep(&rest, ",")))
		if (*word)
			err = parse_word(arena, word, treatments);
	return err;
}
