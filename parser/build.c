/*
 * What the grammar's actions do beyond plain constructors: lists, blocks and
 * their values, declarations.
 */
#include <string.h>

#include "parser/parser.h"

struct expr_vec *parser_exprs(struct parser *parser, struct expr_vec *list, struct expr *item)
{
	if (!list)
		list = arena_new_struct(parser->arena, struct expr_vec);
	if (item)
		vec_push(parser->arena, list, item);
	return list;
}

struct expr_vec *parser_exprs_prepend(struct parser *parser, struct expr_vec *list,
				      struct expr *item)
{
	vec_push(parser->arena, list, NULL);
	memmove(list->items + 1, list->items, (list->count - 1) * sizeof(*list->items));
	list->items[0] = item;
	return list;
}

struct name_vec *parser_names(struct parser *parser, struct name_vec *list, const char *name)
{
	if (!list)
		list = arena_new_struct(parser->arena, struct name_vec);
	vec_push(parser->arena, list, name);
	return list;
}

struct record_items *parser_record_item(struct parser *parser, struct record_items *list,
					const char *name, struct expr *item)
{
	if (!list)
		list = arena_new_struct(parser->arena, struct record_items);
	vec_push(parser->arena, &list->names, name);
	vec_push(parser->arena, &list->items, item);
	return list;
}

struct stmt_vec *parser_stmts(struct parser *parser)
{
	return arena_new_struct(parser->arena, struct stmt_vec);
}

struct stmt_vec *parser_stmt(struct parser *parser, struct stmt_vec *list, struct stmt *stmt)
{
	if (stmt)
		vec_push(parser->arena, list, stmt);
	return list;
}

struct block *parser_block(struct parser *parser, struct span span, struct stmt_vec *stmts,
			   struct expr *last)
{
	if (ast_has_value(last))
		return ast_block(&parser->maker, span, stmts, last);
	parser_stmt(parser, stmts, ast_stmt_expr(&parser->maker, last->span, last));
	return ast_block(&parser->maker, span, stmts, NULL);
}

/* Of a loop or probe, whose value nobody asks for. */
struct block *parser_body(struct parser *parser, struct block *block)
{
	struct expr *value = block->value;

	if (value && (value->kind == EXPR_IF || value->kind == EXPR_BLOCK)) {
		vec_push(parser->arena, &block->stmts,
			 ast_stmt_expr(&parser->maker, value->span, value));
		block->value = NULL;
	}
	return block;
}

struct stmt *parser_assign(struct parser *parser, struct span span, struct expr *target, int op,
			   struct expr *value)
{
	struct diags *diags = parser->diags;

	switch ((int)target->kind) {
	case EXPR_VAR:
	case EXPR_MAP:
		break;
	case EXPR_FIELD:
	case EXPR_ELEMENT:
	case EXPR_INDEX:
		diag_report(diags, target->span, DIAG_NOT_A_LVALUE,
			    "only variables and maps can be assigned to: tuples and records are immutable "
			    "once created, and memory is only read");
		if (target->kind == EXPR_INDEX && target->index.object->kind == EXPR_MAP)
			diag_hint(diags, "several keys stand between one pair of brackets: %s[a, b]",
				  target->index.object->map.name);
		return NULL;
	case EXPR_IDENT:
		diag_report(diags, target->span, DIAG_NOT_A_LVALUE,
			    "'%.64s' cannot be assigned to", target->ident.name);
		diag_hint(diags, "a variable is written $%.64s, a map @%.64s", target->ident.name,
			  target->ident.name);
		return NULL;
	default:
		diag_report(diags, target->span, DIAG_NOT_A_LVALUE,
			    "only variables and maps can be assigned to");
		return NULL;
	}
	if (op < 0)
		return ast_assign(&parser->maker, span, target, value);
	return ast_compound_assign(&parser->maker, span, target, (enum binary_op)op, value);
}

struct stmt *parser_for_map(struct parser *parser, struct span span, const char *name,
			    struct span name_span, struct expr *map, struct block *body)
{
	if (map->kind != EXPR_MAP || map->map.keys.count) {
		diag_report(parser->diags, map->span, DIAG_SYNTAX,
			    "syntax: a for loop runs over a whole map (@m) or a range (0..10)");
		return NULL;
	}
	return ast_for_map(&parser->maker, span, name, name_span, map, parser_body(parser, body));
}

struct expr *parser_record(struct parser *parser, struct span span, struct record_items *items)
{
	return ast_record(&parser->maker, span, &items->names, &items->items);
}

struct expr *parser_element(struct parser *parser, struct span span, struct expr *object,
			    uint64_t number)
{
	if (object->kind == EXPR_NUMBER)
		diag_report(parser->diags, span, DIAG_BAD_NUMBER,
			    "numbers have no fraction: there are only integers");
	return ast_element(&parser->maker, span, object, number);
}

struct expr *parser_else_if(struct parser *parser, struct span span, struct expr *condition,
			    struct block *yes, struct expr *no, struct span no_span)
{
	struct stmt_vec none = { 0 };
	struct block *block = ast_block(&parser->maker, no_span, &none, no);

	return ast_if(&parser->maker, span, condition, yes, block, true);
}

struct type_spec *parser_qualified(struct type_spec *spec, bool is_const, struct span span)
{
	spec->is_const |= is_const;
	spec->is_volatile |= !is_const;
	spec->span = span;
	return spec;
}

struct type_spec *parser_pointer(struct parser *parser, struct span span, struct type_spec *spec)
{
	struct type_suffix suffix = { .pointer = true };

	vec_push(parser->arena, &spec->suffixes, suffix);
	spec->span = span;
	return spec;
}

struct type_spec *parser_array(struct parser *parser, struct span span, struct type_spec *spec,
			       uint64_t length)
{
	struct type_suffix suffix = { .length = length };

	vec_push(parser->arena, &spec->suffixes, suffix);
	spec->span = span;
	return spec;
}

struct expr *parser_type_operand(struct parser *parser, struct expr *operand)
{
	struct type_spec *spec;

	if (operand->kind != EXPR_INDEX)
		return operand;
	spec = ast_type_of_expr(&parser->maker, operand, false);
	return spec ? ast_type(&parser->maker, operand->span, spec) : operand;
}

/* The operand as EXPR_TYPE, read as an expression so far. */
static struct expr *as_type(struct parser *parser, struct expr *operand)
{
	struct type_spec *spec = ast_type_of_expr(&parser->maker, operand, true);

	if (!spec) {
		diag_report(parser->diags, operand->span, DIAG_SYNTAX,
			    "syntax: the '*' after this has no right side, and this is no type");
		spec = ast_type_spec(&parser->maker, operand->span, TYPE_SPEC_NAME, "void");
	}
	return ast_type(&parser->maker, operand->span, spec);
}

struct expr *parser_pointer_operand(struct parser *parser, struct span span, struct expr *operand)
{
	if (operand->kind != EXPR_TYPE)
		operand = as_type(parser, operand);
	parser_pointer(parser, span, operand->type_spec);
	operand->span = span;
	return operand;
}

struct expr *parser_array_operand(struct parser *parser, struct span span, struct expr *operand,
				  uint64_t length)
{
	parser_array(parser, span, operand->type_spec, length);
	operand->span = span;
	return operand;
}

static struct decl *add_decl(struct parser *parser, enum decl_kind kind, struct span span)
{
	struct decl *decl = arena_new_struct(parser->arena, struct decl);

	decl->kind = kind;
	decl->span = span;
	vec_push(parser->arena, &parser->script->decls, decl);
	return decl;
}

void parser_c_text(struct parser *parser, struct span span, bool is_line)
{
	struct decl *decl = add_decl(parser, DECL_C, span);

	decl->c.span = span;
	decl->c.is_line = is_line;
}

void parser_config_begin(struct parser *parser)
{
	parser->config = arena_new_struct(parser->arena, struct decl);
	parser->config->kind = DECL_CONFIG;
}

void parser_config_end(struct parser *parser, struct span span)
{
	parser->config->span = span;
	vec_push(parser->arena, &parser->script->decls, parser->config);
}

void parser_config_entry(struct parser *parser, struct span span, const char *key,
			 struct span key_span, struct span value_span, const char *string)
{
	struct config_entry entry = {
		.span = span,
		.key_span = key_span,
		.value_span = value_span,
		.key = key,
		.value = string,
		.is_string = string,
	};

	if (!string)
		entry.value = arena_strndup(parser->arena,
					    parser->source->text + (value_span.start - parser->source->base),
					    value_span.end - value_span.start);
	vec_push(parser->arena, &parser->config->config, entry);
}

void parser_import(struct parser *parser, struct span span, const char *path, struct span path_span)
{
	struct decl *decl = add_decl(parser, DECL_IMPORT, span);

	decl->import.span = span;
	decl->import.path = path;
	decl->import.path_span = path_span;
}

struct probe *parser_attach_point(struct parser *parser, struct probe *probe, struct span span)
{
	struct attach_point_text text = {
		.span = span,
		.text = parser->source->text + (span.start - parser->source->base),
		.length = span.end - span.start,
	};

	if (!probe)
		probe = arena_new_struct(parser->arena, struct probe);
	vec_push(parser->arena, &probe->attach_points, text);
	return probe;
}

struct probe *parser_probe_parts(struct parser *parser, struct probe *probe, struct expr *predicate,
				 struct block *body)
{
	probe->predicate = predicate;
	probe->body = parser_body(parser, body);
	return probe;
}

void parser_probe(struct parser *parser, struct span span, struct probe *probe)
{
	probe->span = span;
	add_decl(parser, DECL_PROBE, span)->probe = probe;
}

struct macro *parser_macro_param(struct parser *parser, struct macro *macro, int kind,
				 const char *name, struct span span)
{
	struct macro_param param = { .name = name, .span = span };

	param.kind = kind;
	if (!macro)
		macro = arena_new_struct(parser->arena, struct macro);
	if (name)
		vec_push(parser->arena, &macro->params, param);
	return macro;
}

void parser_macro(struct parser *parser, struct span span, const char *name, struct span name_span,
		  struct macro *macro, struct block *body)
{
	macro->span = span;
	macro->name = name;
	macro->name_span = name_span;
	macro->body = body;
	add_decl(parser, DECL_MACRO, span)->macro = macro;
}

struct function *parser_fn_param(struct parser *parser, struct function *function, const char *name,
				 struct span span, struct type_spec *spec)
{
	struct function_param param = { .name = name, .span = span, .spec = spec };

	if (!function)
		function = arena_new_struct(parser->arena, struct function);
	if (name)
		vec_push(parser->arena, &function->params, param);
	return function;
}

void parser_function(struct parser *parser, struct span span, const char *name,
		     struct span name_span, struct function *function, struct type_spec *result,
		     struct block *body)
{
	function->span = span;
	function->name = name;
	function->name_span = name_span;
	function->result = result;
	function->body = body;
	add_decl(parser, DECL_FUNCTION, span)->function = function;
}

void parser_map_decl(struct parser *parser, struct span span, const char *name,
		     struct span name_span, const char *kind, struct span kind_span,
		     struct expr *capacity)
{
	struct map_decl *map = arena_new_struct(parser->arena, struct map_decl);

	*map = (struct map_decl){
		.span = span,
		.name_span = name_span,
		.kind_span = kind_span,
		.name = name,
		.kind = kind,
		.capacity = capacity,
	};
	add_decl(parser, DECL_MAP, span)->map = map;
}
