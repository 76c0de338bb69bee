/*
 * Declarations of C: specifiers and declarators.  What stands between the
 * braces of a struct or enum is in c_tags.c.
 */
#include <string.h>

#include "base/compiler.h"
#include "sema/c_reader.h"
#include "sema/c_tags.h"
#include "sema/infer_expr.h"

/* --- the cursor ---------------------------------------------------------------------- */

const struct c_token *c_peek(const struct c_reader *reader)
{
	return &reader->tokens.items[MIN(reader->at, reader->tokens.count - 1)];
}

bool c_is_sign(const struct c_token *token, int sign)
{
	return token->kind == C_TOKEN_SIGN && token->sign == sign;
}

bool c_is_name(const struct c_token *token, const char *name)
{
	return token->kind == C_TOKEN_NAME && !strcmp(token->name, name);
}

bool c_take_sign(struct c_reader *reader, int sign)
{
	if (!c_is_sign(c_peek(reader), sign))
		return false;
	reader->at++;
	return true;
}

static bool take_name(struct c_reader *reader, const char *name)
{
	if (!c_is_name(c_peek(reader), name))
		return false;
	reader->at++;
	return true;
}

void c_error(struct c_reader *reader, struct span span, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_report(reader->diags, span, DIAG_C_SYNTAX, "%s",
		    arena_vprintf(reader->program->arena, format, args));
	va_end(args);
}

/* From '(' to behind its ')'. */
static bool skip_parentheses(struct c_reader *reader)
{
	struct span start = c_peek(reader)->span;
	unsigned depth = 0;

	for (;;) {
		const struct c_token *token = c_peek(reader);

		if (token->kind == C_TOKEN_END) {
			c_error(reader, start, "this '(' is never closed");
			return false;
		}
		reader->at++;
		depth += c_is_sign(token, '(');
		if (c_is_sign(token, ')') && !--depth)
			return true;
	}
}

/* --- words ------------------------------------------------------------------------------ */

static bool is_one_of(const struct c_token *token, const char *const *words)
{
	if (token->kind != C_TOKEN_NAME)
		return false;
	for (; *words; words++)
		if (!strcmp(token->name, *words))
			return true;
	return false;
}

/* Words that change nothing about the bytes. */
static bool is_qualifier(const struct c_token *token)
{
	static const char *const words[] = {
		"const",     "volatile", "restrict", "__restrict", "__restrict__",  "__const",
		"extern",    "static",   "inline",   "__inline",   "__extension__", "register",
		"__user",    "__kernel", "__iomem",  "__rcu",      "__percpu",      "__force",
		"__bitwise", "__nocast", "_Atomic",  NULL
	};

	return is_one_of(token, words);
}

static bool is_base_word(const struct c_token *token)
{
	static const char *const words[] = { "char",     "short",      "int",   "long",
					     "signed",   "unsigned",   "float", "double",
					     "_Bool",    "__signed__", "void",  "__int128",
					     "__signed", NULL };

	return is_one_of(token, words);
}

static bool is_tag_word(const struct c_token *token)
{
	static const char *const words[] = { "struct", "union", "enum", NULL };

	return is_one_of(token, words);
}

static bool is_type_name(const struct c_reader *reader, const struct c_token *token)
{
	return token->kind == C_TOKEN_NAME && c_named_type(reader->program, token->name) != NULL;
}

bool c_at_type(const struct c_reader *reader)
{
	const struct c_token *token = c_peek(reader);

	return is_qualifier(token) || is_base_word(token) || is_tag_word(token) ||
	       is_type_name(reader, token);
}

/* --- attributes --------------------------------------------------------------------------- */

static bool read_aligned(struct c_reader *reader, struct c_attributes *attributes)
{
	struct c_number number = { 16, false }; /* "aligned" alone: the most a machine asks for */

	if (c_take_sign(reader, '(')) {
		if (!c_read_value(reader, &number))
			return false;
		if (!c_take_sign(reader, ')')) {
			c_error(reader, c_peek(reader)->span, "')' is missing");
			return false;
		}
	}
	if (!number.value || number.value > 4096 || (number.value & (number.value - 1))) {
		c_error(reader, c_peek(reader)->span, "an alignment is a power of two up to 4096");
		return false;
	}
	attributes->align = MAX(attributes->align, (uint32_t)number.value);
	return true;
}

bool c_read_attributes(struct c_reader *reader, struct c_attributes *attributes)
{
	for (;;) {
		if (take_name(reader, "__packed")) {
			attributes->is_packed = true;
			continue;
		}
		if (!take_name(reader, "__attribute__") && !take_name(reader, "__attribute"))
			return true;
		if (!c_take_sign(reader, '(') || !c_take_sign(reader, '(')) {
			c_error(reader, c_peek(reader)->span, "'((' follows __attribute__");
			return false;
		}
		while (!c_is_sign(c_peek(reader), ')')) {
			if (take_name(reader, "packed") || take_name(reader, "__packed__")) {
				attributes->is_packed = true;
			} else if (take_name(reader, "aligned") ||
				   take_name(reader, "__aligned__")) {
				if (!read_aligned(reader, attributes))
					return false;
			} else if (c_is_sign(c_peek(reader), '(')) {
				if (!skip_parentheses(reader))
					return false;
			} else if (c_peek(reader)->kind == C_TOKEN_END) {
				c_error(reader, c_peek(reader)->span, "__attribute__ does not end");
				return false;
			} else {
				reader->at++;
			}
		}
		reader->at++;
		if (!c_take_sign(reader, ')')) {
			c_error(reader, c_peek(reader)->span, "__attribute__ ends in '))'");
			return false;
		}
	}
}

/* --- specifiers ----------------------------------------------------------------------------- */

/* What a set of words such as "unsigned long int" means. */
struct words {
	unsigned longs, shorts, chars, ints, is_signed, is_unsigned, floats, doubles, bools, voids,
		wides;
};

static void count_word(struct words *words, const char *name)
{
	words->longs += !strcmp(name, "long");
	words->shorts += !strcmp(name, "short");
	words->chars += !strcmp(name, "char");
	words->ints += !strcmp(name, "int");
	words->is_signed +=
		name[0] == 's' ? !strcmp(name, "signed") : !strncmp(name, "__signed", 8);
	words->is_unsigned += !strcmp(name, "unsigned");
	words->floats += !strcmp(name, "float");
	words->doubles += !strcmp(name, "double");
	words->bools += !strcmp(name, "_Bool");
	words->voids += !strcmp(name, "void");
	words->wides += !strcmp(name, "__int128");
}

static const struct type *type_of_words(struct c_reader *reader, const struct words *words)
{
	struct types *types = &reader->program->types;
	bool is_signed = !words->is_unsigned;

	if (words->voids)
		return types->void_type;
	if (words->bools)
		return type_int(types, 1, false);
	if (words->wides || (words->doubles && words->longs))
		return type_array(types, type_int(types, 8, false), 2);
	if (words->chars)
		return words->is_unsigned || words->is_signed ? type_int(types, 1, is_signed)
							      : reader->names->char_type;
	if (words->shorts)
		return type_int(types, 2, is_signed);
	if (words->floats)
		return type_int(types, 4, false);
	if (words->doubles)
		return type_int(types, 8, false);
	return type_int(types, words->longs ? 8 : 4, is_signed);
}

const struct type *c_type_of_words(const struct types *types, const char *text)
{
	struct words words = { 0 };
	char word[16];
	size_t length;

	for (; *text; text += length + (text[length] == ' ')) {
		length = strcspn(text, " ");
		if (length >= sizeof(word))
			return NULL;
		memcpy(word, text, length);
		word[length] = '\0';
		count_word(&words, word);
	}
	if (words.longs > 2 || words.shorts > 1 || words.chars > 1 || words.ints > 1 ||
	    words.is_signed + words.is_unsigned > 1 ||
	    !!words.longs + words.shorts + words.chars > 1 || words.chars + words.ints > 1)
		return NULL;
	return type_int(types, words.chars ? 1 : words.shorts ? 2 : words.longs ? 8 : 4,
			!words.is_unsigned);
}

static const struct type *read_named_type(struct c_reader *reader, const struct c_token *token)
{
	const struct type *type =
		token->kind == C_TOKEN_NAME ? c_named_type(reader->program, token->name) : NULL;

	if (type) {
		reader->at++;
		return type;
	}
	if (token->kind == C_TOKEN_NAME)
		diag_report(reader->diags, token->span, DIAG_UNKNOWN_TYPE,
			    "Cannot resolve unknown type \"%s\"", token->name);
	else
		c_error(reader, token->span, "a type is expected here");
	return NULL;
}

const struct type *c_read_specifiers(struct c_reader *reader, struct c_attributes *attributes,
				     bool *ret_typedef)
{
	const struct type *type = NULL;
	struct words words = { 0 };
	bool any = false;

	for (;;) {
		const struct c_token *token = c_peek(reader);

		if (is_qualifier(token)) {
			reader->at++;
		} else if (ret_typedef && c_is_name(token, "typedef")) {
			*ret_typedef = true;
			reader->at++;
		} else if (c_is_name(token, "__attribute__") || c_is_name(token, "__packed")) {
			if (!c_read_attributes(reader, attributes))
				return NULL;
		} else if (!type && is_base_word(token)) {
			count_word(&words, token->name);
			any = true;
			reader->at++;
		} else if (!type && !any) {
			type = is_tag_word(token) ? c_read_tag(reader)
						  : read_named_type(reader, token);
			if (!type)
				return NULL;
		} else {
			break;
		}
	}
	return any ? type_of_words(reader, &words) : type;
}

/* --- declarators ------------------------------------------------------------------------------ */

/* Plain char is a type of its own until it is known not to be an array's element. */
static const struct type *settle_char(const struct c_reader *reader, const struct type *type)
{
	return type == reader->names->char_type ? type_int(&reader->program->types, 1, true) : type;
}

static const struct type *array_of(struct c_reader *reader, const struct type *element,
				   uint64_t length, struct span span)
{
	struct types *types = &reader->program->types;

	if (element->kind == TYPE_STRUCT)
		type_complete(types, element);
	if (length > UINT32_MAX / MAX(element->size, 1u)) {
		c_error(reader, span, "this array is too large");
		return NULL;
	}
	if (element == reader->names->char_type && length)
		return type_chars(types, (uint32_t)length);
	return type_array(types, settle_char(reader, element), (uint32_t)length);
}

/* [N][M] and (parameters) behind a name. */
static const struct type *read_suffix(struct c_reader *reader, const struct type *type)
{
	struct span span = c_peek(reader)->span;
	struct c_number length = { 0 };

	if (c_is_sign(c_peek(reader), '('))
		return skip_parentheses(reader) ? reader->program->types.void_type : NULL;
	if (!c_take_sign(reader, '['))
		return type;
	if (!c_is_sign(c_peek(reader), ']') && !c_read_value(reader, &length))
		return NULL;
	if (!c_take_sign(reader, ']')) {
		c_error(reader, c_peek(reader)->span, "']' is missing");
		return NULL;
	}
	if (reader->depth >= C_DEPTH_MAX) {
		c_error(reader, span, "nested too deeply");
		return NULL;
	}
	reader->depth++;
	type = read_suffix(reader, type);
	reader->depth--;
	return type ? array_of(reader, type, length.value, span) : NULL;
}

/* Stars and qualifiers.  Whose memory is pointed to is known where the pointer is read. */
static const struct type *read_stars(struct c_reader *reader, const struct type *type)
{
	struct types *types = &reader->program->types;

	for (;;) {
		if (c_take_sign(reader, '*'))
			type = type_pointer(types, settle_char(reader, type), SPACE_NONE);
		else if (is_qualifier(c_peek(reader)))
			reader->at++;
		else
			return type;
	}
}

/* Is "(" the beginning of a nested declarator, "(*f)(int)"? */
static bool at_nested(const struct c_reader *reader)
{
	const struct c_token *next;

	if (!c_is_sign(c_peek(reader), '(') || reader->at + 1 >= reader->tokens.count)
		return false;
	next = &reader->tokens.items[reader->at + 1];
	return c_is_sign(next, '*') || c_is_sign(next, '(') || c_is_name(next, "__attribute__");
}

static const struct type *read_nested(struct c_reader *reader, const struct type *type,
				      struct c_declarator *ret)
{
	size_t inner = reader->at + 1, after;

	if (!skip_parentheses(reader))
		return NULL;
	type = read_suffix(reader, type);
	after = reader->at;
	if (!type)
		return NULL;
	reader->at = inner;
	type = c_read_declarator(reader, type, ret);
	if (type && !c_is_sign(c_peek(reader), ')')) {
		c_error(reader, c_peek(reader)->span, "')' is missing");
		return NULL;
	}
	reader->at = after;
	return type;
}

const struct type *c_read_declarator(struct c_reader *reader, const struct type *type,
				     struct c_declarator *ret)
{
	const struct c_token *token;

	if (reader->depth >= C_DEPTH_MAX) {
		c_error(reader, c_peek(reader)->span, "nested too deeply");
		return NULL;
	}
	reader->depth++;
	type = read_stars(reader, type);
	if (at_nested(reader)) {
		type = read_nested(reader, type, ret);
	} else {
		token = c_peek(reader);
		if (token->kind == C_TOKEN_NAME && !c_is_name(token, "__attribute__")) {
			ret->name = token->name;
			ret->span = token->span;
			reader->at++;
		}
		type = read_suffix(reader, type);
	}
	reader->depth--;
	return type ? settle_char(reader, type) : NULL;
}

const struct type *c_read_type_name(struct c_reader *reader)
{
	struct c_attributes attributes = { 0 };
	struct c_declarator declarator = { 0 };
	const struct type *type = c_read_specifiers(reader, &attributes, NULL);

	if (!type)
		return NULL;
	type = c_read_declarator(reader, type, &declarator);
	if (type && declarator.name) {
		c_error(reader, declarator.span, "a type has no name of its own here");
		return NULL;
	}
	return type;
}

/* --- declarations -------------------------------------------------------------------------------
 */

/* Goes on behind a declaration that has an error in it. */
static void skip_declaration(struct c_reader *reader, size_t start)
{
	unsigned depth = 0;

	for (reader->at = start; c_peek(reader)->kind != C_TOKEN_END; reader->at++) {
		const struct c_token *token = c_peek(reader);

		depth += c_is_sign(token, '{');
		depth -= c_is_sign(token, '}') && depth;
		if (c_is_sign(token, ';') && !depth)
			return;
	}
}

static bool read_declaration(struct c_reader *reader)
{
	struct c_attributes attributes = { 0 };
	bool is_typedef = false;
	const struct type *base = c_read_specifiers(reader, &attributes, &is_typedef);

	if (!base)
		return false;
	while (!c_is_sign(c_peek(reader), ';')) {
		struct c_declarator declarator = { 0 };
		const struct type *type = c_read_declarator(reader, base, &declarator);

		if (!type || !c_read_attributes(reader, &attributes))
			return false;
		if (!declarator.name) {
			c_error(reader, c_peek(reader)->span, "a name is expected here");
			return false;
		}
		if (is_typedef)
			c_add_typedef(reader, &declarator,
				      base == reader->names->char_type && type->kind == TYPE_INT
					      ? base
					      : type);
		if (!c_take_sign(reader, ','))
			break;
	}
	if (c_is_sign(c_peek(reader), ';'))
		return true;
	c_error(reader, c_peek(reader)->span, "';' is missing");
	return false;
}

void c_read_declarations(struct c_reader *reader)
{
	while (c_peek(reader)->kind != C_TOKEN_END) {
		size_t start = reader->at;

		if (c_take_sign(reader, ';'))
			continue;
		if (!read_declaration(reader)) {
			if (reader->diags->error_count >= DIAG_ERRORS_MAX)
				return;
			skip_declaration(reader, start);
		}
	}
}
