/*
 * Joins the kernel's symbols and those of processes.  Nothing of either is
 * read before a value that has addresses is printed.
 */
#include "runtime/symbolize.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/compiler.h"
#include "runtime/host/user_files.h"
#include "runtime/kernel_symbols.h"
#include "runtime/probes/probes.h"
#include "runtime/session_internal.h"
#include "runtime/user_symbols.h"

struct symbolizer {
	struct kernel_symbols *kernel; /* NULL: not needed yet */
	struct user_symbols *user;
};

struct symbolizer *symbolizer_new(void)
{
	return calloc(1, sizeof(struct symbolizer));
}

void symbolizer_free(struct symbolizer *symbolizer)
{
	if (!symbolizer)
		return;
	kernel_symbols_free(symbolizer->kernel);
	user_symbols_free(symbolizer->user);
	free(symbolizer);
}

/* --- following -------------------------------------------------------------------- */

static bool maps_have_symbols(const struct object *object, bool is_user)
{
	size_t i;

	for (i = 0; i < object->maps.count; i++) {
		const struct object_map *map = &object->maps.items[i];

		if ((map->key && type_has_symbols(map->key, is_user)) ||
		    (map->value && type_has_symbols(map->value, is_user)))
			return true;
	}
	return false;
}

static bool has_user_symbols(const struct object *object)
{
	size_t i;

	if (maps_have_symbols(object, true))
		return true;
	for (i = 0; i < object->events.count; i++)
		if (object->events.items[i].payload &&
		    type_has_symbols(object->events.items[i].payload, true))
			return true;
	return false;
}

static struct user_symbols *user_of(struct session *session)
{
	struct symbolizer *symbolizer = session->symbolizer;

	if (!symbolizer->user)
		symbolizer->user = user_symbols_new(session->object->config.cpp_demangle,
						     session->object->config.show_debug_info,
						     user_files_debug(session->target->user_files));
	return symbolizer->user;
}

static struct kernel_symbols *kernel_of(struct session *session)
{
	struct symbolizer *symbolizer = session->symbolizer;

	if (!symbolizer->kernel)
		symbolizer->kernel = kernel_symbols_new();
	return symbolizer->kernel;
}

/* cache_user_symbols=NONE: processes are asked when they are printed, or it is too late. */
static bool is_wanted(const struct config *config)
{
	return strcasecmp(config->cache_user_symbols, "NONE") != 0 &&
	       strcmp(config->cache_user_symbols, "0") != 0;
}

void symbolizer_follow(struct session *session)
{
	int err;

	if (session->object->ends_by_itself || !has_user_symbols(session->object) ||
	    !is_wanted(&session->object->config) || !user_of(session))
		return;
	err = user_symbols_follow(session->symbolizer->user, session->options->pid,
				  session->child != 0);
	if (err)
		consumer_warn(&session->consumer, (struct span){ 0 },
			      "processes can not be followed (%s): functions of those that end before "
			      "they are printed will be without a name",
			      strerror(-err));
}

int symbolizer_fd(const struct symbolizer *symbolizer)
{
	return user_symbols_fd(symbolizer->user);
}

void symbolizer_catch_up(struct symbolizer *symbolizer)
{
	user_symbols_catch_up(symbolizer->user);
}

/* Functions are entered through code that the kernel makes when a probe is put there, and throws away. */
static bool makes_code(const struct object *object)
{
	size_t i;

	for (i = 0; i < object->attachments.count; i++)
		if (object->attachments.items[i].type == &probe_fentry ||
		    object->attachments.items[i].type == &probe_fexit)
			return true;
	return false;
}

void symbolizer_before_detaching(struct session *session)
{
	if (makes_code(session->object) && maps_have_symbols(session->object, false) &&
	    kernel_of(session))
		kernel_symbols_read(session->symbolizer->kernel);
}

/* --- naming -------------------------------------------------------------------------- */

static void warn(struct session *session, const char *trouble)
{
	if (trouble)
		consumer_warn(&session->consumer, (struct span){ 0 }, "%s", trouble);
}

static void name_kernel(struct session *session, struct stack_frame *frames, size_t count)
{
	struct symbolizer *symbolizer = session->symbolizer;
	size_t i;

	if (!kernel_of(session))
		return;
	for (i = 0; i < count; i++)
		frames[i].name = kernel_symbol_at(symbolizer->kernel, frames[i].address,
						  &frames[i].offset);
	warn(session, kernel_symbols_trouble(symbolizer->kernel));
}

static void name_user(struct session *session, uint32_t pid, struct stack_frame *frames, size_t count)
{
	if (!user_of(session))
		return;
	user_symbols_name(session->symbolizer->user, pid, frames, count);
	warn(session, user_symbols_trouble(session->symbolizer->user));
}

static void name_frames(struct session *session, bool is_user, uint32_t pid,
			struct stack_frame *frames, size_t count)
{
	if (is_user)
		name_user(session, pid, frames, count);
	else
		name_kernel(session, frames, count);
}

static void name_symbol(struct session *session, const struct type *type, struct value *value)
{
	struct stack_frame frame = { .address = (uint64_t)value->string.number };

	if (frame.address)
		name_frames(session, type->symbol.is_user, value->string.pid, &frame, 1);
	if (frame.name) {
		value->string.bytes = frame.name;
		value->string.length = strlen(frame.name);
	}
}

void symbolize(struct session *session, const struct type *type, struct value *value)
{
	size_t i;

	if (!type_has_symbols(type, false) && !type_has_symbols(type, true))
		return;
	if (value->kind == VALUE_STACK)
		name_frames(session, value->stack.is_user, value->stack.pid, value->stack.frames,
			    value->stack.count);
	else if (value->kind == VALUE_SYMBOL)
		name_symbol(session, type, value);
	else if (type->kind == TYPE_TUPLE)
		for (i = 0; i < value->list.count; i++)
			symbolize(session, type->tuple.fields[i].type, &value->list.items[i]);
	else if (type->kind == TYPE_ARRAY)
		for (i = 0; i < value->list.count; i++)
			symbolize(session, type->array.element, &value->list.items[i]);
}
