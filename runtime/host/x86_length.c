/*
 * Lengths of x86-64 instructions, from a table of what follows each opcode.
 */
#include "runtime/host/x86_length.h"

#include <stdbool.h>

#include "base/compiler.h"

/*
 * What follows an opcode:
 *	.  nothing		m  ModRM		x  there is no such instruction
 *	b  1 byte		M  ModRM, 1 byte	p  it is a prefix
 *	w  2 bytes		Z  ModRM, 2 or 4	r  it is a REX prefix
 *	z  2 or 4 bytes		g  ModRM, 1 byte if it is a test	2  opcode of two bytes
 *	v  2, 4 or 8 bytes	G  ModRM, 2 or 4 if it is a test	V  VEX	E  EVEX
 *	j  4 bytes		o  an address		e  3 bytes
 */
static const char one_byte[256 + 1] = "mmmmbzxx" "mmmmbzx2" /* 00 */
				      "mmmmbzxx" "mmmmbzxx"
				      "mmmmbzpx" "mmmmbzpx" /* 20 */
				      "mmmmbzpx" "mmmmbzpx"
				      "rrrrrrrr" "rrrrrrrr" /* 40 */
				      "........" "........"
				      "xxEmpppp" "zZbM...." /* 60 */
				      "bbbbbbbb" "bbbbbbbb"
				      "MZxMmmmm" "mmmmmmmm" /* 80 */
				      "........" "..x....."
				      "oooo...." "bz......" /* a0 */
				      "bbbbbbbb" "vvvvvvvv"
				      "MMw.VVMZ" "e.w..bx." /* c0 */
				      "mmmmxxx." "mmmmmmmm"
				      "bbbbbbbb" "jjxb...." /* e0 */
				      "p.pp..gG" "......mm";

/* After 0f; 38 and 3a begin maps of their own, in which all opcodes are alike. */
static const char two_byte[256 + 1] = "mmmmx..." "..x.xm.M" /* 00 */
				      "mmmmmmmm" "mmmmmmmm"
				      "mmmmxxxx" "mmmmmmmm" /* 20 */
				      "......x." "xxxxxxxx"
				      "mmmmmmmm" "mmmmmmmm" /* 40 */
				      "mmmmmmmm" "mmmmmmmm"
				      "mmmmmmmm" "mmmmmmmm" /* 60 */
				      "MMMMmmm." "mmmmmmmm"
				      "jjjjjjjj" "jjjjjjjj" /* 80 */
				      "mmmmmmmm" "mmmmmmmm"
				      "...mMmxx" "...mMmmm" /* a0 */
				      "mmmmmmmm" "mmMmmmmm"
				      "mmMmMMMm" "........" /* c0 */
				      "mmmmmmmm" "mmmmmmmm"
				      "mmmmmmmm" "mmmmmmmm" /* e0 */
				      "mmmmmmmm" "mmmmmmmm";

struct decoder {
	const uint8_t *code;
	size_t size, at;
	bool is_operand_16, is_address_32, is_wide; /* prefixes 66, 67 and REX.W */
	bool is_bad;
};

static uint8_t next(struct decoder *decoder)
{
	if (decoder->at >= decoder->size) {
		decoder->is_bad = true;
		return 0;
	}
	return decoder->code[decoder->at++];
}

/* The ModRM byte, SIB and displacement; gives the middle field. */
static unsigned take_modrm(struct decoder *decoder)
{
	uint8_t modrm = next(decoder), mod = modrm >> 6, rm = modrm & 7, base = rm;

	if (mod == 3)
		return modrm >> 3 & 7;
	if (rm == 4)
		base = next(decoder) & 7;
	if (mod == 1)
		decoder->at += 1;
	else if (mod == 2 || base == 5)
		decoder->at += 4;
	return modrm >> 3 & 7;
}

static size_t operand_size(const struct decoder *decoder)
{
	return decoder->is_operand_16 && !decoder->is_wide ? 2 : 4;
}

static void take_operands(struct decoder *decoder, char what)
{
	unsigned group;

	switch (what) {
	case '.':
		return;
	case 'm':
	case 'M':
	case 'Z':
		take_modrm(decoder);
		decoder->at += what == 'M' ? 1 : what == 'Z' ? operand_size(decoder) : 0;
		return;
	case 'g':
	case 'G':
		group = take_modrm(decoder);
		if (group <= 1)
			decoder->at += what == 'g' ? 1 : operand_size(decoder);
		return;
	case 'b':
		decoder->at += 1;
		return;
	case 'w':
		decoder->at += 2;
		return;
	case 'e':
		decoder->at += 3;
		return;
	case 'z':
		decoder->at += operand_size(decoder);
		return;
	case 'j':
		decoder->at += 4;
		return;
	case 'v':
		decoder->at += decoder->is_wide ? 8 : operand_size(decoder);
		return;
	case 'o':
		decoder->at += decoder->is_address_32 ? 4 : 8;
		return;
	}
	decoder->is_bad = true;
}

/* An opcode of map 1 (0f), 2 (0f 38), 3 (0f 3a), or one that only EVEX has: 5, 6. */
static void take_mapped(struct decoder *decoder, unsigned map)
{
	uint8_t opcode = next(decoder);

	if (map == 1)
		take_operands(decoder, two_byte[opcode]);
	else if (map == 2 || map == 5 || map == 6)
		take_operands(decoder, 'm');
	else
		take_operands(decoder, map == 3 ? 'M' : 'x');
}

static void take_two_byte(struct decoder *decoder)
{
	uint8_t opcode = next(decoder);

	if (opcode == 0x38 || opcode == 0x3a)
		take_mapped(decoder, opcode == 0x38 ? 2 : 3);
	else
		take_operands(decoder, two_byte[opcode]);
}

static void take_vector(struct decoder *decoder, uint8_t opcode)
{
	uint8_t first = next(decoder);

	if (opcode == 0xc5) {
		take_mapped(decoder, 1);
		return;
	}
	next(decoder);
	if (opcode == 0x62) {
		next(decoder);
		take_mapped(decoder, first & 7);
	} else {
		take_mapped(decoder, first & 31);
	}
}

/* Gives what comes after the prefixes. */
static uint8_t take_prefixes(struct decoder *decoder)
{
	for (;;) {
		uint8_t opcode = next(decoder);
		bool is_rex = one_byte[opcode] == 'r';

		if (decoder->is_bad || (!is_rex && one_byte[opcode] != 'p'))
			return opcode;
		/* One that is not the last prefix says nothing. */
		decoder->is_wide = is_rex && (opcode & 8);
		decoder->is_operand_16 |= opcode == 0x66;
		decoder->is_address_32 |= opcode == 0x67;
	}
}

size_t x86_length(const uint8_t *code, size_t size)
{
	struct decoder decoder = { .code = code, .size = MIN(size, (size_t)X86_LENGTH_MAX) };
	uint8_t opcode = take_prefixes(&decoder);

	if (decoder.is_bad)
		return 0;
	if (one_byte[opcode] == '2')
		take_two_byte(&decoder);
	else if (one_byte[opcode] == 'V' || one_byte[opcode] == 'E')
		take_vector(&decoder, opcode);
	else
		take_operands(&decoder, one_byte[opcode]);
	return decoder.is_bad || decoder.at > decoder.size ? 0 : decoder.at;
}
