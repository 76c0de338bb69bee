/*
 * Applying conversions: numbers, texts, bytes, by the rules of C's printf.
 *
 * Done here and not by snprintf(), since this is what an event costs.
 */
#include <string.h>

#include "base/compiler.h"
#include "stdlib/format.h"

enum { DIGITS_MAX = 64 };

static const char lower_digits[] = "0123456789abcdef", upper_digits[] = "0123456789ABCDEF";

/* --- padding ----------------------------------------------------------------------------- */

static void pad(uint32_t width, size_t length, char with, struct strbuf *out)
{
	if (width > length)
		strbuf_fill(out, with, width - length);
}

static void put_padded(const struct conversion *conversion, const char *text, size_t length,
		       struct strbuf *out)
{
	if (!conversion->left)
		pad(conversion->width, length, ' ', out);
	strbuf_add(out, text, length);
	if (conversion->left)
		pad(conversion->width, length, ' ', out);
}

void format_text(const struct conversion *conversion, const char *text, size_t length,
		 struct strbuf *out)
{
	if (conversion->has_precision)
		length = MIN(length, (size_t)conversion->precision);
	put_padded(conversion, text, length, out);
}

/* --- numbers ------------------------------------------------------------------------------ */

/* A number in parts, most of which are empty most of the time. */
struct number_text {
	const char *prefix; /* sign or 0x */
	char digits[DIGITS_MAX];
	size_t first; /* of the digits used, which end with the array */
};

static void write_digits(struct number_text *text, uint64_t number, unsigned base,
			 const char *digits)
{
	text->first = DIGITS_MAX;
	do {
		text->digits[--text->first] = digits[number % base];
		number /= base;
	} while (number);
}

static void put_number(const struct conversion *conversion, const struct number_text *text,
		       struct strbuf *out)
{
	size_t digits = DIGITS_MAX - text->first, prefix = strlen(text->prefix), zeros = 0, length;

	if (conversion->has_precision) {
		if (!conversion->precision && digits == 1 && text->digits[text->first] == '0')
			digits = 0;
		zeros = conversion->precision > digits ? conversion->precision - digits : 0;
	} else if (conversion->zero && !conversion->left && conversion->width > digits + prefix) {
		zeros = conversion->width - digits - prefix;
	}
	length = prefix + zeros + digits;
	if (!conversion->left)
		pad(conversion->width, length, ' ', out);
	strbuf_add(out, text->prefix, prefix);
	strbuf_fill(out, '0', zeros);
	strbuf_add(out, text->digits + DIGITS_MAX - digits, digits);
	if (conversion->left)
		pad(conversion->width, length, ' ', out);
}

static void put_signed(const struct conversion *conversion, int64_t number, struct strbuf *out)
{
	struct number_text text = { .prefix = "" };

	if (number < 0)
		text.prefix = "-";
	else if (conversion->plus)
		text.prefix = "+";
	else if (conversion->blank)
		text.prefix = " ";
	write_digits(&text, number < 0 ? -(uint64_t)number : (uint64_t)number, 10, lower_digits);
	put_number(conversion, &text, out);
}

static void put_unsigned(const struct conversion *conversion, uint64_t number, unsigned base,
			 const char *digits, const char *prefix, struct strbuf *out)
{
	struct number_text text = { .prefix = "" };
	struct conversion own = *conversion;

	write_digits(&text, number, base, digits);
	if (conversion->alternate && base == 8 && conversion->has_precision)
		/* C: as many digits as it takes for the first to be 0 */
		own.precision = MAX(own.precision, DIGITS_MAX - (uint32_t)text.first + (number != 0));
	else if (conversion->alternate && number)
		text.prefix = prefix;
	put_number(&own, &text, out);
}

static void put_pointer(const struct conversion *conversion, uint64_t number, struct strbuf *out)
{
	struct number_text text = { .prefix = number ? "0x" : "" };

	write_digits(&text, number, 16, lower_digits);
	put_number(conversion, &text, out);
}

/* --- %gr ------------------------------------------------------------------------------------- */

/* Flags of allocations: names of several bits before those of one (stdlib.md 4.3). */
enum {
	G_DMA = 1 << 0, G_HIGHMEM = 1 << 1, G_DMA32 = 1 << 2, G_MOVABLE = 1 << 3,
	G_RECLAIMABLE = 1 << 4, G_HIGH = 1 << 5, G_IO = 1 << 6, G_FS = 1 << 7, G_ZERO = 1 << 8,
	G_DIRECT = 1 << 10, G_KSWAPD = 1 << 11, G_WRITE = 1 << 12, G_NOWARN = 1 << 13,
	G_RETRY = 1 << 14, G_NOFAIL = 1 << 15, G_NORETRY = 1 << 16, G_MEMALLOC = 1 << 17,
	G_COMP = 1 << 18, G_NOMEMALLOC = 1 << 19, G_HARDWALL = 1 << 20, G_THISNODE = 1 << 21,
	G_ACCOUNT = 1 << 22, G_ZEROTAGS = 1 << 23, G_SKIP_ZERO = 1 << 24, G_SKIP_KASAN = 1 << 25,
	G_NO_OBJ_EXT = 1 << 26,
	G_RECLAIM = G_DIRECT | G_KSWAPD,
	G_KERNEL = G_RECLAIM | G_IO | G_FS,
	G_USER = G_KERNEL | G_HARDWALL,
	G_HIGHUSER = G_USER | G_HIGHMEM,
	G_HIGHUSER_MOVABLE = G_HIGHUSER | G_MOVABLE | G_SKIP_KASAN,
	G_HUGE_LIGHT = (G_HIGHUSER_MOVABLE | G_COMP | G_NOMEMALLOC | G_NOWARN) & ~G_RECLAIM,
};

static const struct {
	uint32_t bits;
	const char *name;
} allocation_flags[] = {
	{ G_HUGE_LIGHT | G_DIRECT, "GFP_TRANSHUGE" },
	{ G_HUGE_LIGHT, "GFP_TRANSHUGE_LIGHT" },
	{ G_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE" },
	{ G_HIGHUSER, "GFP_HIGHUSER" },
	{ G_USER, "GFP_USER" },
	{ G_KERNEL | G_ACCOUNT, "GFP_KERNEL_ACCOUNT" },
	{ G_KERNEL, "GFP_KERNEL" },
	{ G_RECLAIM | G_IO, "GFP_NOFS" },
	{ G_HIGH | G_KSWAPD, "GFP_ATOMIC" },
	{ G_RECLAIM, "GFP_NOIO" },
	{ G_KSWAPD | G_NOWARN, "GFP_NOWAIT" },
	{ G_DMA, "GFP_DMA" },
	{ G_HIGHMEM, "__GFP_HIGHMEM" },
	{ G_DMA32, "GFP_DMA32" },
	{ G_HIGH, "__GFP_HIGH" },
	{ G_IO, "__GFP_IO" },
	{ G_FS, "__GFP_FS" },
	{ G_ZERO, "__GFP_ZERO" },
	{ G_DIRECT, "__GFP_DIRECT_RECLAIM" },
	{ G_KSWAPD, "__GFP_KSWAPD_RECLAIM" },
	{ G_WRITE, "__GFP_WRITE" },
	{ G_NOWARN, "__GFP_NOWARN" },
	{ G_RETRY, "__GFP_RETRY_MAYFAIL" },
	{ G_NOFAIL, "__GFP_NOFAIL" },
	{ G_NORETRY, "__GFP_NORETRY" },
	{ G_MEMALLOC, "__GFP_MEMALLOC" },
	{ G_COMP, "__GFP_COMP" },
	{ G_NOMEMALLOC, "__GFP_NOMEMALLOC" },
	{ G_HARDWALL, "__GFP_HARDWALL" },
	{ G_THISNODE, "__GFP_THISNODE" },
	{ G_ACCOUNT, "__GFP_ACCOUNT" },
	{ G_ZEROTAGS, "__GFP_ZEROTAGS" },
	{ G_SKIP_ZERO, "__GFP_SKIP_ZERO" },
	{ G_SKIP_KASAN, "__GFP_SKIP_KASAN" },
	{ G_NO_OBJ_EXT, "__GFP_NO_OBJ_EXT" },
};

static void put_allocation(const struct conversion *conversion, uint64_t flags, struct strbuf *out)
{
	struct strbuf names;
	size_t i;

	strbuf_init(&names, out->arena);
	for (i = 0; i < ARRAY_SIZE(allocation_flags); i++) {
		if ((flags & allocation_flags[i].bits) != allocation_flags[i].bits)
			continue;
		flags &= ~(uint64_t)allocation_flags[i].bits;
		strbuf_printf(&names, "%s%s", names.length ? "|" : "", allocation_flags[i].name);
	}
	if (flags)
		strbuf_printf(&names, "%s%#llx", names.length ? "|" : "", (unsigned long long)flags);
	format_text(conversion, names.length ? names.text : "0", MAX(names.length, (size_t)1), out);
}

void format_number(const struct conversion *conversion, uint64_t number, struct strbuf *out)
{
	unsigned unused = 64 - conversion->bits;
	uint64_t cut = number << unused >> unused;
	char byte = (char)number;

	switch (conversion->kind) {
	case CONVERSION_SIGNED:
		put_signed(conversion, (int64_t)(number << unused) >> unused, out);
		return;
	case CONVERSION_UNSIGNED:
		put_unsigned(conversion, cut, 10, lower_digits, "", out);
		return;
	case CONVERSION_HEX:
		put_unsigned(conversion, cut, 16, lower_digits, "0x", out);
		return;
	case CONVERSION_HEX_UPPER:
		put_unsigned(conversion, cut, 16, upper_digits, "0X", out);
		return;
	case CONVERSION_OCTAL:
		put_unsigned(conversion, cut, 8, lower_digits, "0", out);
		return;
	case CONVERSION_CHARACTER:
		put_padded(conversion, &byte, 1, out);
		return;
	case CONVERSION_POINTER:
		put_pointer(conversion, number, out);
		return;
	case CONVERSION_ALLOCATION:
		put_allocation(conversion, number, out);
		return;
	case CONVERSION_STRING:
	case CONVERSION_BYTES:
	case CONVERSION_BYTES_ESCAPED:
	case CONVERSION_BYTES_HEX:
	case CONVERSION_NONE:
		break;
	}
	unreachable();
}

/* --- bytes --------------------------------------------------------------------------------------- */

void format_bytes(const struct conversion *conversion, const void *bytes, size_t length,
		  struct strbuf *out)
{
	const unsigned char *byte = bytes;
	struct strbuf text;
	size_t i;

	strbuf_init(&text, out->arena);
	for (i = 0; i < length; i++) {
		if (conversion->kind == CONVERSION_BYTES && byte[i] >= 32 && byte[i] <= 126) {
			strbuf_putc(&text, (char)byte[i]);
			continue;
		}
		if (conversion->kind != CONVERSION_BYTES_HEX)
			strbuf_puts(&text, "\\x");
		else if (i)
			strbuf_putc(&text, ' ');
		strbuf_putc(&text, lower_digits[byte[i] >> 4]);
		strbuf_putc(&text, lower_digits[byte[i] & 15]);
	}
	format_text(conversion, text.text, text.length, out);
}
