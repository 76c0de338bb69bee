/*
 * Joins the families.  Which rows there are is known here and nowhere else.
 */
#include "stdlib/library.h"

#include <stddef.h>

const struct builtin *const stdlib_families[] = {
	process_builtins,
	time_builtins,
	probe_builtins,
	aggregate_builtins,
	histogram_builtins,
	map_builtins,
	print_builtins,
	printf_builtins,
	string_builtins,
	join_builtins,
	control_builtins,
	bits_builtins,
	NULL,
};
