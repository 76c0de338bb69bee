/*
 * Text on standard error: what a script prints beside the data, in formats
 * whose output is read by other programs.
 */
#ifndef RUNTIME_OUTPUT_SIDE_TEXT_H
#define RUNTIME_OUTPUT_SIDE_TEXT_H

#include "runtime/output/output.h"

/* As the hooks of struct output_format. */
void side_attached(struct output *output, uint64_t probes);
void side_printf(struct output *output, const char *text, size_t length);
void side_text(struct output *output, enum output_text kind, const char *text, size_t length);
void side_message(struct output *output, enum output_message kind, const char *place,
		  const char *text, size_t length, const char *calls);
void side_value(struct output *output, const struct value *value);
void side_map(struct output *output, const struct map_listing *listing);
void side_lost(struct output *output, uint64_t events);
void side_warning(struct output *output, const char *place, const char *text, const char *quote);

#endif
