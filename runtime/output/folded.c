/*
 * Output for flame graphs: a line for each entry of a map whose key has a
 * stack in it, outermost frame first.
 *
 *	bash;main;execute_command;__x64_sys_read;vfs_read 17
 *
 * Programs read these lines, so whatever else a script prints goes to standard
 * error, as text.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "runtime/output/outputs.h"
#include "runtime/output/side_text.h"
#include "runtime/output/stack_key.h"
#include "runtime/output/value_text.h"

/* ';' and line ends mean something to the reader. */
static void add_level(void *context, const char *name, size_t length, bool is_kernel)
{
	struct strbuf *line = context;
	size_t i;

	(void)is_kernel;
	if (line->length)
		strbuf_putc(line, ';');
	for (i = 0; i < length; i++)
		strbuf_putc(line, name[i] == ';' ? ':' : name[i] == '\n' ? ' ' : name[i]);
}

static void folded_map(struct output *output, const struct map_listing *listing)
{
	const char *mark = output_options_of(output)->truncation_mark;
	struct arena *arena = arena_new();
	size_t i;

	for (i = 0; i < listing->count; i++) {
		struct strbuf *line = output_line(output);
		struct map_entry entry;

		listing->entry(listing, i, &entry);
		if (!key_has_stack(&entry.key)) {
			side_map(output, listing);
			break;
		}
		arena_reset(arena);
		key_each_level(&entry.key, mark, arena, add_level, line);
		strbuf_putc(line, ' ');
		unsigned_text(value_weight(&entry.value), line);
		strbuf_putc(line, '\n');
		if (value_weight(&entry.value))
			output_write(output, line->text, line->length);
	}
	arena_free(arena);
}

static void folded_end(struct output *output)
{
	(void)output;
}

const struct output_format output_folded = {
	.name = "folded",
	.attached = side_attached,
	.printf = side_printf,
	.text = side_text,
	.message = side_message,
	.value = side_value,
	.map = folded_map,
	.end = folded_end,
	.lost = side_lost,
	.warning = side_warning,
};
