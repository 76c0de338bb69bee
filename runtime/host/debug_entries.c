/*
 * Units, abbreviations and entries of .debug_info, DWARF 2 to 5.
 */
#include "runtime/host/debug_entries.h"

#include <string.h>

#include "base/compiler.h"
#include "runtime/host/debug_units.h"

/* --- abbreviations ---------------------------------------------------------------- */

static int attribute_of(uint64_t number)
{
	switch (number) {
#define X(id, code)                                                                             \
	case code:                                                                              \
		return ATTRIBUTE_##id;
		DEBUG_ATTRIBUTES(X)
#undef X
	case 0x2007: /* what MIPS called DW_AT_linkage_name before version 4 */
		return ATTRIBUTE_LINKAGE_NAME;
	}
	return -1;
}

static bool read_abbreviation(struct debug_entries *entries, struct dwarf_cursor *cursor,
			      struct abbreviation *ret_abbreviation)
{
	struct abbreviation abbreviation = { .code = dwarf_take_uleb(cursor) };
	struct abbreviation_item item;
	uint64_t number;

	if (!abbreviation.code)
		return false;
	abbreviation.tag = dwarf_take_uleb(cursor);
	abbreviation.has_children = dwarf_take(cursor, 1);
	while (!cursor->is_bad) {
		number = dwarf_take_uleb(cursor);
		item = (struct abbreviation_item){ .attribute = attribute_of(number),
						   .form = dwarf_take_uleb(cursor) };
		if (item.form == DW_FORM_IMPLICIT_CONST)
			item.constant = dwarf_take_sleb(cursor);
		if (!number && !item.form)
			break;
		vec_push(entries->arena, &abbreviation.items, item);
	}
	*ret_abbreviation = abbreviation;
	return !cursor->is_bad;
}

/* The table at an offset of .debug_abbrev, which many units may share. */
static const struct abbreviations *abbreviations_at(struct debug_entries *entries, uint64_t offset)
{
	struct abbreviations *table = table_get(&entries->abbreviations, &offset, sizeof(offset));
	struct dwarf_cursor cursor = { 0 };
	struct abbreviation abbreviation;

	if (table)
		return table;
	table = arena_new_struct(entries->arena, struct abbreviations);
	table_set(&entries->abbreviations, arena_dup(entries->arena, &offset, sizeof(offset)),
		  sizeof(offset), table);
	if (!entries->abbrev.bytes || offset >= entries->abbrev.size)
		return table;
	cursor.at = (const uint8_t *)entries->abbrev.bytes + offset;
	cursor.end = (const uint8_t *)entries->abbrev.bytes + entries->abbrev.size;
	while (read_abbreviation(entries, &cursor, &abbreviation))
		vec_push(entries->arena, table, abbreviation);
	return table;
}

static const struct abbreviation *abbreviation_of(const struct abbreviations *table, uint64_t code)
{
	size_t i;

	/* Compilers count them from 1. */
	if (code - 1 < table->count && table->items[code - 1].code == code)
		return &table->items[code - 1];
	for (i = 0; i < table->count; i++)
		if (table->items[i].code == code)
			return &table->items[i];
	return NULL;
}

/* --- entries ----------------------------------------------------------------------- */

static struct dwarf_cursor cursor_at(const struct debug_entries *entries,
				     const struct debug_unit *unit, uint64_t offset)
{
	return (struct dwarf_cursor){
		.at = (const uint8_t *)entries->info.bytes + MIN(offset, unit->end),
		.end = (const uint8_t *)entries->info.bytes + unit->end,
		.is_wide = unit->is_wide,
		.version = unit->version,
		.address_size = unit->address_size,
	};
}

static void take_attributes(struct debug_entries *entries, struct dwarf_cursor *cursor,
			    const struct abbreviation *abbreviation, struct dwarf_value *values)
{
	size_t i;

	for (i = 0; i < abbreviation->items.count; i++) {
		const struct abbreviation_item *item = &abbreviation->items.items[i];
		struct dwarf_value value = { DWARF_SIGNED, (uint64_t)item->constant, NULL };

		if (item->form != DW_FORM_IMPLICIT_CONST)
			value = dwarf_take_form(cursor, &entries->texts, item->form);
		entries->needs_dwz |= value.kind == DWARF_ELSEWHERE;
		if (values && item->attribute >= 0)
			values[item->attribute] = value;
	}
}

/* False for what ends a list of children, and for what does not fit. */
static bool read_entry(struct debug_entries *entries, const struct debug_unit *unit,
		       uint64_t offset, struct debug_entry *ret_entry)
{
	struct dwarf_cursor cursor = cursor_at(entries, unit, offset);
	uint64_t code = dwarf_take_uleb(&cursor);
	const struct abbreviation *abbreviation = code ? abbreviation_of(unit->abbreviations, code) : NULL;

	if (!abbreviation)
		return false;
	memset(ret_entry, 0, sizeof(*ret_entry));
	ret_entry->unit = unit;
	ret_entry->offset = offset;
	ret_entry->tag = abbreviation->tag;
	ret_entry->has_children = abbreviation->has_children;
	take_attributes(entries, &cursor, abbreviation, ret_entry->values);
	ret_entry->end = (uint64_t)(cursor.at - (const uint8_t *)entries->info.bytes);
	return !cursor.is_bad;
}

/* Behind all that is below the entry, whose attributes end at `offset`; 0: it does not fit. */
static uint64_t skip_children(struct debug_entries *entries, const struct debug_unit *unit,
			      uint64_t offset)
{
	struct dwarf_cursor cursor = cursor_at(entries, unit, offset);
	const struct abbreviation *abbreviation;
	unsigned depth = 1;
	uint64_t code;

	while (depth && !cursor.is_bad && cursor.at < cursor.end) {
		code = dwarf_take_uleb(&cursor);
		if (!code) {
			depth--;
			continue;
		}
		abbreviation = abbreviation_of(unit->abbreviations, code);
		if (!abbreviation)
			return 0;
		take_attributes(entries, &cursor, abbreviation, NULL);
		depth += abbreviation->has_children;
	}
	return depth || cursor.is_bad ? 0 :
					(uint64_t)(cursor.at - (const uint8_t *)entries->info.bytes);
}

bool debug_entry_child(struct debug_entries *entries, const struct debug_entry *parent,
		       struct debug_entry *ret_child)
{
	return parent->has_children && read_entry(entries, parent->unit, parent->end, ret_child);
}

bool debug_entry_next(struct debug_entries *entries, const struct debug_entry *entry,
		      struct debug_entry *ret_next)
{
	const struct debug_unit *unit = entry->unit;
	struct dwarf_value sibling = entry->values[ATTRIBUTE_SIBLING];
	uint64_t next = entry->end;

	/* A wrong one could lead backwards, for ever. */
	if (entry->has_children && sibling.kind == DWARF_NEAR &&
	    sibling.number > entry->end - unit->start && sibling.number < unit->end - unit->start)
		next = unit->start + sibling.number;
	else if (entry->has_children)
		next = skip_children(entries, unit, entry->end);
	return next && read_entry(entries, unit, next, ret_next);
}

static const struct debug_unit *unit_of(const struct debug_entries *entries, uint64_t offset)
{
	size_t low = 0, high = entries->units.count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct debug_unit *unit = &entries->units.items[middle];

		if (offset < unit->start)
			high = middle;
		else if (offset >= unit->end)
			low = middle + 1;
		else
			return unit;
	}
	return NULL;
}

bool debug_entry_at(struct debug_entries *entries, uint64_t offset, struct debug_entry *ret_entry)
{
	const struct debug_unit *unit = unit_of(entries, offset);

	return unit && offset >= unit->first && read_entry(entries, unit, offset, ret_entry);
}

/* --- attributes --------------------------------------------------------------------- */

bool debug_entry_follow(struct debug_entries *entries, const struct debug_entry *entry,
			enum debug_attribute attribute, struct debug_entry *ret_entry)
{
	struct dwarf_value value = entry->values[attribute];
	const struct debug_unit *unit = entry->unit;
	struct debug_entry found;
	size_t i;

	switch (value.kind) {
	case DWARF_NEAR:
		if (value.number >= unit->end - unit->start ||
		    !debug_entry_at(entries, unit->start + value.number, &found))
			return false;
		break;
	case DWARF_FAR:
		if (!debug_entry_at(entries, value.number, &found))
			return false;
		break;
	case DWARF_SIGNATURE:
		for (i = 0; i < entries->units.count; i++)
			if (entries->units.items[i].type && entries->units.items[i].signature == value.number)
				break;
		if (i == entries->units.count ||
		    !debug_entry_at(entries, entries->units.items[i].type, &found))
			return false;
		break;
	case DWARF_NOTHING:
	case DWARF_NUMBER:
	case DWARF_SIGNED:
	case DWARF_TEXT:
	case DWARF_BLOCK:
	case DWARF_TEXT_INDEX:
	case DWARF_ADDRESS_INDEX:
	case DWARF_LIST_INDEX:
	case DWARF_ELSEWHERE:
		return false;
	}
	*ret_entry = found; /* may be `entry` */
	return true;
}

/* A number of `size` bytes from a table of another section. */
static bool look_up(const struct dwarf_section *section, uint64_t base, uint64_t index, unsigned size,
		    uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!section->bytes || base > section->size || index >= (section->size - base) / size)
		return false;
	memcpy(&number, section->bytes + base + index * size, size);
	*ret_number = number;
	return true;
}

uint64_t debug_entry_number(struct debug_entries *entries, const struct debug_entry *entry,
			    enum debug_attribute attribute, uint64_t otherwise)
{
	struct dwarf_value value = entry->values[attribute];
	uint64_t number;

	if (value.kind == DWARF_NUMBER || value.kind == DWARF_SIGNED)
		return value.number;
	if (value.kind == DWARF_ADDRESS_INDEX &&
	    look_up(&entries->addresses, entry->unit->address_base, value.number,
		    MIN(entry->unit->address_size, 8), &number))
		return number;
	return otherwise;
}

const char *debug_entry_text(struct debug_entries *entries, const struct debug_entry *entry,
			     enum debug_attribute attribute)
{
	struct dwarf_value value = entry->values[attribute];
	const char *text = NULL;
	uint64_t offset;

	if (value.kind == DWARF_TEXT)
		text = value.bytes;
	else if (value.kind == DWARF_TEXT_INDEX &&
		 look_up(&entries->text_offsets, entry->unit->text_base, value.number,
			 entry->unit->is_wide ? 8 : 4, &offset))
		text = dwarf_text(&entries->texts.strings, offset);
	return text && *text ? text : NULL;
}

uint64_t debug_entry_language(const struct debug_entry *entry)
{
	return entry->unit->language;
}

/* --- units ---------------------------------------------------------------------------- */

/* Kinds of units, of version 5. */
enum { UNIT_COMPILE = 1, UNIT_TYPE, UNIT_PARTIAL, UNIT_SKELETON };

/* What stands in front of the first entry; false: nothing that is known. */
static bool read_header(struct debug_entries *entries, struct dwarf_cursor *cursor,
			struct debug_unit *unit)
{
	const uint8_t *base = (const uint8_t *)entries->info.bytes;
	uint64_t kind = UNIT_COMPILE, abbreviations;

	unit->is_wide = cursor->is_wide;
	unit->version = (unsigned)dwarf_take(cursor, 2);
	if (unit->version < 2 || unit->version > 5)
		return false;
	if (unit->version >= 5) {
		kind = dwarf_take(cursor, 1);
		unit->address_size = (uint8_t)dwarf_take(cursor, 1);
		abbreviations = dwarf_take_offset(cursor);
	} else {
		abbreviations = dwarf_take_offset(cursor);
		unit->address_size = (uint8_t)dwarf_take(cursor, 1);
	}
	if (kind == UNIT_SKELETON)
		dwarf_skip(cursor, 8);
	if (kind == UNIT_TYPE) {
		unit->signature = dwarf_take(cursor, 8);
		unit->type = unit->start + dwarf_take_offset(cursor);
	}
	unit->first = (uint64_t)(cursor->at - base);
	if (cursor->is_bad || kind > UNIT_SKELETON || !unit->address_size)
		return false;
	unit->abbreviations = abbreviations_at(entries, abbreviations);
	return true;
}

/* Where the tables of texts and addresses of the unit begin, which its first entry tells. */
static void read_bases(struct debug_entries *entries, struct debug_unit *unit)
{
	struct debug_entry entry;

	unit->text_base = unit->is_wide ? 16 : 8;
	unit->address_base = unit->version >= 5 ? 8 : 0;
	if (!read_entry(entries, unit, unit->first, &entry))
		return;
	unit->text_base = debug_entry_number(entries, &entry, ATTRIBUTE_STR_OFFSETS_BASE, unit->text_base);
	unit->address_base = debug_entry_number(
		entries, &entry,
		unit->version >= 5 ? ATTRIBUTE_ADDR_BASE : ATTRIBUTE_GNU_ADDR_BASE, unit->address_base);
	unit->language = debug_entry_number(entries, &entry, ATTRIBUTE_LANGUAGE, 0);
	unit->is_elsewhere = debug_entry_has(&entry, ATTRIBUTE_DWO_NAME) ||
			     debug_entry_has(&entry, ATTRIBUTE_GNU_DWO_NAME);
}

static void read_units(struct debug_entries *entries)
{
	const uint8_t *base = (const uint8_t *)entries->info.bytes;
	struct dwarf_cursor all = { .at = base, .end = base + entries->info.size }, cursor;
	size_t elsewhere = 0, i;

	for (;;) {
		struct debug_unit unit = { .start = (uint64_t)(all.at - base) };

		if (!dwarf_take_unit(&all, &cursor))
			break;
		unit.end = (uint64_t)(cursor.end - base);
		if (read_header(entries, &cursor, &unit))
			vec_push(entries->arena, &entries->units, unit);
	}
	for (i = 0; i < entries->units.count; i++) {
		read_bases(entries, &entries->units.items[i]);
		elsewhere += entries->units.items[i].is_elsewhere;
	}
	if (!entries->units.count)
		entries->state = DEBUG_UNREADABLE;
	else if (elsewhere == entries->units.count)
		entries->state = DEBUG_ELSEWHERE;
}

struct debug_entries *debug_entries_open(const struct elf_file *elf)
{
	struct debug_entries *entries = arena_new_struct(elf->arena, struct debug_entries);

	entries->arena = elf->arena;
	entries->state = DEBUG_MISSING;
	table_init(&entries->abbreviations, elf->arena);
	if (!elf_section(elf, ".debug_info", 0))
		return entries;
	entries->info = dwarf_section(elf, ".debug_info");
	entries->abbrev = dwarf_section(elf, ".debug_abbrev");
	entries->texts.strings = dwarf_section(elf, ".debug_str");
	entries->texts.line_strings = dwarf_section(elf, ".debug_line_str");
	entries->text_offsets = dwarf_section(elf, ".debug_str_offsets");
	entries->addresses = dwarf_section(elf, ".debug_addr");
	entries->state = entries->info.bytes && entries->abbrev.bytes ? DEBUG_READABLE : DEBUG_UNREADABLE;
	if (entries->state == DEBUG_READABLE)
		read_units(entries);
	return entries;
}

enum debug_state debug_entries_state(const struct debug_entries *entries)
{
	return entries->state;
}

bool debug_entries_need_dwz(const struct debug_entries *entries)
{
	return entries->needs_dwz;
}

struct arena *debug_entries_arena(const struct debug_entries *entries)
{
	return entries->arena;
}
