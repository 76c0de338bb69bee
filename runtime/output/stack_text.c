/*
 * Stacks and symbols as text (output.md section 7).  Names have been looked up
 * before (runtime/symbolize.c); a frame without one shows its address.
 */
#include "runtime/output/stack_text.h"

#include "base/compiler.h"
#include "runtime/output/value_text.h"

enum { INDENT = 8 };

static void address_text(uint64_t address, struct strbuf *out)
{
	strbuf_puts(out, "0x");
	hex_text(address, out);
}

void frame_text(const struct stack_frame *frame, bool offset, struct strbuf *out)
{
	/* What the kernel's unwinder leaves where it gave up. */
	if (frame->address == UINT64_MAX) {
		strbuf_puts(out, "<unwind failure>");
		return;
	}
	if (!frame->name) {
		address_text(frame->address, out);
		return;
	}
	strbuf_puts(out, frame->name);
	if (offset) {
		strbuf_putc(out, '+');
		unsigned_text(frame->offset, out);
	}
}

static void source_text(const char *source, struct strbuf *out)
{
	if (!source)
		return;
	strbuf_putc(out, '@');
	strbuf_puts(out, source);
}

/* A line for each function that is inlined in the frame's. */
static void inlined_text(const struct stack_frame *frame, enum stack_mode mode, struct strbuf *out)
{
	size_t i;

	for (i = 0; i < frame->inlined_count; i++) {
		const struct inlined_frame *inlined = &frame->inlined[i];

		if (mode == STACK_PERF) {
			strbuf_putc(out, '\t');
			hex_text(frame->address, out);
			strbuf_printf(out, " %s (inlined)\n", inlined->name);
			continue;
		}
		strbuf_fill(out, ' ', INDENT);
		strbuf_printf(out, "[inlined] %s", inlined->name);
		source_text(inlined->source, out);
		strbuf_putc(out, '\n');
	}
}

static void perf_frame_text(const struct stack_frame *frame, bool is_user, struct strbuf *out)
{
	inlined_text(frame, STACK_PERF, out);
	strbuf_putc(out, '\t');
	hex_text(frame->address, out);
	strbuf_putc(out, ' ');
	frame_text(frame, true, out);
	if (!is_user)
		return;
	strbuf_puts(out, " (");
	strbuf_puts(out, frame->module ? frame->module : "[unknown]");
	strbuf_putc(out, ')');
}

static void build_id_text(const struct stack_frame *frame, struct strbuf *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	if (!frame->build_id) {
		hex_text(frame->address, out);
		return;
	}
	for (i = 0; i < BUILD_ID_SIZE; i++) {
		strbuf_putc(out, digits[frame->build_id[i] >> 4]);
		strbuf_putc(out, digits[frame->build_id[i] & 15]);
	}
	strbuf_putc(out, ' ');
	address_text(frame->address, out);
}

void stack_text(const struct value *stack, struct strbuf *out)
{
	size_t i;

	strbuf_putc(out, '\n');
	for (i = 0; i < stack->stack.count; i++) {
		const struct stack_frame *frame = &stack->stack.frames[i];

		switch (stack->stack.mode) {
		case STACK_BPFTRACE:
			inlined_text(frame, STACK_BPFTRACE, out);
			strbuf_fill(out, ' ', INDENT);
			frame_text(frame, true, out);
			source_text(frame->source, out);
			break;
		case STACK_PERF:
			perf_frame_text(frame, stack->stack.is_user, out);
			break;
		case STACK_RAW:
			hex_text(frame->address, out);
			break;
		case STACK_BUILD_ID:
			build_id_text(frame, out);
			break;
		}
		strbuf_putc(out, '\n');
	}
}

/* 0 is no address of anything: a value that was never set. */
void symbol_text(const struct value *symbol, struct strbuf *out)
{
	if (symbol->string.length)
		strbuf_add(out, symbol->string.bytes, symbol->string.length);
	else if (symbol->string.number)
		address_text((uint64_t)symbol->string.number, out);
	else
		strbuf_putc(out, '0');
}
