/*
 * Types of values.  Interned: equal means ==.
 *
 * Integers, booleans and pointers live in registers, extended to 64 bits; the
 * others in memory, in the layout that `size`, `align` and the fields tell,
 * which is also the layout of map keys, map values and event payloads.
 */
#ifndef SEMA_TYPE_H
#define SEMA_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "base/table.h"
#include "base/value.h"

struct target;
struct types;

enum type_kind {
	TYPE_VOID,
	TYPE_INT,
	TYPE_BOOL,
	TYPE_STRING, /* `size` bytes, NUL-terminated unless it filled them */
	TYPE_POINTER,
	TYPE_ARRAY,
	TYPE_STRUCT, /* struct or union of C */
	TYPE_ENUM,
	TYPE_TUPLE, /* tuple or record of the language */
	TYPE_AGGREGATE, /* what count(), hist() ... keep in a map */
	TYPE_STACK,	/* struct stack_header, then the frames */
	TYPE_SYMBOL,	/* struct symbol_value: an address that is printed as a name */
	TYPE_BUFFER,	/* struct buffer_header, then room for `buffer.capacity` bytes */
	TYPE_LATE,	/* bytes whose text is looked up or made when they are printed */
};

/* Whose memory an address belongs to: which helper reads it. */
enum space { SPACE_NONE, SPACE_KERNEL, SPACE_USER };

enum aggregate {
	AGGREGATE_COUNT,
	AGGREGATE_SUM,
	AGGREGATE_MIN,
	AGGREGATE_MAX,
	AGGREGATE_AVG,
	AGGREGATE_STATS,
	AGGREGATE_HIST,
	AGGREGATE_LHIST,
	AGGREGATE_PERCENTILES,
	AGGREGATE_SERIES,
};

/* What an interval of a time series makes of its values.  id, word in the script. */
#define SERIES_KINDS(X) \
	X(LAST, NULL) \
	X(AVG, "avg") \
	X(MAX, "max") \
	X(MIN, "min") \
	X(SUM, "sum")

enum { SERIES_SLOT_SIZE = 24 }; /* struct series_slot (codegen/aggregate.h) */

enum series_kind {
#define X(id, word) SERIES_##id,
	SERIES_KINDS(X)
#undef X
};

/* Kinds of TYPE_LATE. */
enum late_kind {
	LATE_TIME,   /* strftime(): struct late_time */
	LATE_INET,   /* ntop(): struct late_inet */
	LATE_MAC,    /* macaddr(): 6 bytes */
	LATE_USER,   /* username: uint64, the user's id */
	LATE_CGROUP, /* cgroup_path(): struct late_cgroup */
};

/* The clock that an integer was read from. */
enum clock { CLOCK_IS_BOOT, CLOCK_IS_MONOTONIC, CLOCK_IS_TAI, CLOCK_IS_SW_TAI };

struct field {
	const char *name; /* NULL: element of a tuple, or anonymous member */
	const struct type *type;
	uint32_t offset;	     /* bytes */
	uint8_t bit_offset, bit_size; /* of a bitfield, from `offset`; bit_size 0: none */
	bool is_data_loc; /* tracepoint: 32 bits, offset and length of the data */
	bool in_register; /* args: `offset` is an index of an argument, see the mechanism */
};

struct enumerator {
	const char *name;
	int64_t value;
};

struct type {
	enum type_kind kind;
	const char *name; /* as messages and --dump show it */
	uint32_t size, align;
	union {
		struct {
			bool is_signed;
			/* Of a constant: takes the sign and width of what it meets. */
			bool is_literal, is_negative;
			uint8_t literal_bits; /* of its magnitude, up to 64 */
			enum clock clock; /* of what nsecs() gave, for strftime() */
			enum space space; /* of an address: whose memory it is in */
		} integer;
		struct {
			bool is_chars; /* char[N] of C: whole also when its last byte is used */
		} string;
		struct {
			const struct type *to;
			enum space space;
		} pointer;
		struct {
			const struct type *element;
			uint32_t length;
		} array;
		struct {
			const char *tag; /* NULL: anonymous */
			struct field *fields;
			size_t count;
			bool is_union;
			bool is_complete; /* else type_complete() fetches the fields */
			uint32_t btf_id;
			void *origin; /* of the target: where it fetches the fields from */
			/* Fetches them in place of the target; or NULL. */
			void (*complete)(struct types *types, struct type *record);
			bool is_context; /* `args`: read by the mechanism, not by address */
			bool is_printable; /* ... which can read all of it, as it is laid out */
		} record;
		struct {
			struct field *fields; /* names are NULL in a tuple, set in a record */
			size_t count;
		} tuple;
		struct {
			const char *tag;
			struct enumerator *enumerators;
			size_t count;
			bool is_signed;
		} enumeration;
		struct {
			enum aggregate kind;
			bool is_signed;
			uint32_t bits;		   /* HIST, PERCENTILES: sub-buckets per power of two, as power */
			int64_t min, max, step;	   /* LHIST */
			uint64_t interval;	   /* SERIES: ns of each */
			uint32_t slots;		   /* SERIES: intervals that are kept */
			enum series_kind series;
		} aggregate;
		struct {
			bool is_user;
			enum stack_mode mode;
			uint32_t limit; /* frames there is room for */
		} stack;
		struct {
			bool is_user;
		} symbol;
		struct {
			uint32_t capacity;
		} buffer;
		struct {
			enum late_kind kind;
		} late;
	};
};

/*
 * A stack in memory: this, then `limit` entries of 8 bytes, or with build ids
 * of sizeof(struct bpf_stack_build_id).  What is beyond `count` entries is 0.
 */
struct stack_header {
	uint32_t count;
	uint32_t pid; /* whose addresses these are, as the tracer has it; 0: the kernel's */
};

/* With a pid of the initial namespace: a process that the tracer's own does not show. */
#define PID_OUTSIDE (1u << 30)

/* An address in memory; of the kernel's the first member only. */
struct symbol_value {
	uint64_t address;
	uint32_t pid, reserved;
};

/* A buffer in memory; the bytes beyond `length` are 0. */
struct buffer_header {
	uint32_t length;
};

/* A time to print; 0 or an empty text shows as "(?)". */
struct late_time {
	uint64_t ns;
	uint32_t text; /* index in object.texts: the format */
	uint32_t clock; /* enum clock */
};

struct late_inet {
	uint64_t family; /* AF_INET, AF_INET6; others print nothing */
	uint8_t address[16];
};

struct late_cgroup {
	uint64_t id;
	uint64_t text; /* index in object.texts: the pattern for hierarchies */
};

struct types {
	struct arena *arena;
	struct interner *interner;
	const struct target *target; /* where struct fields come from */
	struct table interned;
	const struct type *void_type, *bool_type;
	const struct type *ints[2][4]; /* [is_signed][log2 size] */
};

void types_init(struct types *types, struct arena *arena, struct interner *interner,
		const struct target *target);

const struct type *type_int(const struct types *types, unsigned size, bool is_signed);

/* Of a constant: `value` is an int64 when `is_negative`, else a uint64. */
const struct type *type_literal(struct types *types, uint64_t value, bool is_negative);
const struct type *type_string(struct types *types, uint32_t size);
const struct type *type_chars(struct types *types, uint32_t size); /* char[size] of C */
const struct type *type_pointer(struct types *types, const struct type *to, enum space space);
const struct type *type_array(struct types *types, const struct type *element, uint32_t length);

/* Offsets are laid out as C would; `names` is NULL for a tuple. */
const struct type *type_tuple(struct types *types, const struct type *const *items,
			      const char *const *names, size_t count);

/* A struct of its own identity (not interned by content). */
struct type *type_struct(struct types *types, const char *tag, bool is_union);

const struct type *type_aggregate(struct types *types, enum aggregate kind, bool is_signed);
const struct type *type_hist(struct types *types, uint32_t bits);
const struct type *type_percentiles(struct types *types, uint32_t bits, bool is_signed);
const struct type *type_series(struct types *types, enum series_kind kind, uint64_t interval,
			       uint32_t slots, bool is_signed);
const struct type *type_lhist(struct types *types, int64_t min, int64_t max, int64_t step);

const struct type *type_stack(struct types *types, bool is_user, enum stack_mode mode,
			      uint32_t limit);
uint32_t stack_entry_size(const struct type *stack); /* bytes of one frame */
const struct type *type_symbol(struct types *types, bool is_user);
const struct type *type_buffer(struct types *types, uint32_t capacity);
const struct type *type_late(struct types *types, enum late_kind kind);

/* uint64 that remembers the clock it was read from. */
const struct type *type_clock(struct types *types, enum clock clock);
const struct type *type_address(struct types *types, enum space space); /* uint64 */

/* Has a value of it parts whose text is made when they are printed? */
bool type_has_late(const struct type *type);

/*
 * Bytes of an aggregate's record on one CPU, a multiple of 8:
 * count {uint64 n}; sum {int64 sum}; min, max {int64 value; uint64 set};
 * avg, stats {int64 total; uint64 n}; hist, lhist {uint64 buckets[]};
 * percentiles {int64 total; uint64 buckets[]}; series {struct series_slot slots[]}.
 */
uint32_t aggregate_record_size(const struct type *type);

/* Buckets that the per-CPU record of a histogram has. */
uint32_t aggregate_bucket_count(const struct type *type);

/* Fetches the fields of a struct if that has not been done. */
void type_complete(struct types *types, const struct type *record);

/* The same for all structs that a value of the type has in it: what prints one needs them. */
void type_complete_deep(struct types *types, const struct type *type);

/* The field, looked for in anonymous members too; *ret_offset is from the start of `record`. */
const struct field *type_field(struct types *types, const struct type *record, const char *name,
			       uint32_t *ret_offset);

/* "int" of all integers, "struct", "pointer" ...: what kind of type it is, for typeinfo(). */
const char *type_base_name(const struct type *type);

bool type_is_integer(const struct type *type);	 /* INT, BOOL, ENUM */
bool type_is_signed(const struct type *type);

/* Is an operation on the two (comparison, / % >>) a signed one?  Literals take the other's sign. */
bool type_operation_is_signed(const struct type *a, const struct type *b);

/* What reading an aggregate as a number gives (int64, uint64); other types as they are. */
const struct type *type_read(const struct types *types, const struct type *type);

/* Can reading it as a number be done: count, sum, min, max, avg? */
bool aggregate_is_number(const struct type *type);
bool type_in_register(const struct type *type); /* INT, BOOL, POINTER, ENUM; else memory */
bool type_is_record(const struct type *type);	 /* TUPLE with names */

/* Has a value of it addresses that are printed as names?  `of_users`: addresses of processes. */
bool type_has_symbols(const struct type *type, bool of_users);

/* Name of an aggregate's function: "count". */
const char *aggregate_name(enum aggregate kind);
const char *series_word(enum series_kind kind); /* "avg"; NULL: the last value has none */

#endif
