/*
 * Keys of maps as names of members.
 */
#include "runtime/output/compact_text.h"

#include "runtime/output/output.h"
#include "runtime/output/value_text.h"

/* Frames without their indentation. */
static void compact_stack(const struct value *stack, const char *mark, struct strbuf *out)
{
	bool is_indent = false;
	struct strbuf text;
	size_t i;

	strbuf_init(&text, out->arena);
	value_text(stack, mark, &text);
	for (i = 0; i < text.length; i++) {
		char c = text.text[i];

		is_indent = is_indent && (c == ' ' || c == '\t');
		if (!is_indent)
			strbuf_putc(out, c);
		is_indent |= c == '\n';
	}
}

static void compact_text(const struct value *value, bool is_whole, const char *mark,
			 struct strbuf *out)
{
	bool is_record = value->kind == VALUE_RECORD, is_tuple = value->kind == VALUE_TUPLE;
	const char *brackets = is_record ? "{}" : is_tuple ? "()" : "[]";
	size_t i;

	if (value->kind == VALUE_STACK) {
		compact_stack(value, mark, out);
		return;
	}
	if (!is_record && !is_tuple && value->kind != VALUE_ARRAY) {
		value_text(value, mark, out);
		return;
	}
	if (!is_whole || !is_tuple)
		strbuf_putc(out, brackets[0]);
	for (i = 0; i < value->list.count; i++) {
		if (i)
			strbuf_putc(out, ',');
		if (is_record)
			strbuf_printf(out, ".%s=", value->list.names[i]);
		compact_text(&value->list.items[i], false, mark, out);
	}
	if (!is_whole || !is_tuple)
		strbuf_putc(out, brackets[1]);
}

void compact_key_text(const struct value *key, const char *mark, struct strbuf *out)
{
	compact_text(key, true, mark, out);
}
