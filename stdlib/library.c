/*
 * Joins the families.  Which rows there are is known here and nowhere else.
 */
#include "stdlib/library.h"

#include <stddef.h>

const struct builtin *const stdlib_families[] = {
	process_builtins,
	task_builtins,
	cgroup_builtins,
	option_builtins,
	time_builtins,
	probe_builtins,
	aggregate_builtins,
	histogram_builtins,
	percentile_builtins,
	map_builtins,
	print_builtins,
	message_builtins,
	shell_builtins,
	printf_builtins,
	string_builtins,
	name_builtins,
	search_builtins,
	buffer_builtins,
	network_builtins,
	join_builtins,
	control_builtins,
	signal_builtins,
	bits_builtins,
	static_builtins,
	stack_builtins,
	address_builtins,
	user_address_builtins,
	NULL,
};
