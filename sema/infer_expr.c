/*
 * The type of one expression from those of its parts.
 *
 * While rounds go on an unknown part makes the whole unknown (NULL).  In the
 * last round what is wrong is reported and becomes void, which keeps later
 * passes from reporting it again.
 */
#include "sema/infer_expr.h"

#include <string.h>

#include "base/compiler.h"
#include "sema/passes.h"

static const struct type *void_of(struct inferer *inferer)
{
	return inferer->program->types.void_type;
}

static bool is_void(const struct type *type)
{
	return type->kind == TYPE_VOID;
}

/* --- operators ------------------------------------------------------------- */

void infer_report_void(struct inferer *inferer, const struct expr *operand)
{
	struct diags *diags = inferer->program->diags;

	if (inferer->is_final && operand->type && is_void(operand->type) && !diags->error_count)
		diag_report(diags, operand->span, DIAG_NOT_A_VALUE,
			    "this has no value to work on");
}

static bool is_equality(enum binary_op op)
{
	return op == BINARY_EQ || op == BINARY_NE;
}

/* Can the two be compared with `op`? */
static bool comparable(struct types *types, enum binary_op op, const struct type *a,
		       const struct type *b)
{
	if (type_in_register(a) && type_in_register(b))
		return true;
	if (!is_equality(op))
		return false;
	if (a->kind == TYPE_STRING && b->kind == TYPE_STRING)
		return true;
	return a->kind == b->kind && type_unify(types, a, b);
}

static bool is_literal(const struct type *type)
{
	return type->kind == TYPE_INT && type->integer.is_literal;
}

/*
 * Of variables that so far hold only literals: still one that takes the sign
 * of what it meets, so that the order in which types become known is no matter.
 */
static const struct type *literal_result(struct types *types, const struct type *left,
					 const struct type *right)
{
	bool is_negative = left->integer.is_negative || right->integer.is_negative;
	bool needs_64 = left->integer.literal_bits == 64 || right->integer.literal_bits == 64;

	if (needs_64)
		return type_int(types, 8, is_negative);
	return type_literal(types, is_negative ? (uint64_t)INT64_MIN : (uint64_t)INT64_MAX, is_negative);
}

static bool is_of_clock_or_memory(const struct type *type)
{
	return type->kind == TYPE_INT &&
	       (type->integer.clock != CLOCK_IS_BOOT || type->integer.space != SPACE_NONE);
}

/* A later time is one of the same clock, an address further on of the same memory; else NULL. */
static const struct type *infer_further(const struct type *left, const struct type *right)
{
	if (is_of_clock_or_memory(left) == is_of_clock_or_memory(right) ||
	    type_operation_is_signed(left, right))
		return NULL;
	return is_of_clock_or_memory(left) ? left : right;
}

const struct type *infer_arithmetic(struct types *types, enum binary_op op, const struct type *left,
				    const struct type *right)
{
	left = type_read(types, left);
	right = type_read(types, right);
	if (binary_op_compares(op))
		return comparable(types, op, left, right) ? types->bool_type : NULL;
	if (op == BINARY_LOGICAL_AND || op == BINARY_LOGICAL_OR)
		return types->bool_type;
	if ((op == BINARY_ADD || op == BINARY_SUB) && left->kind == TYPE_POINTER &&
	    type_is_integer(right))
		return left;
	if (op == BINARY_ADD && right->kind == TYPE_POINTER && type_is_integer(left))
		return right;
	if (!type_is_integer(left) || !type_is_integer(right))
		return NULL;
	if (is_literal(left) && is_literal(right) && op != BINARY_SUB)
		return literal_result(types, left, right);
	if (op == BINARY_ADD && infer_further(left, right))
		return infer_further(left, right);
	return type_int(types, 8, op == BINARY_SUB || type_operation_is_signed(left, right));
}

static void report_operands(struct inferer *inferer, const struct expr *expr)
{
	struct diags *diags = inferer->program->diags;
	const struct type *left = expr->binary.left->type, *right = expr->binary.right->type;
	const char *text = binary_op_text(expr->binary.op);

	if (left->kind == right->kind && left->kind == TYPE_STRING) {
		diag_report(diags, expr->span, DIAG_BAD_OPERAND,
			    "The %s operator can not be used on expressions of types %s, %s", text,
			    left->name, right->name);
		if (expr->binary.op == BINARY_ADD)
			diag_hint(diags, "str_concat(a, b) puts strings together");
		else
			diag_hint(diags, "strings are compared with == and !=");
		return;
	}
	diag_report(diags, expr->span, DIAG_BAD_OPERAND, "Type mismatch for '%s': %s %s with %s", text,
		    binary_op_compares(expr->binary.op) ? "comparing" : "combining", left->name, right->name);
	diag_note(diags, expr->binary.left->span, "left (%s)", left->name);
	diag_note(diags, expr->binary.right->span, "right (%s)", right->name);
}

static const struct type *infer_binary(struct inferer *inferer, struct expr *expr)
{
	const struct type *left = expr->binary.left->type, *right = expr->binary.right->type, *type;
	bool compares = binary_op_is_truth(expr->binary.op);

	if (!left && !right)
		return compares ? inferer->program->types.bool_type : NULL;
	if (!left || !right) {
		left = left ? left : right;
		right = right ? right : left;
	}
	if (expr->binary.op != BINARY_LOGICAL_AND && expr->binary.op != BINARY_LOGICAL_OR) {
		infer_report_void(inferer, expr->binary.left);
		infer_report_void(inferer, expr->binary.right);
	}
	if (is_void(left) || is_void(right))
		return compares ? inferer->program->types.bool_type : void_of(inferer);
	type = infer_arithmetic(&inferer->program->types, expr->binary.op, left, right);
	if (!type && inferer->is_final) {
		report_operands(inferer, expr);
		return compares ? inferer->program->types.bool_type : void_of(inferer);
	}
	return type;
}

static const struct type *infer_deref(struct inferer *inferer, struct expr *expr)
{
	struct types *types = &inferer->program->types;
	const struct type *operand = expr->unary.operand->type;

	if (operand->kind == TYPE_POINTER)
		return is_void(operand->pointer.to) ? type_int(types, 8, false) : operand->pointer.to;
	if (operand->kind == TYPE_INT)
		return type_int(types, 8, false);
	if (inferer->is_final)
		diag_report(inferer->program->diags, expr->span, DIAG_BAD_OPERAND,
			    "'*' follows a pointer, this is a %s", operand->name);
	return void_of(inferer);
}

/* &$x points to the variable; &@m is the map itself, whatever it holds. */
static const struct type *infer_address(struct inferer *inferer, struct expr *expr)
{
	struct types *types = &inferer->program->types;
	struct expr *operand = expr->unary.operand;

	if (operand->kind == EXPR_MAP && !operand->map.keys.count) {
		if (operand->map.map)
			operand->map.map->is_walked = true;
		return type_pointer(types, types->void_type, SPACE_KERNEL);
	}
	if (operand->kind == EXPR_VAR && operand->var.variable) {
		operand->var.variable->is_addressed = true;
		/* Not to what may still become another integer. */
		return operand->type && !is_literal(operand->type)
			       ? type_pointer(types, operand->type, SPACE_KERNEL)
			       : NULL;
	}
	if (inferer->is_final) {
		diag_report(inferer->program->diags, expr->span, DIAG_BAD_OPERAND,
			    "'&' takes a variable or a whole map: what a field or an element holds has no "
			    "address here");
		diag_hint(inferer->program->diags,
			  "of a struct in memory: (uint64)pointer + offsetof(struct T, member)");
	}
	return void_of(inferer);
}

static const struct type *infer_unary(struct inferer *inferer, struct expr *expr)
{
	struct types *types = &inferer->program->types;
	const struct type *operand = expr->unary.operand->type;

	if (expr->unary.op == UNARY_ADDRESS)
		return infer_address(inferer, expr);
	if (!operand)
		return expr->unary.op == UNARY_NOT ? types->bool_type : NULL;
	if (expr->unary.op != UNARY_NOT)
		infer_report_void(inferer, expr->unary.operand);
	if (is_void(operand))
		return operand;
	operand = type_read(types, operand);
	switch (expr->unary.op) {
	case UNARY_NOT:
		return types->bool_type;
	case UNARY_DEREF:
		return infer_deref(inferer, expr);
	case UNARY_ADDRESS:
		break; /* above */
	case UNARY_NEG:
	case UNARY_COMPLEMENT:
		if (type_is_integer(operand)) {
			if (expr->unary.op == UNARY_NEG || type_is_signed(operand))
				return type_int(types, 8, true);
			return operand->kind == TYPE_INT ? operand : type_int(types, 8, false);
		}
		if (inferer->is_final)
			diag_report(inferer->program->diags, expr->span, DIAG_BAD_OPERAND,
				    "'%s' works on integers, this is a %s",
				    unary_op_text(expr->unary.op), operand->name);
		return void_of(inferer);
	}
	unreachable();
}

/* One type for two branches. */
static const struct type *infer_branches(struct inferer *inferer, struct expr *expr,
					 const struct expr *yes, const struct expr *no)
{
	const struct type *type;

	if (!yes->type || !no->type)
		return yes->type ? yes->type : no->type;
	if (yes->type == no->type)
		return type_read(&inferer->program->types, yes->type);
	type = type_unify(&inferer->program->types, type_read(&inferer->program->types, yes->type),
			  type_read(&inferer->program->types, no->type));
	if (!type && inferer->is_final) {
		diag_report(inferer->program->diags, expr->span, DIAG_TYPE_MISMATCH,
			    "the two branches give different types: %s and %s", yes->type->name,
			    no->type->name);
		diag_note(inferer->program->diags, yes->span, "%s", yes->type->name);
		diag_note(inferer->program->diags, no->span, "%s", no->type->name);
		return void_of(inferer);
	}
	return type;
}

static const struct type *infer_if(struct inferer *inferer, struct expr *expr)
{
	struct block *dead;

	if (expr->if_.no && if_is_decided(expr, &dead)) {
		const struct block *live = dead == expr->if_.yes ? expr->if_.no : expr->if_.yes;

		return live->value ? live->value->type : void_of(inferer);
	}
	if (!expr->if_.no || !expr->if_.yes->value || !expr->if_.no->value)
		return void_of(inferer);
	return infer_branches(inferer, expr, expr->if_.yes->value, expr->if_.no->value);
}

/* --- made of parts ---------------------------------------------------------- */

static const struct type *infer_items(struct inferer *inferer, const struct expr_vec *items,
				      const char *const *names)
{
	struct types *types = &inferer->program->types;
	const struct type **parts = arena_new_array(types->arena, const struct type *, items->count);
	size_t i;

	for (i = 0; i < items->count; i++) {
		parts[i] = items->items[i]->type;
		if (!parts[i])
			return NULL;
		if (is_void(parts[i])) {
			if (inferer->is_final && !inferer->program->diags->error_count)
				diag_report(inferer->program->diags, items->items[i]->span,
					    DIAG_NOT_A_VALUE, "this has no value to put in a tuple");
			return parts[i];
		}
		if (parts[i]->kind == TYPE_AGGREGATE && !aggregate_is_number(parts[i])) {
			if (inferer->is_final)
				diag_report(inferer->program->diags, items->items[i]->span,
					    DIAG_AGGREGATE_USE,
					    "Map type %s cannot exist inside a tuple", parts[i]->name);
			return void_of(inferer);
		}
		parts[i] = type_read(types, parts[i]);
		if (inferer->is_final)
			parts[i] = type_settled_deep(types, parts[i]);
	}
	return type_tuple(types, parts, names, items->count);
}

static bool can_cast(const struct type *from, const struct type *to)
{
	if (to->kind == TYPE_LATE && to->late.kind == LATE_USER)
		return from == to || type_is_integer(from);
	if (type_in_register(to))
		return type_in_register(from) || from->kind == TYPE_AGGREGATE ||
		       (from->kind == TYPE_ARRAY && type_is_integer(to) && from->size == to->size);
	if (to->kind == TYPE_ARRAY)
		return type_is_integer(from) || (from->kind == TYPE_ARRAY && from->size == to->size);
	return type_converts(from, to);
}

static bool enum_has(const struct type *type, int64_t value)
{
	size_t i;

	for (i = 0; i < type->enumeration.count; i++)
		if (type->enumeration.enumerators[i].value == value)
			return true;
	return false;
}

static const struct type *infer_cast(struct inferer *inferer, struct expr *expr)
{
	const struct type *from = expr->cast.operand->type;
	const struct type *to = type_from_spec(inferer, expr->cast.spec);

	if (!to)
		return inferer->is_final ? void_of(inferer) : NULL;
	infer_report_void(inferer, expr->cast.operand);
	if (!from || is_void(from))
		return to;
	/* Whose memory it is does not change by looking at it as something else. */
	if (to->kind == TYPE_POINTER && from->kind == TYPE_POINTER &&
	    from->pointer.space != SPACE_NONE)
		return type_pointer(&inferer->program->types, to->pointer.to, from->pointer.space);
	if (to->kind == TYPE_POINTER && from->kind == TYPE_INT && from->integer.space != SPACE_NONE)
		return type_pointer(&inferer->program->types, to->pointer.to, from->integer.space);
	if (inferer->is_final && to->kind == TYPE_STRUCT) {
		diag_report(inferer->program->diags, expr->span, DIAG_BAD_CAST,
			    "Cannot cast from \"%s\" to \"%s\"", from->name, to->name);
		diag_hint(inferer->program->diags, "read it through a pointer: *(%s *)...", to->name);
	} else if (inferer->is_final && to->kind == TYPE_ENUM &&
		   expr->cast.operand->kind == EXPR_NUMBER &&
		   !enum_has(to, (int64_t)expr->cast.operand->number.value)) {
		diag_report(inferer->program->diags, expr->span, DIAG_BAD_CAST,
			    "Enum: %s doesn't contain a variant value of %lld",
			    to->enumeration.tag ? to->enumeration.tag : "(anonymous)",
			    (long long)expr->cast.operand->number.value);
	} else if (inferer->is_final &&
		   (!can_cast(from, to) ||
		    (from->kind == TYPE_AGGREGATE && !aggregate_is_number(from)))) {
		diag_report(inferer->program->diags, expr->span, DIAG_BAD_CAST,
			    "Cannot cast from \"%s\" to \"%s\"", from->name, to->name);
	}
	return to;
}

/* --- calls ------------------------------------------------------------------ */

/* Keys given as arguments after a map: delete(@m, key). */
static void infer_key_args(struct inferer *inferer, const struct expr *call,
			   const struct prototype *prototype)
{
	const struct expr *map = NULL;
	size_t i;

	for (i = 0; i < MIN((size_t)prototype->count, call->call.args.count); i++) {
		struct expr *arg = call->call.args.items[i];

		if (prototype->params[i] == PARAM_MAP && arg->kind == EXPR_MAP)
			map = arg;
		if (prototype->params[i] == PARAM_KEY && map && map->map.map) {
			struct expr_vec keys = { .items = &arg, .count = 1 };

			infer_map_key(inferer, map->map.map, &keys, arg->span);
		}
	}
}

/* Characters in memory, which C would take for a string. */
static bool is_text_in_memory(const struct type *type)
{
	const struct type *of = NULL;

	if (type->kind == TYPE_POINTER)
		of = type->pointer.to;
	else if (type->kind == TYPE_ARRAY && type_is_signed(type->array.element))
		of = type->array.element;
	return of && of->kind == TYPE_INT && of->size == 1;
}

/* Where a string is wanted, a `char *` means str() of it. */
static void read_text_args(struct inferer *inferer, struct expr *call,
			   const struct prototype *prototype)
{
	struct program *program = inferer->program;
	size_t i;

	for (i = 0; i < MIN((size_t)prototype->count, call->call.args.count); i++) {
		struct expr *arg = call->call.args.items[i], *text;

		if (prototype->params[i] != PARAM_STRING || !arg->type || !is_text_in_memory(arg->type))
			continue;
		text = arena_new_struct(program->arena, struct expr);
		text->kind = EXPR_CALL;
		text->span = arg->span;
		text->call.name = program->reads_text->name;
		text->call.name_span = arg->span;
		text->call.builtin = program->reads_text;
		vec_push(program->arena, &text->call.args, arg);
		text->type = program->reads_text->infer(inferer, text);
		call->call.args.items[i] = text;
	}
}

static const struct type *infer_builtin(struct inferer *inferer, struct expr *expr,
					const struct builtin *builtin)
{
	struct prototype prototype;

	if (!builtin)
		return void_of(inferer);
	if (expr->kind == EXPR_IDENT && !builtin->infer)
		return type_from_words(inferer, builtin->prototype,
				       prototype_result_length(builtin->prototype));
	prototype_parse(builtin->prototype, &prototype);
	if (expr->kind == EXPR_CALL) {
		infer_key_args(inferer, expr, &prototype);
		read_text_args(inferer, expr, &prototype);
	}
	if (builtin->infer) {
		const struct type *type = NULL;

		if (prototype.required <= (expr->kind == EXPR_CALL ? expr->call.args.count : 0))
			type = builtin->infer(inferer, expr);

		return !type && inferer->is_final ? void_of(inferer) : type;
	}
	return type_from_words(inferer, prototype.result, prototype.result_length);
}

/* --- all kinds ---------------------------------------------------------------- */

/* A variable without a type. */
static const struct type *infer_unresolved(struct inferer *inferer, struct expr *expr)
{
	if (!inferer->is_final || expr->type)
		return expr->type;
	/* Of an assigned one what is wrong with the value is told there. */
	if (expr->var.variable && !expr->var.variable->is_assigned)
		diag_report(inferer->program->diags, expr->span, DIAG_UNRESOLVED_TYPE,
			    "Could not resolve the type of this variable: %s is never assigned",
			    expr->var.name);
	return void_of(inferer);
}

static const struct type *infer_kind(struct inferer *inferer, struct expr *expr)
{
	struct types *types = &inferer->program->types;

	switch (expr->kind) {
	case EXPR_NUMBER:
		return expr->number.enumeration ? expr->number.enumeration :
						  type_literal(types, expr->number.value,
							       expr->number.is_negative);
	case EXPR_STRING:
		return type_string(types, (uint32_t)expr->string.length + 1);
	case EXPR_BOOL:
		return types->bool_type;
	case EXPR_IDENT:
		return infer_builtin(inferer, expr, expr->ident.builtin);
	case EXPR_CALL:
		return infer_builtin(inferer, expr, expr->call.builtin);
	case EXPR_VAR:
		expr->type = expr->var.variable ? expr->var.variable->type : NULL;
		return infer_unresolved(inferer, expr);
	case EXPR_UNARY:
		return infer_unary(inferer, expr);
	case EXPR_BINARY:
		return infer_binary(inferer, expr);
	case EXPR_TERNARY:
		return infer_branches(inferer, expr,
				      expr->ternary.yes ? expr->ternary.yes : expr->ternary.condition,
				      expr->ternary.no);
	case EXPR_CAST:
		return infer_cast(inferer, expr);
	case EXPR_FIELD:
		return infer_field(inferer, expr);
	case EXPR_INDEX:
		return infer_index(inferer, expr);
	case EXPR_ELEMENT:
		return infer_element(inferer, expr);
	case EXPR_TUPLE:
		return infer_items(inferer, &expr->tuple.items, NULL);
	case EXPR_RECORD:
		return infer_items(inferer, &expr->record.items, expr->record.names.items);
	case EXPR_BLOCK:
		return expr->block->value ? expr->block->value->type : types->void_type;
	case EXPR_IF:
		return infer_if(inferer, expr);
	case EXPR_COMPTIME:
		return expr->comptime->type;
	case EXPR_MAP:
	case EXPR_INCDEC:
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEINFO:
		return expr->type; /* typed elsewhere */
	case EXPR_PARAM:
	case EXPR_PARAM_COUNT:
		return void_of(inferer); /* folded; left only after an error */
	case EXPR_TYPEOF:
	case EXPR_TYPE:
		return void_of(inferer);
	}
	unreachable();
}

void infer_expr(struct inferer *inferer, struct expr **slot)
{
	struct expr *expr = *slot;

	if (expr->kind == EXPR_SIZEOF || expr->kind == EXPR_OFFSETOF || expr->kind == EXPR_TYPEINFO)
		infer_of(inferer, expr);
	else if (expr->kind == EXPR_CALL && expr->call.function)
		infer_function_call(inferer, expr);
	else if (expr->kind == EXPR_CALL && expr->call.c_function)
		infer_c_call(inferer, expr);
	else
		expr->type = infer_kind(inferer, expr);
	if (inferer->is_final && !expr->type)
		expr->type = void_of(inferer);
}
