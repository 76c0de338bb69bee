/*
 * Entries of .debug_info: the tree in which DWARF tells of functions and types.
 *
 * A small reader of our own: the tool is one static file, a script that wants
 * none of this pays nothing, and a damaged file is read as far as it makes
 * sense.  An entry knows all attributes that somebody here asks for; what
 * leads to nothing is absent.
 */
#ifndef RUNTIME_HOST_DEBUG_ENTRIES_H
#define RUNTIME_HOST_DEBUG_ENTRIES_H

#include "base/table.h"
#include "runtime/host/dwarf_data.h"

enum debug_tag {
	TAG_ARRAY = 0x01,
	TAG_CLASS = 0x02,
	TAG_ENUM = 0x04,
	TAG_PARAMETER = 0x05,
	TAG_BLOCK = 0x0b,
	TAG_MEMBER = 0x0d,
	TAG_POINTER = 0x0f,
	TAG_REFERENCE = 0x10,
	TAG_STRUCT = 0x13,
	TAG_FUNCTION_TYPE = 0x15,
	TAG_TYPEDEF = 0x16,
	TAG_UNION = 0x17,
	TAG_VARIADIC = 0x18,
	TAG_INHERITANCE = 0x1c,
	TAG_INLINED = 0x1d,
	TAG_MEMBER_POINTER = 0x1f,
	TAG_RANGE = 0x21,
	TAG_BASE = 0x24,
	TAG_CONST = 0x26,
	TAG_ENUMERATOR = 0x28,
	TAG_FUNCTION = 0x2e,
	TAG_VOLATILE = 0x35,
	TAG_RESTRICT = 0x37,
	TAG_NAMESPACE = 0x39,
	TAG_RVALUE_REFERENCE = 0x42,
	TAG_ATOMIC = 0x47,
};

/* The attributes that are kept, with DWARF's number. */
/* clang-format off */
#define DEBUG_ATTRIBUTES(X) \
	X(SIBLING,		0x01) \
	X(NAME,			0x03) \
	X(BYTE_SIZE,		0x0b) \
	X(BIT_OFFSET,		0x0c) \
	X(BIT_SIZE,		0x0d) \
	X(STMT_LIST,		0x10) \
	X(LOW_PC,		0x11) \
	X(HIGH_PC,		0x12) \
	X(LANGUAGE,		0x13) \
	X(COMP_DIR,		0x1b) \
	X(CONST_VALUE,		0x1c) \
	X(UPPER_BOUND,		0x2f) \
	X(ABSTRACT_ORIGIN,	0x31) \
	X(ARTIFICIAL,		0x34) \
	X(CALLING_CONVENTION,	0x36) \
	X(COUNT,		0x37) \
	X(DATA_MEMBER_LOCATION,	0x38) \
	X(DECL_LINE,		0x3b) \
	X(DECLARATION,		0x3c) \
	X(ENCODING,		0x3e) \
	X(SPECIFICATION,	0x47) \
	X(TYPE,			0x49) \
	X(RANGES,		0x55) \
	X(CALL_FILE,		0x58) \
	X(CALL_LINE,		0x59) \
	X(SIGNATURE,		0x69) \
	X(DATA_BIT_OFFSET,	0x6b) \
	X(LINKAGE_NAME,		0x6e) \
	X(STR_OFFSETS_BASE,	0x72) \
	X(ADDR_BASE,		0x73) \
	X(RNGLISTS_BASE,	0x74) \
	X(DWO_NAME,		0x76) \
	X(ALIGNMENT,		0x88) \
	X(GNU_VECTOR,		0x2107) \
	X(GNU_DWO_NAME,		0x2130) \
	X(GNU_ADDR_BASE,	0x2133)
/* clang-format on */

enum debug_attribute {
#define X(id, number) ATTRIBUTE_##id,
	DEBUG_ATTRIBUTES(X)
#undef X
	ATTRIBUTES
};

struct debug_unit;

struct debug_entry {
	const struct debug_unit *unit;
	uint64_t offset, end; /* in .debug_info; `end`: behind its attributes */
	uint64_t tag;	      /* enum debug_tag, or one that nobody here knows */
	bool has_children;
	struct dwarf_value values[ATTRIBUTES];
};

/* Whose entries cannot be read, and why. */
enum debug_state {
	DEBUG_READABLE,
	DEBUG_MISSING,	  /* no debug information */
	DEBUG_UNREADABLE, /* compressed in a way that is not known here, or damaged */
	DEBUG_ELSEWHERE,  /* in files beside the program: -gsplit-dwarf */
};

struct debug_entries;

/* Reads what there is of units; never NULL. */
struct debug_entries *debug_entries_open(const struct elf_file *elf);
enum debug_state debug_entries_state(const struct debug_entries *entries);

/* Parts of it refer to a file that dwz made of several. */
bool debug_entries_need_dwz(const struct debug_entries *entries);

/* Lives as long as they. */
struct arena *debug_entries_arena(const struct debug_entries *entries);

/* The entry at an offset of .debug_info. */
bool debug_entry_at(struct debug_entries *entries, uint64_t offset, struct debug_entry *ret_entry);

/* Steps through the children of an entry; false: there are no more. */
bool debug_entry_child(struct debug_entries *entries, const struct debug_entry *parent,
		       struct debug_entry *ret_child);
bool debug_entry_next(struct debug_entries *entries, const struct debug_entry *entry,
		      struct debug_entry *ret_next);

/* The entry that an attribute refers to. */
bool debug_entry_follow(struct debug_entries *entries, const struct debug_entry *entry,
			enum debug_attribute attribute, struct debug_entry *ret_entry);

static inline bool debug_entry_has(const struct debug_entry *entry, enum debug_attribute attribute)
{
	return entry->values[attribute].kind != DWARF_NOTHING;
}

/* A number; `otherwise` where there is none. */
uint64_t debug_entry_number(struct debug_entries *entries, const struct debug_entry *entry,
			    enum debug_attribute attribute, uint64_t otherwise);

/* DW_LANG_* of the source that the entry is of; 0: not told. */
uint64_t debug_entry_language(const struct debug_entry *entry);

/* A text, NULL: none. */
const char *debug_entry_text(struct debug_entries *entries, const struct debug_entry *entry,
			     enum debug_attribute attribute);

/*
 * The first definition with a name: `kind` is "struct", "union" (class counts
 * as struct), "enum", or "" for typedefs and base types.
 */
bool debug_find_type(struct debug_entries *entries, const char *kind, const char *name,
		     struct debug_entry *ret_entry);

/* The first enum with an enumerator of that name, and its value. */
bool debug_find_enumerator(struct debug_entries *entries, const char *name,
			   struct debug_entry *ret_enum, int64_t *ret_value);

/* The function that begins at an address; or else the only one of that (linkage) name whose code
 * is in several parts. */
bool debug_find_function(struct debug_entries *entries, uint64_t address, const char *name,
			 struct debug_entry *ret_entry);

#endif
