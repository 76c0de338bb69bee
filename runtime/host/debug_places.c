/*
 * From an address to its unit, there down the tree of functions to what is
 * inlined at the address, and to the row of the unit's line table.
 */
#include "runtime/host/debug_places.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "base/table.h"
#include "runtime/host/debug_ranges.h"
#include "runtime/host/debug_units.h"
#include "runtime/host/line_table.h"

enum { DEPTH_MAX = 256, ROWS_MAX = 1 << 24 };

struct unit_file {
	const char *folder, *name;
};

struct unit_row {
	uint64_t address;
	uint32_t file, line;
	uint32_t number; /* in the table; of two rows for one address the later one counts */
	bool is_end;
};

/* The line table of a unit. */
struct unit_lines {
	struct arena *arena;
	VEC(struct unit_file) files;
	VEC(struct unit_row) rows; /* by address; where one ends and another begins, the end first */
};

struct debug_places {
	struct arena *arena;
	struct debug_entries *entries;
	struct debug_ranges ranges;
	struct line_tables tables;
	struct table units; /* offset of the unit to struct unit_lines */
};

struct debug_places *debug_places_open(struct binary *binary)
{
	const struct elf_file *debug = binary_debug(binary);
	struct debug_places *places;

	if (!debug)
		return NULL;
	places = arena_new_struct(debug->arena, struct debug_places);
	places->arena = debug->arena;
	places->entries = binary_entries(binary);
	places->ranges = debug_ranges_of(debug, places->entries);
	places->tables = line_tables_of(debug);
	table_init(&places->units, places->arena);
	return places->tables.lines.bytes ? places : NULL;
}

/* --- lines ------------------------------------------------------------------------------- */

static void add_file(void *context, size_t index UNUSED, const char *folder, const char *name)
{
	struct unit_lines *lines = context;
	struct unit_file file = { folder, name };

	vec_push(lines->arena, &lines->files, file);
}

static bool wants_rows(void *context UNUSED)
{
	return true;
}

static void add_row(void *context, const struct line_row *row)
{
	struct unit_lines *lines = context;
	struct unit_row kept = { row->address, (uint32_t)row->file, (uint32_t)row->line,
				 (uint32_t)lines->rows.count, row->is_end };

	if (lines->rows.count < ROWS_MAX)
		vec_push(lines->arena, &lines->rows, kept);
}

static int compare_rows(const void *a, const void *b)
{
	const struct unit_row *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	if (left->is_end != right->is_end)
		return left->is_end ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

static const struct unit_lines *lines_of(struct debug_places *places, const struct debug_entry *unit)
{
	struct unit_lines *lines = table_get(&places->units, &unit->offset, sizeof(unit->offset));
	struct line_visitor visitor = { .file = add_file, .wants_rows = wants_rows, .row = add_row };

	if (lines)
		return lines;
	lines = arena_new_struct(places->arena, struct unit_lines);
	visitor.context = lines;
	visitor.arena = lines->arena = places->arena;
	if (debug_entry_has(unit, ATTRIBUTE_STMT_LIST))
		line_tables_visit(&places->tables,
				  debug_entry_number(places->entries, unit, ATTRIBUTE_STMT_LIST, 0),
				  &visitor);
	if (lines->rows.count)
		qsort(lines->rows.items, lines->rows.count, sizeof(*lines->rows.items), compare_rows);
	table_set(&places->units, arena_dup(places->arena, &unit->offset, sizeof(unit->offset)),
		  sizeof(unit->offset), lines);
	return lines;
}

/* The row that an address belongs to: the last one at or before it.  NULL: between two runs. */
static const struct unit_row *find_row(const struct unit_lines *lines, uint64_t address)
{
	size_t low = 0, high = lines->rows.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (lines->rows.items[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && !lines->rows.items[low - 1].is_end ? &lines->rows.items[low - 1] : NULL;
}

/* "folder/name", below the folder of the compilation where it is not told from the root. */
static const char *path_of(struct debug_places *places, const struct unit_lines *lines,
			   const struct debug_entry *unit, uint64_t index)
{
	const char *home = debug_entry_text(places->entries, unit, ATTRIBUTE_COMP_DIR);
	const struct unit_file *file;

	if (index >= lines->files.count)
		return NULL;
	file = &lines->files.items[index];
	if (!*file->name)
		return NULL;
	if (*file->name == '/')
		return file->name;
	if (*file->folder == '/' || (!home && *file->folder))
		return arena_printf(places->arena, "%s/%s", file->folder, file->name);
	if (!home)
		return file->name;
	return arena_printf(places->arena, "%s/%s%s%s", home, file->folder, *file->folder ? "/" : "",
			    file->name);
}

/* --- functions ------------------------------------------------------------------------------ */

/* What is inlined at an address, the outermost first, and where it is called. */
struct chain {
	struct debug_places *places;
	struct unit_base base;
	uint64_t address;
	struct inlined {
		const char *name;
		uint64_t file, line;
	} inlined[INLINED_MAX];
	size_t count;
	unsigned depth;
};

/* The name of what an entry is an instance of. */
static const char *function_name(struct debug_places *places, const struct debug_entry *inlined)
{
	struct debug_entry entry = *inlined, next;
	const char *name = NULL;
	unsigned steps;

	for (steps = 0; steps < 4 && !name; steps++) {
		name = debug_entry_text(places->entries, &entry, ATTRIBUTE_LINKAGE_NAME);
		if (name || (!debug_entry_follow(places->entries, &entry, ATTRIBUTE_ABSTRACT_ORIGIN, &next) &&
			     !debug_entry_follow(places->entries, &entry, ATTRIBUTE_SPECIFICATION, &next)))
			break;
		entry = next;
	}
	if (!name)
		name = debug_entry_text(places->entries, &entry, ATTRIBUTE_NAME);
	return name ? name : "?";
}

static void add_inlined(struct chain *chain, const struct debug_entry *entry)
{
	struct debug_entries *entries = chain->places->entries;

	if (chain->count < INLINED_MAX)
		chain->inlined[chain->count++] = (struct inlined){
			.name = function_name(chain->places, entry),
			.file = debug_entry_number(entries, entry, ATTRIBUTE_CALL_FILE, UINT64_MAX),
			.line = debug_entry_number(entries, entry, ATTRIBUTE_CALL_LINE, 0),
		};
}

static bool find_in(struct chain *chain, const struct debug_entry *parent);

/* Has the entry the address, or something below it?  Then what is inlined is in the chain. */
static bool look_into(struct chain *chain, const struct debug_entry *entry)
{
	switch (entry->tag) {
	case TAG_INLINED:
	case TAG_FUNCTION:
	case TAG_BLOCK:
		if (!debug_entry_covers(&chain->places->ranges, &chain->base, entry, chain->address))
			return false;
		if (entry->tag == TAG_INLINED)
			add_inlined(chain, entry);
		find_in(chain, entry);
		return true;
	case TAG_NAMESPACE:
	case TAG_CLASS:
	case TAG_STRUCT:
	case TAG_UNION:
		return find_in(chain, entry);
	default:
		return false;
	}
}

static bool find_in(struct chain *chain, const struct debug_entry *parent)
{
	struct debug_entries *entries = chain->places->entries;
	struct debug_entry child;
	bool is_there, is_found = false;

	if (chain->depth >= DEPTH_MAX)
		return false;
	chain->depth++;
	is_there = debug_entry_child(entries, parent, &child);
	while (is_there && !(is_found = look_into(chain, &child)))
		is_there = debug_entry_next(entries, &child, &child);
	chain->depth--;
	return is_found;
}

/* --- both -------------------------------------------------------------------------------------- */

static bool find_unit(struct debug_places *places, uint64_t address, struct debug_entry *ret_unit)
{
	size_t i;

	for (i = 0; i < places->entries->units.count; i++) {
		const struct debug_unit *unit = &places->entries->units.items[i];
		struct unit_base base;

		if (unit->type || !debug_entry_at(places->entries, unit->first, ret_unit))
			continue;
		base = debug_unit_base(&places->ranges, ret_unit);
		if (debug_entry_covers(&places->ranges, &base, ret_unit, address))
			return true;
	}
	return false;
}

size_t debug_places_find(struct debug_places *places, uint64_t address,
			 struct source_frame ret_frames[INLINED_MAX + 1])
{
	struct chain chain = { .places = places, .address = address };
	const struct unit_lines *lines;
	const struct unit_row *row;
	struct debug_entry unit;
	uint64_t file, line;
	size_t count = 0, i;

	if (!find_unit(places, address, &unit))
		return 0;
	lines = lines_of(places, &unit);
	row = find_row(lines, address);
	if (!row)
		return 0;
	chain.base = debug_unit_base(&places->ranges, &unit);
	find_in(&chain, &unit);
	file = row->file;
	line = row->line;
	for (i = chain.count; i-- > 0;) {
		ret_frames[count++] = (struct source_frame){ chain.inlined[i].name,
							     path_of(places, lines, &unit, file), line };
		file = chain.inlined[i].file;
		line = chain.inlined[i].line;
	}
	ret_frames[count++] = (struct source_frame){ NULL, path_of(places, lines, &unit, file), line };
	return count;
}
