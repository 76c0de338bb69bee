/*
 * Settings of a script: config block, environment, defaults (cli.md section 7).
 */
#ifndef SEMA_CONFIG_H
#define SEMA_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

/* id, key, kind, default */
/* clang-format off */
#define CONFIG_KEYS(X) \
	X(max_strlen,		NUMBER,	1024) \
	X(max_map_keys,		NUMBER,	4096) \
	X(max_probes,		NUMBER,	1024) \
	X(max_bpf_progs,	NUMBER,	1024) \
	X(max_cat_bytes,	NUMBER,	10240) \
	X(perf_rb_pages,	NUMBER,	0) \
	X(log_size,		NUMBER,	1000000) \
	X(on_stack_limit,	NUMBER,	32) \
	X(str_trunc_trailer,	TEXT,	"..") \
	X(stack_mode,		TEXT,	"bpftrace") \
	X(print_maps_on_exit,	BOOL,	true) \
	X(missing_probes,	TEXT,	"error") \
	X(cache_user_symbols,	TEXT,	"") \
	X(cpp_demangle,		BOOL,	true) \
	X(lazy_symbolication,	BOOL,	true) \
	X(use_blazesym,		BOOL,	false) \
	X(show_debug_info,	BOOL,	false) \
	X(skip_endbr,		BOOL,	true) \
	X(license,		TEXT,	"GPL") \
	X(unstable_import_statement, TEXT, "error") \
	X(unstable_typeinfo,	TEXT,	"error") \
	X(unstable_tseries,	TEXT,	"warn") \
	X(unstable_dw_ustack,	TEXT,	"warn")
/* clang-format on */

struct config {
#define CONFIG_TYPE_NUMBER uint64_t
#define CONFIG_TYPE_BOOL bool
#define CONFIG_TYPE_TEXT const char *
#define X(key, kind, value) CONFIG_TYPE_##kind key;
	CONFIG_KEYS(X)
#undef X
};

struct arena;

void config_init(struct config *config);

/* A key's value: the member that goes with its kind. */
enum config_kind { CONFIG_NUMBER, CONFIG_BOOL, CONFIG_TEXT };

struct config_value {
	enum config_kind kind;
	uint64_t number;
	bool boolean;
	const char *text;
};

/* False when there is no such key. */
bool config_get(const struct config *config, const char *key, struct config_value *ret_value);

/* The key that is spelled most like this, or NULL. */
const char *config_nearest(const char *key);

enum config_status {
	CONFIG_OK,
	CONFIG_RENAMED, /* and set */
	CONFIG_DROPPED,
	CONFIG_UNKNOWN,
	CONFIG_ENVIRONMENT, /* no key: the environment alone says it */
	CONFIG_BAD_VALUE,
};

/*
 * Sets one key from text; the key in any case, with or without "bpftrace_".
 * *ret_detail says what is wrong, or the new name of a renamed key.
 */
enum config_status config_set(struct config *config, struct arena *arena, const char *key,
			      const char *value, const char **ret_detail);

#endif
