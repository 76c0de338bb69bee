/*
 * Output as a flame graph: one SVG picture, written when the run is over, of
 * all maps whose keys have stacks in them.  A map that was printed several
 * times is shown as it was the last time.  Other output goes to standard error.
 */
#include "runtime/output/flame_graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/table.h"
#include "runtime/output/outputs.h"
#include "runtime/output/side_text.h"
#include "runtime/output/stack_key.h"

/* Stacks of one map, as printed last. */
struct graph {
	const char *name;
	struct arena *arena;
	struct table children; /* by parent and name */
	struct flame root;
	struct graph *next;
};

static struct graph *get_graph(struct output *output, const char *name)
{
	struct graph **link = (struct graph **)output_state(output);

	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	if (!*link) {
		*link = calloc(1, sizeof(**link));
		if (!*link)
			return NULL;
		(*link)->arena = arena_new();
	}
	arena_reset((*link)->arena);
	(*link)->name = arena_strdup((*link)->arena, name);
	(*link)->root = (struct flame){ .name = (*link)->name };
	table_init(&(*link)->children, (*link)->arena);
	return *link;
}

/* Where the levels of one stack are added. */
struct climb {
	struct graph *graph;
	struct flame *flame;
	uint64_t weight;
};

static void climb(void *context, const char *name, size_t length, bool is_kernel)
{
	struct climb *at = context;
	struct arena *arena = at->graph->arena;
	struct strbuf key;
	struct flame *flame;

	strbuf_init(&key, arena);
	strbuf_add(&key, (const char *)&at->flame, sizeof(at->flame));
	strbuf_putc(&key, is_kernel ? 'k' : 'u');
	strbuf_add(&key, name, length);
	flame = table_get(&at->graph->children, key.text, key.length);
	if (!flame) {
		flame = arena_new_struct(arena, struct flame);
		flame->name = arena_strndup(arena, name, length);
		flame->is_kernel = is_kernel;
		flame->next = at->flame->first;
		at->flame->first = flame;
		table_set(&at->graph->children, key.text, key.length, flame);
	}
	flame->weight += at->weight;
	at->flame = flame;
}

static void flame_map(struct output *output, const struct map_listing *listing)
{
	struct graph *graph = NULL;
	struct arena *arena = arena_new();
	size_t i;

	for (i = 0; i < listing->count; i++) {
		struct map_entry entry;
		struct climb at;

		listing->entry(listing, i, &entry);
		if (!key_has_stack(&entry.key)) {
			side_map(output, listing);
			break;
		}
		if (!graph)
			graph = get_graph(output, listing->name);
		if (!graph)
			break;
		at = (struct climb){ graph, &graph->root, value_weight(&entry.value) };
		graph->root.weight += at.weight;
		arena_reset(arena);
		key_each_level(&entry.key, output_options_of(output)->truncation_mark, arena, climb,
			       &at);
	}
	arena_free(arena);
}

/* The maps side by side, or the only one by itself. */
static void flame_finish(struct output *output)
{
	struct graph *graphs = *output_state(output), *next, *graph;
	struct flame root = { .name = "all" };
	struct arena *arena = arena_new();
	struct strbuf picture;

	strbuf_init(&picture, arena);
	for (graph = graphs; graph; graph = graph->next) {
		root.weight += graph->root.weight;
		graph->root.next = root.first;
		root.first = &graph->root;
	}
	if (graphs && !graphs->next)
		root.first = graphs->root.first;
	flame_svg(&root, &picture);
	output_write(output, picture.text, picture.length);
	arena_free(arena);
	for (graph = graphs; graph; graph = next) {
		next = graph->next;
		arena_free(graph->arena);
		free(graph);
	}
	*output_state(output) = NULL;
}

static void flame_end(struct output *output UNUSED)
{
}

const struct output_format output_flamegraph = {
	.name = "flamegraph",
	.attached = side_attached,
	.printf = side_printf,
	.text = side_text,
	.message = side_message,
	.value = side_value,
	.map = flame_map,
	.end = flame_end,
	.lost = side_lost,
	.warning = side_warning,
	.finish = flame_finish,
};
