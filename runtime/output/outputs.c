/*
 * The table of output formats.
 */
#include "runtime/output/outputs.h"

#include <stddef.h>

const struct output_format *const output_formats[] = {
	&output_text,
	&output_json,
	&output_folded,
	&output_flamegraph,
	NULL,
};
