/*
 * Lines of the formatted script: declarations, statements, comments, blank lines.
 * What stands on them is written by format_expr.c.
 */
#include "parser/format.h"

#include <string.h>

#include "base/compiler.h"
#include "lexer/lookahead.h"
#include "parser/ast_new.h"
#include "parser/formatter.h"

static void end_line(struct formatter *formatter)
{
	strbuf_putc(formatter->out, '\n');
	formatter->line_start = formatter->out->length;
}

void format_newline(struct formatter *formatter)
{
	end_line(formatter);
	strbuf_fill(formatter->out, ' ', formatter->indent);
}

static const char *source_text(const struct formatter *formatter, uint32_t offset)
{
	return formatter->script->source->text + (offset - formatter->script->source->base);
}

/*
 * Goes to the line of what stands at `offset` in the source, with as many
 * blank lines before it as there.
 */
static void begin_item(struct formatter *formatter, uint32_t offset)
{
	const char *text = source_text(formatter, offset);
	const char *start = source_text(formatter, formatter->copied_end);
	size_t lines = 0;

	if (formatter->full)
		return;
	while (text > start && strchr(" \t\r\n", text[-1]) && text[-1])
		lines += *--text == '\n';
	if (!formatter->out->length)
		return;
	for (; lines > 1; lines--)
		end_line(formatter);
	format_newline(formatter);
}

/* One line of a comment: "// " and the text without blanks around it. */
static void format_comment_line(struct formatter *formatter, const char *text, const char *end)
{
	while (text < end && strchr(" \t\r", *text) && *text)
		text++;
	while (text < end && strchr(" \t\r", end[-1]) && end[-1])
		end--;
	strbuf_puts(formatter->out, text < end ? "// " : "//");
	strbuf_add(formatter->out, text, (size_t)(end - text));
}

/* Each line of a block comment, without the stars in front; blank ones at both ends vanish. */
static void format_block_comment(struct formatter *formatter, const char *text, const char *end)
{
	bool opening = true, written = false;

	while (end > text && strchr(" \t\r\n", end[-1]) && end[-1])
		end--;
	for (;;) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		const char *line = text;

		line_end = line_end ? line_end : end;
		while (line < line_end && strchr(" \t\r", *line) && *line)
			line++;
		while (!opening && line < line_end && *line == '*')
			line++;
		if (written || line < line_end || line_end == end) {
			if (written)
				format_newline(formatter);
			format_comment_line(formatter, line, line_end);
			written = true;
		}
		if (line_end == end)
			return;
		text = line_end + 1;
		opening = false;
	}
}

static void format_comment(struct formatter *formatter, struct span span)
{
	const char *text = source_text(formatter, span.start), *end = source_text(formatter, span.end);

	begin_item(formatter, span.start);
	if (text[1] == '*') {
		format_block_comment(formatter, text + 2, end - 2);
		return;
	}
	while (strchr(" \t\r", end[-1]) && end[-1])
		end--;
	strbuf_add(formatter->out, text, (size_t)(end - text));
}

/* The comments before `offset` that were not written yet, as lines of their own. */
static void flush_comments(struct formatter *formatter, uint32_t offset)
{
	while (formatter->comment < formatter->script->comments.count) {
		struct span span = formatter->script->comments.items[formatter->comment].span;

		if (span.start >= offset)
			return;
		format_comment(formatter, span);
		formatter->comment++;
	}
}

static bool has_comment_before(const struct formatter *formatter, uint32_t offset)
{
	return formatter->comment < formatter->script->comments.count &&
	       formatter->script->comments.items[formatter->comment].span.start < offset;
}

/* Goes to a new line for what stands at `span`, comments first. */
static void begin_line(struct formatter *formatter, struct span span)
{
	flush_comments(formatter, span.start);
	begin_item(formatter, span.start);
}

/* The span of an expression leaves out parentheses around it: back to where they open. */
static struct span before_parentheses(const struct formatter *formatter, struct span span)
{
	const char *text = source_text(formatter, span.start);
	const char *start = formatter->script->source->text, *at = text;

	for (; at > start && strchr(" \t\r\n(", at[-1]) && at[-1]; at--)
		if (at[-1] == '(')
			text = at - 1;
	span.start = formatter->script->source->base + (uint32_t)(text - start);
	return span;
}

static void format_assign(struct formatter *formatter, const struct stmt *stmt)
{
	format_expr(formatter, stmt->assign.target);
	format_puts(formatter, " ");
	if (stmt->assign.compound)
		format_puts(formatter, binary_op_text(stmt->assign.op));
	format_puts(formatter, "= ");
	format_expr(formatter, stmt->assign.value);
}

static void format_let(struct formatter *formatter, const struct stmt *stmt)
{
	format_puts(formatter, "let ");
	format_puts(formatter, stmt->let.name);
	if (stmt->let.spec) {
		format_puts(formatter, ": ");
		format_type(formatter, stmt->let.spec);
	}
	if (stmt->let.value) {
		format_puts(formatter, " = ");
		format_expr(formatter, stmt->let.value);
	}
}

static void format_loop(struct formatter *formatter, const char *word, const struct stmt *stmt)
{
	format_puts(formatter, word);
	format_condition(formatter, stmt->loop.condition);
	format_puts(formatter, " ");
	format_block(formatter, stmt->loop.body, false);
}

static void format_for(struct formatter *formatter, const struct stmt *stmt)
{
	format_puts(formatter, "for ");
	format_puts(formatter, stmt->for_.name);
	format_puts(formatter, " : ");
	if (stmt->kind == STMT_FOR_RANGE) {
		format_bound(formatter, stmt->for_.from);
		format_puts(formatter, "..");
		format_bound(formatter, stmt->for_.to);
	} else {
		format_expr(formatter, stmt->for_.map);
	}
	format_puts(formatter, " ");
	format_block(formatter, stmt->for_.body, false);
}

/* True if a ';' belongs after it. */
static bool format_stmt_text(struct formatter *formatter, const struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
		format_stmt_expr(formatter, stmt->expr);
		return stmt->expr->kind != EXPR_IF && stmt->expr->kind != EXPR_BLOCK;
	case STMT_ASSIGN:
		format_assign(formatter, stmt);
		return true;
	case STMT_LET:
		format_let(formatter, stmt);
		return true;
	case STMT_DISCARD:
		format_puts(formatter, "_ = ");
		format_expr(formatter, stmt->expr);
		return true;
	case STMT_WHILE:
		format_loop(formatter, "while ", stmt);
		return false;
	case STMT_UNROLL:
		format_loop(formatter, "unroll ", stmt);
		return false;
	case STMT_FOR_RANGE:
	case STMT_FOR_MAP:
		format_for(formatter, stmt);
		return false;
	case STMT_BREAK:
		format_puts(formatter, "break");
		return true;
	case STMT_CONTINUE:
		format_puts(formatter, "continue");
		return true;
	case STMT_RETURN:
		format_puts(formatter, stmt->expr ? "return " : "return");
		if (stmt->expr)
			format_expr(formatter, stmt->expr);
		return true;
	case STMT_IMPORT:
		format_puts(formatter, "import ");
		format_source(formatter, stmt->import.path_span);
		return true;
	}
	unreachable();
}

/* Could an operator after the '}' of this statement be taken to continue it? */
static bool can_be_continued(const struct expr *expr)
{
	const struct block *last;

	while (expr->kind == EXPR_IF && expr->if_.no && expr->if_.no_is_if)
		expr = expr->if_.no->value;
	if (expr->kind == EXPR_IF)
		last = expr->if_.no;
	else
		last = expr->kind == EXPR_BLOCK ? expr->block : NULL;
	return last && (last->stmts.count || last->value);
}

/*
 * An if or block that is a statement needs a ';' where it would otherwise
 * become the value of the block around it, or the left side of an operator.
 */
static bool needs_separator(const struct block *block, size_t index, bool has_use)
{
	const struct stmt *stmt = block->stmts.items[index], *next;

	if (stmt->kind != STMT_EXPR)
		return false;
	if (index + 1 < block->stmts.count) {
		next = block->stmts.items[index + 1];
		return next->kind == STMT_EXPR && format_begins_with_operator(next->expr) &&
		       can_be_continued(stmt->expr);
	}
	if (block->value)
		return format_begins_with_operator(block->value) && can_be_continued(stmt->expr);
	return has_use && ast_has_value(stmt->expr);
}

void format_block(struct formatter *formatter, const struct block *block, bool has_use)
{
	struct span close = { block->span.end - 1, block->span.end };

	if (formatter->width_limit) {
		formatter->full = true; /* does not fit on one line */
		return;
	}
	format_puts(formatter, "{");
	if (!block->stmts.count && !block->value && !has_comment_before(formatter, close.start)) {
		format_puts(formatter, "}");
		return;
	}
	formatter->indent += FORMAT_INDENT;
	for (size_t i = 0; i < block->stmts.count; i++) {
		begin_line(formatter, block->stmts.items[i]->span);
		if (format_stmt_text(formatter, block->stmts.items[i]) ||
		    needs_separator(block, i, has_use))
			format_puts(formatter, ";");
	}
	if (block->value) {
		begin_line(formatter, before_parentheses(formatter, block->value->span));
		format_stmt_expr(formatter, block->value);
	}
	flush_comments(formatter, close.start);
	formatter->indent -= FORMAT_INDENT;
	begin_item(formatter, close.start);
	format_puts(formatter, "}");
}

/* The block of a declaration, '{' on a line of its own. */
static void format_body(struct formatter *formatter, const struct block *body, bool has_use)
{
	format_newline(formatter);
	format_block(formatter, body, has_use);
}

static void format_probe(struct formatter *formatter, const struct probe *probe)
{
	for (size_t i = 0; i < probe->attach_points.count; i++) {
		struct span span = probe->attach_points.items[i].span;

		if (i) {
			format_puts(formatter, ",");
			flush_comments(formatter, span.start);
			format_newline(formatter);
		}
		format_source(formatter, span);
	}
	/* Before a '{', a '/' at the end would be taken for the end of a predicate. */
	if (vec_last(&probe->attach_points).text[vec_last(&probe->attach_points).length - 1] == '/')
		format_puts(formatter, ",");
	if (probe->predicate) {
		flush_comments(formatter, probe->predicate->span.start);
		format_newline(formatter);
		/* "/" and "*" side by side would begin a comment. */
		format_puts(formatter, format_begins_with_operator(probe->predicate) ? "/ " : "/");
		format_expr(formatter, probe->predicate);
		format_puts(formatter, "/");
	}
	format_body(formatter, probe->body, false);
}

static void format_macro(struct formatter *formatter, const struct macro *macro)
{
	format_puts(formatter, "macro ");
	format_puts(formatter, macro->name);
	format_puts(formatter, "(");
	for (size_t i = 0; i < macro->params.count; i++) {
		format_puts(formatter, i ? ", " : "");
		format_puts(formatter, macro->params.items[i].name);
	}
	format_puts(formatter, ")");
	format_body(formatter, macro->body, true);
}

static void format_function(struct formatter *formatter, const struct function *function)
{
	format_puts(formatter, "fn ");
	format_puts(formatter, function->name);
	format_puts(formatter, "(");
	for (size_t i = 0; i < function->params.count; i++) {
		format_puts(formatter, i ? ", " : "");
		format_puts(formatter, function->params.items[i].name);
		format_puts(formatter, ": ");
		format_type(formatter, function->params.items[i].spec);
	}
	format_puts(formatter, "): ");
	format_type(formatter, function->result);
	format_body(formatter, function->body, true);
}

/* Could the value stand without quotes? */
static bool is_config_word(const char *value)
{
	if (!*value)
		return false;
	for (; *value; value++)
		if (!is_word_char(*value))
			return false;
	return true;
}

static void format_config(struct formatter *formatter, const struct decl *decl)
{
	struct span close = { decl->span.end - 1, decl->span.end };

	format_puts(formatter, "config = {");
	if (!decl->config.count && !has_comment_before(formatter, close.start)) {
		format_puts(formatter, "}");
		return;
	}
	formatter->indent += FORMAT_INDENT;
	for (size_t i = 0; i < decl->config.count; i++) {
		const struct config_entry *entry = &decl->config.items[i];

		begin_line(formatter, entry->span);
		format_puts(formatter, entry->key);
		format_puts(formatter, " = ");
		if (entry->is_string && is_config_word(entry->value))
			format_puts(formatter, entry->value);
		else
			format_source(formatter, entry->value_span);
		format_puts(formatter, ";");
	}
	flush_comments(formatter, close.start);
	formatter->indent -= FORMAT_INDENT;
	begin_item(formatter, close.start);
	format_puts(formatter, "}");
}

static void format_decl(struct formatter *formatter, const struct decl *decl)
{
	switch (decl->kind) {
	case DECL_C:
		format_source(formatter, decl->span);
		formatter->copied_end = decl->span.end;
		return;
	case DECL_CONFIG:
		format_config(formatter, decl);
		return;
	case DECL_IMPORT:
		format_puts(formatter, "import ");
		format_source(formatter, decl->import.path_span);
		format_puts(formatter, ";");
		return;
	case DECL_PROBE:
		format_probe(formatter, decl->probe);
		return;
	case DECL_MACRO:
		format_macro(formatter, decl->macro);
		return;
	case DECL_FUNCTION:
		format_function(formatter, decl->function);
		return;
	case DECL_MAP:
		format_puts(formatter, "let ");
		format_puts(formatter, decl->map->name);
		format_puts(formatter, " = ");
		format_puts(formatter, decl->map->kind);
		format_puts(formatter, "(");
		format_expr(formatter, decl->map->capacity);
		format_puts(formatter, ");");
		return;
	}
	unreachable();
}

void format_script(const struct script *script, struct sources *sources UNUSED, struct strbuf *out)
{
	struct formatter formatter = {
		.script = script,
		.out = out,
		.copied_end = script->source->base,
	};

	for (size_t i = 0; i < script->decls.count; i++) {
		begin_line(&formatter, script->decls.items[i]->span);
		format_decl(&formatter, script->decls.items[i]);
	}
	flush_comments(&formatter, UINT32_MAX);
	if (out->length)
		end_line(&formatter);
}
