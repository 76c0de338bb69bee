/*
 * Functions of the script: which there are, and who calls whom.
 *
 * find_functions() needs macros expanded and leaves program->functions, without
 * circles.  bind_functions() needs the instances of probes and gives each a
 * copy of every function that it calls, itself or through others; names of
 * functions mean nothing after it.
 */
#include "sema/functions.h"

#include <string.h>

#include "base/compiler.h"
#include "sema/passes.h"

/* A function while its callers are looked for. */
struct callee {
	struct function *function;
	bool is_open, is_done; /* of the search for circles */
	bool is_called;
	bool is_imported;
};

static struct callee *callee_named(const struct program *program, const char *name)
{
	return table_get_str(&program->functions, name);
}

struct function *function_named(const struct program *program, const char *name)
{
	const struct callee *callee = callee_named(program, name);

	return callee ? callee->function : NULL;
}

const struct builtin *builtin_named(const struct program *program, const struct expr *expr)
{
	if (expr->kind == EXPR_IDENT)
		return table_get_str(&program->builtins, expr->ident.name);
	if (expr->kind == EXPR_CALL && !callee_named(program, expr->call.name))
		return table_get_str(&program->builtins, expr->call.name);
	return NULL;
}

/* --- which there are ---------------------------------------------------------------- */

static void add_function(struct program *program, struct function *function)
{
	struct callee *callee = callee_named(program, function->name);

	if (callee) {
		diag_report(program->diags, function->name_span, DIAG_REDECLARED,
			    "function %s() is defined twice", function->name);
		diag_note(program->diags, callee->function->name_span, "first here");
		return;
	}
	callee = arena_new_struct(program->arena, struct callee);
	callee->function = function;
	callee->is_imported = sources_at(program->sources, function->span.start) !=
			      program->script->source;
	table_set_str(&program->functions, function->name, callee);
}

/* Looks for a way from a function back to itself. */
struct search {
	struct ast_visitor visitor; /* first */
	struct program *program;
	VEC(struct callee *) chain; /* being looked at, outermost first */
};

static void report_circle(struct search *search, const struct callee *callee, struct span call)
{
	struct diags *diags = search->program->diags;
	struct strbuf text;
	size_t i = 0;

	strbuf_init(&text, search->program->arena);
	while (search->chain.items[i] != callee)
		i++;
	for (; i < search->chain.count; i++)
		strbuf_printf(&text, "%s() > ", search->chain.items[i]->function->name);
	diag_report(diags, call, DIAG_RECURSION,
		    "a function that calls itself cannot run in the kernel: %s%s()", text.text,
		    callee->function->name);
	diag_hint(diags, "write it as a loop");
}

static void search_function(struct search *search, struct callee *callee)
{
	if (callee->is_done)
		return;
	callee->is_open = true;
	vec_push(search->program->arena, &search->chain, callee);
	ast_walk_function(&search->visitor, callee->function);
	search->chain.count--;
	callee->is_open = false;
	callee->is_done = true;
}

static bool search_call(struct ast_visitor *visitor, struct expr **slot)
{
	struct search *search = (struct search *)visitor;
	const struct expr *expr = *slot;
	struct callee *callee = expr->kind == EXPR_CALL ?
					callee_named(search->program, expr->call.name) : NULL;

	if (!callee)
		return true;
	if (callee->is_open)
		report_circle(search, callee, expr->span);
	else
		search_function(search, callee);
	return true;
}

void find_functions(struct program *program)
{
	struct search search = { .visitor = { .enter_expr = search_call }, .program = program };
	size_t i;

	table_init(&program->functions, program->arena);
	for (i = 0; i < program->script->decls.count; i++)
		if (program->script->decls.items[i]->kind == DECL_FUNCTION)
			add_function(program, program->script->decls.items[i]->function);
	for (i = 0; i < program->functions.count; i++)
		search_function(&search, program->functions.entries[i].value);
}

/* --- who calls them -------------------------------------------------------------------- */

struct binder {
	struct ast_visitor visitor; /* first */
	struct program *program;
	struct instance *probe; /* whose calls, those of its functions included, are bound */
	struct instance *body;	/* the one that is being walked: the probe's or a function's */
	unsigned loop_frames, unrolls; /* around the place where we are */
};

static void bind_body(struct program *program, struct instance *probe, struct instance *body);

/* A parameter, or the result, as a declaration of a variable. */
static struct stmt *new_let(struct arena *arena, const char *name, struct span span,
			    const struct type_spec *spec)
{
	struct stmt *stmt = arena_new_struct(arena, struct stmt);

	stmt->kind = STMT_LET;
	stmt->span = span;
	stmt->let.name = name;
	stmt->let.name_span = span;
	stmt->let.spec = ast_copy_type_spec(arena, spec);
	return stmt;
}

static struct instance *new_function(struct program *program, const struct instance *probe,
				     const struct function *function)
{
	struct instance *instance = arena_new_struct(program->arena, struct instance);
	size_t i;

	instance->function = function;
	instance->probe = probe->probe;
	instance->number = probe->number;
	instance->args = probe->args;
	instance->points = probe->points;
	for (i = 0; i < function->params.count; i++) {
		const struct function_param *param = &function->params.items[i];

		vec_push(program->arena, &instance->params,
			 new_let(program->arena, param->name, param->span, param->spec));
	}
	/* No script can write this name. */
	instance->result = new_let(program->arena, arena_printf(program->arena, "%s()", function->name),
				   function->result->span, function->result);
	instance->body = ast_copy_block(program->arena, function->body);
	return instance;
}

/* The probe's copy of a function, made at the first call. */
static struct instance *function_of(struct program *program, struct instance *probe,
				    struct callee *callee)
{
	struct instance *instance;
	size_t i;

	for (i = 0; i < probe->functions.count; i++)
		if (probe->functions.items[i]->function == callee->function)
			return probe->functions.items[i];
	callee->is_called = true;
	instance = new_function(program, probe, callee->function);
	vec_push(program->arena, &program->bodies, instance);
	bind_body(program, probe, instance);
	vec_push(program->arena, &probe->functions, instance);
	return instance;
}

/* More is all the same; through chains of calls it grows fast. */
enum { WEIGHT_MAX = 1 << 20 };

static void bind_call(struct binder *binder, struct expr *call, struct callee *callee)
{
	struct instance *body = binder->body, *function;
	struct call_site site = { .caller = body, .loop_frames = binder->loop_frames };

	function = function_of(binder->program, binder->probe, callee);
	call->call.function = function;
	vec_push(binder->program->arena, &function->callers, site);
	if (binder->unrolls) /* more than once, that is */
		vec_push(binder->program->arena, &function->callers, site);
	body->weight = MIN(body->weight + function->weight, WEIGHT_MAX);
	body->reads_context |= function->reads_context;
	body->may_end |= function->may_end;
}

static bool bind_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct binder *binder = (struct binder *)visitor;
	struct expr *expr = *slot;
	const struct builtin *builtin = builtin_named(binder->program, expr);
	struct callee *callee = expr->kind == EXPR_CALL ?
					callee_named(binder->program, expr->call.name) : NULL;

	binder->body->weight++;
	if (callee)
		bind_call(binder, expr, callee);
	if (builtin) {
		binder->body->reads_context |= (builtin->flags & BUILTIN_NEEDS_CONTEXT) != 0;
		binder->body->may_end |= (builtin->flags & (BUILTIN_ENDS_PROBE | BUILTIN_MAY_END)) != 0;
	}
	return true;
}

static bool enter_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	struct binder *binder = (struct binder *)visitor;

	binder->body->weight++;
	binder->unrolls += (*slot)->kind == STMT_UNROLL;
	binder->loop_frames += loop_frames(*slot);
	return true;
}

static void leave_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	struct binder *binder = (struct binder *)visitor;

	binder->unrolls -= (*slot)->kind == STMT_UNROLL;
	binder->loop_frames -= loop_frames(*slot);
}

static void bind_body(struct program *program, struct instance *probe, struct instance *body)
{
	struct binder binder = {
		.visitor = { .enter_expr = bind_expr, .enter_stmt = enter_stmt,
			     .leave_stmt = leave_stmt },
		.program = program,
		.probe = probe,
		.body = body,
	};

	instance_walk(&binder.visitor, body);
}

/*
 * A function of the script itself that nobody calls is still to be right: it is
 * looked at as if the first probe called it, unless it asks for what only
 * some probes have.
 */
static void bind_uncalled(struct program *program, struct callee *callee)
{
	struct instance *probe = program->instances.items[0];
	size_t bodies = program->bodies.count, functions = probe->functions.count;

	diag_report(program->diags, callee->function->name_span, DIAG_UNUSED, "%s() is never called",
		    callee->function->name);
	if (!function_of(program, probe, callee)->reads_context)
		return;
	program->bodies.count = bodies;
	probe->functions.count = functions;
}

void bind_functions(struct program *program)
{
	size_t i;

	for (i = 0; i < program->instances.count; i++) {
		struct instance *probe = program->instances.items[i];

		vec_push(program->arena, &program->bodies, probe);
		if (program->functions.count)
			bind_body(program, probe, probe);
	}
	for (i = 0; i < program->functions.count && program->instances.count; i++) {
		struct callee *callee = program->functions.entries[i].value;

		if (!callee->is_called && !callee->is_imported)
			bind_uncalled(program, callee);
	}
}

/* --- what is declared ----------------------------------------------------------------- */

/* "string" alone is as large as what it is given. */
static void settle_signature(struct stmt *declared)
{
	struct variable *variable = declared->let.variable;
	const struct type_spec *spec = declared->let.spec;

	variable->is_text = spec->kind == TYPE_SPEC_NAME && !strcmp(spec->name, "string") &&
			    !spec->suffixes.count;
	variable->is_declared = !variable->is_text;
	variable->is_assigned = true; /* from outside, and by `return` */
}

void function_settle_params(struct instance *instance)
{
	size_t i;

	for (i = 0; i < instance->params.count; i++) {
		struct variable *param = instance->params.items[i]->let.variable;

		param->is_param = true;
		param->is_changed |= param->is_assigned;
		settle_signature(instance->params.items[i]);
	}
	if (instance->result)
		settle_signature(instance->result);
}
