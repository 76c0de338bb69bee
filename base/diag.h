/*
 * What is wrong with the user's script: a list of messages with places.
 *
 * Passes add and go on; whoever runs the passes stops when there are errors.
 * Nothing here prints: diags_format() makes the text.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdbool.h>

#include "base/diag_ids.h"
#include "base/source.h"
#include "base/strbuf.h"

/* A further place of the same problem ("left (uint32)", "expanded from"). */
struct diag_note {
	struct span span;
	const char *text;
};

struct diag {
	enum diag_id id;
	enum diag_level level;
	struct span span; /* SPAN_NONE: the message has no place */
	const char *text;
	VEC(struct diag_note) notes;
	VEC(const char *) hints;
};

/* What the user wants of a warning (-W). */
enum diag_treatment { DIAG_AS_WARNING, DIAG_SILENT, DIAG_AS_ERROR };

struct diag_treatments {
	unsigned char of[DIAG_ID_COUNT]; /* enum diag_treatment; means nothing for errors */
};

struct diags {
	struct arena *arena;
	struct sources *sources;
	const struct diag_treatments *treatment; /* NULL: warnings are warnings */
	VEC(struct diag *) list;
	struct diag *last; /* what hints and notes are added to */
	bool is_muted;	   /* what is reported now is not wanted */
	size_t error_count;
};

enum { DIAG_ERRORS_MAX = 20 }; /* a pass that reaches this many may stop */

void diags_init(struct diags *diags, struct arena *arena, struct sources *sources);

/* The level comes from the id and the treatment.  The same id at the same span is kept once. */
void diag_report(struct diags *diags, struct span span, enum diag_id id, const char *format, ...)
	PRINTF_LIKE(4, 5);

/* Both add to the message reported last. */
void diag_hint(struct diags *diags, const char *format, ...) PRINTF_LIKE(2, 3);
void diag_note(struct diags *diags, struct span span, const char *format, ...) PRINTF_LIKE(3, 4);

const char *diag_id_name(enum diag_id id); /* "ARG_TYPE" */
enum diag_level diag_id_level(enum diag_id id); /* whatever the user wants of it */

/*
 * Errors first, then warnings, each in the order of their places:
 *
 *	FILE:LINE:COL-END: ERROR: text
 *	the source line
 *	     ~~~
 *	HINT: ...
 *
 * The text of a warning ends in its id, which is what -W goes by.
 */
void diags_format(const struct diags *diags, bool color, bool warnings, struct strbuf *out);

/* The same as lines of JSON (diag_json.c). */
void diags_format_json(const struct diags *diags, bool warnings, struct strbuf *out);

/* What is to be shown, in the order of showing. */
struct diag **diags_sorted(const struct diags *diags, bool warnings, size_t *ret_count);

/* "FILE:LINE:COL-END" of a span, as in messages. */
void span_format(struct sources *sources, struct span span, struct strbuf *out);

/* Lines with the calls that led to a place inside a macro, innermost first, and their source. */
void span_format_calls(struct sources *sources, struct span span, bool is_quoted,
		       struct strbuf *out);

/* The source line(s) of a span and the tildes under it. */
void span_quote(struct sources *sources, struct span span, struct strbuf *out);

/*
 * The candidate most like `name` by edit distance, NULL if none is near
 * enough to be what was meant.  Feed candidates one by one.
 */
struct suggestion {
	const char *name, *best;
	unsigned best_distance;
};
void suggestion_init(struct suggestion *suggestion, const char *name);
void suggestion_offer(struct suggestion *suggestion, const char *candidate);

#endif
