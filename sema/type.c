/*
 * Interned types: one object for each, found by the bytes of its description.
 */
#include "sema/type.h"

#include <inttypes.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "base/vec.h"
#include "sema/target.h"

/* What makes a type what it is; the key of the table. */
struct identity {
	uint64_t kind, a, b, c, d;
};

/* The interned type, or a new one to be filled in (*ret_new). */
static struct type *intern_type(struct types *types, struct identity identity, bool *ret_new)
{
	struct type *type = table_get(&types->interned, &identity, sizeof(identity));

	*ret_new = !type;
	if (!type) {
		type = arena_new_struct(types->arena, struct type);
		type->kind = (enum type_kind)identity.kind;
		table_set(&types->interned, arena_dup(types->arena, &identity, sizeof(identity)),
			  sizeof(identity), type);
	}
	return type;
}

static struct type *basic_type(struct types *types, enum type_kind kind, const char *name,
			       uint32_t size)
{
	struct type *type = arena_new_struct(types->arena, struct type);

	*type = (struct type){ .kind = kind, .name = name, .size = size, .align = size };
	return type;
}

void types_init(struct types *types, struct arena *arena, struct interner *interner,
		const struct target *target)
{
	static const char *const names[2][4] = { { "uint8", "uint16", "uint32", "uint64" },
						 { "int8", "int16", "int32", "int64" } };
	unsigned is_signed, log2_size;

	*types = (struct types){ .arena = arena, .interner = interner, .target = target };
	table_init(&types->interned, arena);
	types->void_type = basic_type(types, TYPE_VOID, "void", 0);
	types->bool_type = basic_type(types, TYPE_BOOL, "bool", 1);
	for (is_signed = 0; is_signed < 2; is_signed++)
		for (log2_size = 0; log2_size < 4; log2_size++) {
			struct type *type = basic_type(types, TYPE_INT, names[is_signed][log2_size],
						       1u << log2_size);

			type->integer.is_signed = is_signed;
			types->ints[is_signed][log2_size] = type;
		}
}

const struct type *type_int(const struct types *types, unsigned size, bool is_signed)
{
	unsigned log2_size = size >= 8 ? 3 : size >= 4 ? 2 : size >= 2 ? 1 : 0;

	return types->ints[is_signed][log2_size];
}

const struct type *type_literal(struct types *types, uint64_t value, bool is_negative)
{
	uint64_t magnitude = is_negative ? ~value : value;
	uint64_t bits = magnitude ? 64 - (uint64_t)__builtin_clzll(magnitude) : 0;
	bool is_new;
	struct type *type = intern_type(
		types, (struct identity){ TYPE_INT, bits, is_negative, 1, 0 }, &is_new);

	if (is_new) {
		type->size = type->align = 8;
		type->integer.is_signed = bits < 64;
		type->name = bits < 64 ? "int64" : "uint64";
		type->integer.is_literal = true;
		type->integer.is_negative = is_negative;
		type->integer.literal_bits = (uint8_t)bits;
	}
	return type;
}

static const struct type *string_of(struct types *types, uint32_t size, bool is_chars)
{
	bool is_new;
	struct type *type = intern_type(types, (struct identity){ TYPE_STRING, size, is_chars, 0, 0 },
					&is_new);

	if (is_new) {
		type->name = arena_printf(types->arena, "string[%u]", size);
		type->size = size;
		type->align = 1;
		type->string.is_chars = is_chars;
	}
	return type;
}

const struct type *type_string(struct types *types, uint32_t size)
{
	return string_of(types, size, false);
}

const struct type *type_chars(struct types *types, uint32_t size)
{
	return string_of(types, size, true);
}

const struct type *type_pointer(struct types *types, const struct type *to, enum space space)
{
	bool is_new;
	struct type *type = intern_type(
		types, (struct identity){ TYPE_POINTER, (uintptr_t)to, space, 0, 0 }, &is_new);

	if (is_new) {
		type->name = arena_printf(types->arena, to->kind == TYPE_POINTER ? "%s*" : "%s *",
					  to->name);
		type->size = type->align = 8;
		type->pointer.to = to;
		type->pointer.space = space;
	}
	return type;
}

const struct type *type_array(struct types *types, const struct type *element, uint32_t length)
{
	bool is_new;
	struct type *type = intern_type(
		types, (struct identity){ TYPE_ARRAY, (uintptr_t)element, length, 0, 0 }, &is_new);

	if (is_new) {
		type->name = arena_printf(types->arena, "%s[%u]", element->name, length);
		type->size = element->size * length;
		type->align = element->align;
		type->array.element = element;
		type->array.length = length;
	}
	return type;
}

/* "(int64,string[4])" or "(pid=uint32,...)", which is also the type's identity. */
static const char *tuple_name(struct types *types, const struct type *const *items,
			      const char *const *names, size_t count)
{
	struct strbuf text;
	size_t i;

	strbuf_init(&text, types->arena);
	strbuf_putc(&text, '(');
	for (i = 0; i < count; i++) {
		strbuf_puts(&text, i ? "," : "");
		if (names)
			strbuf_printf(&text, "%s=", names[i]);
		strbuf_puts(&text, items[i]->name);
	}
	strbuf_putc(&text, ')');
	return intern(types->interner, text.text, text.length);
}

/* Hash of the items' identities: names alone do not tell structs of one name apart. */
static uint64_t tuple_hash(const struct type *const *items, size_t count)
{
	return hash_bytes(items, count * sizeof(*items));
}

const struct type *type_tuple(struct types *types, const struct type *const *items,
			      const char *const *names, size_t count)
{
	const char *name = tuple_name(types, items, names, count);
	struct identity identity = { TYPE_TUPLE, (uintptr_t)name, tuple_hash(items, count), count,
				     names != NULL };
	bool is_new;
	struct type *type = intern_type(types, identity, &is_new);
	uint32_t offset = 0, align = 1;
	size_t i;

	if (!is_new)
		return type;
	type->name = name;
	type->tuple.fields = arena_new_array(types->arena, struct field, count);
	type->tuple.count = count;
	for (i = 0; i < count; i++) {
		uint32_t item_align = MAX(items[i]->align, 1u);

		offset = ALIGN_UP(offset, item_align);
		type->tuple.fields[i] = (struct field){ .name = names ? names[i] : NULL,
							.type = items[i], .offset = offset };
		offset += items[i]->size;
		align = MAX(align, item_align);
	}
	type->size = ALIGN_UP(offset, align);
	type->align = align;
	return type;
}

struct type *type_struct(struct types *types, const char *tag, bool is_union)
{
	struct type *type = arena_new_struct(types->arena, struct type);

	type->kind = TYPE_STRUCT;
	type->name = arena_printf(types->arena, "%s %s", is_union ? "union" : "struct",
				  tag ? tag : "(anonymous)");
	type->align = 1;
	type->record.tag = tag;
	type->record.is_union = is_union;
	return type;
}

static const struct {
	const char *name, *type_names[2]; /* unsigned, signed */
} aggregates[] = {
	[AGGREGATE_COUNT] = { "count", { "count_t", "count_t" } },
	[AGGREGATE_SUM] = { "sum", { "usum_t", "sum_t" } },
	[AGGREGATE_MIN] = { "min", { "umin_t", "min_t" } },
	[AGGREGATE_MAX] = { "max", { "umax_t", "max_t" } },
	[AGGREGATE_AVG] = { "avg", { "uavg_t", "avg_t" } },
	[AGGREGATE_STATS] = { "stats", { "ustats_t", "stats_t" } },
	[AGGREGATE_HIST] = { "hist", { "hist_t", "hist_t" } },
	[AGGREGATE_LHIST] = { "lhist", { "lhist_t", "lhist_t" } },
	[AGGREGATE_PERCENTILES] = { "percentiles", { "upercentiles_t", "percentiles_t" } },
	[AGGREGATE_SERIES] = { "tseries", { "utseries_t", "tseries_t" } },
};

const char *series_word(enum series_kind kind)
{
	static const char *const words[] = {
#define X(id, word) [SERIES_##id] = word,
		SERIES_KINDS(X)
#undef X
	};

	return words[kind];
}

const char *aggregate_name(enum aggregate kind)
{
	return aggregates[kind].name;
}

static struct type *new_aggregate(struct types *types, struct identity identity,
				  enum aggregate kind, bool is_signed, bool *ret_new)
{
	struct type *type = intern_type(types, identity, ret_new);

	if (*ret_new) {
		type->name = aggregates[kind].type_names[is_signed];
		type->aggregate.kind = kind;
		type->aggregate.is_signed = is_signed;
		type->align = 8;
	}
	return type;
}

const struct type *type_aggregate(struct types *types, enum aggregate kind, bool is_signed)
{
	struct identity identity = { TYPE_AGGREGATE, (uint64_t)kind << 1 | is_signed, 0, 0, 0 };
	bool is_new;
	struct type *type = new_aggregate(types, identity, kind, is_signed, &is_new);

	type->size = aggregate_record_size(type);
	return type;
}

const struct type *type_hist(struct types *types, uint32_t bits)
{
	struct identity identity = { TYPE_AGGREGATE, AGGREGATE_HIST << 1, bits, 0, 0 };
	bool is_new;
	struct type *type = new_aggregate(types, identity, AGGREGATE_HIST, false, &is_new);

	if (is_new && bits)
		type->name = arena_printf(types->arena, "%s(bits %u)", type->name, bits);
	type->aggregate.bits = bits;
	type->size = aggregate_record_size(type);
	return type;
}

const struct type *type_percentiles(struct types *types, uint32_t bits, bool is_signed)
{
	struct identity identity = { TYPE_AGGREGATE, AGGREGATE_PERCENTILES << 1 | is_signed, bits, 0, 0 };
	bool is_new;
	struct type *type = new_aggregate(types, identity, AGGREGATE_PERCENTILES, is_signed, &is_new);

	if (is_new)
		type->name = arena_printf(types->arena, "%s(bits %u)", type->name, bits);
	type->aggregate.bits = bits;
	type->size = aggregate_record_size(type);
	return type;
}

const struct type *type_series(struct types *types, enum series_kind kind, uint64_t interval,
			       uint32_t slots, bool is_signed)
{
	struct identity identity = { TYPE_AGGREGATE, AGGREGATE_SERIES << 1 | is_signed, interval, slots,
				     kind };
	bool is_new;
	struct type *type = new_aggregate(types, identity, AGGREGATE_SERIES, is_signed, &is_new);

	if (is_new)
		type->name = arena_printf(types->arena, "%s(%" PRIu64 " ns, %u%s%s)", type->name, interval,
					  slots, kind == SERIES_LAST ? "" : ", ",
					  kind == SERIES_LAST ? "" : series_word(kind));
	type->aggregate.interval = interval;
	type->aggregate.slots = slots;
	type->aggregate.series = kind;
	type->size = aggregate_record_size(type);
	return type;
}

const struct type *type_lhist(struct types *types, int64_t min, int64_t max, int64_t step)
{
	struct identity identity = { TYPE_AGGREGATE, AGGREGATE_LHIST << 1, (uint64_t)min,
				     (uint64_t)max, (uint64_t)step };
	bool is_new;
	struct type *type = new_aggregate(types, identity, AGGREGATE_LHIST, false, &is_new);

	if (is_new)
		type->name = arena_printf(types->arena, "%s(%" PRId64 ", %" PRId64 ", %" PRId64 ")",
					  type->name, min, max, step);
	type->aggregate.min = min;
	type->aggregate.max = max;
	type->aggregate.step = step;
	type->size = aggregate_record_size(type);
	return type;
}

static const char *const stack_mode_names[] = {
	[STACK_BPFTRACE] = "bpftrace",
	[STACK_PERF] = "perf",
	[STACK_RAW] = "raw",
	[STACK_BUILD_ID] = "build_id",
};

uint32_t stack_entry_size(const struct type *stack)
{
	return stack->stack.mode == STACK_BUILD_ID ? sizeof(struct bpf_stack_build_id)
						   : sizeof(uint64_t);
}

const struct type *type_stack(struct types *types, bool is_user, enum stack_mode mode, uint32_t limit)
{
	bool is_new;
	struct type *type = intern_type(
		types, (struct identity){ TYPE_STACK, is_user, mode, limit, 0 }, &is_new);

	if (is_new) {
		type->name = arena_printf(types->arena, "%s(%s, %u)", is_user ? "ustack" : "kstack",
					  stack_mode_names[mode], limit);
		type->stack.is_user = is_user;
		type->stack.mode = mode;
		type->stack.limit = limit;
		type->size = (uint32_t)sizeof(struct stack_header) + limit * stack_entry_size(type);
		type->align = 8;
	}
	return type;
}

const struct type *type_symbol(struct types *types, bool is_user)
{
	bool is_new;
	struct type *type = intern_type(
		types, (struct identity){ TYPE_SYMBOL, is_user, 0, 0, 0 }, &is_new);

	if (is_new) {
		type->name = is_user ? "usym_t" : "ksym_t";
		type->symbol.is_user = is_user;
		type->size = is_user ? sizeof(struct symbol_value) : sizeof(uint64_t);
		type->align = 8;
	}
	return type;
}

const struct type *type_buffer(struct types *types, uint32_t capacity)
{
	bool is_new;
	struct type *type = intern_type(
		types, (struct identity){ TYPE_BUFFER, capacity, 0, 0, 0 }, &is_new);

	if (is_new) {
		type->name = arena_printf(types->arena, "buffer[%u]", capacity);
		type->buffer.capacity = capacity;
		type->size = ALIGN_UP((uint32_t)sizeof(struct buffer_header) + capacity, 4u);
		type->align = 4;
	}
	return type;
}

static const struct {
	const char *name;
	uint32_t size, align;
} late_kinds[] = {
	[LATE_TIME] = { "timestamp", sizeof(struct late_time), 8 },
	[LATE_INET] = { "inet", sizeof(struct late_inet), 8 },
	[LATE_MAC] = { "mac_address", 6, 1 },
	[LATE_USER] = { "username_t", sizeof(uint64_t), 8 },
	[LATE_CGROUP] = { "cgroup_path_t", sizeof(struct late_cgroup), 8 },
};

const struct type *type_late(struct types *types, enum late_kind kind)
{
	bool is_new;
	struct type *type = intern_type(
		types, (struct identity){ TYPE_LATE, kind, 0, 0, 0 }, &is_new);

	if (is_new) {
		type->name = late_kinds[kind].name;
		type->late.kind = kind;
		type->size = late_kinds[kind].size;
		type->align = late_kinds[kind].align;
	}
	return type;
}

const struct type *type_clock(struct types *types, enum clock clock)
{
	bool is_new;
	struct type *type = intern_type(
		types, (struct identity){ TYPE_INT, clock, 0, 2, 0 }, &is_new);

	if (is_new) {
		*type = *type_int(types, 8, false);
		type->integer.clock = clock;
	}
	return type;
}

const struct type *type_address(struct types *types, enum space space)
{
	bool is_new;
	struct type *type = intern_type(
		types, (struct identity){ TYPE_INT, space, 0, 3, 0 }, &is_new);

	if (is_new) {
		*type = *type_int(types, 8, false);
		type->integer.space = space;
	}
	return type;
}

/* stdlib.md 6.2: index(INT64_MAX) + 1, and (max - min) / step + 2. */
uint32_t aggregate_bucket_count(const struct type *type)
{
	if (type->aggregate.kind == AGGREGATE_HIST)
		return ((63 - type->aggregate.bits) << type->aggregate.bits) +
		       (1u << type->aggregate.bits) + 1;
	if (type->aggregate.kind == AGGREGATE_LHIST)
		return (uint32_t)((type->aggregate.max - type->aggregate.min) /
				  type->aggregate.step) + 2;
	/* stdlib/log_linear.h: of all uint64; signed, as many for what is below 0. */
	if (type->aggregate.kind == AGGREGATE_PERCENTILES)
		return (65 - type->aggregate.bits) << type->aggregate.bits << type->aggregate.is_signed;
	return 0;
}

uint32_t aggregate_record_size(const struct type *type)
{
	switch (type->aggregate.kind) {
	case AGGREGATE_COUNT:
	case AGGREGATE_SUM:
		return 8;
	case AGGREGATE_MIN:
	case AGGREGATE_MAX:
	case AGGREGATE_AVG:
	case AGGREGATE_STATS:
		return 16;
	case AGGREGATE_HIST:
	case AGGREGATE_LHIST:
		return 8 * aggregate_bucket_count(type);
	case AGGREGATE_PERCENTILES:
		return 8 + 8 * aggregate_bucket_count(type);
	case AGGREGATE_SERIES:
		return SERIES_SLOT_SIZE * type->aggregate.slots;
	}
	unreachable();
}

bool aggregate_is_number(const struct type *type)
{
	switch (type->aggregate.kind) {
	case AGGREGATE_COUNT:
	case AGGREGATE_SUM:
	case AGGREGATE_MIN:
	case AGGREGATE_MAX:
	case AGGREGATE_AVG:
		return true;
	case AGGREGATE_STATS:
	case AGGREGATE_HIST:
	case AGGREGATE_LHIST:
	case AGGREGATE_PERCENTILES:
	case AGGREGATE_SERIES:
		return false;
	}
	unreachable();
}

void type_complete(struct types *types, const struct type *record)
{
	if (record->record.is_complete)
		return;
	if (record->record.complete)
		record->record.complete(types, (struct type *)record);
	else if (types->target->complete_type)
		types->target->complete_type(types->target, types, (struct type *)record);
}

const struct field *type_field(struct types *types, const struct type *record, const char *name,
			       uint32_t *ret_offset)
{
	size_t i;

	type_complete(types, record);
	for (i = 0; i < record->record.count; i++) {
		const struct field *field = &record->record.fields[i], *inner;

		if (field->name && !strcmp(field->name, name)) {
			*ret_offset = field->offset;
			return field;
		}
		if (field->name || field->type->kind != TYPE_STRUCT)
			continue;
		inner = type_field(types, field->type, name, ret_offset);
		if (inner) {
			*ret_offset += field->offset;
			return inner;
		}
	}
	return NULL;
}

bool type_is_record(const struct type *type)
{
	return type->kind == TYPE_TUPLE && type->tuple.count && type->tuple.fields[0].name;
}
