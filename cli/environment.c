/*
 * Environment variables: settings, files, colour.
 */
#include "cli/environment.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/vec.h"
#include "runtime/exit_status.h"
#include "runtime/host/btf.h"
#include "runtime/output/report.h"
#include "sema/config.h"

#define PREFIX "BPFTRACE_"

static bool wants_color(bool no_warnings)
{
	const char *choice = getenv(PREFIX "COLOR");

	if (choice && !strcmp(choice, "always"))
		return true;
	if (choice && !strcmp(choice, "never"))
		return false;
	if (choice && strcmp(choice, "auto") && !no_warnings)
		report_warning("Invalid value for BPFTRACE_COLOR: %s; it is one of auto, always, never",
			       choice);
	return isatty(STDERR_FILENO) && isatty(STDOUT_FILENO);
}

static const char *upper_case(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text), *at;

	for (at = copy; *at; at++)
		*at = (char)toupper((unsigned char)*at);
	return copy;
}

/* Told here: later its absence would look like a kernel without types. */
static int check_btf(struct arena *arena, const char *path)
{
	struct btf *btf;
	int err = btf_open(arena, path, &btf);

	if (!err) {
		btf_close(btf);
		return 0;
	}
	report_error(PREFIX "BTF: '%s': %s", path, err == -EINVAL ? "there is no BTF in it" : strerror(-err));
	return STATUS_SETTING;
}

int environment_read(struct arena *arena, bool no_warnings, struct environment *ret_environment)
{
	VEC(const char *) settings = { 0 };
	struct config config;
	char **variable;

	config_init(&config);
	*ret_environment = (struct environment){
		.btf = getenv(PREFIX "BTF"),
		.kernel_source = getenv(PREFIX "KERNEL_SOURCE"),
		.kernel_build = getenv(PREFIX "KERNEL_BUILD"),
		.arch = getenv("ARCH"),
		.color = wants_color(no_warnings),
		.notify = getenv("__BPFTRACE_NOTIFY_PROBES_ATTACHED"),
	};
	for (variable = environ; *variable; variable++) {
		const char *value, *detail = NULL;
		char *key, *at;
		enum config_status status;

		if (strncmp(*variable, PREFIX, strlen(PREFIX)) || !(value = strchr(*variable, '=')))
			continue;
		key = arena_strndup(arena, *variable + strlen(PREFIX),
				    (size_t)(value - *variable) - strlen(PREFIX));
		for (at = key; *at; at++)
			*at = (char)tolower((unsigned char)*at);
		status = config_set(&config, arena, key, ++value, &detail);
		if (status == CONFIG_BAD_VALUE) {
			report_line("%s: expecting %s, got %s", key, detail, value);
			return STATUS_SETTING;
		}
		if (status == CONFIG_RENAMED && !no_warnings)
			report_warning(PREFIX "%s has been renamed, please use " PREFIX "%s",
				       upper_case(arena, key), upper_case(arena, detail));
		if (status != CONFIG_OK && status != CONFIG_RENAMED)
			continue; /* no setting of ours */
		vec_push(arena, &settings, key);
		vec_push(arena, &settings, value);
	}
	if (ret_environment->btf && check_btf(arena, ret_environment->btf))
		return STATUS_SETTING;
	ret_environment->settings = settings.items;
	ret_environment->setting_count = settings.count / 2;
	return 0;
}
