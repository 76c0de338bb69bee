/*
 * What can be found in .debug_info by name or address: one walk over the
 * entries that are not inside of functions.
 */
#include "runtime/host/debug_units.h"

#include <string.h>

#include "base/compiler.h"

enum { NESTING_MAX = 16 };

#define SEVERAL ((void *)UINTPTR_MAX)

/* Offsets as values of a table, where NULL means absent. */
static void *as_value(uint64_t offset)
{
	return (void *)(uintptr_t)(offset + 1);
}

static bool entry_of_value(struct debug_entries *entries, const void *value,
			   struct debug_entry *ret_entry)
{
	return value && value != SEVERAL &&
	       debug_entry_at(entries, (uint64_t)(uintptr_t)value - 1, ret_entry);
}

static const char *kind_of(uint64_t tag)
{
	switch (tag) {
	case TAG_STRUCT:
	case TAG_CLASS:
		return "struct";
	case TAG_UNION:
		return "union";
	case TAG_ENUM:
		return "enum";
	case TAG_TYPEDEF:
	case TAG_BASE:
		return "";
	}
	return NULL;
}

static void add_type(struct debug_entries *entries, const struct debug_entry *entry, const char *kind)
{
	const char *name = debug_entry_text(entries, entry, ATTRIBUTE_NAME), *key;

	if (!name || debug_entry_has(entry, ATTRIBUTE_DECLARATION))
		return;
	key = arena_printf(entries->arena, "%s %s", kind, name);
	if (!table_get_str(&entries->types, key)) /* of several the first */
		table_set_str(&entries->types, key, as_value(entry->offset));
}

static void add_name(struct debug_entries *entries, const char *name, uint64_t offset)
{
	if (name)
		table_set_str(&entries->names, name,
			      table_get_str(&entries->names, name) ? SEVERAL : as_value(offset));
}

/* The name that a definition itself, or what it defines, has. */
static const char *name_of_function(struct debug_entries *entries, const struct debug_entry *entry)
{
	const char *name = debug_entry_text(entries, entry, ATTRIBUTE_LINKAGE_NAME);
	struct debug_entry origin;

	if (!name)
		name = debug_entry_text(entries, entry, ATTRIBUTE_NAME);
	if (!name && (debug_entry_follow(entries, entry, ATTRIBUTE_ABSTRACT_ORIGIN, &origin) ||
		      debug_entry_follow(entries, entry, ATTRIBUTE_SPECIFICATION, &origin)))
		name = debug_entry_text(entries, &origin, ATTRIBUTE_LINKAGE_NAME);
	return name;
}

static void add_function(struct debug_entries *entries, const struct debug_entry *entry)
{
	uint64_t address = debug_entry_number(entries, entry, ATTRIBUTE_LOW_PC, 0);

	if (debug_entry_has(entry, ATTRIBUTE_DECLARATION))
		return;
	/* The cold part of its code lies elsewhere. */
	if (debug_entry_has(entry, ATTRIBUTE_RANGES))
		add_name(entries, name_of_function(entries, entry), entry->offset);
	if (address && !table_get(&entries->functions, &address, sizeof(address)))
		table_set(&entries->functions, arena_dup(entries->arena, &address, sizeof(address)),
			  sizeof(address), as_value(entry->offset));
}

/* Namespaces and classes have types and functions in them. */
static void add_children(struct debug_entries *entries, const struct debug_entry *parent, unsigned depth)
{
	struct debug_entry entry;
	bool is_there;

	for (is_there = debug_entry_child(entries, parent, &entry); is_there;
	     is_there = debug_entry_next(entries, &entry, &entry)) {
		const char *kind = kind_of(entry.tag);

		if (entry.tag == TAG_FUNCTION)
			add_function(entries, &entry);
		if (kind)
			add_type(entries, &entry, kind);
		if (entry.tag == TAG_ENUM)
			vec_push(entries->arena, &entries->enums, entry.offset);
		if (depth < NESTING_MAX && (entry.tag == TAG_NAMESPACE || entry.tag == TAG_STRUCT ||
					    entry.tag == TAG_CLASS || entry.tag == TAG_UNION))
			add_children(entries, &entry, depth + 1);
	}
}

static void make_index(struct debug_entries *entries)
{
	struct debug_entry entry;
	size_t i;

	if (entries->is_indexed)
		return;
	entries->is_indexed = true;
	table_init(&entries->types, entries->arena);
	table_init(&entries->functions, entries->arena);
	table_init(&entries->names, entries->arena);
	for (i = 0; i < entries->units.count; i++)
		if (debug_entry_at(entries, entries->units.items[i].first, &entry))
			add_children(entries, &entry, 0);
}

bool debug_find_type(struct debug_entries *entries, const char *kind, const char *name,
		     struct debug_entry *ret_entry)
{
	make_index(entries);
	return entry_of_value(entries,
			      table_get_str(&entries->types,
					    arena_printf(entries->arena, "%s %s", kind, name)),
			      ret_entry);
}

/* Calls back with the enumerators of an enum, until true. */
static bool each_enumerator(struct debug_entries *entries, const struct debug_entry *enumeration,
			    bool (*callback)(struct debug_entries *entries,
					     const struct debug_entry *enumerator,
					     const char *name, void *context),
			    void *context)
{
	struct debug_entry entry;
	const char *name;
	bool is_there;

	for (is_there = debug_entry_child(entries, enumeration, &entry); is_there;
	     is_there = debug_entry_next(entries, &entry, &entry)) {
		name = debug_entry_text(entries, &entry, ATTRIBUTE_NAME);
		if (entry.tag == TAG_ENUMERATOR && name && callback(entries, &entry, name, context))
			return true;
	}
	return false;
}

static bool add_constant(struct debug_entries *entries, const struct debug_entry *enumerator UNUSED,
			 const char *name, void *context)
{
	const uint64_t *offset = context;

	if (!table_get_str(&entries->constants, name)) /* of several the first */
		table_set_str(&entries->constants, name, as_value(*offset));
	return false;
}

struct wanted_constant {
	const char *name;
	int64_t value;
};

static bool take_constant(struct debug_entries *entries, const struct debug_entry *enumerator,
			  const char *name, void *context)
{
	struct wanted_constant *wanted = context;

	if (strcmp(wanted->name, name) != 0)
		return false;
	wanted->value = (int64_t)debug_entry_number(entries, enumerator, ATTRIBUTE_CONST_VALUE, 0);
	return true;
}

bool debug_find_enumerator(struct debug_entries *entries, const char *name,
			   struct debug_entry *ret_enum, int64_t *ret_value)
{
	struct wanted_constant wanted = { .name = name };
	struct debug_entry entry;
	size_t i;

	make_index(entries);
	if (!entries->has_constants) {
		entries->has_constants = true;
		table_init(&entries->constants, entries->arena);
		for (i = 0; i < entries->enums.count; i++)
			if (debug_entry_at(entries, entries->enums.items[i], &entry))
				each_enumerator(entries, &entry, add_constant, &entries->enums.items[i]);
	}
	if (!entry_of_value(entries, table_get_str(&entries->constants, name), &entry) ||
	    !each_enumerator(entries, &entry, take_constant, &wanted))
		return false;
	*ret_enum = entry;
	*ret_value = wanted.value;
	return true;
}

bool debug_find_function(struct debug_entries *entries, uint64_t address, const char *name,
			 struct debug_entry *ret_entry)
{
	make_index(entries);
	return entry_of_value(entries, table_get(&entries->functions, &address, sizeof(address)),
			      ret_entry) ||
	       entry_of_value(entries, table_get_str(&entries->names, name), ret_entry);
}
