/*
 * Offsets to lines and columns, through the copies that macros make.
 */
#include "base/source.h"

#include <string.h>

void sources_init(struct sources *sources, struct arena *arena)
{
	*sources = (struct sources){ .arena = arena };
}

static uint32_t next_base(const struct sources *sources)
{
	const struct source *last;

	if (!sources->list.count)
		return 1;
	last = vec_last(&sources->list);
	return last->base + last->size + 1; /* + 1: the end of the text is a place too */
}

struct source *sources_add(struct sources *sources, const char *name, const char *text, size_t size)
{
	struct source *source = arena_new_struct(sources->arena, struct source);

	*source = (struct source){ .name = name, .text = text, .size = (uint32_t)size,
				   .base = next_base(sources) };
	vec_push(sources->arena, &sources->list, source);
	return source;
}

struct source *sources_add_expansion(struct sources *sources, struct span origin, struct span call)
{
	const struct source *from = sources_at(sources, origin.start);
	struct source *source = arena_new_struct(sources->arena, struct source);

	*source = (struct source){ .name = from->name,
				   .text = from->text + (origin.start - from->base),
				   .size = origin.end - origin.start,
				   .base = next_base(sources),
				   .origin = origin,
				   .call = call };
	vec_push(sources->arena, &sources->list, source);
	return source;
}

struct span span_origin(const struct sources *sources, struct span span)
{
	const struct source *source;

	while ((source = sources_at(sources, span.start)) && source->origin.start) {
		uint32_t shift = source->base - source->origin.start;

		span.start -= shift;
		span.end -= shift;
	}
	return span;
}

struct span span_call(const struct sources *sources, struct span span)
{
	const struct source *source = sources_at(sources, span.start);

	return source ? source->call : SPAN_NONE;
}

struct source *sources_at(const struct sources *sources, uint32_t offset)
{
	size_t low = 0, high = sources->list.count;

	if (!offset || !high)
		return NULL;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (sources->list.items[middle]->base <= offset)
			low = middle;
		else
			high = middle;
	}
	return sources->list.items[low];
}

static void find_lines(struct sources *sources, struct source *source)
{
	VEC(uint32_t) starts = { 0 };
	const char *text = source->text, *end = text + source->size, *newline;

	vec_push(sources->arena, &starts, 0);
	for (; (newline = memchr(text, '\n', (size_t)(end - text))); text = newline + 1)
		vec_push(sources->arena, &starts, (uint32_t)(newline + 1 - source->text));
	source->line_starts = starts.items;
	source->line_count = (uint32_t)starts.count;
}

struct position sources_position(struct sources *sources, uint32_t offset)
{
	struct source *source;
	uint32_t low = 0, high, local;

	offset = span_origin(sources, (struct span){ offset, offset }).start;
	source = sources_at(sources, offset);
	if (!source)
		return (struct position){ 0 };
	if (!source->line_starts)
		find_lines(sources, source);
	local = MIN(offset - source->base, source->size);
	high = source->line_count;
	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (source->line_starts[middle] <= local)
			low = middle;
		else
			high = middle;
	}
	return (struct position){ source, low + 1, local - source->line_starts[low] + 1 };
}

const char *source_line(struct sources *sources, struct source *source, uint32_t line,
			size_t *ret_length)
{
	uint32_t start, end;

	if (!source->line_starts)
		find_lines(sources, source);
	start = source->line_starts[line - 1];
	end = line < source->line_count ? source->line_starts[line] - 1 : source->size;
	while (end > start && source->text[end - 1] == '\r')
		end--;
	*ret_length = end - start;
	return source->text + start;
}

struct span span_join(struct span first, struct span last)
{
	if (!first.start)
		return last;
	if (!last.start)
		return first;
	return (struct span){ first.start, MAX(first.end, last.end) };
}
