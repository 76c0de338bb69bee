/*
 * Parameters by the calling convention of C and C++ on x86-64 (System V ABI,
 * chapter 3.2.3): what debug information says of a parameter's place is true
 * once the function has stored it there, not where it begins.
 */
#include "runtime/host/debug_params.h"

#include <string.h>

#include "base/compiler.h"
#include "runtime/host/debug_types.h"

enum {
	WORD = 8,
	REGISTERS = 6, /* rdi rsi rdx rcx r8 r9 */
	VECTORS = 8,   /* xmm0 to 7 */
	NESTING_MAX = 8,
	VISITS_MAX = 256, /* members of one small struct */
	ENCODING_COMPLEX = 0x03,
	ENCODING_FLOAT = 0x04,
	CALL_NOT_NORMAL = 3, /* DW_CC_nocall of a function: it is called in a way of its own */
	PASS_BY_REFERENCE = 4, /* DW_CC_pass_by_reference of a class */
};

/* What half of a small value is: decides on its register. */
enum class { CLASS_NONE, CLASS_INTEGER, CLASS_VECTOR };

struct classes {
	enum class words[2];
	bool is_memory; /* goes to the stack whatever registers are left */
	unsigned visits;
};

struct passing {
	struct debug_entries *entries;
	struct types *types;
	struct debug_params *params;
	unsigned registers, vectors; /* used up */
	uint64_t stack;		     /* bytes */
	bool is_hidden;		     /* parameters came that the source does not have */
};

/* --- classes ------------------------------------------------------------------------- */

static bool is_record(uint64_t tag)
{
	return tag == TAG_STRUCT || tag == TAG_CLASS || tag == TAG_UNION;
}

static void merge(struct classes *classes, uint64_t offset, uint64_t size, enum class class)
{
	uint64_t word;

	for (word = offset / WORD; word * WORD < offset + size && word < 2; word++)
		if (classes->words[word] != CLASS_INTEGER)
			classes->words[word] = class;
}

static void classify(struct debug_entries *entries, const struct debug_entry *type, uint64_t offset,
		     struct classes *classes, unsigned depth);

static void classify_base(struct debug_entries *entries, const struct debug_entry *type,
			  uint64_t offset, uint64_t size, struct classes *classes)
{
	uint64_t encoding = debug_entry_number(entries, type, ATTRIBUTE_ENCODING, 0);
	const char *name = debug_entry_text(entries, type, ATTRIBUTE_NAME);
	bool is_float = encoding == ENCODING_FLOAT || encoding == ENCODING_COMPLEX;

	if (is_float && name && !strcmp(name, "long double"))
		classes->is_memory = true;
	merge(classes, offset, size, is_float ? CLASS_VECTOR : CLASS_INTEGER);
}

static void classify_array(struct debug_entries *entries, const struct debug_entry *type,
			   uint64_t offset, uint64_t size, struct classes *classes, unsigned depth)
{
	struct debug_entry element;
	uint64_t step, at;

	if (debug_entry_has(type, ATTRIBUTE_GNU_VECTOR)) {
		merge(classes, offset, size, CLASS_VECTOR);
		return;
	}
	if (!debug_plain_type(entries, type, ATTRIBUTE_TYPE, &element))
		return;
	step = debug_size(entries, &element);
	for (at = 0; step && at < size; at += step)
		classify(entries, &element, offset + at, classes, depth + 1);
}

static void classify_member(struct debug_entries *entries, const struct debug_entry *member,
			    uint64_t offset, struct classes *classes, unsigned depth)
{
	uint64_t at, bits;
	struct debug_entry type;

	if ((member->tag != TAG_MEMBER && member->tag != TAG_INHERITANCE) ||
	    debug_entry_has(member, ATTRIBUTE_DECLARATION))
		return;
	if (!debug_member_offset(entries, member, &at) ||
	    !debug_plain_type(entries, member, ATTRIBUTE_TYPE, &type)) {
		classes->is_memory = true;
		return;
	}
	if (!debug_entry_has(member, ATTRIBUTE_BIT_SIZE)) {
		classify(entries, &type, offset + at, classes, depth + 1);
		return;
	}
	bits = debug_entry_number(entries, member, ATTRIBUTE_DATA_BIT_OFFSET, at * 8);
	merge(classes, offset + bits / 8, 1, CLASS_INTEGER);
}

/* What lies where its alignment does not allow makes the whole one of the stack's. */
static bool is_aligned(const struct debug_entry *type, uint64_t offset, uint64_t size)
{
	return is_record(type->tag) || type->tag == TAG_ARRAY || !size || offset % MIN(size, 16u) == 0;
}

static void classify(struct debug_entries *entries, const struct debug_entry *type, uint64_t offset,
		     struct classes *classes, unsigned depth)
{
	uint64_t size = debug_size(entries, type);
	struct debug_entry member;
	bool is_there;

	if (classes->visits++ > VISITS_MAX || depth > NESTING_MAX || size > 2 * WORD ||
	    offset > 2 * WORD - size || !is_aligned(type, offset, size)) {
		classes->is_memory = true;
	} else if (type->tag == TAG_BASE) {
		classify_base(entries, type, offset, size, classes);
	} else if (type->tag == TAG_ARRAY) {
		classify_array(entries, type, offset, size, classes, depth);
	} else if (is_record(type->tag)) {
		for (is_there = debug_entry_child(entries, type, &member); is_there;
		     is_there = debug_entry_next(entries, &member, &member))
			classify_member(entries, &member, offset, classes, depth);
	} else {
		merge(classes, offset, size, CLASS_INTEGER);
	}
}

/* Classes of C++ with a destructor or virtual functions are passed by their address. */
static bool is_by_reference(struct debug_entries *entries, const struct debug_entry *type)
{
	uint64_t call = debug_entry_number(entries, type, ATTRIBUTE_CALLING_CONVENTION, 0);
	struct debug_entry child;
	const char *name;
	bool is_there;

	if (!is_record(type->tag) || call)
		return is_record(type->tag) && call == PASS_BY_REFERENCE;
	for (is_there = debug_entry_child(entries, type, &child); is_there;
	     is_there = debug_entry_next(entries, &child, &child)) {
		name = debug_entry_text(entries, &child, ATTRIBUTE_NAME);
		if (name && ((child.tag == TAG_FUNCTION && *name == '~') || !strncmp(name, "_vptr", 5)))
			return true;
	}
	return false;
}

/* --- places ---------------------------------------------------------------------------- */

static unsigned count_words(const struct classes *classes, enum class class)
{
	return (classes->words[0] == class) + (classes->words[1] == class);
}

static void place_on_stack(struct passing *passing, const struct debug_entry *type, uint64_t size,
			   struct debug_param *param)
{
	uint64_t align = debug_entry_number(passing->entries, type, ATTRIBUTE_ALIGNMENT,
					    type->tag == TAG_BASE && size == 16 ? 16 : WORD);

	if (!align || align > 4096 || (align & (align - 1)))
		align = WORD;
	passing->stack = ALIGN_UP(passing->stack, MAX(align, (uint64_t)WORD));
	param->offset = (uint32_t)(REGISTERS * WORD + passing->stack);
	passing->stack += ALIGN_UP(size, (uint64_t)WORD);
	if (passing->stack > UINT16_MAX)
		param->unreadable = "it is larger than what is read of a stack";
}

static void place(struct passing *passing, const struct debug_entry *type, struct debug_param *param)
{
	uint64_t size = debug_size(passing->entries, type);
	struct classes classes = { 0 };
	unsigned words, vectors;

	if (is_by_reference(passing->entries, type)) {
		param->type = type_pointer(passing->types, param->type, SPACE_USER);
		classes.words[0] = CLASS_INTEGER;
	} else if (!size) {
		param->unreadable = "its size is not told";
		return;
	} else {
		classify(passing->entries, type, 0, &classes, 0);
	}
	words = count_words(&classes, CLASS_INTEGER);
	vectors = count_words(&classes, CLASS_VECTOR);
	if (classes.is_memory || passing->registers + words > REGISTERS ||
	    passing->vectors + vectors > VECTORS) {
		place_on_stack(passing, type, MAX(size, (uint64_t)WORD), param);
		return;
	}
	param->offset = passing->registers * WORD;
	passing->registers += words;
	passing->vectors += vectors;
	if (vectors)
		param->unreadable = words ? "part of it is in a register for floating-point numbers, "
					    "which the kernel does not show to programs" :
					    "it is in a register for floating-point numbers, which the "
					    "kernel does not show to programs";
	else if (!words)
		param->unreadable = "it is empty: nothing is passed";
}

/* Of a function that is there several times, inlined ones too, some tell only what differs. */
static const char *name_of_param(struct debug_entries *entries, const struct debug_entry *entry,
				 struct debug_entry *ret_told)
{
	struct debug_entry origin = *entry;
	unsigned i;

	*ret_told = *entry;
	for (i = 0; i < NESTING_MAX && !debug_entry_has(ret_told, ATTRIBUTE_TYPE); i++) {
		if (!debug_entry_follow(entries, &origin, ATTRIBUTE_ABSTRACT_ORIGIN, &origin))
			break;
		*ret_told = origin;
	}
	return debug_entry_text(entries, ret_told, ATTRIBUTE_NAME);
}

static void add_param(struct passing *passing, const struct debug_entry *entry)
{
	struct debug_param param = { 0 };
	struct debug_entry told, type;

	param.name = name_of_param(passing->entries, entry, &told);
	param.text = debug_type_text(passing->entries, &told, ATTRIBUTE_TYPE);
	param.type = debug_type_of(passing->entries, passing->types, &told, ATTRIBUTE_TYPE);
	/* GCC's own of constructors: the first is no variant's, the second only some variants'. */
	if (param.name && !strcmp(param.name, "__in_chrg"))
		return;
	passing->is_hidden |= param.name && !strcmp(param.name, "__vtt_parm");
	if (passing->is_hidden)
		param.unreadable = "where such a constructor has it is not told";
	else if (debug_plain_type(passing->entries, &told, ATTRIBUTE_TYPE, &type))
		place(passing, &type, &param);
	else
		param.unreadable = "its type is not told";
	if (!param.name)
		param.name = arena_printf(passing->types->arena, "arg%zu", passing->params->items.count);
	param.name = intern_str(passing->types->interner, param.name);
	vec_push(passing->types->arena, &passing->params->items, param);
}

/* Is the result stored where the caller says, in a first argument that is none of the source's? */
static bool has_hidden_result(struct debug_entries *entries, const struct debug_entry *function)
{
	struct classes classes = { 0 };
	struct debug_entry type;

	if (!debug_plain_type(entries, function, ATTRIBUTE_TYPE, &type) || !is_record(type.tag))
		return false;
	if (is_by_reference(entries, &type))
		return true;
	classify(entries, &type, 0, &classes, 0);
	return classes.is_memory;
}

/* --- functions ----------------------------------------------------------------------------- */

/* "f.isra.0", "f.constprop.0", "f.part.0": called only by code that knows how. */
static bool is_clone(const char *symbol)
{
	return strstr(symbol, ".isra.") || strstr(symbol, ".constprop.") || strstr(symbol, ".part.") ||
	       strstr(symbol, ".cold");
}

/* Languages whose functions are called as those of C are. */
static bool is_of_c(uint64_t language)
{
	static const uint8_t languages[] = { 0x00, 0x01, 0x02, 0x04, 0x0c, 0x10, 0x11, 0x19, 0x1a,
					     0x1d, 0x21, 0x2a, 0x2b, 0x2c, 0x3a, 0x3e };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(languages); i++)
		if (languages[i] == language)
			return true;
	return language == 0x8001; /* assembler */
}

/* Follows what a definition refers to until one has the attribute. */
static bool told_by(struct debug_entries *entries, const struct debug_entry *function,
		    enum debug_attribute attribute, struct debug_entry *ret_entry)
{
	unsigned i;

	*ret_entry = *function;
	for (i = 0; i < NESTING_MAX && !debug_entry_has(ret_entry, attribute); i++)
		if (!debug_entry_follow(entries, ret_entry, ATTRIBUTE_ABSTRACT_ORIGIN, ret_entry) &&
		    !debug_entry_follow(entries, ret_entry, ATTRIBUTE_SPECIFICATION, ret_entry))
			return false;
	return debug_entry_has(ret_entry, attribute);
}

enum params_result debug_params_find(struct debug_entries *entries, struct types *types,
				     const struct arch *arch, uint64_t address, const char *symbol,
				     struct debug_params *ret_params)
{
	struct passing passing = { .entries = entries, .types = types, .params = ret_params };
	struct debug_entry function, told, child;
	bool is_there;

	if (debug_entries_state(entries) != DEBUG_READABLE)
		return PARAMS_WITHOUT_DEBUG;
	if (!debug_find_function(entries, address, symbol, &function))
		return PARAMS_WITHOUT_FUNCTION;
	if (strcmp(arch->name, "x86_64") != 0 || !is_of_c(debug_entry_language(&function)))
		return PARAMS_UNKNOWN_CALL;
	if (is_clone(symbol) || debug_entry_number(entries, &function, ATTRIBUTE_CALLING_CONVENTION, 0) ==
					CALL_NOT_NORMAL)
		return PARAMS_CHANGED;
	*ret_params = (struct debug_params){ .register_bytes = REGISTERS * WORD };
	if (told_by(entries, &function, ATTRIBUTE_TYPE, &told))
		passing.registers = has_hidden_result(entries, &told);
	/* The one for all copies has all parameters, a copy may leave out those it does not use. */
	if (!debug_entry_follow(entries, &function, ATTRIBUTE_ABSTRACT_ORIGIN, &told))
		told = function;
	for (is_there = debug_entry_child(entries, &told, &child); is_there;
	     is_there = debug_entry_next(entries, &child, &child))
		if (child.tag == TAG_PARAMETER)
			add_param(&passing, &child);
	return PARAMS_FOUND;
}
