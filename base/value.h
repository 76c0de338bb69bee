/*
 * What a program prints: the common tongue of readers of raw bytes and of
 * output formats.  Lives in an arena that is reset between prints, or points
 * into what it was made from.
 */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind {
	VALUE_NONE,
	VALUE_INT,	 /* i */
	VALUE_UINT,	 /* u */
	VALUE_BOOL,	 /* u */
	VALUE_POINTER,	 /* u, printed in hex */
	VALUE_ENUM,	 /* string: the member's name; i: the number */
	VALUE_STRING,	 /* string: bytes without the NUL */
	VALUE_ARRAY,	 /* list */
	VALUE_TUPLE,	 /* list */
	VALUE_RECORD,	 /* list, names */
	VALUE_AVERAGE,	 /* stats.average */
	VALUE_STATS,	 /* stats */
	VALUE_HISTOGRAM, /* histogram */
	VALUE_PERCENTILES, /* percentiles */
	VALUE_SERIES,	 /* series */
	VALUE_SYMBOL,	 /* string: the name, empty if unknown; number: the address */
	VALUE_STACK,	 /* stack */
	VALUE_BUFFER,	 /* string: any bytes */
	VALUE_LATE,	 /* string: the bytes as they came, until their text is made of them */
};

/* How the frames of a stack are written. */
enum stack_mode { STACK_BPFTRACE, STACK_PERF, STACK_RAW, STACK_BUILD_ID };

enum { BUILD_ID_SIZE = 20 };

/* A function whose code stands within another one's. */
struct inlined_frame {
	const char *name;
	const char *source; /* "FILE:LINE", NULL: unknown */
};

struct stack_frame {
	uint64_t address;	 /* with a build id: offset in the file */
	uint64_t offset;	 /* from the start of the symbol */
	const char *name;	 /* NULL: unknown, or not looked for */
	const char *module;	 /* path of a program or library, NULL: unknown */
	const uint8_t *build_id; /* BUILD_ID_SIZE bytes, or NULL */
	const char *source;	 /* "FILE:LINE", NULL: unknown, or not looked for */
	const struct inlined_frame *inlined; /* in it, the innermost first */
	size_t inlined_count;
};

/* A row; the closed interval [min, max]. */
struct histogram_bucket {
	bool no_min, no_max; /* open ends */
	int64_t min, max;
	const char *label; /* "[256, 512)", as text shows it */
	uint64_t count;
};

/* Which percentiles are shown. */
enum { PERCENTILE_COUNT = 4, PERCENTILE_ALL = 10000 };

extern const struct percentile {
	const char *name; /* "p50" */
	unsigned rank;	  /* of PERCENTILE_ALL values so many are not larger */
} percentiles[PERCENTILE_COUNT];

/* What came in interval number `epoch` since 1970. */
struct series_point {
	uint64_t epoch;
	int64_t value;
};

struct value {
	enum value_kind kind;
	bool is_signed;	   /* of stats, percentiles, series */
	bool is_truncated; /* string that filled its buffer */
	union {
		int64_t i;
		uint64_t u;
		struct {
			const char *bytes;
			size_t length;
			int64_t number; /* ENUM, SYMBOL */
			uint32_t pid;	/* SYMBOL of a process; 0: of the kernel */
		} string;
		struct {
			struct value *items;
			const char *const *names; /* RECORD */
			size_t count;
		} list;
		struct {
			uint64_t count;
			int64_t average, total; /* unsigned unless is_signed */
		} stats;
		struct {
			struct histogram_bucket *buckets; /* from the first to the last non-empty */
			size_t count;
			uint64_t total;
		} histogram;
		struct {
			uint64_t count, deviation;
			int64_t average; /* unsigned unless is_signed, these as well: */
			int64_t *at;	 /* each of the percentiles; NULL: no values */
		} percentiles;
		struct {
			struct series_point *points; /* by epoch; only intervals with values */
			size_t count;
			uint64_t interval; /* ns */
			uint64_t last;	   /* epoch that the series is shown up to */
		} series;
		struct {
			struct stack_frame *frames; /* innermost first */
			size_t count;
			enum stack_mode mode;
			bool is_user;
			uint32_t pid; /* whose addresses these are, when is_user */
		} stack;
	};
};

/* <0, 0, >0: numbers by value, strings bytewise, lists item by item. */
int value_compare(const struct value *a, const struct value *b);

/*
 * The number a map is sorted by when values are what matters: the integer,
 * the average, the total of a histogram.  False for values without one.
 */
bool value_sorts_by_number(const struct value *value);

#endif
