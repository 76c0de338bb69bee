/*
 * The typed program as text, for --dump=types: maps, then each instance with
 * its attach points, variables, and the type of every expression.
 */
#include "base/compiler.h"
#include "sema/passes.h"

struct printer {
	struct ast_visitor visitor; /* first */
	const struct program *program;
	struct strbuf *out;
	unsigned depth;
};

static void indent(struct printer *printer)
{
	strbuf_fill(printer->out, ' ', 2 * printer->depth);
}

/* The script's text of a span on one line, cut when long. */
static void print_excerpt(struct printer *printer, struct span span)
{
	enum { EXCERPT_MAX = 48 };
	const struct source *source = sources_at(printer->program->sources, span.start);
	uint32_t i, length = span.end - span.start;

	for (i = 0; source && i < MIN(length, (uint32_t)EXCERPT_MAX); i++) {
		char c = source->text[span.start - source->base + i];

		strbuf_putc(printer->out, c == '\n' || c == '\t' ? ' ' : c);
	}
	strbuf_puts(printer->out, length > EXCERPT_MAX ? "..." : "");
}

static bool enter_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct printer *printer = (struct printer *)visitor;
	const struct expr *expr = *slot;

	indent(printer);
	strbuf_printf(printer->out, "%s %s: ", expr_kind_name(expr->kind),
		      expr->type ? expr->type->name : "?");
	if (expr->kind == EXPR_NUMBER)
		strbuf_printf(printer->out, expr->number.is_negative ? "%lld" : "%llu",
			      (unsigned long long)expr->number.value);
	else
		print_excerpt(printer, expr->span);
	strbuf_putc(printer->out, '\n');
	printer->depth++;
	return true;
}

static void leave_expr(struct ast_visitor *visitor, struct expr **slot UNUSED)
{
	((struct printer *)visitor)->depth--;
}

static void print_map(struct printer *printer, const struct map *map)
{
	const struct map_layout *layout = &map->layout;

	strbuf_printf(printer->out, "map %s", map->name);
	if (map->key_type)
		strbuf_printf(printer->out, "[%s]", map->key_type->name);
	strbuf_printf(printer->out, " = %s", map->value_type ? map->value_type->name : "?");
	strbuf_printf(printer->out, " (key %u bytes, value %u bytes%s%s)\n", layout->key_size,
		      layout->value_size, layout->is_per_cpu ? ", per CPU" : "",
		      layout->is_array ? ", array" : "");
}

static void print_instance(struct printer *printer, struct instance *instance)
{
	size_t i;

	if (instance->function)
		strbuf_printf(printer->out, "\nfunction %s of", instance->function->name);
	else
		strbuf_puts(printer->out, "\nprobe");
	for (i = 0; i < instance->points.count; i++)
		strbuf_printf(printer->out, " %s", instance->points.items[i]->name);
	strbuf_printf(printer->out, " by %s\n", instance->points.items[0]->mechanism->name);
	for (i = 0; i < instance->variables.count; i++)
		strbuf_printf(printer->out, "  %s: %s\n", instance->variables.items[i]->name,
			      instance->variables.items[i]->type ? instance->variables.items[i]->type->name
								 : "?");
	printer->depth = 1;
	instance_walk(&printer->visitor, instance);
}

void types_text(const struct program *program, struct strbuf *out)
{
	struct printer printer = {
		.visitor = { .enter_expr = enter_expr, .leave_expr = leave_expr },
		.program = program,
		.out = out,
	};
	size_t i;

	for (i = 0; i < program->maps.count; i++)
		print_map(&printer, program->maps.items[i]);
	for (i = 0; i < program->bodies.count; i++)
		print_instance(&printer, program->bodies.items[i]);
}
