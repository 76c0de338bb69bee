/*
 * What is wrong with a typed tree, in the user's words.
 */
#ifndef SEMA_CHECK_H
#define SEMA_CHECK_H

#include "sema/infer.h"
#include "sema/program.h"

/* What check hooks of builtins get; report through checker->program->diags. */
struct checker {
	struct program *program;
	struct instance *instance;
	unsigned loop_depth;
};

/* Reports ARG_LITERAL / ARG_RANGE when argument `index` of a call is not a number from min to
 * max; an argument not given leaves *ret_number alone. */
bool check_number_arg(struct checker *checker, const struct expr *call, unsigned index, int64_t min,
		      int64_t max, int64_t *ret_number);

/* Reports that a map's values can only be printed as a whole. */
void check_report_unreadable(struct checker *checker, struct span span, const struct type *type,
			     const char *map_name);

/* True when a value of the type can be printed; else reports that `what` cannot print it. */
bool check_printable(struct checker *checker, const struct expr *expr, const char *what);

#endif
