/*
 * Environment variables: settings, files, colour.
 */
#include "cli/environment.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/vec.h"
#include "runtime/exit_status.h"
#include "runtime/output/report.h"
#include "sema/config.h"

#define PREFIX "BPFTRACE_"

static bool wants_color(void)
{
	const char *choice = getenv(PREFIX "COLOR");

	if (choice && !strcmp(choice, "always"))
		return true;
	if (choice && !strcmp(choice, "never"))
		return false;
	if (choice && strcmp(choice, "auto"))
		report_warning("Invalid value for BPFTRACE_COLOR: %s; it is one of auto, always, never",
			       choice);
	return isatty(STDERR_FILENO) && isatty(STDOUT_FILENO);
}

int environment_read(struct arena *arena, struct environment *ret_environment)
{
	VEC(const char *) settings = { 0 };
	struct config config;
	char **variable;

	config_init(&config);
	*ret_environment = (struct environment){
		.btf = getenv(PREFIX "BTF"),
		.kernel_source = getenv(PREFIX "KERNEL_SOURCE"),
		.kernel_build = getenv(PREFIX "KERNEL_BUILD"),
		.color = wants_color(),
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
		if (status != CONFIG_OK) /* old names and others are no settings of ours */
			continue;
		vec_push(arena, &settings, key);
		vec_push(arena, &settings, value);
	}
	ret_environment->settings = settings.items;
	ret_environment->setting_count = settings.count / 2;
	return 0;
}
