/*
 * One node a line, children indented below.  For reading and for tests: what a
 * node prints here is all of what it means.
 */
#include "parser/ast_text.h"

#include <string.h>

#include "base/compiler.h"

struct writer {
	struct strbuf *out;
	struct sources *sources; /* NULL: without places */
	size_t indent;
};

static void write_stmt(struct writer *writer, const struct stmt *stmt);
static void write_block(struct writer *writer, const struct block *block);
static void write_expr(struct writer *writer, const struct expr *expr);

static void begin_line(struct writer *writer, const char *word)
{
	strbuf_fill(writer->out, ' ', writer->indent * 2);
	strbuf_puts(writer->out, word);
}

static void end_line(struct writer *writer, struct span span)
{
	struct position start, end;

	if (writer->sources && span.start) {
		start = sources_position(writer->sources, span.start);
		end = sources_position(writer->sources, span.end);
		if (start.line == end.line)
			strbuf_printf(writer->out, " %u:%u-%u", start.line, start.column, end.column);
		else
			strbuf_printf(writer->out, " %u:%u-%u:%u", start.line, start.column, end.line,
				      end.column);
	}
	strbuf_putc(writer->out, '\n');
}

static void write_line(struct writer *writer, const char *word, struct span span)
{
	begin_line(writer, word);
	end_line(writer, span);
}

static void write_word(struct writer *writer, const char *word)
{
	strbuf_putc(writer->out, ' ');
	strbuf_puts(writer->out, word);
}

static void write_quoted(struct strbuf *out, const char *text, size_t length)
{
	strbuf_putc(out, '"');
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			strbuf_printf(out, "\\%c", c);
		else if (c == '\n')
			strbuf_puts(out, "\\n");
		else if (c < ' ' || c == 0x7f)
			strbuf_printf(out, "\\x%02x", c);
		else
			strbuf_putc(out, (char)c);
	}
	strbuf_putc(out, '"');
}

/* A labelled child: the label on a line of its own, the child below it. */
static void write_part(struct writer *writer, const char *label, const struct expr *expr)
{
	begin_line(writer, label);
	strbuf_putc(writer->out, '\n');
	writer->indent++;
	write_expr(writer, expr);
	writer->indent--;
}

static void write_below(struct writer *writer, const struct expr *expr)
{
	if (!expr)
		return;
	writer->indent++;
	write_expr(writer, expr);
	writer->indent--;
}

static void write_all_below(struct writer *writer, const struct expr_vec *exprs)
{
	for (size_t i = 0; i < exprs->count; i++)
		write_below(writer, exprs->items[i]);
}

void type_spec_text(const struct type_spec *spec, struct strbuf *out)
{
	static const char *const words[] = {
		[TYPE_SPEC_NAME] = "",
		[TYPE_SPEC_STRUCT] = "struct ",
		[TYPE_SPEC_UNION] = "union ",
		[TYPE_SPEC_ENUM] = "enum ",
		[TYPE_SPEC_TYPEOF] = "typeof",
	};

	strbuf_puts(out, words[spec->kind]);
	if (spec->name)
		strbuf_puts(out, spec->name);
	if (spec->kind == TYPE_SPEC_TYPEOF) {
		strbuf_putc(out, '(');
		if (spec->inner)
			type_spec_text(spec->inner, out);
		else
			strbuf_puts(out, "...");
		strbuf_putc(out, ')');
	}
	for (size_t i = 0; i < spec->suffixes.count; i++) {
		const struct type_suffix *suffix = &spec->suffixes.items[i];

		if (suffix->pointer)
			strbuf_putc(out, '*');
		else
			strbuf_printf(out, "[%llu]", (unsigned long long)suffix->length);
	}
}

static void write_type(struct writer *writer, const struct type_spec *spec)
{
	const struct type_spec *inner;

	begin_line(writer, "type ");
	type_spec_text(spec, writer->out);
	end_line(writer, spec->span);
	for (inner = spec; inner; inner = inner->inner)
		write_below(writer, inner->expr);
}

static void write_type_below(struct writer *writer, const struct type_spec *spec)
{
	if (!spec)
		return;
	writer->indent++;
	write_type(writer, spec);
	writer->indent--;
}

static void write_number(struct writer *writer, const struct expr *expr)
{
	if (expr->number.is_negative)
		strbuf_printf(writer->out, " %lld", (long long)expr->number.value);
	else
		strbuf_printf(writer->out, " %llu", (unsigned long long)expr->number.value);
	if (expr->number.is_duration)
		strbuf_puts(writer->out, " duration");
	if (expr->number.is_unsigned)
		strbuf_puts(writer->out, " unsigned");
}

/* The rest of the node's own line. */
static void write_details(struct writer *writer, const struct expr *expr)
{
	struct strbuf *out = writer->out;

	switch ((int)expr->kind) {
	case EXPR_NUMBER:
		write_number(writer, expr);
		break;
	case EXPR_STRING:
		strbuf_putc(out, ' ');
		write_quoted(out, expr->string.text, expr->string.length);
		break;
	case EXPR_BOOL:
		write_word(writer, expr->boolean ? "true" : "false");
		break;
	case EXPR_IDENT:
		write_word(writer, expr->ident.name);
		break;
	case EXPR_VAR:
		write_word(writer, expr->var.name);
		break;
	case EXPR_MAP:
		write_word(writer, expr->map.name);
		break;
	case EXPR_PARAM:
		strbuf_printf(out, " $%llu", (unsigned long long)expr->param);
		break;
	case EXPR_CALL:
		write_word(writer, expr->call.name);
		break;
	case EXPR_UNARY:
		write_word(writer, unary_op_text(expr->unary.op));
		break;
	case EXPR_BINARY:
		write_word(writer, binary_op_text(expr->binary.op));
		break;
	case EXPR_INCDEC:
		write_word(writer, expr->incdec.increment ? "++" : "--");
		write_word(writer, expr->incdec.prefix ? "before" : "after");
		break;
	case EXPR_FIELD:
		write_word(writer, expr->field.name);
		break;
	case EXPR_ELEMENT:
		strbuf_printf(out, " %llu", (unsigned long long)expr->element.number);
		break;
	case EXPR_OFFSETOF:
		for (size_t i = 0; i < expr->of.fields.count; i++)
			strbuf_printf(out, "%s%s", i ? "." : " ", expr->of.fields.items[i]);
		break;
	}
}

static void write_record(struct writer *writer, const struct expr *expr)
{
	writer->indent++;
	for (size_t i = 0; i < expr->record.items.count; i++)
		write_part(writer, expr->record.names.items[i], expr->record.items.items[i]);
	writer->indent--;
}

static void write_if(struct writer *writer, const struct expr *expr)
{
	write_below(writer, expr->if_.condition);
	writer->indent++;
	write_line(writer, "then", SPAN_NONE);
	write_block(writer, expr->if_.yes);
	if (expr->if_.no) {
		write_line(writer, "else", SPAN_NONE);
		write_block(writer, expr->if_.no);
	}
	writer->indent--;
}

/* Long because it is one case for each kind. */
static void write_children(struct writer *writer, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_BOOL:
	case EXPR_IDENT:
	case EXPR_VAR:
	case EXPR_PARAM:
	case EXPR_PARAM_COUNT:
		return;
	case EXPR_MAP:
		write_all_below(writer, &expr->map.keys);
		return;
	case EXPR_CALL:
		write_all_below(writer, &expr->call.args);
		return;
	case EXPR_UNARY:
		write_below(writer, expr->unary.operand);
		return;
	case EXPR_BINARY:
		write_below(writer, expr->binary.left);
		write_below(writer, expr->binary.right);
		return;
	case EXPR_TERNARY:
		write_below(writer, expr->ternary.condition);
		write_below(writer, expr->ternary.yes);
		write_below(writer, expr->ternary.no);
		return;
	case EXPR_INCDEC:
		write_below(writer, expr->incdec.operand);
		return;
	case EXPR_CAST:
		write_type_below(writer, expr->cast.spec);
		write_below(writer, expr->cast.operand);
		return;
	case EXPR_FIELD:
		write_below(writer, expr->field.object);
		return;
	case EXPR_INDEX:
		write_below(writer, expr->index.object);
		write_below(writer, expr->index.index);
		return;
	case EXPR_ELEMENT:
		write_below(writer, expr->element.object);
		return;
	case EXPR_TUPLE:
		write_all_below(writer, &expr->tuple.items);
		return;
	case EXPR_RECORD:
		write_record(writer, expr);
		return;
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEOF:
	case EXPR_TYPEINFO:
		write_type_below(writer, expr->of.spec);
		write_below(writer, expr->of.operand);
		return;
	case EXPR_TYPE:
		write_type_below(writer, expr->type_spec);
		return;
	case EXPR_COMPTIME:
		write_below(writer, expr->comptime);
		return;
	case EXPR_BLOCK:
		write_block(writer, expr->block);
		return;
	case EXPR_IF:
		write_if(writer, expr);
		return;
	}
	unreachable();
}

static void write_expr(struct writer *writer, const struct expr *expr)
{
	static const char *const words[] = {
#define X(id) #id,
		EXPR_KINDS(X)
#undef X
	};
	char word[16];
	size_t i;

	for (i = 0; words[expr->kind][i]; i++)
		word[i] = words[expr->kind][i] == '_' ? '-' : (char)(words[expr->kind][i] | 0x20);
	word[i] = '\0';
	begin_line(writer, word);
	if (expr->kind == EXPR_TERNARY && !expr->ternary.yes)
		write_word(writer, "?:");
	write_details(writer, expr);
	end_line(writer, expr->span);
	write_children(writer, expr);
}

/* What is in the block, one level further in; its value under "value". */
static void write_block(struct writer *writer, const struct block *block)
{
	writer->indent++;
	for (size_t i = 0; i < block->stmts.count; i++)
		write_stmt(writer, block->stmts.items[i]);
	if (block->value)
		write_part(writer, "value", block->value);
	writer->indent--;
}

static void write_loop(struct writer *writer, const char *word, const struct stmt *stmt)
{
	write_line(writer, word, stmt->span);
	writer->indent++;
	write_part(writer, stmt->kind == STMT_UNROLL ? "times" : "condition", stmt->loop.condition);
	write_line(writer, "body", stmt->loop.body->span);
	write_block(writer, stmt->loop.body);
	writer->indent--;
}

static void write_for(struct writer *writer, const struct stmt *stmt)
{
	begin_line(writer, "for ");
	strbuf_puts(writer->out, stmt->for_.name);
	end_line(writer, stmt->span);
	writer->indent++;
	if (stmt->kind == STMT_FOR_RANGE) {
		write_part(writer, "from", stmt->for_.from);
		write_part(writer, "to", stmt->for_.to);
	} else {
		write_part(writer, "over", stmt->for_.map);
	}
	write_line(writer, "body", stmt->for_.body->span);
	write_block(writer, stmt->for_.body);
	writer->indent--;
}

static void write_assign(struct writer *writer, const struct stmt *stmt)
{
	begin_line(writer, "assign ");
	if (stmt->assign.compound)
		strbuf_puts(writer->out, binary_op_text(stmt->assign.op));
	strbuf_putc(writer->out, '=');
	end_line(writer, stmt->span);
	write_below(writer, stmt->assign.target);
	write_below(writer, stmt->assign.value);
}

static void write_stmt(struct writer *writer, const struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
		write_expr(writer, stmt->expr);
		return;
	case STMT_ASSIGN:
		write_assign(writer, stmt);
		return;
	case STMT_LET:
		begin_line(writer, "let ");
		strbuf_puts(writer->out, stmt->let.name);
		end_line(writer, stmt->span);
		write_type_below(writer, stmt->let.spec);
		write_below(writer, stmt->let.value);
		return;
	case STMT_DISCARD:
		write_line(writer, "discard", stmt->span);
		write_below(writer, stmt->expr);
		return;
	case STMT_WHILE:
		write_loop(writer, "while", stmt);
		return;
	case STMT_UNROLL:
		write_loop(writer, "unroll", stmt);
		return;
	case STMT_FOR_RANGE:
	case STMT_FOR_MAP:
		write_for(writer, stmt);
		return;
	case STMT_BREAK:
		write_line(writer, "break", stmt->span);
		return;
	case STMT_CONTINUE:
		write_line(writer, "continue", stmt->span);
		return;
	case STMT_RETURN:
		write_line(writer, "return", stmt->span);
		write_below(writer, stmt->expr);
		return;
	case STMT_IMPORT:
		begin_line(writer, "import ");
		write_quoted(writer->out, stmt->import.path, strlen(stmt->import.path));
		end_line(writer, stmt->span);
		return;
	}
	unreachable();
}

static void write_probe(struct writer *writer, const struct probe *probe)
{
	write_line(writer, "probe", probe->span);
	writer->indent++;
	for (size_t i = 0; i < probe->attach_points.count; i++) {
		const struct attach_point_text *point = &probe->attach_points.items[i];

		begin_line(writer, "attach ");
		write_quoted(writer->out, point->text, point->length);
		end_line(writer, point->span);
	}
	if (probe->predicate)
		write_part(writer, "predicate", probe->predicate);
	write_line(writer, "body", probe->body->span);
	write_block(writer, probe->body);
	writer->indent--;
}

static void write_macro(struct writer *writer, const struct macro *macro)
{
	begin_line(writer, "macro ");
	strbuf_puts(writer->out, macro->name);
	end_line(writer, macro->span);
	writer->indent++;
	for (size_t i = 0; i < macro->params.count; i++) {
		begin_line(writer, "param ");
		strbuf_puts(writer->out, macro->params.items[i].name);
		end_line(writer, macro->params.items[i].span);
	}
	write_line(writer, "body", macro->body->span);
	write_block(writer, macro->body);
	writer->indent--;
}

static void write_function(struct writer *writer, const struct function *function)
{
	begin_line(writer, "fn ");
	strbuf_puts(writer->out, function->name);
	end_line(writer, function->span);
	writer->indent++;
	for (size_t i = 0; i < function->params.count; i++) {
		begin_line(writer, "param ");
		strbuf_puts(writer->out, function->params.items[i].name);
		end_line(writer, function->params.items[i].span);
		write_type_below(writer, function->params.items[i].spec);
	}
	write_line(writer, "result", SPAN_NONE);
	write_type_below(writer, function->result);
	write_line(writer, "body", function->body->span);
	write_block(writer, function->body);
	writer->indent--;
}

static void write_config(struct writer *writer, const struct decl *decl)
{
	write_line(writer, "config", decl->span);
	writer->indent++;
	for (size_t i = 0; i < decl->config.count; i++) {
		const struct config_entry *entry = &decl->config.items[i];

		begin_line(writer, entry->key);
		strbuf_puts(writer->out, " = ");
		write_quoted(writer->out, entry->value, strlen(entry->value));
		end_line(writer, entry->span);
	}
	writer->indent--;
}

static void write_decl(struct writer *writer, const struct script *script, const struct decl *decl)
{
	const char *text = script->source->text + (decl->span.start - script->source->base);

	switch (decl->kind) {
	case DECL_C:
		begin_line(writer, decl->c.is_line ? "c-line " : "c-definition ");
		write_quoted(writer->out, text, decl->span.end - decl->span.start);
		end_line(writer, decl->span);
		return;
	case DECL_CONFIG:
		write_config(writer, decl);
		return;
	case DECL_IMPORT:
		begin_line(writer, "import ");
		write_quoted(writer->out, decl->import.path, strlen(decl->import.path));
		end_line(writer, decl->span);
		return;
	case DECL_PROBE:
		write_probe(writer, decl->probe);
		return;
	case DECL_MACRO:
		write_macro(writer, decl->macro);
		return;
	case DECL_FUNCTION:
		write_function(writer, decl->function);
		return;
	case DECL_MAP:
		begin_line(writer, "map ");
		strbuf_printf(writer->out, "%s %s", decl->map->name, decl->map->kind);
		end_line(writer, decl->span);
		write_below(writer, decl->map->capacity);
		return;
	}
	unreachable();
}

void ast_text_with_places(const struct script *script, struct sources *sources, struct strbuf *out)
{
	struct writer writer = { .out = out, .sources = sources };

	for (size_t i = 0; i < script->decls.count; i++)
		write_decl(&writer, script, script->decls.items[i]);
}

void ast_text(const struct script *script, struct strbuf *out)
{
	ast_text_with_places(script, NULL, out);
}
