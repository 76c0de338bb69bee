/*
 * From probes as written to instances: settings, attach points, wildcards.
 *
 * Each probe's attach points are resolved by their types; those for which the
 * body means the same make one instance.  Instances of one probe beyond the
 * first get a copy of its tree.
 */
#include <string.h>
#include <strings.h>

#include "base/compiler.h"
#include "parser/attach_point.h"
#include "sema/functions.h"
#include "sema/passes.h"
#include "sema/target.h"

/* --- patterns ----------------------------------------------------------------- */

bool has_wildcard(const char *pattern)
{
	return strpbrk(pattern, "*[") != NULL;
}

bool wildcard_match(const char *pattern, const char *name)
{
	const char *star = NULL, *resume = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* --- settings ------------------------------------------------------------------ */

static void apply_setting(struct program *program, const struct config_entry *entry)
{
	struct diags *diags = program->diags;
	const char *detail = NULL;

	switch (config_set(&program->config, program->arena, entry->key, entry->value, &detail)) {
	case CONFIG_OK:
		return;
	case CONFIG_RENAMED:
		diag_report(diags, entry->key_span, DIAG_CONFIG_WARNING,
			    "%s has been renamed, please use %s", entry->key, detail);
		return;
	case CONFIG_DROPPED:
		diag_report(diags, entry->key_span, DIAG_CONFIG_WARNING,
			    "%s is deprecated and has no effect", entry->key);
		return;
	case CONFIG_ENVIRONMENT:
		diag_report(diags, entry->key_span, DIAG_CONFIG,
			    "%s: can only be set as an environment variable", entry->key);
		return;
	case CONFIG_UNKNOWN:
		diag_report(diags, entry->key_span, DIAG_CONFIG,
			    "%s: not a known configuration option", entry->key);
		if (config_nearest(entry->key))
			diag_hint(diags, "did you mean %s?", config_nearest(entry->key));
		return;
	case CONFIG_BAD_VALUE:
		diag_report(diags, entry->value_span, DIAG_CONFIG, "%s: expecting %s, got %s",
			    entry->key, detail, entry->value);
		return;
	}
	unreachable();
}

static void apply_settings(struct program *program)
{
	const struct compile_options *options = program->options;
	const struct decl *first = NULL;
	const char *detail = NULL;
	size_t i, j;

	config_init(&program->config);
	for (i = 0; i < program->script->decls.count; i++) {
		const struct decl *decl = program->script->decls.items[i];

		if (decl->kind != DECL_CONFIG)
			continue;
		if (first) {
			diag_report(program->diags, decl->span, DIAG_CONFIG, "duplicate config block");
			diag_note(program->diags, first->span, "the first one is here");
		}
		first = decl;
		for (j = 0; j < decl->config.count; j++)
			apply_setting(program, &decl->config.items[j]);
	}
	/* Checked by whoever read the environment. */
	for (i = 0; i < options->setting_count; i++)
		config_set(&program->config, program->arena, options->settings[2 * i],
			   options->settings[2 * i + 1], &detail);
}

/* --- what a body asks of its attach points -------------------------------------- */

struct usage {
	struct ast_visitor visitor; /* first */
	const struct program *program;
	bool context;	 /* reads the probe's context at all */
	bool point;	 /* asks which attach point it is */
	bool kernel;	 /* calls functions of the kernel */
	bool typed;	 /* needs a program whose pointers have types to the kernel */
	bool args;	 /* names `args` */
	bool whole_args; /* ... not only field by field */
	bool types;	 /* names types or constants, which may be the probed program's */
	struct span args_span; /* of the first `args` */
	VEC(const char *) fields;
	VEC(const struct function *) functions; /* called, directly or not */
};

/* What a function that the body calls asks for, the body does. */
static void note_function(struct usage *usage, struct function *function)
{
	size_t i;

	for (i = 0; i < usage->functions.count; i++)
		if (usage->functions.items[i] == function)
			return;
	vec_push(usage->program->arena, &usage->functions, (const struct function *)function);
	ast_walk_function(&usage->visitor, function);
}

static void note_builtin(struct usage *usage, const struct builtin *builtin, struct span span)
{
	if (!usage->args_span.start && (builtin->flags & BUILTIN_ARGS))
		usage->args_span = span;
	usage->context |= (builtin->flags & (BUILTIN_CONTEXT | BUILTIN_ARGS)) != 0;
	usage->point |= (builtin->flags & BUILTIN_POINT) != 0;
	usage->args |= (builtin->flags & BUILTIN_ARGS) != 0;
}

static bool note_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct usage *usage = (struct usage *)visitor;
	struct expr *expr = *slot;
	const struct builtin *builtin;

	usage->types |= expr->kind == EXPR_CAST || expr->kind == EXPR_SIZEOF ||
			expr->kind == EXPR_OFFSETOF || expr->kind == EXPR_TYPE;
	if (expr->kind == EXPR_FIELD) {
		builtin = builtin_named(usage->program, expr->field.object);
		if (builtin && (builtin->flags & BUILTIN_ARGS)) {
			note_builtin(usage, builtin, expr->field.object->span);
			vec_push(usage->program->arena, &usage->fields, expr->field.name);
			return false;
		}
	}
	if (expr->kind == EXPR_CALL && function_named(usage->program, expr->call.name))
		note_function(usage, function_named(usage->program, expr->call.name));
	builtin = builtin_named(usage->program, expr);
	usage->types |= expr->kind == EXPR_IDENT && !builtin;
	if (builtin) {
		note_builtin(usage, builtin, expr->span);
		usage->kernel |= (builtin->flags & BUILTIN_KERNEL) && expr->kind == EXPR_CALL &&
				 expr->call.args.count;
		usage->typed |= (builtin->flags & BUILTIN_TYPED) != 0;
		usage->whole_args |= (builtin->flags & BUILTIN_ARGS) != 0;
	}
	return true;
}

static bool note_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	struct usage *usage = (struct usage *)visitor;

	usage->types |= (*slot)->kind == STMT_LET && (*slot)->let.spec;
	return true;
}

static void find_usage(const struct program *program, const struct probe *probe,
		       struct usage *ret_usage)
{
	*ret_usage = (struct usage){ .visitor = { .enter_expr = note_expr, .enter_stmt = note_stmt },
				  .program = program };
	ast_walk_probe(&ret_usage->visitor, (struct probe *)probe);
}

/* --- attach points ---------------------------------------------------------------- */

struct attach_point *expander_add(struct expander *expander, const struct mechanism *mechanism,
				  const char *name)
{
	struct attach_point *point = arena_new_struct(expander->program->arena, struct attach_point);

	*point = (struct attach_point){ .type = expander->type, .mechanism = mechanism,
					.span = expander->span, .name = name };
	vec_push(expander->program->arena, &expander->points, point);
	return point;
}

static bool same_name(const char *a, const char *b)
{
	return b && !strcmp(a, b);
}

const struct probe_type *probe_type_named(const struct language *language, const char *name)
{
	const struct probe_type *const *type;

	for (type = language->probe_types; *type; type++)
		if (!strcasecmp(name, (*type)->name) || same_name(name, (*type)->short_name) ||
		    ((*type)->old_name && !strcasecmp(name, (*type)->old_name)))
			return *type;
	return NULL;
}

static void report_probe_type(struct program *program, const struct attach_point_part *part)
{
	const struct probe_type *const *type;
	struct suggestion suggestion;

	diag_report(program->diags, part->span, DIAG_UNKNOWN_PROBE_TYPE, "Invalid probe type: %s",
		    part->text);
	suggestion_init(&suggestion, part->text);
	for (type = program->language->probe_types; *type; type++)
		suggestion_offer(&suggestion, (*type)->name);
	if (suggestion.best)
		diag_hint(program->diags, "did you mean %s?", suggestion.best);
	else
		diag_hint(program->diags, "bpfline -l lists what can be probed here");
}

/* Does a pattern of providers mean this type?  Return probes are asked for by name. */
static bool provider_matches(const struct expander *expander, const struct attach_point_parts *parts,
			     const struct probe_type *type)
{
	bool names_file = parts->parts.count > 1 && strchr(parts->parts.items[1].text, '/');
	unsigned kind = names_file || expander->program->options->pid ? PROBE_OF_PROGRAMS :
									PROBE_OF_KERNEL;

	return (type->flags & kind) && wildcard_match(parts->parts.items[0].text, type->name);
}

/* Types that have no such place are passed over: what they say of it is dropped. */
static void resolve_providers(struct expander *expander, const struct attach_point_parts *parts)
{
	struct program *program = expander->program;
	size_t before = expander->points.count;
	struct diags *diags = program->diags;
	const struct probe_type *const *type;
	struct diags dropped;

	diags_init(&dropped, program->arena, program->sources);
	program->diags = &dropped;
	expander->is_tentative = true;
	for (type = program->language->probe_types; *type; type++) {
		expander->type = *type;
		if (provider_matches(expander, parts, *type))
			(*type)->resolve(expander, parts);
	}
	program->diags = diags;
	expander->is_tentative = false;
	if (expander->points.count > before)
		return;
	diag_report(diags, expander->span, DIAG_NO_MATCH, "No probe type has a match for this.");
	diag_hint(diags, "bpfline -l searches all of them: bpfline -l '*NAME*'");
}

static void resolve_attach_point(struct expander *expander, const struct attach_point_text *text)
{
	struct program *program = expander->program;
	struct attach_point_parts parts;

	if (!attach_point_split(program->arena, text, program->options->params,
				program->options->param_count, program->diags, &parts))
		return;
	expander->span = text->span;
	if (has_wildcard(parts.parts.items[0].text)) {
		resolve_providers(expander, &parts);
		return;
	}
	expander->type = probe_type_named(program->language, parts.parts.items[0].text);
	if (!expander->type) {
		report_probe_type(program, &parts.parts.items[0]);
		return;
	}
	expander->type->resolve(expander, &parts);
}

static void fetch_args(struct program *program, struct attach_point *point, struct span span)
{
	if (point->type->args) {
		point->args = point->type->args(program, point);
		return;
	}
	diag_report(program->diags, span, DIAG_WRONG_PROBE,
		    "The args builtin can only be used with probes that have typed arguments: %s has "
		    "none",
		    point->name);
	if (point->mechanism->emit_argn)
		diag_hint(program->diags, "arg0, arg1 ... are its arguments, as they are in registers");
}

/* --- instances --------------------------------------------------------------------- */

/* Is a field read at the same place with the same type in both? */
static bool same_field(struct types *types, const struct type *a, const struct type *b,
		       const char *name)
{
	uint32_t offset_a = 0, offset_b = 0;
	const struct field *field_a = type_field(types, a, name, &offset_a);
	const struct field *field_b = type_field(types, b, name, &offset_b);

	return field_a && field_b && field_a->type == field_b->type && offset_a == offset_b &&
	       field_a->is_data_loc == field_b->is_data_loc &&
	       field_a->in_register == field_b->in_register;
}

static bool same_args(struct program *program, const struct usage *usage, const struct type *a,
		      const struct type *b)
{
	size_t i;

	if (a == b)
		return true;
	if (!a || !b || usage->whole_args)
		return false;
	for (i = 0; i < usage->fields.count; i++)
		if (!same_field(&program->types, a, b, usage->fields.items[i]))
			return false;
	return true;
}

/* Can the point join the instance: does the body mean the same there? */
static bool joins(struct program *program, const struct usage *usage,
		  const struct instance *instance, const struct attach_point *point)
{
	const struct attach_point *first = instance->points.items[0];
	const char *(*share_key)(const struct attach_point *) = point->mechanism->share_key;
	const char *key;

	if (first->mechanism != point->mechanism || first->type != point->type)
		return false;
	if (usage->point && !point->mechanism->emit_point_index)
		return false;
	key = share_key ? share_key(point) : NULL;
	if (share_key && key != share_key(first) && (!key || !share_key(first) ||
						      strcmp(key, share_key(first)) != 0))
		return false;
	if (usage->context && point->mechanism->same_context &&
	    !point->mechanism->same_context(first, point))
		return false;
	if (usage->types && point->type->find_type && first->target != point->target)
		return false;
	return same_args(program, usage, first->args, point->args);
}

static struct instance *add_instance(struct program *program, const struct probe *probe,
				     uint32_t number, bool is_copy)
{
	struct instance *instance = arena_new_struct(program->arena, struct instance);

	instance->probe = probe;
	instance->number = number;
	instance->predicate = probe->predicate;
	instance->body = probe->body;
	if (is_copy) {
		instance->body = ast_copy_block(program->arena, probe->body);
		if (probe->predicate)
			instance->predicate = ast_copy_expr(program->arena, probe->predicate);
	}
	vec_push(program->arena, &program->instances, instance);
	return instance;
}

static void group_points(struct program *program, const struct probe *probe, uint32_t number,
			 const struct usage *usage, const struct expander *expander)
{
	size_t first = program->instances.count, i, j;

	for (i = 0; i < expander->points.count; i++) {
		struct attach_point *point = expander->points.items[i];
		struct instance *instance = NULL;

		for (j = first; j < program->instances.count && !instance; j++)
			if (joins(program, usage, program->instances.items[j], point))
				instance = program->instances.items[j];
		if (!instance) {
			instance = add_instance(program, probe, number,
						program->instances.count > first);
			instance->args = point->args;
		}
		vec_push(program->arena, &instance->points, point);
	}
}

/* All of a probe's attach points are missing: by the setting missing_probes. */
static void report_no_points(struct program *program, const struct probe *probe)
{
	const char *policy = program->config.missing_probes;
	struct span span = { probe->attach_points.items[0].span.start,
			     vec_last(&probe->attach_points).span.end };

	program->has_removed_probes = true;
	if (!strcmp(policy, "ignore"))
		return;
	if (!strcmp(policy, "warn"))
		diag_report(program->diags, span, DIAG_PROBE_REMOVED,
			    "Probe has no valid attach points. It is being removed which may cause "
			    "issues with program behavior.");
	else
		diag_report(program->diags, span, DIAG_NO_MATCH,
			    "Probe has no valid attach points. If this is expected, set the "
			    "'missing_probes' config variable to 'warn'.");
}

static void expand_probe(struct program *program, const struct probe *probe, uint32_t number)
{
	struct expander expander = { .program = program };
	size_t before = program->diags->error_count, i;
	struct usage usage;

	find_usage(program, probe, &usage);
	expander.uses_args = usage.context;
	expander.calls_kernel = usage.kernel;
	expander.wants_types = usage.typed;
	for (i = 0; i < probe->attach_points.count; i++)
		resolve_attach_point(&expander, &probe->attach_points.items[i]);
	if (usage.args)
		for (i = 0; i < expander.points.count; i++)
			fetch_args(program, expander.points.items[i], usage.args_span);
	if (program->diags->error_count != before) {
		if (expander.points.count && program->diags->last->id == DIAG_NO_MATCH)
			diag_hint(program->diags, "others of this list exist: BPFTRACE_MISSING_PROBES=warn, "
				  "or missing_probes = warn in the config, leaves out what does not");
		return;
	}
	if (!expander.points.count)
		report_no_points(program, probe);
	group_points(program, probe, number, &usage, &expander);
}

static void check_limits(struct program *program)
{
	uint64_t points = 0;
	size_t i;

	for (i = 0; i < program->instances.count; i++)
		points += program->instances.items[i]->points.count;
	if (points > program->config.max_probes) {
		diag_report(program->diags, SPAN_NONE, DIAG_TOO_LARGE,
			    "Can't attach to %llu probes because it exceeds the current limit of %llu "
			    "probes",
			    (unsigned long long)points, (unsigned long long)program->config.max_probes);
		diag_hint(program->diags, "raise it: config = { max_probes = %llu }",
			  (unsigned long long)points);
	}
	if (program->instances.count > program->config.max_bpf_progs) {
		diag_report(program->diags, SPAN_NONE, DIAG_TOO_LARGE,
			    "Your program is trying to generate %zu BPF programs, which exceeds the "
			    "current limit of %llu",
			    program->instances.count,
			    (unsigned long long)program->config.max_bpf_progs);
		diag_hint(program->diags, "raise it: config = { max_bpf_progs = %zu }",
			  program->instances.count);
	}
}

/* Can children be followed here? */
static void check_follow(struct program *program)
{
	const struct target *target = program->target;
	struct diags *diags = program->diags;
	uint32_t offset;
	size_t i;

	if (!program->options->follow)
		return;
	if (target->pid_namespace)
		diag_report(diags, SPAN_NONE, DIAG_UNSUPPORTED,
			    "--follow needs the pids of the kernel: it does not work inside of a pid "
			    "namespace, such as a container's");
	else if (!target->member_offset(target, "task_struct", "tgid", &offset))
		diag_report(diags, SPAN_NONE, DIAG_UNSUPPORTED,
			    "--follow needs the kernel's BTF, which %s does not have", target->name);
	for (i = 0; i < program->instances.count; i++) {
		const struct attach_point *point = program->instances.items[i]->points.items[0];

		if (point->type->flags & PROBE_IS_READ)
			diag_report(diags, point->span, DIAG_WRONG_PROBE,
				    "%s shows what there is, whoever runs: --follow has no meaning for it",
				    point->name);
	}
}

void expand(struct program *program)
{
	uint32_t number = 0;
	size_t i;

	apply_settings(program);
	for (i = 0; i < program->script->decls.count; i++) {
		const struct decl *decl = program->script->decls.items[i];

		switch (decl->kind) {
		case DECL_PROBE:
			expand_probe(program, decl->probe, number++);
			break;
		case DECL_IMPORT: /* gone: read_imports */
		case DECL_FUNCTION: /* bind_functions */
		case DECL_C:
		case DECL_CONFIG:
		case DECL_MACRO:
		case DECL_MAP:
			break;
		}
	}
	check_limits(program);
	check_follow(program);
}
