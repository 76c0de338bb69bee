/*
 * Makes texts of late values.  Users and control groups are looked up once for
 * each id and remembered for the run.
 */
#include "runtime/late_text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "base/strbuf.h"
#include "runtime/cgroups.h"
#include "runtime/session_internal.h"

#define NS_PER_S INT64_C(1000000000)

enum { TIME_TEXT_SIZE = 64, TIME_TEXT_MAX = 64 * 1024 };

void late_texts_init(struct late_texts *texts, struct arena *arena)
{
	texts->arena = arena;
	texts->boot_epoch = (int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME));
	table_init(&texts->users, arena);
	table_init(&texts->cgroups, arena);
}

static void become_text(struct value *value, const char *text, size_t length)
{
	*value = (struct value){ .kind = VALUE_STRING };
	value->string.bytes = text;
	value->string.length = length;
}

/* --- times ------------------------------------------------------------------------ */

/* The format with %f, which is ours, replaced by microseconds. */
static const char *with_microseconds(struct arena *arena, const char *format, int64_t ns)
{
	struct strbuf out;

	strbuf_init(&out, arena);
	for (; *format; format++) {
		if (format[0] == '%' && format[1] == 'f') {
			strbuf_printf(&out, "%06" PRId64, ns / 1000);
			format++;
			continue;
		}
		strbuf_putc(&out, *format);
		if (format[0] == '%' && format[1])
			strbuf_putc(&out, *++format);
	}
	return out.text ? out.text : "";
}

/* strftime() says nothing of a text that is empty and of one without room alike. */
const char *format_time(struct arena *arena, const char *format, const struct tm *time,
			size_t *ret_length)
{
	size_t size;
	char *text = NULL;

	*ret_length = 0;
	for (size = TIME_TEXT_SIZE; !*ret_length && size <= TIME_TEXT_MAX; size *= 4) {
		text = arena_alloc(arena, size);
		*ret_length = strftime(text, size, format, time);
	}
	return text;
}

static void time_text(struct session *session, struct arena *arena, struct value *value)
{
	const char *text = NULL, *format;
	struct late_time late;
	size_t length = 0;
	struct tm local;
	time_t seconds;
	int64_t ns;

	memcpy(&late, value->string.bytes, sizeof(late));
	ns = (int64_t)late.ns;
	if (late.clock == CLOCK_IS_BOOT)
		ns = (int64_t)(late.ns + (uint64_t)session->late_texts.boot_epoch);
	seconds = (time_t)(ns / NS_PER_S);
	ns %= NS_PER_S;
	if (ns < 0) {
		ns += NS_PER_S;
		seconds--;
	}
	if (late.ns && late.text < session->object->texts.count && localtime_r(&seconds, &local)) {
		format = with_microseconds(arena, session->object->texts.items[late.text],
					   ns);
		text = format_time(arena, format, &local, &length);
	}
	if (length)
		become_text(value, text, length);
	else
		become_text(value, "(?)", 3);
}

/* --- network ---------------------------------------------------------------------- */

static void inet_text(struct arena *arena, struct value *value)
{
	char *text = arena_alloc(arena, INET6_ADDRSTRLEN);
	struct late_inet late;

	memcpy(&late, value->string.bytes, sizeof(late));
	if ((late.family != AF_INET && late.family != AF_INET6) ||
	    !inet_ntop((int)late.family, late.address, text, INET6_ADDRSTRLEN))
		text[0] = '\0';
	become_text(value, text, strlen(text));
}

static void mac_text(struct arena *arena, struct value *value)
{
	const unsigned char *mac = (const unsigned char *)value->string.bytes;
	char *text = arena_printf(arena, "%02X:%02X:%02X:%02X:%02X:%02X", mac[0], mac[1], mac[2],
				  mac[3], mac[4], mac[5]);

	become_text(value, text, strlen(text));
}

/* --- users ------------------------------------------------------------------------ */

/* "" when there is no such user.  The file is read by ourselves: a static program has no NSS. */
static const char *find_user(struct arena *arena, uint64_t id)
{
	FILE *file = fopen("/etc/passwd", "re");
	const char *name = "";
	struct passwd *entry;

	while (file && !*name && (entry = fgetpwent(file)))
		if (entry->pw_uid == id)
			name = arena_strdup(arena, entry->pw_name);
	if (file)
		fclose(file);
	return name;
}

static void user_text(struct session *session, struct value *value)
{
	struct late_texts *texts = &session->late_texts;
	const char *name;
	uint64_t id;

	memcpy(&id, value->string.bytes, sizeof(id));
	name = table_get(&texts->users, &id, sizeof(id));
	if (!name) {
		name = find_user(texts->arena, id);
		table_set(&texts->users, arena_dup(texts->arena, &id, sizeof(id)), sizeof(id),
			  (void *)name);
	}
	become_text(value, name, strlen(name));
}

/* --- control groups --------------------------------------------------------------- */

static void cgroup_text(struct session *session, struct value *value)
{
	struct late_texts *texts = &session->late_texts;
	const struct object *object = session->object;
	struct late_cgroup late;
	const char *paths;

	memcpy(&late, value->string.bytes, sizeof(late));
	paths = table_get(&texts->cgroups, &late, sizeof(late));
	if (!paths) {
		paths = cgroup_paths(texts->arena, late.id,
				     late.text < object->texts.count ? object->texts.items[late.text]
								     : "");
		table_set(&texts->cgroups, arena_dup(texts->arena, &late, sizeof(late)),
			  sizeof(late), (void *)paths);
	}
	become_text(value, paths, strlen(paths));
}

/* --- all -------------------------------------------------------------------------- */

static void make_text(struct session *session, struct arena *arena, const struct type *type,
		      struct value *value)
{
	switch (type->late.kind) {
	case LATE_TIME:
		time_text(session, arena, value);
		return;
	case LATE_INET:
		inet_text(arena, value);
		return;
	case LATE_MAC:
		mac_text(arena, value);
		return;
	case LATE_USER:
		user_text(session, value);
		return;
	case LATE_CGROUP:
		cgroup_text(session, value);
		return;
	}
	unreachable();
}

void late_text(struct session *session, struct arena *arena, const struct type *type,
	       struct value *value)
{
	size_t i;

	if (!type_has_late(type))
		return;
	if (value->kind == VALUE_LATE)
		make_text(session, arena, type, value);
	else if (type->kind == TYPE_TUPLE)
		for (i = 0; i < value->list.count; i++)
			late_text(session, arena, type->tuple.fields[i].type, &value->list.items[i]);
	else if (type->kind == TYPE_ARRAY)
		for (i = 0; i < value->list.count; i++)
			late_text(session, arena, type->array.element, &value->list.items[i]);
}
