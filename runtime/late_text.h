/*
 * Text that is made or looked up when a value is printed: times, addresses of
 * the network, names of users and control groups.
 */
#ifndef RUNTIME_LATE_TEXT_H
#define RUNTIME_LATE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"
#include "base/table.h"
#include "base/value.h"
#include "sema/type.h"

struct session;

/* What was found out already; lives in the session. */
struct late_texts {
	struct arena *arena;
	int64_t boot_epoch; /* ns from 1970 to the boot clock's 0, as it was at the start */
	struct table users, cgroups; /* by id; names and paths */
};

void late_texts_init(struct late_texts *texts, struct arena *arena);

/* Makes strings of the parts of a value of this type that are VALUE_LATE; they live in `arena`. */
void late_text(struct session *session, struct arena *arena, const struct type *type,
	       struct value *value);

/* strftime() with as much room as it takes. */
const char *format_time(struct arena *arena, const char *format, const struct tm *time,
			size_t *ret_length);

#endif
