/*
 * The probe types, and what their files share.
 */
#ifndef RUNTIME_PROBES_PROBES_H
#define RUNTIME_PROBES_PROBES_H

#include <stdbool.h>

#include "base/diag.h"
#include "parser/attach_point.h"
#include "sema/probe_type.h"
#include "sema/program.h"

extern const struct probe_type *const probe_types[]; /* NULL at the end */

extern const struct probe_type probe_begin;
extern const struct probe_type probe_bench;
extern const struct probe_type probe_end;
extern const struct probe_type probe_fentry;
extern const struct probe_type probe_fexit;
extern const struct probe_type probe_hardware;
extern const struct probe_type probe_interval;
extern const struct probe_type probe_iter;
extern const struct probe_type probe_kprobe;
extern const struct probe_type probe_kretprobe;
extern const struct probe_type probe_profile;
extern const struct probe_type probe_rawtracepoint;
extern const struct probe_type probe_self;
extern const struct probe_type probe_software;
extern const struct probe_type probe_test;
extern const struct probe_type probe_tracepoint;
extern const struct probe_type probe_watchpoint;
extern const struct probe_type probe_uprobe;
extern const struct probe_type probe_uretprobe;
extern const struct probe_type probe_usdt;

/* The text of a part after the provider; number 1 is the first. */
/* A line for each type and the names of its mechanisms, for --info. */
void put_ways(struct strbuf *out);

/* The mechanism that --attach wants, if the type has it; else NULL: the best is taken. */
const char *forced_way(const struct compile_options *options, const struct probe_type *type);

/* Is that the name of a mechanism of the type?  NULL: of any. */
bool is_way(const struct probe_type *type, const char *name);

const char *part_text(const struct attach_point_parts *parts, size_t number);
size_t part_count(const struct attach_point_parts *parts); /* without the provider */
struct span part_span(const struct attach_point_parts *parts, size_t number);

/* Reports ATTACH_POINT unless there are `least` to `most` parts after the provider. */
bool expect_parts(struct expander *expander, const struct attach_point_parts *parts, size_t least,
		  size_t most);

/* A positive number; reports what is wrong and gives 0 where it is none. */
uint64_t positive_part(struct expander *expander, const struct attach_point_parts *parts,
		       size_t number, const char *what);

/*
 * Nothing matches an attach point: an error, a warning or nothing, as the
 * setting missing_probes says.  `suggestion` may be NULL.
 */
void report_no_match(struct expander *expander, const struct attach_point_parts *parts,
		     const char *suggestion);

/* The script's arena. */
char *point_name(struct expander *expander, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
