/*
 * The grammar of arguments, SIZE@OPERAND with blanks between them.  Operands
 * of x86-64 as the GNU assembler writes them:
 *
 *	-4@$5   8@%rax   1@%ah   4@-20(%rbp)   8@8(%rax,%rcx,4)   4@counter+8(%rip)
 *
 * SIZE is negative for a signed value and may end in 'f' for a floating-point
 * one, whose bits are given.
 */
#include "runtime/host/usdt_args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

struct cursor {
	const char *at, *end;
	const struct arch *arch;
	struct binary *binary;
	uint64_t location;
};

static bool take(struct cursor *cursor, char c)
{
	if (cursor->at == cursor->end || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '@';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* --- registers of x86-64 --------------------------------------------------------- */

/* "rax", "eax", "ax", "al", "ah", "r8", "r8d": the row of the whole register, and where in it. */
static int find_register(const struct arch *arch, const char *name, size_t length,
			 unsigned *ret_shift)
{
	static const char *const wide[] = { "ax", "bx", "cx", "dx", "si", "di", "bp", "sp" };
	char plain[8] = "";
	size_t i;

	*ret_shift = 0;
	if (length < 2 || length >= sizeof(plain))
		return NO_REGISTER;
	memcpy(plain, name, length);
	if (!strcmp(plain, "rip"))
		return arch_register(arch, "ip");
	for (i = 0; i < ARRAY_SIZE(wide); i++) {
		const char *row = wide[i];
		bool is_letter = row[1] == 'x'; /* of those that have high halves */

		if (!strcmp(plain, row) || /* rax, eax */
		    (length == 3 && (*plain == 'r' || *plain == 'e') && !strcmp(plain + 1, row)))
			return arch_register(arch, row);
		if (is_letter && length == 2 && *plain == *row && (plain[1] == 'l' || plain[1] == 'h')) {
			*ret_shift = plain[1] == 'h' ? 8 : 0;
			return arch_register(arch, row);
		}
		if (!is_letter && length == 3 && !strncmp(plain, row, 2) && plain[2] == 'l') /* sil */
			return arch_register(arch, row);
	}
	/* r8d, r8w, r8b */
	if (*plain == 'r' && is_digit(plain[1]) && strchr("dwb", plain[length - 1]))
		plain[length - 1] = '\0';
	return *plain == 'r' && is_digit(plain[1]) ? arch_register(arch, plain) : NO_REGISTER;
}

static int take_register(struct cursor *cursor, unsigned *ret_shift)
{
	const char *start;

	if (!take(cursor, '%'))
		return NO_REGISTER;
	start = cursor->at;
	while (cursor->at < cursor->end && is_word_char(*cursor->at))
		cursor->at++;
	return find_register(cursor->arch, start, (size_t)(cursor->at - start), ret_shift);
}

/* --- numbers and symbols ------------------------------------------------------------ */

static bool take_number(struct cursor *cursor, int64_t *ret_number)
{
	const char *at = cursor->at;
	bool is_negative = at < cursor->end && *at == '-';
	uint64_t number;
	char *end;

	at += is_negative || (at < cursor->end && *at == '+');
	if (at == cursor->end || !is_digit(*at))
		return false;
	errno = 0;
	number = strtoull(at, &end, 0);
	if (errno || end > cursor->end)
		return false;
	cursor->at = end;
	*ret_number = (int64_t)(is_negative ? -number : number);
	return true;
}

/* A sum of numbers and of at most one symbol: "-8+4", "counter+8"; nothing is 0. */
static bool take_sum(struct cursor *cursor, int64_t *ret_sum, bool *ret_has_symbol)
{
	struct arena *arena = cursor->binary->elf->arena;
	int64_t sum = 0, number;
	uint64_t address;

	*ret_has_symbol = false;
	while (cursor->at < cursor->end && *cursor->at != '(') {
		const char *start = cursor->at;

		if (take_number(cursor, &number)) {
			sum = (int64_t)((uint64_t)sum + (uint64_t)number);
			continue;
		}
		cursor->at = start;
		take(cursor, '+');
		start = cursor->at;
		while (cursor->at < cursor->end && is_word_char(*cursor->at))
			cursor->at++;
		if (cursor->at == start || *ret_has_symbol ||
		    !binary_object(cursor->binary,
				   arena_strndup(arena, start, (size_t)(cursor->at - start)), &address))
			return false;
		*ret_has_symbol = true;
		sum = (int64_t)((uint64_t)sum + address);
	}
	*ret_sum = sum;
	return true;
}

/* --- operands ------------------------------------------------------------------------- */

/* After the displacement: "(base,index,scale)", any of it left out. */
static bool take_base_and_index(struct cursor *cursor, struct usdt_arg *arg)
{
	unsigned shift;
	int64_t scale;

	if (!take(cursor, '('))
		return false;
	if (cursor->at < cursor->end && *cursor->at == '%' &&
	    ((arg->base = take_register(cursor, &shift)) == NO_REGISTER))
		return false;
	if (take(cursor, ',')) {
		arg->index = take_register(cursor, &shift);
		arg->scale = 1;
		if (arg->index == NO_REGISTER)
			return false;
		if (take(cursor, ',')) {
			if (!take_number(cursor, &scale) || scale < 1 || scale > 8)
				return false;
			arg->scale = (unsigned)scale;
		}
	}
	return take(cursor, ')') && (arg->base != NO_REGISTER || arg->index != NO_REGISTER);
}

static enum usdt_arg_kind take_operand(struct cursor *cursor, struct usdt_arg *arg)
{
	bool has_symbol;

	if (take(cursor, '$'))
		return take_number(cursor, &arg->number) ? USDT_ARG_CONSTANT : USDT_ARG_UNKNOWN;
	if (cursor->at < cursor->end && *cursor->at == '%') {
		arg->base = take_register(cursor, &arg->shift);
		return arg->base == NO_REGISTER ? USDT_ARG_UNKNOWN : USDT_ARG_REGISTER;
	}
	if (!take_sum(cursor, &arg->number, &has_symbol))
		return USDT_ARG_UNKNOWN;
	if (!take_base_and_index(cursor, arg))
		return USDT_ARG_UNKNOWN;
	if (arg->base != arch_register(cursor->arch, "ip"))
		return has_symbol ? USDT_ARG_UNKNOWN : USDT_ARG_MEMORY;
	/* Of numbers alone it is not known what instruction they are relative to. */
	if (!has_symbol || arg->index != NO_REGISTER)
		return USDT_ARG_UNKNOWN;
	arg->number = (int64_t)((uint64_t)arg->number - cursor->location);
	return USDT_ARG_NEAR;
}

static void parse_arg(struct cursor *cursor, struct usdt_arg *arg)
{
	enum usdt_arg_kind kind;
	int64_t size;

	*arg = (struct usdt_arg){ .base = NO_REGISTER, .index = NO_REGISTER, .size = 8 };
	if (take_number(cursor, &size)) {
		arg->is_signed = size < 0;
		size = size < 0 ? -size : size;
		if (size != 1 && size != 2 && size != 4 && size != 8)
			return;
		arg->size = (uint8_t)size;
		take(cursor, 'f');
	}
	if (!take(cursor, '@')) /* old ones have no size: then it is of a word */
		take(cursor, ' ');
	kind = take_operand(cursor, arg);
	if (cursor->at == cursor->end)
		arg->kind = kind;
}

void usdt_parse_args(const struct arch *arch, struct binary *binary, uint64_t location,
		     const char *text, struct usdt_args *ret_args)
{
	struct cursor cursor = { .arch = arch, .binary = binary, .location = location };
	bool is_known = binary->elf->header.e_machine == EM_X86_64 && !strcmp(arch->name, "x86_64");

	*ret_args = (struct usdt_args){ .text = text };
	while (*text && ret_args->count < USDT_ARGS_MAX) {
		struct usdt_arg *arg = &ret_args->args[ret_args->count];

		text += strspn(text, " ");
		cursor.at = text;
		text += strcspn(text, " ");
		cursor.end = text;
		if (cursor.at == cursor.end)
			return;
		ret_args->count++;
		if (is_known)
			parse_arg(&cursor, arg);
	}
}
