/*
 * All rows of the standard library.
 */
#ifndef STDLIB_LIBRARY_H
#define STDLIB_LIBRARY_H

#include "sema/builtin.h"

extern const struct builtin_family stdlib_families[];
extern const struct prelude stdlib_prelude;

extern const struct builtin process_builtins[];
extern const struct builtin task_builtins[];
extern const struct builtin cgroup_builtins[];
extern const struct builtin option_builtins[];
extern const struct builtin time_builtins[];
extern const struct builtin probe_builtins[];
extern const struct builtin aggregate_builtins[];
extern const struct builtin histogram_builtins[];
extern const struct builtin percentile_builtins[];
extern const struct builtin series_builtins[];
extern const struct builtin map_builtins[];
extern const struct builtin print_builtins[];
extern const struct builtin message_builtins[];
extern const struct builtin shell_builtins[];
extern const struct builtin printf_builtins[];
extern const struct builtin string_builtins[];
extern const struct builtin name_builtins[];
extern const struct builtin search_builtins[];
extern const struct builtin buffer_builtins[];
extern const struct builtin network_builtins[];
extern const struct builtin packet_builtins[];
extern const struct builtin join_builtins[];
extern const struct builtin control_builtins[];
extern const struct builtin signal_builtins[];
extern const struct builtin bits_builtins[];
extern const struct builtin static_builtins[];
extern const struct builtin stack_builtins[];
extern const struct builtin address_builtins[];
extern const struct builtin user_address_builtins[];
extern const struct builtin kernel_object_builtins[];

#endif
