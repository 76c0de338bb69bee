/*
 * Output formats: one row each.  They see values, never bytes of maps.
 */
#ifndef RUNTIME_OUTPUT_OUTPUT_H
#define RUNTIME_OUTPUT_OUTPUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/value.h"

struct map_entry {
	struct value key; /* VALUE_NONE: scalar */
	struct value value;
};

/* A map, sorted, ready to print.  Its entries are made one by one: there may be a million. */
struct map_listing {
	const char *name; /* "@x" */
	bool is_keyed;
	size_t count;
	void *context; /* of whoever made it */
	/* The entry with an index below `count`; it lasts until the next call. */
	void (*entry)(const struct map_listing *listing, size_t index, struct map_entry *ret_entry);
};

struct output;

/* Text that the script has written otherwise than by printf(). */
enum output_text { OUTPUT_TIME, OUTPUT_JOIN, OUTPUT_CAT, OUTPUT_SYSTEM };

/* Whose text a message of the script is. */
enum output_message { OUTPUT_ERRORF, OUTPUT_WARNF };

struct helper_failure {
	const char *helper; /* "map_update_elem" */
	int error;	    /* -errno */
	uint64_t count;
};

/* A format.  Every hook is set; texts are bytes, not NUL-terminated. */
struct output_format {
	const char *name; /* "text", "json" */
	void (*attached)(struct output *output, uint64_t probes);
	void (*printf)(struct output *output, const char *text, size_t length);
	void (*text)(struct output *output, enum output_text kind, const char *text, size_t length);
	/* `calls`: the lines that tell which calls of macros led to the place. */
	void (*message)(struct output *output, enum output_message kind, const char *place,
			const char *text, size_t length, const char *calls);
	void (*value)(struct output *output, const struct value *value);
	void (*map)(struct output *output, const struct map_listing *listing);
	void (*end)(struct output *output); /* before the maps printed at exit */
	/* Runtime warnings and losses; the place is formatted already, or "". */
	void (*lost)(struct output *output, uint64_t events);
	void (*warning)(struct output *output, const char *place, const char *text, const char *quote);
	/* A helper that failed so many times; NULL: the warning does. */
	void (*helper_error)(struct output *output, const char *place,
			     const struct helper_failure *failure);
	/* A test or benchmark that was run; NULL: it is shown as text. */
	void (*test)(struct output *output, const char *name, uint64_t ns, bool passed);
	void (*benchmark)(struct output *output, const char *name, uint64_t average_ns, uint64_t runs);
	/* After all output, may be NULL: formats that write nothing before they have seen all. */
	void (*finish)(struct output *output);
};

extern const struct output_format *const output_formats[]; /* NULL at the end */

enum output_buffering { BUFFER_LINE, BUFFER_FULL, BUFFER_NONE };

struct output_options {
	const struct output_format *format;
	int fd;
	enum output_buffering buffering;
	bool quiet;	  /* -q */
	bool no_warnings; /* --no-warnings */
	const char *truncation_mark; /* str_trunc_trailer */
};

struct output *output_new(const struct output_options *options);
/* The format's last words, and all that is buffered.  0 or -errno of the first write that failed. */
int output_finish(struct output *output);
void output_free(struct output *output); /* finishes */
const struct output_format *output_format_of(const struct output *output);

/* Writes what is buffered.  0 or -errno (-EPIPE when the reader is gone). */
int output_flush(struct output *output);

/* Signals that are blocked otherwise, but may interrupt what is written; NULL: none. */
void output_unblock(struct output *output, const sigset_t *signals);
const sigset_t *output_unblocked(const struct output *output);

/* For formats: adds to the buffer. */
void output_write(struct output *output, const char *bytes, size_t length);
const struct output_options *output_options_of(const struct output *output);

/* For formats: a place to keep something between hooks, NULL at first; freed in finish(). */
void **output_state(struct output *output);

/* For formats: an empty text to build a line in, kept for the next one. */
struct strbuf;
struct strbuf *output_line(struct output *output);

/* The default text of a value, as print() and %s show it. */
void value_text(const struct value *value, const char *truncation_mark, struct strbuf *out);

#endif
