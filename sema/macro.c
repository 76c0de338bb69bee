/*
 * Macros: calls are replaced by copies of the body before anything else is
 * looked at (language.md section 9).
 *
 * A $v parameter becomes the caller's variable, a @m parameter the caller's
 * map, a plain one the argument's expression wherever it stands.  Variables
 * that the body brings get names of their own, which no script can write.
 * Each copy has places of its own too, so that messages can say where it was
 * expanded from (base/source.h).
 */
#include "base/compiler.h"
#include "parser/parse.h"
#include "sema/overload.h"
#include "sema/passes.h"

struct expander_of_macros {
	struct ast_visitor visitor; /* first */
	struct program *program;
	struct table macros; /* name to the first struct overload */
	struct table library; /* the same of the prelude */
	VEC(const struct macro *) chain; /* being expanded, outermost first */
	uint32_t expansions;
	uint32_t nodes; /* looked at, those of copies included */
	uint32_t depth; /* of the tree where we are, copies included */
};

/* One copy of a body in the making. */
struct substitution {
	struct ast_visitor visitor; /* first */
	struct expander_of_macros *owner;
	const struct macro *macro;
	const struct expr_vec *args;
	uint32_t number; /* of the expansion: makes names unique */
	uint32_t shift;	 /* from the body's places to the copy's */
	unsigned loop_depth;
};

/* --- the copy ------------------------------------------------------------------ */

static struct substitution *substitution_of(struct ast_visitor *visitor)
{
	return (struct substitution *)visitor;
}

static void shift_span(const struct substitution *substitution, struct span *span)
{
	if (!span->start)
		return;
	span->start += substitution->shift;
	span->end += substitution->shift;
}

/* The argument of the parameter of that name, or NULL. */
static struct expr *argument(const struct substitution *substitution, const char *name)
{
	size_t i;

	for (i = 0; i < substitution->macro->params.count; i++)
		if (substitution->macro->params.items[i].name == name)
			return substitution->args->items[i];
	return NULL;
}

/* The name that a variable of the body has in this copy. */
static const char *fresh_name(const struct substitution *substitution, const char *name)
{
	struct program *program = substitution->owner->program;
	const struct expr *arg = argument(substitution, name);

	if (substitution->macro->is_define) /* text: it means what it means where it is used */
		return name;
	if (arg)
		return arg->kind == EXPR_VAR ? arg->var.name : name;
	return intern_str(program->interner,
			  arena_printf(program->arena, "%s#%u", name, substitution->number));
}

static void substitute_map(struct substitution *substitution, struct expr *expr)
{
	struct diags *diags = substitution->owner->program->diags;
	const struct expr *arg = argument(substitution, expr->map.name);

	if (substitution->macro->is_define)
		return;
	if (arg && arg->kind == EXPR_MAP) {
		expr->map.name = arg->map.name;
		return;
	}
	diag_report(diags, expr->span, DIAG_MACRO_HYGIENE,
		    "Unhygienic access to map: %s. Maps must be passed into the macro as arguments.",
		    expr->map.name);
	diag_hint(diags, "add %s to the parameters of %s()", expr->map.name, substitution->macro->name);
}

/* A parameter that stands for a type: (T)x, (T *)x, sizeof(T), let $x : T. */
static void substitute_type(struct substitution *substitution, struct type_spec *spec)
{
	const struct expr *arg;

	if (!spec || spec->kind != TYPE_SPEC_NAME)
		return;
	arg = argument(substitution, spec->name);
	if (!arg)
		return;
	if (arg->kind == EXPR_IDENT) {
		spec->name = arg->ident.name;
		return;
	}
	/* typeof(name), where the walk comes by and puts the argument for the name; suffixes stay. */
	spec->expr = arena_new_struct(substitution->owner->program->arena, struct expr);
	spec->expr->kind = EXPR_IDENT;
	spec->expr->span = spec->span;
	spec->expr->ident.name = spec->name;
	spec->kind = TYPE_SPEC_TYPEOF;
	spec->name = NULL;
}

/* f.g.h as names, the outermost first; false when it is something else. */
static bool add_members(struct program *program, const struct expr *expr, struct name_vec *fields)
{
	if (expr->kind == EXPR_FIELD && !add_members(program, expr->field.object, fields))
		return false;
	if (expr->kind != EXPR_FIELD && expr->kind != EXPR_IDENT)
		return false;
	vec_push(program->arena, fields,
		 expr->kind == EXPR_FIELD ? expr->field.name : expr->ident.name);
	return true;
}

/* A member named by a parameter: offsetof(T, member), where the argument may be f.g, too. */
static void substitute_members(struct substitution *substitution, struct expr *expr)
{
	struct program *program = substitution->owner->program;
	struct name_vec fields = { 0 };
	size_t i;

	for (i = 0; i < expr->of.fields.count; i++) {
		const struct expr *arg = argument(substitution, expr->of.fields.items[i]);

		if (!arg || !add_members(program, arg, &fields))
			vec_push(program->arena, &fields, expr->of.fields.items[i]);
	}
	expr->of.fields = fields;
}

static void shift_inner_spans(struct substitution *substitution, struct expr *expr)
{
	if (expr->kind == EXPR_BINARY)
		shift_span(substitution, &expr->binary.op_span);
	else if (expr->kind == EXPR_CALL)
		shift_span(substitution, &expr->call.name_span);
	else if (expr->kind == EXPR_FIELD)
		shift_span(substitution, &expr->field.name_span);
	else if (expr->kind == EXPR_CAST)
		shift_span(substitution, &expr->cast.spec->span);
}

static bool copy_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct substitution *substitution = substitution_of(visitor);
	struct expr *expr = *slot, *arg;

	shift_span(substitution, &expr->span);
	shift_inner_spans(substitution, expr);
	if (expr->kind == EXPR_IDENT) {
		arg = argument(substitution, expr->ident.name);
		if (arg) {
			*slot = ast_copy_expr(substitution->owner->program->arena, arg);
			return false;
		}
	} else if (expr->kind == EXPR_VAR) {
		expr->var.name = fresh_name(substitution, expr->var.name);
	} else if (expr->kind == EXPR_MAP) {
		substitute_map(substitution, expr);
	} else if (expr->kind == EXPR_CAST) {
		substitute_type(substitution, expr->cast.spec);
	} else if (expr->kind == EXPR_SIZEOF || expr->kind == EXPR_OFFSETOF) {
		substitute_type(substitution, expr->of.spec);
		substitute_members(substitution, expr);
	}
	return true;
}

static void report_jump(struct substitution *substitution, const struct stmt *stmt, const char *word)
{
	diag_report(substitution->owner->program->diags, stmt->span, DIAG_CONTROL_FLOW,
		    "'%s' statement is not allowed in a macro: it would leave the probe that calls it",
		    word);
}

static bool copy_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	struct substitution *substitution = substitution_of(visitor);
	struct stmt *stmt = *slot;

	shift_span(substitution, &stmt->span);
	switch (stmt->kind) {
	case STMT_LET:
		stmt->let.name = fresh_name(substitution, stmt->let.name);
		substitute_type(substitution, stmt->let.spec);
		shift_span(substitution, &stmt->let.name_span);
		return true;
	case STMT_FOR_RANGE:
	case STMT_FOR_MAP:
		stmt->for_.name = fresh_name(substitution, stmt->for_.name);
		shift_span(substitution, &stmt->for_.name_span);
		substitution->loop_depth++;
		return true;
	case STMT_WHILE:
	case STMT_UNROLL:
		substitution->loop_depth++;
		return true;
	case STMT_RETURN:
		report_jump(substitution, stmt, "return");
		return true;
	case STMT_BREAK:
	case STMT_CONTINUE:
		if (!substitution->loop_depth)
			report_jump(substitution, stmt, stmt->kind == STMT_BREAK ? "break" : "continue");
		return true;
	case STMT_EXPR:
	case STMT_ASSIGN:
	case STMT_DISCARD:
	case STMT_IMPORT:
		return true;
	}
	unreachable();
}

static void leave_copied_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	enum stmt_kind kind = (*slot)->kind;

	if (kind == STMT_FOR_RANGE || kind == STMT_FOR_MAP || kind == STMT_WHILE || kind == STMT_UNROLL)
		substitution_of(visitor)->loop_depth--;
}

static bool copy_block(struct ast_visitor *visitor, struct block *block)
{
	shift_span(substitution_of(visitor), &block->span);
	return true;
}

static struct block *copy_body(struct expander_of_macros *expander, const struct macro *macro,
			       const struct expr_vec *args, struct span call)
{
	struct program *program = expander->program;
	struct source *copy = sources_add_expansion(program->sources, macro->span, call);
	struct substitution substitution = {
		.visitor = { .enter_expr = copy_expr, .enter_stmt = copy_stmt,
			     .leave_stmt = leave_copied_stmt, .enter_block = copy_block },
		.owner = expander,
		.macro = macro,
		.args = args,
		.number = ++expander->expansions,
		.shift = copy->base - macro->span.start,
	};
	struct block *body = ast_copy_block(program->arena, macro->body);

	ast_walk_block(&substitution.visitor, body);
	return body;
}

/* --- calls ---------------------------------------------------------------------- */

static bool is_recursive(struct expander_of_macros *expander, const struct macro *macro,
			 struct span call)
{
	struct diags *diags = expander->program->diags;
	struct strbuf chain;
	size_t i;

	for (i = 0; i < expander->chain.count; i++)
		if (expander->chain.items[i] == macro)
			break;
	if (i == expander->chain.count)
		return false;
	strbuf_init(&chain, expander->program->arena);
	for (; i < expander->chain.count; i++)
		strbuf_printf(&chain, "%s > ", expander->chain.items[i]->name);
	diag_report(diags, call, DIAG_MACRO_RECURSION,
		    "Recursive macro call detected. Call chain: %s%s", chain.text, macro->name);
	return true;
}

enum { EXPANSIONS_MAX = 100000, NODES_MAX = 4 << 20 };

/* Reported once: the same message at the same place is kept once. */
static bool has_too_many(const struct expander_of_macros *expander)
{
	if (expander->expansions < EXPANSIONS_MAX && expander->nodes < NODES_MAX)
		return false;
	diag_report(expander->program->diags, SPAN_NONE, DIAG_TOO_LARGE,
		    "macros expand to more than %d copies or %d expressions", EXPANSIONS_MAX,
		    NODES_MAX);
	return true;
}

/* Is what we look at the body of a macro of the prelude? */
static bool is_in_library(const struct expander_of_macros *expander)
{
	size_t count = expander->chain.count;

	return count && expander->chain.items[count - 1]->is_library;
}

/* The script's macros go before the library's; the library itself knows only its own. */
static const struct overload *overloads_of(const struct expander_of_macros *expander,
					   const char *name, const struct expr_vec *args)
{
	const struct overload *own = is_in_library(expander) ? NULL :
							       table_get_str(&expander->macros, name);
	const struct overload *library = table_get_str(&expander->library, name);

	return own && (!library || overload_choose(own, args)) ? own : library;
}

static void expand_call(struct expander_of_macros *expander, struct expr *call,
			const struct overload *overloads, const struct expr_vec *args)
{
	struct program *program = expander->program;
	const struct macro *macro = overload_choose(overloads, args);
	struct block *body;

	if (!macro) {
		/* A builtin of the same name may take these arguments. */
		if (!table_get_str(&program->builtins, overloads->macro->name))
			overload_report(program, call, overloads, args);
		return;
	}
	if (is_recursive(expander, macro, call->span))
		return;
	if (has_too_many(expander))
		return;
	body = copy_body(expander, macro, args, call->span);
	vec_push(program->arena, &expander->chain, macro);
	ast_walk_block(&expander->visitor, body);
	expander->chain.count--;
	call->kind = EXPR_BLOCK;
	call->block = body;
}

/* A #define: the call becomes the replacement, whose own names are replaced in turn. */
static void expand_define(struct expander_of_macros *expander, struct expr **slot,
			  struct c_define *define, const struct expr_vec *args)
{
	struct program *program = expander->program;
	struct span call = (*slot)->span;
	const struct macro *macro = c_define_macro(program, define, call);
	struct block *body;
	size_t i;

	if (!macro)
		return;
	for (i = 0; i < expander->chain.count; i++)
		if (expander->chain.items[i] == macro)
			return; /* not replaced in its own replacement, as in C */
	if (args->count != macro->params.count) {
		diag_report(program->diags, call, DIAG_MACRO_ARGS,
			    "%s() is #defined with another number of arguments. Expected: %zu but got %zu",
			    macro->name, macro->params.count, args->count);
		diag_note(program->diags, macro->name_span, "it is defined here");
		return;
	}
	if (has_too_many(expander))
		return;
	body = copy_body(expander, macro, args, call);
	vec_push(program->arena, &expander->chain, macro);
	ast_walk_expr(&expander->visitor, &body->value);
	expander->chain.count--;
	*slot = body->value;
}

/* The #define that an expression uses, or NULL. */
static struct c_define *define_of(const struct expander_of_macros *expander,
				  const struct expr *expr)
{
	bool is_call = expr->kind == EXPR_CALL;
	struct c_define *define;

	if (!is_call && expr->kind != EXPR_IDENT)
		return NULL;
	define = c_find_define(expander->program, is_call ? expr->call.name : expr->ident.name);
	return define && c_define_is_function(define) == is_call ? define : NULL;
}

static void leave_expr(struct ast_visitor *visitor, struct expr **slot)
{
	static const struct expr_vec no_args;
	struct expander_of_macros *expander = (struct expander_of_macros *)visitor;
	struct expr *expr = *slot;
	struct c_define *define = define_of(expander, expr);
	const struct overload *overloads;

	expander->depth--;
	if (define) {
		struct expr_vec args = { 0 };

		if (expr->kind == EXPR_CALL)
			args = expr->call.args;
		expand_define(expander, slot, define, &args);
	} else if (expr->kind == EXPR_CALL) {
		struct expr_vec args = expr->call.args;

		overloads = overloads_of(expander, expr->call.name, &args);
		if (overloads)
			expand_call(expander, expr, overloads, &args);
	} else if (expr->kind == EXPR_IDENT) {
		overloads = overloads_of(expander, expr->ident.name, &no_args);
		if (overloads && overload_choose(overloads, &no_args))
			expand_call(expander, expr, overloads, &no_args);
	}
}

/* sizeof(NAME) where NAME is #defined as a type. */
static void find_type_of_define(struct program *program, struct expr *expr)
{
	const struct expr *operand;

	if (expr->kind != EXPR_SIZEOF && expr->kind != EXPR_OFFSETOF && expr->kind != EXPR_TYPEOF)
		return;
	operand = expr->of.operand;
	if (operand && operand->kind == EXPR_IDENT && c_find_define(program, operand->ident.name) &&
	    c_find_type(program, "", operand->ident.name))
		expr_name_to_type(program, expr);
}

static bool enter_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct expander_of_macros *expander = (struct expander_of_macros *)visitor;

	if (expander->depth >= AST_DEPTH_MAX) {
		diag_report(expander->program->diags, (*slot)->span, DIAG_NESTING,
			    "nested too deeply: macros expand to an expression of more than %d levels",
			    AST_DEPTH_MAX);
		return false;
	}
	expander->nodes++;
	expander->depth++;
	find_type_of_define(expander->program, *slot);
	return true;
}

static void add_macro(struct expander_of_macros *expander, const struct macro *macro)
{
	overload_add(expander->program, macro->is_library ? &expander->library : &expander->macros,
		     macro);
}

/* Does the script have a word that the prelude defines?  Only then is it worth reading. */
static bool uses_prelude(const struct program *program)
{
	const char *const *name;

	if (!program->language->prelude)
		return false;
	for (name = program->language->prelude->names; *name; name++)
		if (intern_find(program->interner, *name))
			return true;
	return false;
}

static void add_prelude(struct expander_of_macros *expander)
{
	struct program *program = expander->program;
	const struct prelude *prelude = program->language->prelude;
	struct source *source =
		sources_add(program->sources, "the library", prelude->text, prelude->size);
	struct script *script;
	struct diags diags; /* that it has no probes is no mistake */
	size_t i;

	diags_init(&diags, program->arena, program->sources);
	script = parse(program->arena, program->sources, source, program->interner, &diags);
	for (i = 0; i < script->decls.count; i++) {
		script->decls.items[i]->macro->is_library = true;
		add_macro(expander, script->decls.items[i]->macro);
	}
}

void expand_macros(struct program *program)
{
	struct expander_of_macros expander = {
		.visitor = { .enter_expr = enter_expr, .leave_expr = leave_expr },
		.program = program,
	};
	size_t i;

	table_init(&expander.macros, program->arena);
	table_init(&expander.library, program->arena);
	if (uses_prelude(program))
		add_prelude(&expander);
	for (i = 0; i < program->script->decls.count; i++)
		if (program->script->decls.items[i]->kind == DECL_MACRO)
			add_macro(&expander, program->script->decls.items[i]->macro);
	if (!expander.macros.count && !expander.library.count && !program->c->defines.count)
		return;
	for (i = 0; i < program->script->decls.count; i++) {
		struct decl *decl = program->script->decls.items[i];

		if (decl->kind == DECL_PROBE)
			ast_walk_probe(&expander.visitor, decl->probe);
		else if (decl->kind == DECL_FUNCTION)
			ast_walk_function(&expander.visitor, decl->function);
		else if (decl->kind == DECL_MAP)
			ast_walk_expr(&expander.visitor, &decl->map->capacity);
	}
}
