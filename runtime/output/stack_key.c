/*
 * Reads the keys of maps as stacks.
 */
#include "runtime/output/stack_key.h"

#include <string.h>

#include "base/compiler.h"
#include "runtime/output/stack_text.h"

bool key_has_stack(const struct value *key)
{
	size_t i;

	if (key->kind != VALUE_TUPLE && key->kind != VALUE_RECORD)
		return key->kind == VALUE_STACK;
	for (i = 0; i < key->list.count; i++)
		if (key_has_stack(&key->list.items[i]))
			return true;
	return false;
}

enum part { PART_OTHER, PART_USER, PART_KERNEL };

struct walk {
	const char *truncation_mark;
	struct arena *arena;
	void (*callback)(void *context, const char *name, size_t length, bool is_kernel);
	void *context;
};

static void give_frames(const struct walk *walk, const struct value *stack)
{
	size_t i;

	for (i = stack->stack.count; i-- > 0;) {
		const struct stack_frame *frame = &stack->stack.frames[i];
		struct strbuf name;
		size_t j;

		strbuf_init(&name, walk->arena);
		frame_text(frame, false, &name);
		walk->callback(walk->context, name.text, name.length, !stack->stack.is_user);
		for (j = frame->inlined_count; j-- > 0;)
			walk->callback(walk->context, frame->inlined[j].name,
				       strlen(frame->inlined[j].name), !stack->stack.is_user);
	}
}

static void give_part(const struct walk *walk, const struct value *key, enum part part)
{
	struct strbuf text;
	size_t i;

	if (key->kind == VALUE_TUPLE || key->kind == VALUE_RECORD) {
		for (i = 0; i < key->list.count; i++)
			give_part(walk, &key->list.items[i], part);
	} else if (key->kind == VALUE_STACK) {
		if (part == (key->stack.is_user ? PART_USER : PART_KERNEL))
			give_frames(walk, key);
	} else if (part == PART_OTHER) {
		strbuf_init(&text, walk->arena);
		value_text(key, walk->truncation_mark, &text);
		walk->callback(walk->context, text.text, text.length, false);
	}
}

void key_each_level(const struct value *key, const char *truncation_mark, struct arena *arena,
		    void (*callback)(void *context, const char *name, size_t length, bool is_kernel),
		    void *context)
{
	const struct walk walk = { truncation_mark, arena, callback, context };

	give_part(&walk, key, PART_OTHER);
	give_part(&walk, key, PART_USER);
	give_part(&walk, key, PART_KERNEL);
}

uint64_t value_weight(const struct value *value)
{
	switch (value->kind) {
	case VALUE_INT:
		return value->i > 0 ? value->u : 0;
	case VALUE_UINT:
	case VALUE_BOOL:
		return value->u;
	case VALUE_AVERAGE:
	case VALUE_STATS:
		return value->is_signed && value->stats.total < 0 ? 0 : (uint64_t)value->stats.total;
	case VALUE_HISTOGRAM:
		return value->histogram.total;
	case VALUE_PERCENTILES:
		return value->percentiles.count;
	case VALUE_SERIES:
	case VALUE_NONE:
	case VALUE_POINTER:
	case VALUE_ENUM:
	case VALUE_STRING:
	case VALUE_ARRAY:
	case VALUE_TUPLE:
	case VALUE_RECORD:
	case VALUE_SYMBOL:
	case VALUE_STACK:
	case VALUE_BUFFER:
	case VALUE_LATE:
		return 0;
	}
	unreachable();
}
