/*
 * Looks ahead in the text, never back, and remembers what would otherwise be
 * looked at twice.
 */
#include "lexer/lookahead.h"

#include <string.h>

#include "base/compiler.h"

void lookahead_init(struct lookahead *ahead, struct arena *arena, const char *text, uint32_t size)
{
	*ahead = (struct lookahead){ .arena = arena, .text = text, .size = size };
}

bool is_word_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool is_word_char(char c)
{
	return is_word_start(c) || is_digit(c);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char char_at(const struct lookahead *ahead, uint32_t at)
{
	return at < ahead->size ? ahead->text[at] : '\0';
}

static uint32_t skip_comment(const struct lookahead *ahead, uint32_t at)
{
	const char *text = ahead->text + at + 2, *end = ahead->text + ahead->size, *found;

	if (text[-1] == '/') {
		found = memchr(text, '\n', (size_t)(end - text));
		return found ? (uint32_t)(found - ahead->text) : ahead->size;
	}
	found = memmem(text, (size_t)(end - text), "*/", 2);
	return found ? (uint32_t)(found + 2 - ahead->text) : ahead->size;
}

uint32_t lookahead_skip_blank(const struct lookahead *ahead, uint32_t at)
{
	for (;;) {
		while (is_space(char_at(ahead, at)))
			at++;
		if (char_at(ahead, at) != '/' ||
		    (char_at(ahead, at + 1) != '/' && char_at(ahead, at + 1) != '*'))
			return at;
		at = skip_comment(ahead, at);
	}
}

char lookahead_char(const struct lookahead *ahead, uint32_t at)
{
	return char_at(ahead, lookahead_skip_blank(ahead, at));
}

bool lookahead_assign(const struct lookahead *ahead, uint32_t at)
{
	at = lookahead_skip_blank(ahead, at);
	return char_at(ahead, at) == '=' && char_at(ahead, at + 1) != '=';
}

static uint32_t skip_word(const struct lookahead *ahead, uint32_t at)
{
	while (is_word_char(char_at(ahead, at)))
		at++;
	return at;
}

bool lookahead_record(const struct lookahead *ahead, uint32_t at)
{
	at = lookahead_skip_blank(ahead, at);
	return is_word_start(char_at(ahead, at)) && lookahead_assign(ahead, skip_word(ahead, at));
}

static bool word_is(const char *word, size_t length, const char *other)
{
	return strlen(other) == length && !memcmp(word, other, length);
}

bool is_type_name(const char *name, size_t length)
{
	static const char *const names[] = {
		"bool",	 "int8",     "int16",	"int32",    "int64", "uint8", "uint16", "uint32",
		"uint64", "void",    "string",	"buffer",   "inet",  "int",   "long",	"short",
		"char",	 "unsigned", "signed",	"u8",	    "u16",   "u32",   "u64",	"s8",
		"s16",	 "s32",	     "s64",	"__u8",	    "__u16", "__u32", "__u64",	"__s8",
		"__s16", "__s32",    "__s64",	"__be16",   "__be32", "__be64", "__le16", "__le32",
		"__le64", "timestamp", "_Bool", "float", "double",
	};
	size_t i;

	if (memchr(name, ' ', length))
		return true; /* unsigned long: of the lexer's making */
	if (length > 2 && name[length - 2] == '_' && name[length - 1] == 't')
		return true;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (word_is(name, length, names[i]))
			return true;
	return false;
}

/* Names the grammar itself knows as values (language.md 1). */
static bool is_value_name(const char *name, size_t length)
{
	static const char *const names[] = { "args",  "ctx", "kstack", "ustack",
					     "nsecs", "pid", "tid" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (word_is(name, length, names[i]))
			return true;
	if (length > 1 && name[0] == 's') {
		name++;
		length--;
	}
	return length > 3 && !memcmp(name, "arg", 3) && is_digit(name[3]);
}

/*
 * Finds the partner of each "typeof (" from this one up to its ')'.  Quotes
 * hide parentheses; comments do too.
 */
static void find_typeof_parens(struct lookahead *ahead, uint32_t open)
{
	VEC(size_t) stack = { 0 }; /* index + 1 into typeof_parens, 0 for others */
	uint32_t at = open;
	bool after_typeof = true;

	while (at < ahead->size) {
		char c = ahead->text[at];

		if (is_word_start(c)) {
			uint32_t end = skip_word(ahead, at);

			after_typeof = word_is(ahead->text + at, end - at, "typeof");
			at = lookahead_skip_blank(ahead, end);
			continue;
		}
		if (c == '(') {
			if (after_typeof)
				vec_push(ahead->arena, &ahead->typeof_parens,
					 ((struct paren_pair){ at, 0 }));
			vec_push(ahead->arena, &stack,
				 after_typeof ? ahead->typeof_parens.count : 0);
		} else if (c == ')') {
			size_t index = vec_last(&stack);

			if (index)
				ahead->typeof_parens.items[index - 1].close = at;
			if (!--stack.count)
				break;
		} else if (c == '"') {
			for (at++; at < ahead->size && ahead->text[at] != '"' &&
				   ahead->text[at] != '\n'; at++)
				at += ahead->text[at] == '\\';
		} else if (c == ';') {
			break;
		}
		after_typeof = false;
		at = lookahead_skip_blank(ahead, at + 1);
	}
	ahead->typeof_end = at;
}

/* The ')' of the '(' at `open` that follows "typeof", 0 when there is none. */
static uint32_t typeof_close(struct lookahead *ahead, uint32_t open)
{
	if (open >= ahead->typeof_end)
		find_typeof_parens(ahead, open);
	while (ahead->typeof_next < ahead->typeof_parens.count &&
	       ahead->typeof_parens.items[ahead->typeof_next].open < open)
		ahead->typeof_next++;
	if (ahead->typeof_next == ahead->typeof_parens.count ||
	    ahead->typeof_parens.items[ahead->typeof_next].open != open)
		return 0;
	return ahead->typeof_parens.items[ahead->typeof_next].close;
}

/* A word that a type of C may have several of: unsigned long int. */
static bool is_c_word(const char *name, size_t length)
{
	static const char *const names[] = { "unsigned", "signed", "long", "short", "int", "char" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (word_is(name, length, names[i]))
			return true;
	return false;
}

/* Moves to behind the last of the words that make up such a type. */
static void skip_c_words(const struct lookahead *ahead, uint32_t *at)
{
	for (;;) {
		uint32_t start = *at, end;

		while (is_space(char_at(ahead, start)))
			start++;
		end = skip_word(ahead, start);
		if (start == *at || !is_c_word(ahead->text + start, end - start))
			return;
		*at = end;
	}
}

/* Moves past "const " and "volatile ". */
static bool skip_qualifiers(const struct lookahead *ahead, uint32_t *at)
{
	bool any = false;

	for (;;) {
		uint32_t end = skip_word(ahead, *at), next = lookahead_skip_blank(ahead, end);

		if (next == end || !is_word_start(char_at(ahead, next)) ||
		    (!word_is(ahead->text + *at, end - *at, "const") &&
		     !word_is(ahead->text + *at, end - *at, "volatile")))
			return any;
		any = true;
		*at = next;
	}
}

enum type_certainty { NO_TYPE, MAYBE_TYPE, SURE_TYPE };

/* Reads a type without its suffixes and moves past it. */
static enum type_certainty read_base_type(struct lookahead *ahead, uint32_t *at)
{
	uint32_t start = *at, end = skip_word(ahead, start), close;
	const char *word = ahead->text + start;
	size_t length = end - start;

	if (!is_word_start(char_at(ahead, start)))
		return NO_TYPE;
	*at = end;
	if (word_is(word, length, "struct") || word_is(word, length, "union") ||
	    word_is(word, length, "enum")) {
		start = lookahead_skip_blank(ahead, end);
		*at = skip_word(ahead, start);
		return is_word_start(char_at(ahead, start)) ? SURE_TYPE : NO_TYPE;
	}
	if (word_is(word, length, "typeof")) {
		start = lookahead_skip_blank(ahead, end);
		close = char_at(ahead, start) == '(' ? typeof_close(ahead, start) : 0;
		*at = close + 1;
		return close ? SURE_TYPE : NO_TYPE;
	}
	if (is_c_word(word, length))
		skip_c_words(ahead, at);
	if (is_type_name(word, length))
		return SURE_TYPE;
	return is_value_name(word, length) ? NO_TYPE : MAYBE_TYPE;
}

/* Moves past "[12]" and the blank after it; false if there is none. */
static bool skip_array_suffix(const struct lookahead *ahead, uint32_t *at)
{
	uint32_t next = lookahead_skip_blank(ahead, *at + 1);

	if (char_at(ahead, *at) != '[' || !is_digit(char_at(ahead, next)))
		return false;
	next = lookahead_skip_blank(ahead, skip_word(ahead, next));
	if (char_at(ahead, next) != ']')
		return false;
	*at = lookahead_skip_blank(ahead, next + 1);
	return true;
}

/*
 * After "(T)": does an operand follow?  With a name that may as well be a
 * value, "(ncpus) - 1" and its like are arithmetic.
 */
static bool operand_follows(const struct lookahead *ahead, uint32_t at, bool sure)
{
	char c, next;

	at = lookahead_skip_blank(ahead, at);
	c = char_at(ahead, at);
	next = char_at(ahead, at + 1);
	switch (c) {
	case '$':
	case '@':
	case '"':
	case '(':
	case '~':
		return true;
	case '!':
		return next != '=';
	case '+':
		return sure && next == '+';
	case '-':
		return sure && next != '>' && next != '=';
	case '*':
		return sure && next != '=';
	case '&':
		return sure && next != '&' && next != '=';
	default:
		return is_word_char(c);
	}
}

bool lookahead_cast(struct lookahead *ahead, uint32_t at)
{
	enum type_certainty certainty;
	bool is_qualified;

	at = lookahead_skip_blank(ahead, at);
	is_qualified = skip_qualifiers(ahead, &at);
	certainty = read_base_type(ahead, &at);
	if (certainty == NO_TYPE)
		return false;
	if (is_qualified)
		certainty = SURE_TYPE;
	at = lookahead_skip_blank(ahead, at);
	for (;;) {
		if (char_at(ahead, at) == '*') {
			certainty = SURE_TYPE;
			at = lookahead_skip_blank(ahead, at + 1);
		} else if (!skip_array_suffix(ahead, &at)) {
			break;
		}
	}
	return char_at(ahead, at) == ')' && operand_follows(ahead, at + 1, certainty == SURE_TYPE);
}

bool lookahead_type_star(struct lookahead *ahead, uint32_t at)
{
	char c;

	if (at < ahead->stars_end)
		return ahead->stars_are_type;
	while (char_at(ahead, at) == '*')
		at = lookahead_skip_blank(ahead, at + 1);
	c = char_at(ahead, at);
	ahead->stars_end = at;
	ahead->stars_are_type = c == ')' || c == ',' || c == '[';
	return ahead->stars_are_type;
}

/* Finds the end of an attach point's text if no '/' ends it, and what is in it. */
static void read_attach_extent(struct lookahead *ahead, uint32_t start)
{
	struct attach_extent extent = { .start = start };
	bool quoted = false;
	uint32_t at;

	for (at = start; at < ahead->size && ahead->text[at] != '\n'; at++) {
		char c = ahead->text[at];

		if (c == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (is_space(c) || c == '{' || c == ',')
			break;
		else if (c == '(')
			extent.last_open = at;
		else if (c == ')')
			extent.last_close = at;
		else if (c == ':' && !extent.last_colon)
			extent.first_colon = extent.last_colon = at;
		else if (c == ':')
			extent.last_colon = at;
	}
	extent.end = at;
	extent.following = lookahead_char(ahead, at);
	ahead->attach = extent;
}

bool lookahead_predicate(struct lookahead *ahead, uint32_t start, uint32_t at)
{
	const struct attach_extent *extent = &ahead->attach;
	uint32_t part;

	if (extent->start != start || !extent->end)
		read_attach_extent(ahead, start);
	if (!extent->first_colon || extent->first_colon > at)
		return true;
	/* A path, or one that another colon ends. */
	part = extent->last_colon + 1;
	if (part >= at || strchr("/.~\"", ahead->text[part]))
		return false;
	if (extent->following == '{' && extent->end > at + 1 && ahead->text[extent->end - 1] == '/')
		return true;
	if (extent->last_open > at && extent->last_close < extent->last_open)
		return true; /* kprobe:f/g(a, b)/ */
	return extent->following && !strchr("{,/", extent->following);
}

uint32_t lookahead_c_tail(const struct lookahead *ahead, uint32_t at)
{
	static const char attribute[] = "__attribute__";
	uint32_t next, end, depth;

	for (;;) {
		next = lookahead_skip_blank(ahead, at);
		if (char_at(ahead, next) == ';')
			return next + 1;
		end = skip_word(ahead, next);
		if (!word_is(ahead->text + next, end - next, attribute))
			return at;
		end = lookahead_skip_blank(ahead, end);
		if (char_at(ahead, end) != '(')
			return at;
		for (depth = 0; end < ahead->size; end++) {
			depth += ahead->text[end] == '(';
			if (ahead->text[end] == ')' && --depth == 0)
				break;
			if (strchr("{;", ahead->text[end]))
				return at;
		}
		if (end == ahead->size)
			return at;
		at = end + 1;
	}
}
