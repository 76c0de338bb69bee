/*
 * Joins the families, in the order of the manual.  Which rows there are is known
 * here and nowhere else.
 */
#include "stdlib/library.h"

#include <stddef.h>

const struct builtin_family stdlib_families[] = {
	{ "Who runs, and where", process_builtins },
	{ "Who runs, and where", task_builtins },
	{ "Who runs, and where", cgroup_builtins },
	{ "The probe", probe_builtins },
	{ "Time", time_builtins },
	{ "Gathering in maps", aggregate_builtins },
	{ "Gathering in maps", histogram_builtins },
	{ "Gathering in maps", percentile_builtins },
	{ "Gathering in maps", series_builtins },
	{ "Maps", map_builtins },
	{ "Output", print_builtins },
	{ "Output", printf_builtins },
	{ "Output", message_builtins },
	{ "Output", join_builtins },
	{ "Output", shell_builtins },
	{ "Strings and bytes", string_builtins },
	{ "Strings and bytes", search_builtins },
	{ "Strings and bytes", buffer_builtins },
	{ "Strings and bytes", bits_builtins },
	{ "Strings and bytes", name_builtins },
	{ "Stacks and addresses", stack_builtins },
	{ "Stacks and addresses", address_builtins },
	{ "Stacks and addresses", user_address_builtins },
	{ "Objects of the kernel", kernel_object_builtins },
	{ "Network", network_builtins },
	{ "Network", packet_builtins },
	{ "Acting", control_builtins },
	{ "Acting", signal_builtins },
	{ "Compiling", static_builtins },
	{ "Options of a script", option_builtins },
	{ NULL, NULL },
};
