/*
 * Config keys by name: values read, renamed keys followed, dropped ones known.
 */
#include "sema/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/diag.h"
#include "lexer/literal.h"

static const struct {
	const char *key;
	enum config_kind kind;
	size_t offset;
} keys[] = {
#define X(key, kind, value) { #key, CONFIG_##kind, offsetof(struct config, key) },
	CONFIG_KEYS(X)
#undef X
};

/* Values that a TEXT key is limited to; the others take any. */
static const struct {
	const char *key;
	const char *const words[8];
} choices[] = {
	{ "stack_mode", { "bpftrace", "perf", "raw", "build_id" } },
	{ "missing_probes", { "error", "warn", "ignore" } },
	{ "cache_user_symbols", { "PER_PID", "PER_PROGRAM", "NONE", "0", "1" } },
	{ "license", { "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL",
		       "Dual MPL/GPL" } },
	{ "unstable_import_statement", { "enable", "warn", "error" } },
	{ "unstable_typeinfo", { "enable", "warn", "error" } },
	{ "unstable_tseries", { "enable", "warn", "error" } },
	{ "unstable_dw_ustack", { "enable", "warn", "error" } },
};

/* Numbers that a key is limited to; the others take any. */
static const struct {
	const char *key;
	uint64_t least, most;
} ranges[] = {
	{ "max_strlen", 1, UINT32_MAX },
	{ "max_map_keys", 1, UINT32_MAX },
	{ "log_size", 0, UINT32_MAX >> 2 }, /* the kernel's limit */
};

/* Keys that are on, off or between may also be said in these words. */
#define UNSTABLE "unstable_"
static const struct {
	const char *word, *means;
} switch_words[] = {
	{ "true", "enable" }, { "1", "enable" }, { "false", "error" }, { "0", "error" },
};

/* What only the environment says, since it is needed before a script is read. */
static const char *const environment_keys[] = { "btf", "vmlinux", "kernel_source", "kernel_build",
						"color" };

static const struct {
	const char *old, *now; /* now NULL: dropped */
} old_keys[] = {
	{ "strlen", "max_strlen" },
	{ "cat_bytes_max", "max_cat_bytes" },
	{ "map_keys_max", "max_map_keys" },
	{ "no_cpp_demangle", "cpp_demangle" },
	{ "max_type_res_iterations", NULL },
	{ "symbol_source", NULL },
	{ "max_ast_nodes", NULL },
	{ "max_programs", "max_bpf_progs" },
};

void config_init(struct config *config)
{
	*config = (struct config){
#define X(key, kind, value) .key = value,
		CONFIG_KEYS(X)
#undef X
	};
}

const char *config_nearest(const char *key)
{
	struct suggestion suggestion;
	size_t i;

	suggestion_init(&suggestion, key);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		suggestion_offer(&suggestion, keys[i].key);
	return suggestion.best;
}

bool config_get(const struct config *config, const char *key, struct config_value *ret_value)
{
	const char *place;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].key, key) != 0)
			continue;
		place = (const char *)config + keys[i].offset;
		*ret_value = (struct config_value){ .kind = keys[i].kind };
		switch (keys[i].kind) {
		case CONFIG_NUMBER:
			ret_value->number = *(const uint64_t *)place;
			return true;
		case CONFIG_BOOL:
			ret_value->boolean = *(const bool *)place;
			return true;
		case CONFIG_TEXT:
			ret_value->text = *(const char *const *)place;
			return true;
		}
		unreachable();
	}
	return false;
}

static bool parse_bool(const char *value, bool *ret)
{
	if (!strcasecmp(value, "true") || !strcmp(value, "1"))
		*ret = true;
	else if (!strcasecmp(value, "false") || !strcmp(value, "0"))
		*ret = false;
	else
		return false;
	return true;
}

/* *value as the key's table has it, if the key does not take any; else NULL or the list of words. */
static const char *check_choice(struct arena *arena, const char *key, const char **value)
{
	size_t i, w;
	char *list = NULL;

	for (i = 0; !strncmp(key, UNSTABLE, strlen(UNSTABLE)) && i < ARRAY_SIZE(switch_words); i++)
		if (!strcasecmp(switch_words[i].word, *value))
			*value = switch_words[i].means;
	for (i = 0; i < ARRAY_SIZE(choices); i++) {
		if (strcmp(choices[i].key, key) != 0)
			continue;
		for (w = 0; w < ARRAY_SIZE(choices[i].words) && choices[i].words[w]; w++) {
			if (!strcasecmp(choices[i].words[w], *value)) {
				*value = choices[i].words[w];
				return NULL;
			}
			list = arena_printf(arena, "%s%s%s", list ? list : "", list ? ", " : "",
					    choices[i].words[w]);
		}
	}
	return list;
}

/* NULL, or which numbers the key takes. */
static const char *check_range(struct arena *arena, const char *key, uint64_t number)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (!strcmp(ranges[i].key, key) &&
		    (number < ranges[i].least || number > ranges[i].most))
			return arena_printf(arena, "a number from %" PRIu64 " to %" PRIu64,
					    ranges[i].least, ranges[i].most);
	return NULL;
}

static enum config_status store(struct config *config, struct arena *arena, size_t index,
				const char *value, const char **ret_detail)
{
	char *place = (char *)config + keys[index].offset;
	struct literal_number number;
	const char *words;

	switch (keys[index].kind) {
	case CONFIG_NUMBER:
		if (literal_parse_number(value, strlen(value), LITERAL_ALLOW_BINARY, &number) !=
		    LITERAL_OK) {
			*ret_detail = "a number";
			return CONFIG_BAD_VALUE;
		}
		words = check_range(arena, keys[index].key, number.value);
		if (words) {
			*ret_detail = words;
			return CONFIG_BAD_VALUE;
		}
		*(uint64_t *)place = number.value;
		return CONFIG_OK;
	case CONFIG_BOOL:
		if (!parse_bool(value, (bool *)place)) {
			*ret_detail = "true, false, 1 or 0";
			return CONFIG_BAD_VALUE;
		}
		return CONFIG_OK;
	case CONFIG_TEXT:
		words = check_choice(arena, keys[index].key, &value);
		if (words) {
			*ret_detail = arena_printf(arena, "one of %s", words);
			return CONFIG_BAD_VALUE;
		}
		*(const char **)place = arena_strdup(arena, value);
		return CONFIG_OK;
	}
	unreachable();
}

enum config_status config_set(struct config *config, struct arena *arena, const char *key,
			      const char *value, const char **ret_detail)
{
	enum config_status renamed = CONFIG_OK;
	bool turned;
	size_t i;

	if (!strncasecmp(key, "bpftrace_", 9))
		key += 9;
	for (i = 0; i < ARRAY_SIZE(old_keys); i++) {
		if (strcasecmp(old_keys[i].old, key) != 0)
			continue;
		if (!old_keys[i].now)
			return CONFIG_DROPPED;
		key = *ret_detail = old_keys[i].now;
		renamed = CONFIG_RENAMED;
		if (!strcmp(old_keys[i].old, "no_cpp_demangle") && parse_bool(value, &turned))
			value = turned ? "0" : "1";
		break;
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		enum config_status status;

		if (strcasecmp(keys[i].key, key) != 0)
			continue;
		status = store(config, arena, i, value, ret_detail);
		return status == CONFIG_OK ? renamed : status;
	}
	for (i = 0; i < ARRAY_SIZE(environment_keys); i++)
		if (!strcasecmp(environment_keys[i], key))
			return CONFIG_ENVIRONMENT;
	return CONFIG_UNKNOWN;
}
