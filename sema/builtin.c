/*
 * Reading prototypes.  The grammar is in builtin.h; a prototype that does not
 * keep to it is a mistake in a row, found by the first test that uses it.
 */
#include "sema/builtin.h"

#include <assert.h>
#include <string.h>

#include "base/compiler.h"
#include "base/strbuf.h"

static const struct {
	const char *word;
	size_t length;
	const char *name;
} param_kinds[] = {
#define KIND(word, name) { word, sizeof(word) - 1, name }
	[PARAM_ANY] = KIND("any", "value"),
	[PARAM_INT] = KIND("int", "integer"),
	[PARAM_BOOL] = KIND("bool", "bool"),
	[PARAM_STRING] = KIND("string", "string"),
	[PARAM_POINTER] = KIND("pointer", "pointer"),
	[PARAM_MAP] = KIND("map", "map"),
	[PARAM_INT_LITERAL] = KIND("int-lit", "integer literal"),
	[PARAM_STRING_LITERAL] = KIND("string-lit", "string literal"),
	[PARAM_FORMAT] = KIND("format", "string literal"),
	[PARAM_KEY] = KIND("key", "key"),
	[PARAM_TYPE] = KIND("type", "type"),
#undef KIND
};

const char *param_kind_name(enum param_kind kind)
{
	return param_kinds[kind].name;
}

static enum param_kind find_kind(const char *word, size_t length)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(param_kinds); i++)
		if (param_kinds[i].length == length && !memcmp(param_kinds[i].word, word, length))
			return (enum param_kind)i;
	assert(!"a prototype names an unknown kind of parameter");
	return PARAM_ANY;
}

size_t prototype_result_length(const char *text)
{
	size_t length = strcspn(text, "(");

	while (length && text[length - 1] == ' ')
		length--;
	return length;
}

void prototype_parse(const char *text, struct prototype *ret_prototype)
{
	const char *open = strchr(text, '('), *p;
	bool optional = false;

	*ret_prototype = (struct prototype){ .result = text,
					     .result_length = prototype_result_length(text) };
	if (!open)
		return;
	ret_prototype->is_callable = true;
	for (p = open + 1; *p != ')';) {
		size_t length = strcspn(p, " ,[])"), name_length;

		if (!length) {
			optional |= *p == '[';
			p++;
			continue;
		}
		if (length == 3 && !memcmp(p, "...", 3)) {
			ret_prototype->is_variadic = true;
		} else {
			assert(ret_prototype->count < PROTOTYPE_PARAMS_MAX);
			ret_prototype->params[ret_prototype->count++] = find_kind(p, length);
			ret_prototype->required += !optional;
			name_length = p[length] == ' ' ? strcspn(p + length + 1, ",])") : 0;
			if (name_length) {
				ret_prototype->names[ret_prototype->count - 1] = p + length + 1;
				ret_prototype->name_lengths[ret_prototype->count - 1] = name_length;
				length += 1 + name_length;
			}
		}
		p += length;
	}
}

void prototype_format(const struct builtin *builtin, struct strbuf *out)
{
	struct prototype prototype;
	unsigned i;

	prototype_parse(builtin->prototype, &prototype);
	strbuf_puts(out, builtin->name);
	if (!prototype.is_callable)
		return;
	strbuf_putc(out, '(');
	for (i = 0; i < prototype.count; i++) {
		strbuf_puts(out, i == prototype.required ? "[" : "");
		strbuf_puts(out, i ? ", " : "");
		/* "integer bits"; of any type: "mode" */
		if (prototype.params[i] != PARAM_ANY || !prototype.names[i])
			strbuf_puts(out, param_kinds[prototype.params[i]].name);
		if (prototype.params[i] != PARAM_ANY && prototype.names[i])
			strbuf_putc(out, ' ');
		strbuf_add(out, prototype.names[i] ? prototype.names[i] : "",
			   prototype.name_lengths[i]);
	}
	strbuf_puts(out, prototype.count > prototype.required ? "]" : "");
	strbuf_puts(out, prototype.is_variadic ? ", ..." : "");
	strbuf_putc(out, ')');
}
