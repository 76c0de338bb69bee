/*
 * Text that the kernel makes, by its own rules, which are fewer than ours:
 * printf() into a file that somebody else reads, debugf() into the trace buffer.
 */
#include <linux/bpf.h>
#include <linux/version.h>

#include "base/compiler.h"
#include "stdlib/call.h"
#include "stdlib/printf.h"

enum { WORD = 8, ARGS_MAX = 12 }; /* MAX_BPRINTF_VARARGS */

/* What is to be printed: the kernel's format, and a word for each value. */
struct kernel_text {
	struct codegen *cg;
	const char *subject; /* of messages */
	struct strbuf format;
	unsigned count;
	struct val words[ARGS_MAX];
};

static void report(struct kernel_text *text, const struct expr *arg, const char *what)
{
	struct diags *diags = text->cg->program->diags;

	diag_report(diags, arg->span, DIAG_UNSUPPORTED, "%s is made by the kernel, which has no %s",
		    text->subject, what);
	diag_hint(diags, "it has %%d, %%u, %%x, %%X, %%c, %%p and %%s, with a width and the flags '-', '0', "
			 "'+' and ' '");
}

/* The conversion as the kernel has it, of a 64-bit word; NULL: it has none. */
static const char *kernel_specifier(const struct conversion *conversion, const struct type *type)
{
	switch (conversion->kind) {
	case CONVERSION_SIGNED:
		return "lld";
	case CONVERSION_UNSIGNED:
		return "llu";
	case CONVERSION_HEX:
	case CONVERSION_POINTER:
		return "llx";
	case CONVERSION_HEX_UPPER:
		return "llX";
	case CONVERSION_STRING:
		if (type->kind == TYPE_STRING)
			return "s";
		return type->kind != TYPE_INT ? NULL : type_is_signed(type) ? "lld" : "llu";
	case CONVERSION_CHARACTER: /* as a string of one: %c is younger than %s */
		return "s";
	case CONVERSION_OCTAL:
	case CONVERSION_BYTES:
	case CONVERSION_BYTES_ESCAPED:
	case CONVERSION_BYTES_HEX:
	case CONVERSION_ALLOCATION:
	case CONVERSION_NONE:
		return NULL;
	}
	unreachable();
}

/* The kernel prints nothing at all of a format with other characters. */
static bool is_known_character(char c)
{
	return (c >= ' ' && c <= '~') || (c >= '\t' && c <= '\r');
}

static void put_text(struct kernel_text *text, const struct expr *call,
		     const struct format_piece *piece)
{
	size_t i;

	for (i = 0; i < piece->length; i++) {
		if (!is_known_character(piece->text[i])) {
			report(text, call_arg(call, 0), "characters but those of ASCII in a format");
			return;
		}
		strbuf_putc(&text->format, piece->text[i]);
		if (piece->text[i] == '%')
			strbuf_putc(&text->format, '%');
	}
}

static void put_conversion(struct kernel_text *text, const struct conversion *conversion,
			   const struct expr *arg, const struct type *type)
{
	const char *specifier = kernel_specifier(conversion, type);
	struct strbuf *out = &text->format;

	if (!specifier) {
		report(text, arg, arena_printf(text->cg->arena, "%.*s for a value of type '%s'",
					       (int)conversion->length, conversion->text, type->name));
		return;
	}
	if (conversion->has_precision || conversion->alternate) {
		report(text, arg, "precisions and no '#'");
		return;
	}
	if (conversion->kind == CONVERSION_POINTER)
		strbuf_puts(out, "0x");
	strbuf_printf(out, "%%%s%s%s%s", conversion->left ? "-" : "", conversion->plus ? "+" : "",
		      conversion->blank ? " " : "", conversion->zero ? "0" : "");
	if (conversion->width)
		strbuf_printf(out, "%u", conversion->width);
	strbuf_puts(out, specifier);
}

/* What the kernel is to print: a number, or where the string is. */
static struct val emit_word(struct codegen *cg, const struct conversion *conversion,
			    struct expr *arg, const struct type *type)
{
	bool is_signed = conversion->kind == CONVERSION_SIGNED;
	struct val value = build_slot(cg->b, type->size + WORD), word = value;

	emit_expr_into(cg, arg, type, value);
	if (type->kind == TYPE_STRING) { /* which may fill its bytes: the kernel wants a NUL */
		build_store(cg->b, 1, value, type->size, val_const(0));
		return value;
	}
	word = emit_load_value(cg, type, value);
	if (conversion->bits < 64 && conversion->kind != CONVERSION_STRING)
		word = build_extend(cg->b, word, conversion->bits / 8, is_signed);
	if (conversion->kind == CONVERSION_CHARACTER) {
		struct val text = build_slot(cg->b, WORD);

		build_store(cg->b, WORD, text, 0, build_extend(cg->b, word, 1, false));
		return text;
	}
	return word;
}

/* `most` values are what the helper takes. */
static void emit_kernel_text(struct kernel_text *text, const struct expr *call, unsigned most)
{
	const struct format *format = call->call.data;
	struct codegen *cg = text->cg;
	size_t i;

	strbuf_init(&text->format, cg->arena);
	if (format->conversion_count > most) {
		report(text, call, arena_printf(cg->arena, "room for more than %u values", most));
		return;
	}
	for (i = 0; i < format->pieces.count; i++) {
		const struct format_piece *piece = &format->pieces.items[i];
		const struct type *type;
		struct expr *arg;

		put_text(text, call, piece);
		if (!piece->has_conversion)
			continue;
		arg = call_arg(call, text->count + 1);
		type = payload_type(cg, arg->type);
		put_conversion(text, &piece->conversion, arg, type);
		text->words[text->count++] = emit_word(cg, &piece->conversion, arg, type);
	}
	strbuf_putc(&text->format, '\0');
}

struct val emit_seq_printf(struct codegen *cg, const struct expr *call, struct val file)
{
	struct kernel_text text = { .cg = cg, .subject = "the text of a pinned iterator" };
	struct val words;
	unsigned i;

	emit_kernel_text(&text, call, ARGS_MAX);
	words = build_slot(cg->b, MAX(text.count, 1u) * WORD);
	for (i = 0; i < text.count; i++)
		build_store(cg->b, WORD, words, i * WORD, text.words[i]);
	BUILD_CALL(cg->b, BPF_FUNC_seq_printf, file,
		   codegen_data(cg, text.format.text, (uint32_t)text.format.length),
		   val_const((int64_t)text.format.length), words, val_const(text.count * WORD));
	return VAL_NOTHING;
}

enum { TRACE_ARGS_MAX = 3 };

/* Until 5.13 the helper for the trace buffer had a reader of formats to itself. */
static void check_old_trace(struct kernel_text *text, const struct expr *call)
{
	const struct format *format = call->call.data;
	unsigned strings = 0;
	size_t i;

	if (text->cg->program->target->kernel_version >= KERNEL_VERSION(5, 13, 0))
		return;
	for (i = 0; i < format->pieces.count; i++) {
		const struct conversion *conversion = &format->pieces.items[i].conversion;

		if (conversion->width || conversion->left || conversion->plus || conversion->blank ||
		    conversion->zero)
			report(text, call, "widths and flags before Linux 5.13");
		strings += conversion->kind == CONVERSION_STRING ||
			   conversion->kind == CONVERSION_CHARACTER;
	}
	if (strings > 1)
		report(text, call, "room for more than one string before Linux 5.13");
}

struct val emit_trace_printk(struct codegen *cg, const struct expr *call)
{
	struct kernel_text text = { .cg = cg, .subject = "the text of debugf()" };
	struct val args[2 + TRACE_ARGS_MAX];
	unsigned i;

	check_old_trace(&text, call);
	emit_kernel_text(&text, call, TRACE_ARGS_MAX);
	args[0] = codegen_data(cg, text.format.text, (uint32_t)text.format.length);
	args[1] = val_const((int64_t)text.format.length);
	for (i = 0; i < text.count; i++)
		args[2 + i] = text.words[i];
	build_call(cg->b, BPF_FUNC_trace_printk, args, 2 + text.count);
	return VAL_NOTHING;
}
