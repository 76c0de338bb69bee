/*
 * What handle hooks of builtins may use: the user-space end of asynchronous
 * functions.
 */
#ifndef RUNTIME_CONSUMER_H
#define RUNTIME_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/value.h"
#include "codegen/object.h"
#include "runtime/output/output.h"

struct map_selection;
struct session;

struct consumer {
	struct session *session;
	const struct object *object;
	struct output *output; /* where the script's output goes (runtime/output/output.h) */
	struct arena *arena;   /* emptied after each event */
	bool has_errors;       /* errorf() was called */
	uint64_t boot_ns;      /* when the packet was sent that is being handled */
	bool took_time;	       /* the event at hand did more than print a few values */
};

/* The bytes of a value of this type as a value to print. */
void render_value(struct consumer *consumer, const struct type *type, const void *bytes,
		  struct value *ret_value);

/* Prints a map of the object, or what is selected of it (runtime/map_print.h). */
void consumer_print_map(struct consumer *consumer, uint32_t map,
			const struct map_selection *selection);

/* `after_print`: the two stand together in the script, so what is taken away is what was printed. */
void consumer_clear_map(struct consumer *consumer, uint32_t map, bool after_print);
void consumer_zero_map(struct consumer *consumer, uint32_t map, bool after_print);

/* Ends the run in order, with this exit status. */
void consumer_exit(struct consumer *consumer, int status);

/* A message of the script, at the place of the call that it comes from. */
void consumer_message(struct consumer *consumer, enum output_message kind, struct span span,
		      const struct strbuf *text);

/* For prepare hooks: the file that packets go to; 0, or -errno after saying what is wrong. */
int consumer_open_packets(struct consumer *consumer, const char *path, struct span span);

/* Adds the packet that is being handled: `size` bytes, of the `whole` that it had. */
void consumer_write_packet(struct consumer *consumer, const char *path, const void *bytes,
			   uint32_t size, uint32_t whole);

/*
 * May a command be run?  Those that wait when the run is ended, by exit() or from
 * outside, have half a second from then on.  What is left out is told: else they
 * might keep the run for long.
 */
bool consumer_may_run_command(struct consumer *consumer);
void consumer_limit_commands(struct consumer *consumer); /* the run is ended */

/* A message of the run on standard error (or in-band in JSON), at a place of the script. */
void consumer_warn(struct consumer *consumer, struct span span, const char *format, ...)
	PRINTF_LIKE(3, 4);

#endif
