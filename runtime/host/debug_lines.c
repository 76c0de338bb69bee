/*
 * Looks for a line of the source in the line tables.
 */
#include "runtime/host/debug_lines.h"

#include <string.h>

#include "base/compiler.h"
#include "runtime/host/line_table.h"

struct search {
	const struct binary *binary;
	const struct source_line *wanted;
	struct arena *arena;
	VEC(bool) is_meant; /* by the number of the unit's file: is it the wanted one? */
	bool unit_has_file;

	/* What was found. */
	bool has_file, has_address;
	uint64_t address, next;
};

static bool is_wanted_file(const struct search *search, const char *folder, const char *name)
{
	const char *path = *name == '/' || !*folder ? name :
						      arena_printf(search->arena, "%s/%s", folder, name);
	const char *wanted = search->wanted->file;
	size_t length = strlen(path), size = strlen(wanted);

	if (size > length || strcmp(path + length - size, wanted) != 0)
		return false;
	return size == length || path[length - size - 1] == '/';
}

static void add_file(void *context, size_t index, const char *folder, const char *name)
{
	struct search *search = context;
	bool is_meant = is_wanted_file(search, folder, name);

	if (!index) { /* another unit */
		search->is_meant.count = 0;
		search->unit_has_file = false;
	}
	search->unit_has_file |= is_meant;
	vec_push(search->arena, &search->is_meant, is_meant);
}

static bool wants_rows(void *context)
{
	struct search *search = context;

	search->has_file |= search->unit_has_file;
	return search->unit_has_file;
}

static void look_at(void *context, const struct line_row *row)
{
	struct search *search = context;
	const struct source_line *wanted = search->wanted;
	uint64_t offset;

	/* What the linker dropped lies at an address that is not code. */
	if (!row->is_stmt || row->is_end || row->file >= search->is_meant.count ||
	    !search->is_meant.items[row->file] || row->line < wanted->line ||
	    !elf_offset(search->binary->elf, row->address, PF_X, &offset))
		return;
	if (row->line > wanted->line) {
		if (!search->next || row->line < search->next)
			search->next = row->line;
		return;
	}
	if (wanted->column && row->column != wanted->column)
		return;
	if (!search->has_address || row->address < search->address)
		search->address = row->address;
	search->has_address = true;
}

enum line_result debug_line_find(struct binary *binary, const struct source_line *wanted,
				 uint64_t *ret_address, uint64_t *ret_next)
{
	const struct elf_file *elf = binary_debug(binary);
	struct line_tables tables = elf ? line_tables_of(elf) : (struct line_tables){ 0 };
	struct search search = { .binary = binary, .wanted = wanted };
	struct line_visitor visitor = { .context = &search, .file = add_file,
					.wants_rows = wants_rows, .row = look_at };

	if (!tables.lines.bytes)
		return LINE_WITHOUT_DEBUG;
	visitor.arena = search.arena = arena_new();
	line_tables_visit_all(&tables, &visitor);
	arena_free(search.arena);
	*ret_next = search.next;
	if (search.has_address)
		*ret_address = search.address;
	if (!search.has_file)
		return LINE_WITHOUT_FILE;
	return search.has_address ? LINE_FOUND : LINE_WITHOUT_CODE;
}
