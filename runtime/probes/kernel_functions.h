/*
 * Attach points on functions of the kernel, as they are written: what kprobe,
 * fentry and their return probes share.
 */
#ifndef RUNTIME_PROBES_KERNEL_FUNCTIONS_H
#define RUNTIME_PROBES_KERNEL_FUNCTIONS_H

#include "codegen/lower.h"
#include "sema/probe_type.h"

struct lister;

/* [MODULE:]FUNC[+OFFSET] or an address. */
struct wanted_function {
	const char *module; /* or NULL */
	const char *name;
	struct span span; /* of the last part */
	bool is_pattern;
	bool is_address, has_offset;
	uint64_t offset; /* or the address */
};

/* Reads the last one or two parts; false after a diagnostic. */
bool parse_function(struct expander *expander, const struct attach_point_parts *parts,
		    struct wanted_function *ret_wanted);

/* Is it among those: the module's (or any, where none is named) and its name matches? */
bool function_matches(const struct wanted_function *wanted, const char *module, const char *name);

/* "tcp_v4_rcv.isra.0" is the clone that the compiler made of tcp_v4_rcv. */
bool is_clone_of(const char *name, const char *function);

/* No function matches: says so, by the policy for missing probes, or that the module is not
 * loaded. */
void report_no_function(struct expander *expander, const struct attach_point_parts *parts,
			const struct wanted_function *wanted, bool module_exists,
			const char *suggestion);

/*
 * Where a kernel without tracing of functions refuses, what it lacks; where it
 * refuses us, why.  NULL: neither is known.  `err` is negative.
 */
const char *function_refusal(struct arena *arena, int err);

/* Lines "    TYPE NAME" of a function's arguments for listings; NULL: not known. */
const char *function_lines(struct lister *lister, const char *module, const char *name,
			   bool with_args, bool with_result);

/* Hook of struct mechanism: an argument in a context that has words for each (fentry.c). */
struct val emit_function_arg(struct codegen *cg, const struct instance *instance,
			     const struct field *field);

/* `extra` of points of kprobe and kretprobe */
enum {
	KPROBE_OF_PATTERN = 1, /* one of many: it may fail alone */
	KPROBE_UNCHECKED = 2,  /* the offset may lead out of the function */
};

/* mechanisms of kprobe and kretprobe (kprobe_attach.c) */
const struct mechanism *kprobe_mechanism(const struct expander *expander, bool on_return,
					 bool is_pattern);

#endif
