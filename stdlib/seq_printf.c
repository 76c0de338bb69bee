/*
 * printf() into a file that somebody else reads: the kernel makes the text, by its
 * own rules, which are fewer than ours.
 */
#include "stdlib/printf.h"

#include <linux/bpf.h>

#include "base/compiler.h"
#include "stdlib/call.h"

enum { WORD = 8, ARGS_MAX = 12 }; /* MAX_BPRINTF_VARARGS */

static void report(struct codegen *cg, const struct expr *arg, const char *what)
{
	struct diags *diags = cg->program->diags;

	diag_report(diags, arg->span, DIAG_UNSUPPORTED,
		    "the text of a pinned iterator is made by the kernel, which has no %s", what);
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

static void put_text(struct strbuf *out, const struct format_piece *piece)
{
	size_t i;

	for (i = 0; i < piece->length; i++) {
		strbuf_putc(out, piece->text[i]);
		if (piece->text[i] == '%')
			strbuf_putc(out, '%');
	}
}

static void put_conversion(struct codegen *cg, const struct conversion *conversion,
			   const struct expr *arg, const struct type *type, struct strbuf *out)
{
	const char *specifier = kernel_specifier(conversion, type);

	if (!specifier) {
		report(cg, arg, arena_printf(cg->arena, "%.*s for a value of type '%s'",
					     (int)conversion->length, conversion->text, type->name));
		return;
	}
	if (conversion->has_precision || conversion->alternate) {
		report(cg, arg, "precisions and no '#'");
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

/* Stores what the kernel is to print: a number, or where the string is. */
static void store_arg(struct codegen *cg, const struct conversion *conversion,
		      const struct type *type, struct val value, struct val words, unsigned index)
{
	bool is_signed = conversion->kind == CONVERSION_SIGNED;
	struct val word = value;

	if (type->kind != TYPE_STRING) {
		word = emit_load_value(cg, type, value);
		if (conversion->bits < 64 && conversion->kind != CONVERSION_STRING)
			word = build_extend(cg->b, word, conversion->bits / 8, is_signed);
	}
	if (conversion->kind == CONVERSION_CHARACTER) {
		struct val text = build_slot(cg->b, WORD);

		build_store(cg->b, WORD, text, 0, build_extend(cg->b, word, 1, false));
		word = text;
	}
	build_store(cg->b, WORD, words, index * WORD, word);
}

struct val emit_seq_printf(struct codegen *cg, const struct expr *call, struct val file)
{
	const struct format *format = call->call.data;
	unsigned count = (unsigned)call_arg_count(call) - 1, next = 0;
	struct val words = build_slot(cg->b, MAX(count, 1u) * WORD);
	struct strbuf text;
	size_t i;

	if (count > ARGS_MAX)
		report(cg, call, "room for more than 12 values");
	strbuf_init(&text, cg->arena);
	for (i = 0; i < format->pieces.count; i++) {
		const struct format_piece *piece = &format->pieces.items[i];
		const struct type *type;
		struct expr *arg;
		struct val value;

		put_text(&text, piece);
		if (!piece->has_conversion)
			continue;
		arg = call_arg(call, ++next);
		type = payload_type(cg, arg->type);
		put_conversion(cg, &piece->conversion, arg, type, &text);
		value = build_slot(cg->b, type->size + WORD);
		emit_expr_into(cg, arg, type, value);
		if (type->kind == TYPE_STRING) /* which may fill its bytes: the kernel wants a NUL */
			build_store(cg->b, 1, value, type->size, val_const(0));
		store_arg(cg, &piece->conversion, type, value, words, next - 1);
	}
	strbuf_putc(&text, '\0');
	BUILD_CALL(cg->b, BPF_FUNC_seq_printf, file,
		   codegen_data(cg, text.text, (uint32_t)text.length),
		   val_const((int64_t)text.length), words, val_const(count * WORD));
	return VAL_NOTHING;
}
