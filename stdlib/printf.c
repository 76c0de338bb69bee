/*
 * Formatted output: the values are sent, the text is made in user space.
 * printf() itself is here; what else takes a format uses printf.h.
 */
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "runtime/output/output.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/format.h"
#include "stdlib/library.h"
#include "stdlib/printf.h"

/* --- checking ------------------------------------------------------------------------------ */

static bool is_number(const struct type *type)
{
	return type_in_register(type) || (type->kind == TYPE_AGGREGATE && aggregate_is_number(type));
}

static void check_conversion(struct checker *checker, const struct expr *call,
			     const struct conversion *conversion, const struct expr *arg)
{
	struct diags *diags = checker->program->diags;
	enum conversion_kind kind = conversion->kind;
	bool fits;

	if (kind == CONVERSION_STRING) {
		check_printable(checker, arg,
				arena_printf(checker->program->arena, "%s()", call->call.name));
		return;
	}
	if (conversion_is_number(kind))
		fits = is_number(arg->type);
	else
		fits = kind != CONVERSION_NONE && arg->type->kind == TYPE_BUFFER;
	if (fits || arg->type->kind == TYPE_VOID)
		return;
	diag_report(diags, arg->span, DIAG_FORMAT, "unsupported format specifier for type '%s': %.*s",
		    arg->type->name, (int)conversion->length - 1, conversion->text + 1);
	if (conversion_is_number(kind))
		diag_hint(diags, "%%s prints any value");
	else if (kind != CONVERSION_NONE)
		diag_hint(diags, "buf() makes bytes of what is a string, an array or an address");
}

void check_formatted(struct checker *checker, struct expr *call)
{
	const struct expr *text = call_arg(call, 0);
	struct format *format = format_parse(checker->program->arena, text->string.text,
					     text->string.length);
	size_t given = call_arg_count(call) - 1, i, next = 1;

	call->call.data = format;
	if (given != format->conversion_count) {
		diag_report(checker->program->diags, call->span, DIAG_FORMAT,
			    "%s arguments for format string (%zu supplied, %zu expected)",
			    given < format->conversion_count ? "not enough" : "too many", given,
			    format->conversion_count);
		return;
	}
	for (i = 0; i < format->pieces.count; i++)
		if (format->pieces.items[i].has_conversion)
			check_conversion(checker, call, &format->pieces.items[i].conversion,
					 call_arg(call, next++));
}

/* --- sending ---------------------------------------------------------------------------------- */

struct val emit_formatted(struct codegen *cg, const struct expr *call)
{
	emit_event_values(cg, call, call->call.args.items + 1, call_arg_count(call) - 1,
			  call->call.data);
	return VAL_NOTHING;
}

/* --- printing ---------------------------------------------------------------------------------- */

static uint64_t read_number(const struct type *type, const void *bytes)
{
	unsigned unused = 64 - type->size * 8;
	uint64_t number = 0;

	memcpy(&number, bytes, type->size);
	if (type_is_signed(type))
		return (uint64_t)((int64_t)(number << unused) >> unused);
	return number;
}

static void put_value(struct consumer *consumer, const struct conversion *conversion,
		      const struct type *type, const void *bytes, struct strbuf *out)
{
	struct strbuf text;
	struct value value;

	render_value(consumer, type, bytes, &value);
	if (value.kind == VALUE_STRING && !value.is_truncated) {
		format_text(conversion, value.string.bytes, value.string.length, out);
		return;
	}
	strbuf_init(&text, consumer->arena);
	value_text(&value, output_options_of(consumer->output)->truncation_mark, &text);
	format_text(conversion, text.text, text.length, out);
}

static void put_buffer(const struct conversion *conversion, const char *bytes, struct strbuf *out)
{
	struct buffer_header header;

	memcpy(&header, bytes, sizeof(header));
	format_bytes(conversion, bytes + sizeof(header), header.length, out);
}

static void put_conversion(struct consumer *consumer, const struct conversion *conversion,
			   const struct type *type, const void *bytes, struct strbuf *out)
{
	if (conversion_is_number(conversion->kind))
		format_number(conversion, read_number(type, bytes), out);
	else if (conversion->kind == CONVERSION_STRING)
		put_value(consumer, conversion, type, bytes, out);
	else
		put_buffer(conversion, bytes, out);
}

void format_event(struct consumer *consumer, const struct object_event *event,
		  const struct format *format, const void *payload, struct strbuf *out)
{
	const struct field *field = event->payload->tuple.fields;
	size_t i;

	for (i = 0; i < format->pieces.count; i++) {
		const struct format_piece *piece = &format->pieces.items[i];

		strbuf_add(out, piece->text, piece->length);
		if (!piece->has_conversion)
			continue;
		put_conversion(consumer, &piece->conversion, field->type,
			       (const char *)payload + field->offset, out);
		field++;
	}
}

static void handle_printf(struct consumer *consumer, const struct object_event *event,
			  const void *payload, size_t size UNUSED)
{
	struct strbuf out;

	strbuf_init(&out, consumer->arena);
	format_event(consumer, event, event->data, payload, &out);
	output_format_of(consumer->output)->printf(consumer->output, out.text, out.length);
}

static struct val emit_printf(struct codegen *cg, const struct expr *call)
{
	const struct mechanism *mechanism = cg->instance->points.items[0]->mechanism;

	return mechanism->emit_file ? emit_seq_printf(cg, call, mechanism->emit_file(cg)) :
				      emit_formatted(cg, call);
}

const struct builtin printf_builtins[] = {
	{ "printf", "void (format, ...)", "Prints text with values put in, by the rules of C.",
	  BUILTIN_MUST_CALL, .check = check_formatted, .emit = emit_printf, .handle = handle_printf,
	  .example = "begin { printf(\"%s is %05d or %#x\\n\", \"it\", 42, 42); }\n"
		     "it is 00042 or 0x2a\n" },
	{ NULL },
};
