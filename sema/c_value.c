/*
 * Constant expressions of C: sizes of arrays, values of enums, conditions of
 * #if.  64-bit arithmetic; what has an operand without sign has none.
 */
#include "base/compiler.h"
#include "sema/c_reader.h"

static bool read_unary(struct c_reader *reader, struct c_number *ret);
static bool read_level(struct c_reader *reader, int level, struct c_number *ret);

/* clang-format off */
static const struct {
	int sign, level;
} operators[] = {
	{ C_SIGN2('|', '|'), 1 }, { C_SIGN2('&', '&'), 2 }, { '|', 3 }, { '^', 4 }, { '&', 5 },
	{ C_SIGN2('=', '='), 6 }, { C_SIGN2('!', '='), 6 },
	{ '<', 7 }, { '>', 7 }, { C_SIGN2('<', '='), 7 }, { C_SIGN2('>', '='), 7 },
	{ C_SIGN2('<', '<'), 8 }, { C_SIGN2('>', '>'), 8 },
	{ '+', 9 }, { '-', 9 }, { '*', 10 }, { '/', 10 }, { '%', 10 },
};
/* clang-format on */

static int level_of(const struct c_token *token)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(operators); i++)
		if (c_is_sign(token, operators[i].sign))
			return operators[i].level;
	return 0;
}

static struct c_number truth(bool value)
{
	return (struct c_number){ value, false };
}

static bool less(struct c_number a, struct c_number b)
{
	return a.is_unsigned || b.is_unsigned ? a.value < b.value
					      : (int64_t)a.value < (int64_t)b.value;
}

static uint64_t divide(int sign, struct c_number a, struct c_number b)
{
	bool is_unsigned = a.is_unsigned || b.is_unsigned;

	if (!is_unsigned && b.value == UINT64_MAX) /* by -1, where the machine may trap */
		return sign == '/' ? 0 - a.value : 0;
	if (sign == '/')
		return is_unsigned ? a.value / b.value
				   : (uint64_t)((int64_t)a.value / (int64_t)b.value);
	return is_unsigned ? a.value % b.value : (uint64_t)((int64_t)a.value % (int64_t)b.value);
}

static uint64_t shift(int sign, struct c_number a, struct c_number b)
{
	unsigned by = b.value & 63;

	if (sign == C_SIGN2('<', '<'))
		return a.value << by;
	return a.is_unsigned ? a.value >> by : (uint64_t)((int64_t)a.value >> by);
}

static struct c_number apply(int sign, struct c_number a, struct c_number b)
{
	struct c_number result = { 0, a.is_unsigned || b.is_unsigned };

	switch (sign) {
	case C_SIGN2('|', '|'):
		return truth(a.value || b.value);
	case C_SIGN2('&', '&'):
		return truth(a.value && b.value);
	case C_SIGN2('=', '='):
		return truth(a.value == b.value);
	case C_SIGN2('!', '='):
		return truth(a.value != b.value);
	case '<':
		return truth(less(a, b));
	case '>':
		return truth(less(b, a));
	case C_SIGN2('<', '='):
		return truth(!less(b, a));
	case C_SIGN2('>', '='):
		return truth(!less(a, b));
	case C_SIGN2('<', '<'):
	case C_SIGN2('>', '>'):
		return (struct c_number){ shift(sign, a, b), a.is_unsigned };
	case '|':
		result.value = a.value | b.value;
		return result;
	case '^':
		result.value = a.value ^ b.value;
		return result;
	case '&':
		result.value = a.value & b.value;
		return result;
	case '+':
		result.value = a.value + b.value;
		return result;
	case '-':
		result.value = a.value - b.value;
		return result;
	case '*':
		result.value = a.value * b.value;
		return result;
	default: /* '/' and '%' */
		result.value = divide(sign, a, b);
		return result;
	}
}

/* (T)e: cut to the type's size. */
static bool read_cast(struct c_reader *reader, struct c_number *ret)
{
	const struct type *type = c_read_type_name(reader);
	unsigned unused;

	if (!type)
		return false;
	if (!c_take_sign(reader, ')')) {
		c_error(reader, c_peek(reader)->span, "')' is missing");
		return false;
	}
	if (!read_unary(reader, ret))
		return false;
	if (type->kind != TYPE_INT && type->kind != TYPE_POINTER && type->kind != TYPE_ENUM)
		return true;
	ret->is_unsigned = !type_is_signed(type);
	unused = type->size < 8 ? 64 - type->size * 8 : 0;
	ret->value <<= unused;
	ret->value =
		ret->is_unsigned ? ret->value >> unused : (uint64_t)((int64_t)ret->value >> unused);
	return true;
}

static bool read_sizeof(struct c_reader *reader, struct c_number *ret)
{
	struct span span = c_peek(reader)->span;
	const struct type *type;

	reader->at++;
	if (!c_take_sign(reader, '(') || !c_at_type(reader)) {
		c_error(reader, span, "sizeof is followed by a type in parentheses here");
		return false;
	}
	type = c_read_type_name(reader);
	if (!type || !c_take_sign(reader, ')'))
		return false;
	if (type->kind == TYPE_STRUCT)
		type_complete(&reader->program->types, type);
	*ret = (struct c_number){ type->size, true };
	return true;
}

static bool read_primary(struct c_reader *reader, struct c_number *ret)
{
	const struct c_token *token = c_peek(reader);
	const struct c_constant *constant;

	if (c_take_sign(reader, '(')) {
		if (c_at_type(reader))
			return read_cast(reader, ret);
		if (!c_read_value(reader, ret))
			return false;
		if (c_take_sign(reader, ')'))
			return true;
		c_error(reader, c_peek(reader)->span, "')' is missing");
		return false;
	}
	if (c_is_name(token, "sizeof"))
		return read_sizeof(reader, ret);
	if (token->kind == C_TOKEN_NUMBER && !token->is_bad) {
		*ret = (struct c_number){ token->value, token->is_unsigned };
		reader->at++;
		return true;
	}
	constant =
		token->kind == C_TOKEN_NAME ? c_find_constant(reader->program, token->name) : NULL;
	if (constant) {
		*ret = (struct c_number){ (uint64_t)constant->value, false };
		reader->at++;
		return true;
	}
	if (token->kind == C_TOKEN_NAME)
		c_error(reader, token->span, "'%s' is no constant that is known here", token->name);
	else
		c_error(reader, token->span,
			token->kind == C_TOKEN_NUMBER ? "this is no integer"
						      : "an integer constant is expected here");
	return false;
}

static bool read_unary(struct c_reader *reader, struct c_number *ret)
{
	static const char signs[] = "-+~!";
	const struct c_token *token = c_peek(reader);
	size_t i;
	bool ok;

	for (i = 0; signs[i] && !c_is_sign(token, signs[i]); i++)
		;
	if (!signs[i])
		return read_primary(reader, ret);
	if (reader->depth >= C_DEPTH_MAX) {
		c_error(reader, token->span, "nested too deeply");
		return false;
	}
	reader->at++;
	reader->depth++;
	ok = read_unary(reader, ret);
	reader->depth--;
	if (signs[i] == '-')
		ret->value = 0 - ret->value;
	else if (signs[i] == '~')
		ret->value = ~ret->value;
	else if (signs[i] == '!')
		*ret = truth(!ret->value);
	return ok;
}

static bool read_level(struct c_reader *reader, int level, struct c_number *ret)
{
	const struct c_token *token;
	struct c_number right;
	int found;

	if (!read_unary(reader, ret))
		return false;
	while ((token = c_peek(reader)), (found = level_of(token)) >= level && found) {
		reader->at++;
		if (!read_level(reader, found + 1, &right))
			return false;
		if ((token->sign == '/' || token->sign == '%') && !right.value) {
			c_error(reader, token->span, "division by zero in a constant");
			return false;
		}
		*ret = apply(token->sign, *ret, right);
	}
	return true;
}

static bool read_ternary(struct c_reader *reader, struct c_number *ret)
{
	struct c_number yes, no;

	if (!read_level(reader, 1, ret))
		return false;
	if (!c_take_sign(reader, '?'))
		return true;
	if (!c_read_value(reader, &yes))
		return false;
	if (!c_take_sign(reader, ':')) {
		c_error(reader, c_peek(reader)->span, "':' is missing");
		return false;
	}
	if (!c_read_value(reader, &no))
		return false;
	*ret = ret->value ? yes : no;
	return true;
}

bool c_read_value(struct c_reader *reader, struct c_number *ret_number)
{
	bool ok;

	if (reader->depth >= C_DEPTH_MAX) {
		c_error(reader, c_peek(reader)->span, "nested too deeply");
		return false;
	}
	reader->depth++;
	ok = read_ternary(reader, ret_number);
	reader->depth--;
	return ok;
}
