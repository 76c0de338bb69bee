/*
 * Ranges of addresses: two attributes, or a list in a section of its own,
 * which version 5 writes otherwise than those before it.
 */
#include "runtime/host/debug_ranges.h"

#include "base/compiler.h"
#include "runtime/host/debug_units.h"

/* Entries of lists of version 5. */
enum {
	RANGE_END,
	RANGE_BASE_INDEX,
	RANGE_INDICES,
	RANGE_INDEX_LENGTH,
	RANGE_OFFSETS,
	RANGE_BASE,
	RANGE_ADDRESSES,
	RANGE_ADDRESS_LENGTH,
};

enum { ITEMS_MAX = 1 << 20 };

struct debug_ranges debug_ranges_of(const struct elf_file *elf, struct debug_entries *entries)
{
	return (struct debug_ranges){
		.entries = entries,
		.ranges = dwarf_section(elf, ".debug_ranges"),
		.lists = dwarf_section(elf, ".debug_rnglists"),
	};
}

struct unit_base debug_unit_base(const struct debug_ranges *ranges, const struct debug_entry *unit)
{
	return (struct unit_base){
		.address = debug_entry_number(ranges->entries, unit, ATTRIBUTE_LOW_PC, 0),
		.lists = debug_entry_number(ranges->entries, unit, ATTRIBUTE_RNGLISTS_BASE,
					    unit->unit->is_wide ? 20 : 12),
	};
}

static struct dwarf_cursor cursor_in(const struct dwarf_section *section, uint64_t offset,
				     const struct debug_entry *entry)
{
	struct dwarf_cursor cursor = { .is_wide = entry->unit->is_wide, .version = entry->unit->version,
				       .address_size = entry->unit->address_size };

	if (section->bytes && offset < section->size) {
		cursor.at = (const uint8_t *)section->bytes + offset;
		cursor.end = (const uint8_t *)section->bytes + section->size;
	}
	return cursor;
}

static uint64_t take_address(struct dwarf_cursor *cursor)
{
	return dwarf_take(cursor, MIN(cursor->address_size, 8));
}

static bool old_list_has(const struct debug_ranges *ranges, uint64_t base,
			 const struct debug_entry *entry, uint64_t address)
{
	struct dwarf_cursor cursor = cursor_in(&ranges->ranges,
					       entry->values[ATTRIBUTE_RANGES].number, entry);
	uint64_t base_mark = entry->unit->address_size < 8 ? UINT32_MAX : UINT64_MAX, low, high;
	size_t items;

	for (items = 0; cursor.at && items < ITEMS_MAX && !cursor.is_bad; items++) {
		low = take_address(&cursor);
		high = take_address(&cursor);
		if (!low && !high)
			break;
		if (low == base_mark)
			base = high;
		else if (address - base >= low && address - base < high)
			return true;
	}
	return false;
}

/* An address of the unit's table. */
static uint64_t indexed_address(const struct debug_ranges *ranges, const struct debug_entry *entry,
				uint64_t index)
{
	struct debug_entry indexed = { .unit = entry->unit };

	indexed.values[ATTRIBUTE_LOW_PC] = (struct dwarf_value){ DWARF_ADDRESS_INDEX, index, NULL };
	return debug_entry_number(ranges->entries, &indexed, ATTRIBUTE_LOW_PC, 0);
}

/* Reads one entry of a list: a range, or another base with an empty one.  False at the end. */
static bool take_range(const struct debug_ranges *ranges, const struct debug_entry *entry,
		       struct dwarf_cursor *cursor, uint64_t *base, uint64_t *ret_low, uint64_t *ret_high)
{
	uint64_t kind = dwarf_take(cursor, 1);

	*ret_low = *ret_high = 0;
	switch (kind) {
	case RANGE_BASE_INDEX:
		*base = indexed_address(ranges, entry, dwarf_take_uleb(cursor));
		break;
	case RANGE_INDICES:
		*ret_low = indexed_address(ranges, entry, dwarf_take_uleb(cursor));
		*ret_high = indexed_address(ranges, entry, dwarf_take_uleb(cursor));
		break;
	case RANGE_INDEX_LENGTH:
		*ret_low = indexed_address(ranges, entry, dwarf_take_uleb(cursor));
		*ret_high = *ret_low + dwarf_take_uleb(cursor);
		break;
	case RANGE_OFFSETS:
		*ret_low = *base + dwarf_take_uleb(cursor);
		*ret_high = *base + dwarf_take_uleb(cursor);
		break;
	case RANGE_BASE:
		*base = take_address(cursor);
		break;
	case RANGE_ADDRESSES:
		*ret_low = take_address(cursor);
		*ret_high = take_address(cursor);
		break;
	case RANGE_ADDRESS_LENGTH:
		*ret_low = take_address(cursor);
		*ret_high = *ret_low + dwarf_take_uleb(cursor);
		break;
	default: /* the end, or what is not known */
		return false;
	}
	return !cursor->is_bad;
}

static bool new_list_has(const struct debug_ranges *ranges, const struct unit_base *unit,
			 const struct debug_entry *entry, uint64_t address)
{
	struct dwarf_value where = entry->values[ATTRIBUTE_RANGES];
	uint64_t offset = where.number, base = unit->address, low, high;
	struct dwarf_cursor cursor;
	size_t items;

	if (where.kind == DWARF_LIST_INDEX) {
		unsigned size = entry->unit->is_wide ? 8 : 4;

		cursor = cursor_in(&ranges->lists, unit->lists + where.number * size, entry);
		offset = unit->lists + dwarf_take(&cursor, size);
	}
	cursor = cursor_in(&ranges->lists, offset, entry);
	for (items = 0; cursor.at && items < ITEMS_MAX &&
			take_range(ranges, entry, &cursor, &base, &low, &high);
	     items++)
		if (address >= low && address < high)
			return true;
	return false;
}

bool debug_entry_covers(const struct debug_ranges *ranges, const struct unit_base *base,
			const struct debug_entry *entry, uint64_t address)
{
	bool is_old = entry->unit->version < 5;
	struct dwarf_value high = entry->values[ATTRIBUTE_HIGH_PC];
	uint64_t low, end;

	if (high.kind != DWARF_NOTHING) {
		low = debug_entry_number(ranges->entries, entry, ATTRIBUTE_LOW_PC, UINT64_MAX);
		end = debug_entry_number(ranges->entries, entry, ATTRIBUTE_HIGH_PC, 0);
		/* From version 4 on a number is the length. */
		if (entry->unit->version >= 4 && high.kind != DWARF_ADDRESS_INDEX)
			end += low;
		return address >= low && address < end;
	}
	if (!debug_entry_has(entry, ATTRIBUTE_RANGES))
		return false;
	return is_old ? old_list_has(ranges, base->address, entry, address) :
			new_list_has(ranges, base, entry, address);
}
