/*
 * Expressions and types as text.
 */
#include <string.h>

#include "base/compiler.h"
#include "lexer/lookahead.h"
#include "parser/formatter.h"

void format_puts(struct formatter *formatter, const char *text)
{
	if (formatter->full)
		return;
	strbuf_puts(formatter->out, text);
	if (formatter->width_limit && formatter->out->length > formatter->width_limit)
		formatter->full = true;
}

void format_source(struct formatter *formatter, struct span span)
{
	const struct source *source = formatter->script->source;

	if (formatter->full)
		return;
	strbuf_add(formatter->out, source->text + (span.start - source->base), span.end - span.start);
	if (formatter->width_limit && formatter->out->length > formatter->width_limit)
		formatter->full = true;
}

size_t format_column(const struct formatter *formatter)
{
	return formatter->out->length - formatter->line_start;
}

/* Columns the expression needs on one line, at least `limit` + 1 if more than `limit`. */
static size_t expr_width(const struct formatter *formatter, const struct expr *expr, size_t limit)
{
	char text[FORMAT_WIDTH * 2];
	struct strbuf scratch = { formatter->out->arena, text, 0, sizeof(text) };
	struct formatter measure = *formatter;

	measure.out = &scratch;
	measure.line_start = 0;
	measure.width_limit = limit ? limit : 1;
	format_expr(&measure, expr);
	return measure.full ? limit + 1 : scratch.length;
}

/* Writes items with commas between, continuing below the first one where lines get too long. */
static void format_list(struct formatter *formatter, const struct expr_vec *items,
			const struct name_vec *names)
{
	size_t left = format_column(formatter);

	for (size_t i = 0; i < items->count && !formatter->full; i++) {
		size_t name_width = names ? strlen(names->items[i]) + 1 : 0;

		if (i) {
			size_t used = format_column(formatter) + 3 + name_width;
			size_t room = used < FORMAT_WIDTH ? FORMAT_WIDTH - used : 0;

			format_puts(formatter, ",");
			if (!formatter->width_limit &&
			    expr_width(formatter, items->items[i], room) > room) {
				strbuf_putc(formatter->out, '\n');
				formatter->line_start = formatter->out->length;
				strbuf_fill(formatter->out, ' ', left);
			} else {
				format_puts(formatter, " ");
			}
		}
		if (names) {
			format_puts(formatter, names->items[i]);
			format_puts(formatter, "=");
		}
		format_expr(formatter, items->items[i]);
	}
}

static void format_parenthesised(struct formatter *formatter, const struct expr *expr, bool wanted)
{
	if (wanted)
		format_puts(formatter, "(");
	format_expr(formatter, expr);
	if (wanted)
		format_puts(formatter, ")");
}

static bool is_compound(const struct expr *expr)
{
	return expr->kind == EXPR_BINARY || expr->kind == EXPR_TERNARY || expr->kind == EXPR_IF ||
	       expr->kind == EXPR_BLOCK;
}

static bool is_prefixed(const struct expr *expr)
{
	return expr->kind == EXPR_UNARY || expr->kind == EXPR_CAST || expr->kind == EXPR_COMPTIME ||
	       (expr->kind == EXPR_INCDEC && expr->incdec.prefix);
}

/* An operand of an operator with two or three sides, or of a prefix. */
static void format_operand(struct formatter *formatter, const struct expr *expr)
{
	format_parenthesised(formatter, expr, is_compound(expr));
}

/* What a postfix stands behind. */
static void format_object(struct formatter *formatter, const struct expr *expr)
{
	format_parenthesised(formatter, expr, is_compound(expr) || is_prefixed(expr));
}

void format_condition(struct formatter *formatter, const struct expr *expr)
{
	format_parenthesised(formatter, expr, is_compound(expr));
}

void format_bound(struct formatter *formatter, const struct expr *expr)
{
	format_object(formatter, expr);
}

/* What the text begins with, as far as no parenthesis comes before. */
static const struct expr *leftmost(const struct expr *expr)
{
	for (;;) {
		const struct expr *next;

		switch ((int)expr->kind) {
		case EXPR_INCDEC:
			next = expr->incdec.operand;
			break;
		case EXPR_BINARY:
			next = expr->binary.left;
			break;
		case EXPR_TERNARY:
			next = expr->ternary.condition;
			break;
		case EXPR_FIELD:
			next = expr->field.object;
			break;
		case EXPR_INDEX:
			next = expr->index.object;
			break;
		case EXPR_ELEMENT:
			next = expr->element.object;
			break;
		default:
			return expr;
		}
		if (is_prefixed(expr) || is_compound(next))
			return expr;
		expr = next;
	}
}

bool format_begins_with_operator(const struct expr *expr)
{
	return leftmost(expr)->kind == EXPR_UNARY;
}

void format_stmt_expr(struct formatter *formatter, const struct expr *expr)
{
	/* Names that begin a statement of their own. */
	static const char *const words[] = { "break", "continue", "else",   "for",  "import",
					     "let",   "return",	  "unroll", "while" };
	const struct expr *first = leftmost(expr);
	const char *name = NULL;
	bool wanted = false;

	if (first->kind == EXPR_IDENT)
		name = first->ident.name;
	else if (first->kind == EXPR_CALL)
		name = first->call.name;
	for (size_t i = 0; name && i < ARRAY_SIZE(words); i++)
		wanted |= !strcmp(name, words[i]);
	format_parenthesised(formatter, expr, wanted);
}

/* The first character of "-x", "--x" and such, 0 of all else. */
static char first_operator(const struct expr *expr)
{
	expr = leftmost(expr);
	if (expr->kind == EXPR_UNARY)
		return *unary_op_text(expr->unary.op);
	if (expr->kind == EXPR_INCDEC && expr->incdec.prefix)
		return expr->incdec.increment ? '+' : '-';
	return '\0';
}

static void format_unary(struct formatter *formatter, const struct expr *expr)
{
	const char *op = unary_op_text(expr->unary.op);
	const struct expr *operand = expr->unary.operand;
	char next = first_operator(operand);
	/* "--x" and "&&x" would be something else. */
	bool ambiguous = next == *op && (next == '-' || next == '&');

	format_puts(formatter, op);
	format_parenthesised(formatter, operand, is_compound(operand) || ambiguous);
}

static void format_incdec(struct formatter *formatter, const struct expr *expr)
{
	const char *op = expr->incdec.increment ? "++" : "--";

	if (expr->incdec.prefix) {
		format_puts(formatter, op);
		format_operand(formatter, expr->incdec.operand);
	} else {
		format_object(formatter, expr->incdec.operand);
		format_puts(formatter, op);
	}
}

/* Could "(name)" before an operator just as well be a value? */
static bool is_vague_type(const struct type_spec *spec)
{
	if (spec->kind != TYPE_SPEC_NAME || is_type_name(spec->name, strlen(spec->name)))
		return false;
	for (size_t i = 0; i < spec->suffixes.count; i++)
		if (spec->suffixes.items[i].pointer)
			return false;
	return true;
}

static void format_cast(struct formatter *formatter, const struct expr *expr)
{
	const struct expr *operand = expr->cast.operand;
	bool vague = is_vague_type(expr->cast.spec) && first_operator(operand);

	format_puts(formatter, "(");
	format_type(formatter, expr->cast.spec);
	format_puts(formatter, ")");
	format_parenthesised(formatter, operand, is_compound(operand) || vague);
}

static void format_of(struct formatter *formatter, const char *name, const struct expr *expr)
{
	format_puts(formatter, name);
	format_puts(formatter, "(");
	if (expr->of.spec)
		format_type(formatter, expr->of.spec);
	else
		format_expr(formatter, expr->of.operand);
	for (size_t i = 0; i < expr->of.fields.count; i++) {
		format_puts(formatter, i ? "." : ", ");
		format_puts(formatter, expr->of.fields.items[i]);
	}
	format_puts(formatter, ")");
}

static void format_index(struct formatter *formatter, const struct expr *expr)
{
	const struct expr *object = expr->index.object;
	bool is_map = object->kind == EXPR_MAP && !object->map.keys.count; /* (@m)[0] is no @m[0] */

	format_parenthesised(formatter, object,
			     is_map || is_compound(object) || is_prefixed(object));
	format_puts(formatter, "[");
	format_expr(formatter, expr->index.index);
	format_puts(formatter, "]");
}

static void format_map(struct formatter *formatter, const struct expr *expr)
{
	format_puts(formatter, expr->map.name);
	if (!expr->map.keys.count)
		return;
	format_puts(formatter, "[");
	format_list(formatter, &expr->map.keys, NULL);
	format_puts(formatter, "]");
}

static void format_tuple(struct formatter *formatter, const struct expr *expr)
{
	format_puts(formatter, "(");
	format_list(formatter, &expr->tuple.items, NULL);
	format_puts(formatter, expr->tuple.items.count == 1 ? ",)" : ")");
}

static void format_ternary(struct formatter *formatter, const struct expr *expr)
{
	format_operand(formatter, expr->ternary.condition);
	if (expr->ternary.yes) {
		format_puts(formatter, " ? ");
		format_operand(formatter, expr->ternary.yes);
		format_puts(formatter, " : ");
	} else {
		format_puts(formatter, " ?: ");
	}
	format_operand(formatter, expr->ternary.no);
}

static void format_binary(struct formatter *formatter, const struct expr *expr)
{
	format_operand(formatter, expr->binary.left);
	format_puts(formatter, " ");
	format_puts(formatter, binary_op_text(expr->binary.op));
	format_puts(formatter, " ");
	format_operand(formatter, expr->binary.right);
}

static void format_if(struct formatter *formatter, const struct expr *expr)
{
	for (;;) {
		const struct block *no = expr->if_.no;

		format_puts(formatter, "if ");
		format_condition(formatter, expr->if_.condition);
		format_puts(formatter, " ");
		format_block(formatter, expr->if_.yes, true);
		if (!no)
			return;
		format_puts(formatter, " else ");
		if (!expr->if_.no_is_if) {
			format_block(formatter, no, true);
			return;
		}
		expr = no->value;
	}
}

static void format_number(struct formatter *formatter, const char *prefix, uint64_t number)
{
	char text[24];
	size_t at = sizeof(text);

	text[--at] = '\0';
	do
		text[--at] = (char)('0' + number % 10);
	while (number /= 10);
	format_puts(formatter, prefix);
	format_puts(formatter, text + at);
}

/* Long because it is one case for each kind. */
void format_expr(struct formatter *formatter, const struct expr *expr)
{
	if (formatter->full)
		return;
	switch (expr->kind) {
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_BOOL:
	case EXPR_IDENT:
	case EXPR_VAR:
	case EXPR_PARAM:
	case EXPR_PARAM_COUNT:
		format_source(formatter, expr->span);
		return;
	case EXPR_MAP:
		format_map(formatter, expr);
		return;
	case EXPR_CALL:
		format_puts(formatter, expr->call.name);
		format_puts(formatter, "(");
		format_list(formatter, &expr->call.args, NULL);
		format_puts(formatter, ")");
		return;
	case EXPR_UNARY:
		format_unary(formatter, expr);
		return;
	case EXPR_BINARY:
		format_binary(formatter, expr);
		return;
	case EXPR_TERNARY:
		format_ternary(formatter, expr);
		return;
	case EXPR_INCDEC:
		format_incdec(formatter, expr);
		return;
	case EXPR_CAST:
		format_cast(formatter, expr);
		return;
	case EXPR_FIELD:
		format_object(formatter, expr->field.object);
		format_puts(formatter, ".");
		format_puts(formatter, expr->field.name);
		return;
	case EXPR_INDEX:
		format_index(formatter, expr);
		return;
	case EXPR_ELEMENT:
		format_object(formatter, expr->element.object);
		format_number(formatter, ".", expr->element.number);
		return;
	case EXPR_TUPLE:
		format_tuple(formatter, expr);
		return;
	case EXPR_RECORD:
		format_puts(formatter, "(");
		format_list(formatter, &expr->record.items, &expr->record.names);
		format_puts(formatter, ")");
		return;
	case EXPR_SIZEOF:
		format_of(formatter, "sizeof", expr);
		return;
	case EXPR_OFFSETOF:
		format_of(formatter, "offsetof", expr);
		return;
	case EXPR_TYPEOF:
		format_of(formatter, "typeof", expr);
		return;
	case EXPR_TYPEINFO:
		format_of(formatter, "typeinfo", expr);
		return;
	case EXPR_TYPE:
		format_type(formatter, expr->type_spec);
		return;
	case EXPR_COMPTIME:
		format_puts(formatter, "comptime ");
		format_operand(formatter, expr->comptime);
		return;
	case EXPR_BLOCK:
		format_block(formatter, expr->block, true);
		return;
	case EXPR_IF:
		format_if(formatter, expr);
		return;
	}
	unreachable();
}

void format_type(struct formatter *formatter, const struct type_spec *spec)
{
	static const char *const words[] = {
		[TYPE_SPEC_NAME] = "",
		[TYPE_SPEC_STRUCT] = "struct ",
		[TYPE_SPEC_UNION] = "union ",
		[TYPE_SPEC_ENUM] = "enum ",
		[TYPE_SPEC_TYPEOF] = "typeof(",
	};
	const struct type_suffix *suffix = spec->suffixes.items;

	format_puts(formatter, spec->is_const ? "const " : "");
	format_puts(formatter, spec->is_volatile ? "volatile " : "");
	format_puts(formatter, words[spec->kind]);
	if (spec->name)
		format_puts(formatter, spec->name);
	if (spec->kind == TYPE_SPEC_TYPEOF) {
		if (spec->inner)
			format_type(formatter, spec->inner);
		else
			format_expr(formatter, spec->expr);
		format_puts(formatter, ")");
	}
	for (size_t i = 0; i < spec->suffixes.count; i++, suffix++) {
		if (!suffix->pointer) {
			format_number(formatter, "[", suffix->length);
			format_puts(formatter, "]");
		} else {
			format_puts(formatter, !i && spec->name && *words[spec->kind] ? " *" : "*");
		}
	}
}
