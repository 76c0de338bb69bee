/*
 * Bytes as values, by their type: the one reader of layouts in user space.
 */
#include "runtime/render.h"

#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"

static uint64_t load(const void *bytes, uint32_t size, bool is_signed)
{
	uint64_t number = 0;
	unsigned unused;

	memcpy(&number, bytes, MIN(size, 8u)); /* all architectures there are rows for count from the low byte */
	if (!is_signed || size >= 8 || !size)
		return number;
	unused = 64 - 8 * size;
	return (uint64_t)((int64_t)(number << unused) >> unused);
}

static uint64_t load_bits(const struct field *field, const void *bytes)
{
	uint64_t number = load((const char *)bytes + field->offset, field->type->size, false);
	unsigned above = 64u - field->bit_offset - field->bit_size;

	number <<= above;
	if (type_is_signed(field->type))
		return (uint64_t)((int64_t)number >> (64 - field->bit_size));
	return number >> (64 - field->bit_size);
}

static void render_number(const struct type *type, uint64_t number, struct value *ret_value)
{
	size_t i;

	ret_value->u = number;
	switch (type->kind) {
	case TYPE_BOOL:
		ret_value->kind = VALUE_BOOL;
		ret_value->u = number != 0;
		return;
	case TYPE_POINTER:
		ret_value->kind = VALUE_POINTER;
		return;
	case TYPE_ENUM:
		ret_value->kind = VALUE_ENUM;
		ret_value->string.bytes = "";
		ret_value->string.length = 0;
		ret_value->string.number = (int64_t)number;
		for (i = 0; i < type->enumeration.count; i++)
			if (type->enumeration.enumerators[i].value == (int64_t)number) {
				ret_value->string.bytes = type->enumeration.enumerators[i].name;
				ret_value->string.length = strlen(ret_value->string.bytes);
				return;
			}
		return;
	case TYPE_INT:
		ret_value->kind = type->integer.is_signed ? VALUE_INT : VALUE_UINT;
		return;
	case TYPE_VOID:
	case TYPE_STRING:
	case TYPE_ARRAY:
	case TYPE_STRUCT:
	case TYPE_TUPLE:
	case TYPE_AGGREGATE:
	case TYPE_STACK:
	case TYPE_SYMBOL:
	case TYPE_BUFFER:
	case TYPE_LATE:
		break;
	}
	unreachable();
}

static void render_string(const struct type *type, const char *bytes, struct value *ret_value)
{
	ret_value->kind = VALUE_STRING;
	ret_value->string.bytes = bytes;
	ret_value->string.length = strnlen(bytes, type->size);
	ret_value->is_truncated = ret_value->string.length == type->size && type->size &&
				  !type->string.is_chars;
}

static void render_array(struct arena *arena, const struct type *type, const char *bytes,
			 struct value *ret_value)
{
	const struct type *element = type->array.element;
	uint32_t i;

	ret_value->kind = VALUE_ARRAY;
	ret_value->list.count = type->array.length;
	ret_value->list.items = arena_new_array(arena, struct value, type->array.length);
	for (i = 0; i < type->array.length; i++)
		render(arena, element, bytes + (size_t)i * element->size, &ret_value->list.items[i]);
}

static size_t count_members(const struct type *type)
{
	size_t i, count = 0;

	for (i = 0; i < type->record.count; i++) {
		const struct field *field = &type->record.fields[i];

		if (field->name)
			count++;
		else if (field->type->kind == TYPE_STRUCT)
			count += count_members(field->type);
	}
	return count;
}

struct members {
	struct arena *arena;
	struct value *items;
	const char **names;
	size_t count;
};

/* Anonymous members are shown as if theirs were the struct's own. */
static void add_members(struct members *members, const struct type *type, const char *bytes)
{
	size_t i;

	for (i = 0; i < type->record.count; i++) {
		const struct field *field = &type->record.fields[i];
		struct value *item = &members->items[members->count];

		if (!field->name) {
			if (field->type->kind == TYPE_STRUCT)
				add_members(members, field->type, bytes + field->offset);
			continue;
		}
		members->names[members->count++] = field->name;
		if (field->bit_size)
			render_number(field->type, load_bits(field, bytes), item);
		else
			render(members->arena, field->type, bytes + field->offset, item);
	}
}

static void render_struct(struct arena *arena, const struct type *type, const char *bytes,
			  struct value *ret_value)
{
	size_t count = count_members(type);
	struct members members = { .arena = arena };

	members.items = arena_new_array(arena, struct value, count);
	members.names = arena_new_array(arena, const char *, count);
	add_members(&members, type, bytes);
	ret_value->kind = VALUE_RECORD;
	ret_value->list.items = members.items;
	ret_value->list.names = members.names;
	ret_value->list.count = members.count;
}

static void render_tuple(struct arena *arena, const struct type *type, const char *bytes,
			 struct value *ret_value)
{
	bool is_record = type_is_record(type);
	const char **names;
	size_t i;

	ret_value->kind = is_record ? VALUE_RECORD : VALUE_TUPLE;
	ret_value->list.count = type->tuple.count;
	ret_value->list.items = arena_new_array(arena, struct value, type->tuple.count);
	names = is_record ? arena_new_array(arena, const char *, type->tuple.count) : NULL;
	ret_value->list.names = names;
	for (i = 0; i < type->tuple.count; i++) {
		const struct field *field = &type->tuple.fields[i];

		if (names)
			names[i] = field->name;
		render(arena, field->type, bytes + field->offset, &ret_value->list.items[i]);
	}
}

/* What reading a count, sum ... in a program gives; the others cannot be read there. */
static void render_aggregate(const struct type *type, const char *bytes, struct value *ret_value)
{
	render_empty_aggregate(type, ret_value);
	if (ret_value->kind == VALUE_INT || ret_value->kind == VALUE_UINT)
		ret_value->u = load(bytes, 8, false);
	else if (ret_value->kind == VALUE_AVERAGE)
		ret_value->stats.average = (int64_t)load(bytes, 8, false);
}

static void render_frame(const struct type *type, const char *bytes, struct stack_frame *frame)
{
	struct bpf_stack_build_id entry;

	frame->address = load(bytes, 8, false);
	if (type->stack.mode != STACK_BUILD_ID)
		return;
	memcpy(&entry, bytes, sizeof(entry));
	frame->address = entry.offset; /* or the address itself */
	if (entry.status == BPF_STACK_BUILD_ID_VALID)
		frame->build_id = (const uint8_t *)bytes + offsetof(struct bpf_stack_build_id, build_id);
}

/* The names are looked up by symbolize.c. */
static void render_stack(struct arena *arena, const struct type *type, const char *bytes,
			 struct value *ret_value)
{
	struct stack_header header;
	uint32_t i;

	memcpy(&header, bytes, sizeof(header));
	header.count = MIN(header.count, type->stack.limit);
	ret_value->kind = VALUE_STACK;
	ret_value->stack.mode = type->stack.mode;
	ret_value->stack.is_user = type->stack.is_user;
	ret_value->stack.pid = header.pid;
	ret_value->stack.count = header.count;
	ret_value->stack.frames = arena_new_array(arena, struct stack_frame, header.count);
	for (i = 0; i < header.count; i++)
		render_frame(type, bytes + sizeof(header) + (size_t)i * stack_entry_size(type),
			     &ret_value->stack.frames[i]);
}

static void render_symbol(const struct type *type, const char *bytes, struct value *ret_value)
{
	struct symbol_value symbol = { 0 };

	memcpy(&symbol, bytes, type->size);
	ret_value->kind = VALUE_SYMBOL;
	ret_value->string.bytes = "";
	ret_value->string.number = (int64_t)symbol.address;
	ret_value->string.pid = symbol.pid;
}

static void render_buffer(const struct type *type, const char *bytes, struct value *ret_value)
{
	struct buffer_header header;

	memcpy(&header, bytes, sizeof(header));
	ret_value->kind = VALUE_BUFFER;
	ret_value->string.bytes = bytes + sizeof(header);
	ret_value->string.length = MIN(header.length, type->buffer.capacity);
}

void render(struct arena *arena, const struct type *type, const void *bytes, struct value *ret_value)
{
	memset(ret_value, 0, sizeof(*ret_value));
	switch (type->kind) {
	case TYPE_VOID:
		return;
	case TYPE_INT:
	case TYPE_BOOL:
	case TYPE_POINTER:
	case TYPE_ENUM:
		render_number(type, load(bytes, type->size, type_is_signed(type)), ret_value);
		return;
	case TYPE_STRING:
		render_string(type, bytes, ret_value);
		return;
	case TYPE_ARRAY:
		render_array(arena, type, bytes, ret_value);
		return;
	case TYPE_STRUCT:
		render_struct(arena, type, bytes, ret_value);
		return;
	case TYPE_TUPLE:
		render_tuple(arena, type, bytes, ret_value);
		return;
	case TYPE_AGGREGATE:
		render_aggregate(type, bytes, ret_value);
		return;
	case TYPE_STACK:
		render_stack(arena, type, bytes, ret_value);
		return;
	case TYPE_SYMBOL:
		render_symbol(type, bytes, ret_value);
		return;
	case TYPE_BUFFER:
		render_buffer(type, bytes, ret_value);
		return;
	case TYPE_LATE:
		ret_value->kind = VALUE_LATE; /* late_text.c makes the text */
		ret_value->string.bytes = bytes;
		return;
	}
	unreachable();
}

void render_empty_aggregate(const struct type *type, struct value *ret_value)
{
	memset(ret_value, 0, sizeof(*ret_value));
	ret_value->is_signed = type->aggregate.is_signed;
	switch (type->aggregate.kind) {
	case AGGREGATE_COUNT:
		ret_value->kind = VALUE_INT;
		return;
	case AGGREGATE_SUM:
	case AGGREGATE_MIN:
	case AGGREGATE_MAX:
		ret_value->kind = type->aggregate.is_signed ? VALUE_INT : VALUE_UINT;
		return;
	case AGGREGATE_AVG:
		ret_value->kind = VALUE_AVERAGE;
		return;
	case AGGREGATE_STATS:
		ret_value->kind = VALUE_STATS;
		return;
	case AGGREGATE_HIST:
	case AGGREGATE_LHIST:
		ret_value->kind = VALUE_HISTOGRAM;
		return;
	case AGGREGATE_PERCENTILES:
		ret_value->kind = VALUE_PERCENTILES;
		return;
	case AGGREGATE_SERIES:
		ret_value->kind = VALUE_SERIES;
		return;
	}
	unreachable();
}

/* --- order ---------------------------------------------------------------------- */

uint64_t sortable_number(const struct type *type, const void *bytes)
{
	bool is_signed = type_is_signed(type);
	uint64_t number = load(bytes, type->size, is_signed);

	return is_signed ? number ^ 1ull << 63 : number;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_arrays(const struct type *type, const char *a, const char *b)
{
	const struct type *element = type->array.element;
	int order = 0;
	size_t i;

	for (i = 0; i < type->array.length && !order; i++)
		order = compare_bytes(element, a + i * element->size, b + i * element->size);
	return order;
}

static int compare_tuples(const struct type *type, const char *a, const char *b)
{
	int order = 0;
	size_t i;

	for (i = 0; i < type->tuple.count && !order; i++) {
		const struct field *field = &type->tuple.fields[i];

		order = compare_bytes(field->type, a + field->offset, b + field->offset);
	}
	return order;
}

/* Stacks by their frames; the header, which stands before them, last. */
static int compare_words(const char *a, const char *b, size_t size)
{
	size_t at = size > sizeof(struct stack_header) ? sizeof(struct stack_header) : 0;
	int order = 0;

	for (; at < size && !order; at += sizeof(uint64_t))
		order = compare_numbers(load(a + at, 8, false), load(b + at, 8, false));
	return order ? order : compare_numbers(load(a, 8, false), load(b, 8, false));
}

/* Times, users and groups by their number, addresses by their bytes. */
static int compare_late(const struct type *type, const char *a, const char *b)
{
	if (type->late.kind == LATE_INET || type->late.kind == LATE_MAC)
		return memcmp(a, b, type->size);
	return compare_numbers(load(a, 8, false), load(b, 8, false));
}

int compare_bytes(const struct type *type, const void *a, const void *b)
{
	switch (type->kind) {
	case TYPE_VOID:
		return 0;
	case TYPE_INT:
	case TYPE_BOOL:
	case TYPE_POINTER:
	case TYPE_ENUM:
		return compare_numbers(sortable_number(type, a), sortable_number(type, b));
	case TYPE_STRING:
		return strncmp(a, b, type->size);
	case TYPE_ARRAY:
		return compare_arrays(type, a, b);
	case TYPE_TUPLE:
		return compare_tuples(type, a, b);
	case TYPE_STRUCT:
	case TYPE_AGGREGATE:
		return memcmp(a, b, type->size);
	case TYPE_STACK:
		return compare_words(a, b, type->size);
	case TYPE_SYMBOL:
		return compare_words(a, b, sizeof(uint64_t));
	case TYPE_BUFFER:
		return memcmp((const char *)a + sizeof(struct buffer_header),
			      (const char *)b + sizeof(struct buffer_header), type->buffer.capacity);
	case TYPE_LATE:
		return compare_late(type, a, b);
	}
	unreachable();
}
