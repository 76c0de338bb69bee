/*
 * Names become pointers: identifiers and calls to rows, $x to variables of the
 * instance, @m to maps of the program.  After this pass no name is compared.
 *
 * Needs: instances (expand).  Leaves: every IDENT, CALL, VAR, MAP, LET and FOR
 * with its pointer set, or a diagnostic.
 */
#include <string.h>

#include "base/compiler.h"
#include "sema/c_functions.h"
#include "sema/functions.h"
#include "sema/passes.h"

struct resolver {
	struct ast_visitor visitor; /* first: callbacks get back to the resolver from it */
	struct program *program;
	struct instance *instance;
	struct table visible; /* name to the struct variable in scope, or NULL */
	VEC(struct variable *) scope; /* those in scope, innermost last */
	bool has_hoisted;
	unsigned loop_frames;   /* around the place where we are */
	VEC(size_t) blocks;   /* how many were in scope where each open block began */
};

static struct resolver *resolver_of(struct ast_visitor *visitor)
{
	return (struct resolver *)visitor;
}

/* So many functions run at a time below the place where we are, and those of loops around it. */
static void note_frames(struct resolver *resolver, unsigned count)
{
	struct instance *instance = resolver->instance;

	instance->inner_frames = MAX(instance->inner_frames, resolver->loop_frames + count);
}

/* --- variables ------------------------------------------------------------ */

static void enter_scope(struct resolver *resolver)
{
	vec_push(resolver->program->arena, &resolver->blocks, resolver->scope.count);
}

static void leave_scope(struct resolver *resolver)
{
	size_t outer = resolver->blocks.items[--resolver->blocks.count];

	while (resolver->scope.count > outer)
		table_set_str(&resolver->visible,
			      resolver->scope.items[--resolver->scope.count]->name, NULL);
}

static struct variable *declare(struct resolver *resolver, const char *name, struct span span)
{
	struct arena *arena = resolver->program->arena;
	struct variable *variable = arena_new_struct(arena, struct variable);

	*variable = (struct variable){ .name = name, .span = span };
	vec_push(arena, &resolver->instance->variables, variable);
	vec_push(arena, &resolver->scope, variable);
	table_set_str(&resolver->visible, name, variable);
	return variable;
}

/* Declares by let or a loop: the name must be free. */
static struct variable *declare_new(struct resolver *resolver, const char *name, struct span span)
{
	struct diags *diags = resolver->program->diags;
	struct variable *old = table_get_str(&resolver->visible, name);

	if (old) {
		diag_report(diags, span, DIAG_REDECLARED,
			    "%s is in use already, and a variable cannot be hidden by another", name);
		diag_note(diags, old->span, "%s begins here", name);
		diag_hint(diags, "take another name, or assign to the first %s", name);
	}
	old = declare(resolver, name, span);
	old->is_let = true;
	return old;
}

/*
 * Scripts from before 0.22 use variables after the block that first assigned
 * them, where they were still visible.  So does whoever did it here: the
 * variables of that name become one, of the whole probe.  NULL: there is none.
 */
static struct variable *hoist(struct resolver *resolver, const char *name)
{
	struct instance *instance = resolver->instance;
	struct variable *first = NULL;
	size_t i;

	for (i = 0; i < instance->variables.count; i++) {
		struct variable *variable = instance->variables.items[i];

		if (variable->name != name)
			continue;
		if (variable->is_let)
			return NULL;
		first = first ? first : variable;
		variable->same_as = first;
	}
	if (!first)
		return NULL;
	first->is_hoisted = resolver->has_hoisted = true;
	table_set_str(&resolver->visible, name, first);
	return first;
}

static void resolve_var(struct resolver *resolver, struct expr *expr)
{
	struct diags *diags = resolver->program->diags;
	struct variable *variable = table_get_str(&resolver->visible, expr->var.name);
	struct suggestion suggestion;
	size_t i;

	if (!variable)
		variable = hoist(resolver, expr->var.name);
	if (!variable) {
		diag_report(diags, expr->span, DIAG_UNDEFINED_VARIABLE,
			    "Undefined or undeclared variable: %s", expr->var.name);
		suggestion_init(&suggestion, expr->var.name);
		for (i = 0; i < resolver->scope.count; i++)
			suggestion_offer(&suggestion, resolver->scope.items[i]->name);
		if (suggestion.best)
			diag_hint(diags, "did you mean %s?", suggestion.best);
		variable = declare(resolver, expr->var.name, expr->span);
		variable->is_assigned = true; /* told once is enough */
	}
	expr->var.variable = variable;
	variable->is_read = true;
}

/* ++ and -- assign as well as read. */
static void note_changed(struct resolver *resolver, const struct expr *operand)
{
	struct variable *variable = operand->kind == EXPR_VAR
					    ? table_get_str(&resolver->visible, operand->var.name)
					    : NULL;

	if (variable)
		variable->is_assigned = true;
}

/* --- maps ------------------------------------------------------------------ */

static struct map *find_map(struct program *program, const char *name, struct span span)
{
	struct map *map = table_get_str(&program->map_names, name);

	if (!map) {
		map = arena_new_struct(program->arena, struct map);
		*map = (struct map){ .name = name, .span = span, .kind = MAP_UNKNOWN,
				     .index = (uint32_t)program->maps.count };
		vec_push(program->arena, &program->maps, map);
		table_set_str(&program->map_names, name, map);
	}
	return map;
}

/* Fixes the map's shape by this use, or says that it contradicts an earlier one. */
static void use_shape(struct program *program, struct map *map, enum map_kind kind,
		      struct span span)
{
	if (program->diags->is_muted)
		return; /* in a branch that is left out */
	if (map->kind == MAP_UNKNOWN) {
		map->kind = kind;
		map->span = span;
		return;
	}
	if (map->kind == kind)
		return;
	diag_report(program->diags, span, DIAG_MAP_SHAPE,
		    kind == MAP_KEYED
			    ? "%s used as a map with an explicit key (non-scalar map), previously "
			      "used without an explicit key (scalar map)"
			    : "%s used as a map without an explicit key (scalar map), previously "
			      "used with an explicit key (non-scalar map)",
		    map->name);
	diag_note(program->diags, map->span, "the other use is here");
	if (kind == MAP_SCALAR)
		diag_hint(program->diags, "to read an element write %s[key]", map->name);
}

/* `whole`: an argument that means the map itself, which leaves its shape open. */
static void resolve_map(struct resolver *resolver, struct expr *expr, bool whole)
{
	struct program *program = resolver->program;
	struct map *map = find_map(program, expr->map.name, expr->span);

	expr->map.map = map;
	if (expr->map.keys.count)
		use_shape(program, map, MAP_KEYED, expr->span);
	else if (!whole)
		use_shape(program, map, MAP_SCALAR, expr->span);
}

/* --- builtins -------------------------------------------------------------- */

static void suggest_builtin(struct program *program, const char *name)
{
	struct suggestion suggestion;
	size_t i;

	suggestion_init(&suggestion, name);
	for (i = 0; i < program->builtins.count; i++)
		suggestion_offer(&suggestion, program->builtins.entries[i].key);
	for (i = 0; i < program->c_functions.count; i++)
		suggestion_offer(&suggestion, program->c_functions.entries[i].key);
	for (i = 0; i < program->functions.count; i++)
		suggestion_offer(&suggestion, program->functions.entries[i].key);
	for (i = 0; i < program->c->constants.count; i++)
		suggestion_offer(&suggestion, program->c->constants.entries[i].key);
	for (i = 0; i < program->c->defines.count; i++)
		suggestion_offer(&suggestion, program->c->defines.entries[i].key);
	if (suggestion.best)
		diag_hint(program->diags, "did you mean %s?", suggestion.best);
}

/* A member of an enum of C. */
static void become_constant(struct expr *expr, const struct c_constant *constant)
{
	expr->kind = EXPR_NUMBER;
	memset(&expr->number, 0, sizeof(expr->number));
	expr->number.value = (uint64_t)constant->value;
	expr->number.is_unsigned = constant->is_unsigned && constant->value < 0;
	expr->number.is_negative = constant->value < 0 && !constant->is_unsigned &&
				   (!constant->type || type_is_signed(constant->type));
	expr->number.enumeration = constant->type;
}

/* @ = count; is @ = count(); and exit; is exit(); */
static void become_call(struct expr *expr, const struct builtin *builtin)
{
	expr->kind = EXPR_CALL;
	memset(&expr->call, 0, sizeof(expr->call));
	expr->call.name = builtin->name;
	expr->call.name_span = expr->span;
	expr->call.builtin = builtin;
}

static bool is_call_without_parentheses(const struct builtin *builtin)
{
	struct prototype prototype;

	prototype_parse(builtin->prototype, &prototype);
	return (builtin->flags & BUILTIN_AGGREGATE) ||
	       ((builtin->flags & BUILTIN_MUST_CALL) && !prototype.required);
}

/* A member of an enum of the program that is probed.  What the script itself defines comes first,
 * what the kernel has, last. */
static bool become_foreign_constant(struct resolver *resolver, struct expr *expr)
{
	const struct instance *instance = resolver->instance;
	const struct attach_point *point =
		instance->points.count ? instance->points.items[0] : NULL;
	struct c_constant constant = { .name = expr->ident.name };

	if (!point || !point->type->find_constant ||
	    table_get_str(&resolver->program->c->constants, expr->ident.name))
		return false;
	constant.type = point->type->find_constant(resolver->program, point, expr->ident.name,
						   &constant.value);
	if (constant.type)
		become_constant(expr, &constant);
	return constant.type;
}

static void resolve_ident(struct resolver *resolver, struct expr *expr)
{
	struct program *program = resolver->program;
	const struct builtin *builtin = table_get_str(&program->builtins, expr->ident.name);
	const struct c_constant *constant;

	if (!builtin && become_foreign_constant(resolver, expr))
		return;
	constant = builtin ? NULL : c_find_constant(program, expr->ident.name);
	if (constant) {
		become_constant(expr, constant);
		return;
	}
	if (!builtin) {
		diag_report(program->diags, expr->span, DIAG_UNKNOWN_NAME, "Unknown identifier: '%s'",
			    expr->ident.name);
		if (function_named(program, expr->ident.name) ||
		    table_get_str(&program->c_functions, expr->ident.name))
			diag_hint(program->diags, "it is a function: write %s(...)", expr->ident.name);
		else
			suggest_builtin(program, expr->ident.name);
		return;
	}
	if (is_call_without_parentheses(builtin))
		become_call(expr, builtin);
	else
		expr->ident.builtin = builtin;
}

static void resolve_call(struct resolver *resolver, struct expr *expr)
{
	struct program *program = resolver->program;
	const struct builtin *builtin = table_get_str(&program->builtins, expr->call.name);

	if (expr->call.function)
		return;
	if (!builtin)
		expr->call.c_function = c_function_find(program, expr->call.name,
							expr->call.name_span);
	if (expr->call.c_function) {
		note_frames(resolver, expr->call.c_function->frames);
		return;
	}
	if (!builtin) {
		diag_report(program->diags, expr->call.name_span, DIAG_UNKNOWN_FUNCTION,
			    "Unknown function: '%s'", expr->call.name);
		suggest_builtin(program, expr->call.name);
		return;
	}
	expr->call.builtin = builtin;
}

/* Walks the arguments of a call; those that mean a whole map are taken out. */
static void resolve_args(struct resolver *resolver, struct expr *expr)
{
	struct prototype prototype = { 0 };
	size_t i;

	if (expr->call.builtin)
		prototype_parse(expr->call.builtin->prototype, &prototype);
	for (i = 0; i < expr->call.args.count; i++) {
		struct expr **arg = &expr->call.args.items[i];
		bool may_be_map = i < prototype.count && (prototype.params[i] == PARAM_MAP ||
							  prototype.params[i] == PARAM_ANY);

		if ((*arg)->kind == EXPR_IDENT && expr->call.builtin &&
		    (expr->call.builtin->flags & BUILTIN_WORDS) &&
		    !table_get_str(&resolver->program->builtins, (*arg)->ident.name))
			continue;
		if (may_be_map && (*arg)->kind == EXPR_MAP && !(*arg)->map.keys.count)
			resolve_map(resolver, *arg, true);
		else
			ast_walk_expr(&resolver->visitor, arg);
		if (expr->call.c_function && (*arg)->kind == EXPR_VAR)
			(*arg)->var.variable->is_changed = true; /* C may do so through its address */
	}
}

/* --- the walk -------------------------------------------------------------- */

static void resolve_branch(struct resolver *resolver, struct block *block, const struct block *dead)
{
	struct diags *diags = resolver->program->diags;
	bool was_muted = diags->is_muted;

	if (!block)
		return;
	diags->is_muted |= block == dead;
	ast_walk_block(&resolver->visitor, block);
	diags->is_muted = was_muted;
}

/* What is wrong in a branch that is left out nobody wants to know (prune.c). */
static void resolve_if(struct resolver *resolver, struct expr *expr)
{
	struct block *dead = NULL;

	ast_walk_expr(&resolver->visitor, &expr->if_.condition);
	fold_condition(resolver->program, resolver->instance, false, &expr->if_.condition);
	if_is_decided(expr, &dead);
	resolve_branch(resolver, expr->if_.yes, dead);
	resolve_branch(resolver, expr->if_.no, dead);
}

static bool is_address_of_map(const struct expr *expr)
{
	return expr->kind == EXPR_UNARY && expr->unary.op == UNARY_ADDRESS &&
	       expr->unary.operand->kind == EXPR_MAP && !expr->unary.operand->map.keys.count;
}

static bool enter_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct resolver *resolver = resolver_of(visitor);
	struct expr *expr = *slot;

	if (expr->kind == EXPR_IF) {
		resolve_if(resolver, expr);
		return false;
	}
	find_type_operand(resolver->program, expr);
	if (resolve_setting(resolver->program, expr))
		return false;
	if (expr->kind == EXPR_IDENT)
		resolve_ident(resolver, expr);
	else if (expr->kind == EXPR_VAR)
		resolve_var(resolver, expr);
	else if (is_address_of_map(expr)) {
		resolve_map(resolver, expr->unary.operand, true);
		return false;
	} else if (expr->kind == EXPR_MAP)
		resolve_map(resolver, expr, false);
	else if (expr->kind == EXPR_INCDEC)
		note_changed(resolver, expr->incdec.operand);
	else if (expr->kind == EXPR_CALL) {
		resolve_call(resolver, expr);
		replace_old_form(resolver->program, expr);
		if (expr->kind != EXPR_CALL)
			return true;
		resolve_args(resolver, expr);
		return false;
	}
	return true;
}

static void resolve_assign(struct resolver *resolver, struct stmt *stmt)
{
	struct expr *target = stmt->assign.target;

	/* The value first: in $x = $x + 1 it does not see the $x that begins here. */
	ast_walk_expr(&resolver->visitor, &stmt->assign.value);
	if (target->kind == EXPR_VAR) {
		struct variable *variable = table_get_str(&resolver->visible, target->var.name);

		if (!variable && stmt->assign.compound) {
			resolve_var(resolver, target);
			return;
		}
		if (!variable)
			variable = declare(resolver, target->var.name, target->span);
		target->var.variable = variable;
		variable->is_assigned = true;
		return;
	}
	ast_walk_expr(&resolver->visitor, &stmt->assign.target);
	if (target->kind == EXPR_MAP && target->map.map)
		target->map.map->is_assigned = true;
}

static void resolve_let(struct resolver *resolver, struct stmt *stmt)
{
	ast_walk_type_spec(&resolver->visitor, stmt->let.spec);
	if (stmt->let.value)
		ast_walk_expr(&resolver->visitor, &stmt->let.value);
	stmt->let.variable = declare_new(resolver, stmt->let.name, stmt->let.name_span);
	stmt->let.variable->is_assigned = stmt->let.value != NULL;
	if (stmt->let.spec) {
		stmt->let.variable->is_declared = true;
		stmt->let.variable->declared_span = stmt->let.spec->span;
	}
}

/* The body of a loop. */
static void resolve_turn(struct resolver *resolver, const struct stmt *stmt, struct block *body)
{
	resolver->loop_frames += loop_frames(stmt);
	note_frames(resolver, 0);
	ast_walk_block(&resolver->visitor, body);
	resolver->loop_frames -= loop_frames(stmt);
}

static void resolve_while(struct resolver *resolver, struct stmt *stmt)
{
	ast_walk_expr(&resolver->visitor, &stmt->loop.condition);
	resolve_turn(resolver, stmt, stmt->loop.body);
}

static void resolve_for(struct resolver *resolver, struct stmt *stmt)
{
	if (stmt->kind == STMT_FOR_RANGE) {
		ast_walk_expr(&resolver->visitor, &stmt->for_.from);
		ast_walk_expr(&resolver->visitor, &stmt->for_.to);
	} else if (stmt->for_.map->kind == EXPR_MAP) {
		resolve_map(resolver, stmt->for_.map, true);
		use_shape(resolver->program, stmt->for_.map->map.map, MAP_KEYED, stmt->for_.map->span);
	}
	enter_scope(resolver);
	stmt->for_.variable = declare_new(resolver, stmt->for_.name, stmt->for_.name_span);
	stmt->for_.variable->is_assigned = true;
	resolve_turn(resolver, stmt, stmt->for_.body);
	leave_scope(resolver);
}

static bool enter_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	struct resolver *resolver = resolver_of(visitor);

	switch ((*slot)->kind) {
	case STMT_ASSIGN:
		resolve_assign(resolver, *slot);
		return false;
	case STMT_LET:
		resolve_let(resolver, *slot);
		return false;
	case STMT_FOR_RANGE:
	case STMT_FOR_MAP:
		resolve_for(resolver, *slot);
		return false;
	case STMT_WHILE:
		resolve_while(resolver, *slot);
		return false;
	case STMT_EXPR:
	case STMT_DISCARD:
	case STMT_UNROLL:
	case STMT_BREAK:
	case STMT_CONTINUE:
	case STMT_RETURN:
	case STMT_IMPORT:
		return true;
	}
	unreachable();
}

static bool enter_block(struct ast_visitor *visitor, struct block *block UNUSED)
{
	enter_scope(resolver_of(visitor));
	return true;
}

static void leave_block(struct ast_visitor *visitor, struct block *block UNUSED)
{
	leave_scope(resolver_of(visitor));
}

static bool merge_variable(struct ast_visitor *visitor UNUSED, struct expr **slot)
{
	struct expr *expr = *slot;

	if (expr->kind == EXPR_VAR && expr->var.variable && expr->var.variable->same_as)
		expr->var.variable = expr->var.variable->same_as;
	return true;
}

static void merge_hoisted(struct instance *instance)
{
	struct ast_visitor visitor = { .enter_expr = merge_variable };
	size_t i;

	instance_walk(&visitor, instance);
	for (i = 0; i < instance->variables.count; i++) {
		struct variable *variable = instance->variables.items[i];

		/* Nobody names it any more. */
		if (variable->same_as && variable->same_as != variable)
			variable->is_assigned = true;
	}
}

static void resolve_instance(struct program *program, struct instance *instance)
{
	struct resolver resolver = {
		.visitor = { .enter_expr = enter_expr, .enter_stmt = enter_stmt,
			     .enter_block = enter_block, .leave_block = leave_block },
		.program = program,
		.instance = instance,
	};

	table_init(&resolver.visible, program->arena);
	instance_walk(&resolver.visitor, instance);
	function_settle_params(instance);
	if (resolver.has_hoisted)
		merge_hoisted(instance);
}

/* Maps declared by "let @m = hash(10)". */
static void declare_maps(struct program *program)
{
	size_t i;

	for (i = 0; i < program->script->decls.count; i++) {
		const struct decl *decl = program->script->decls.items[i];
		const struct c_constant *constant;
		struct map *map;

		if (decl->kind != DECL_MAP)
			continue;
		map = find_map(program, decl->map->name, decl->map->name_span);
		if (decl->map->capacity->kind == EXPR_IDENT) {
			constant = c_find_constant(program, decl->map->capacity->ident.name);
			if (constant)
				become_constant(decl->map->capacity, constant);
		}
		if (map->declaration) {
			diag_report(program->diags, decl->map->name_span, DIAG_REDECLARED,
				    "%s is declared twice", map->name);
			diag_note(program->diags, map->declaration->name_span, "first here");
		}
		map->declaration = decl->map;
	}
}

void resolve(struct program *program)
{
	size_t i;

	declare_maps(program);
	for (i = 0; i < program->bodies.count; i++)
		resolve_instance(program, program->bodies.items[i]);
}
