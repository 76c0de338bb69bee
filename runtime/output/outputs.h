/*
 * The output formats there are; the first is the default.
 */
#ifndef RUNTIME_OUTPUT_OUTPUTS_H
#define RUNTIME_OUTPUT_OUTPUTS_H

#include "runtime/output/output.h"

extern const struct output_format output_text;
extern const struct output_format output_json;
extern const struct output_format output_folded;
extern const struct output_format output_flamegraph;

#endif
