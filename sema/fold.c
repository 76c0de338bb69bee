/*
 * Constant expressions become literals, positional parameters their values.
 *
 * Arithmetic on literals is exact: a result has to fit int64 or uint64.
 * Needs: names resolved.  Leaves: NUMBER, STRING and BOOL where the operands
 * were; no PARAM and PARAM_COUNT.
 */
#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "lexer/literal.h"
#include "sema/infer_expr.h"
#include "sema/passes.h"

typedef __int128 wide;

struct folder {
	struct ast_visitor visitor; /* first */
	struct program *program;
	struct instance *instance; /* of a condition that stands alone, else NULL */
	bool is_typed;		   /* infer has been there */
};

static struct folder *folder_of(struct ast_visitor *visitor)
{
	return (struct folder *)visitor;
}

bool expr_is_number(const struct expr *expr, int64_t *ret_number)
{
	if (expr->kind != EXPR_NUMBER)
		return false;
	*ret_number = (int64_t)expr->number.value;
	return true;
}

bool expr_is_string(const struct expr *expr, const char **ret_text, size_t *ret_length)
{
	if (expr->kind != EXPR_STRING)
		return false;
	*ret_text = expr->string.text;
	*ret_length = expr->string.length;
	return true;
}

static bool is_constant(const struct expr *expr)
{
	return expr->kind == EXPR_NUMBER || expr->kind == EXPR_BOOL;
}

static wide number_of(const struct expr *expr)
{
	if (expr->kind == EXPR_BOOL)
		return expr->boolean;
	return expr->number.is_negative ? (wide)(int64_t)expr->number.value
					: (wide)expr->number.value;
}

/* --- making literals of expressions ---------------------------------------- */

static void become_number(struct folder *folder, struct expr *expr, wide number)
{
	if (number > (wide)UINT64_MAX || number < (wide)INT64_MIN) {
		diag_report(folder->program->diags, expr->span, DIAG_FOLD,
			    "this constant does not fit 64 bits: unable to fold literals due to "
			    "overflow or underflow");
		number = 0;
	}
	expr->kind = EXPR_NUMBER;
	memset(&expr->number, 0, sizeof(expr->number));
	expr->number.value = (uint64_t)number;
	expr->number.is_negative = number < 0;
	expr->number.is_unsigned = number > (wide)INT64_MAX;
}

static void become_bool(struct expr *expr, bool value)
{
	expr->kind = EXPR_BOOL;
	expr->boolean = value;
}

static void become_string(struct folder *folder, struct expr *expr, const char *text, size_t length)
{
	expr->kind = EXPR_STRING;
	expr->string.text = arena_strndup(folder->program->arena, text, length);
	expr->string.length = length;
}

/* Everything but the place comes from another expression. */
static void become(struct expr **slot, struct expr *other)
{
	*slot = other;
}

/* --- parameters ------------------------------------------------------------ */

static const char *param_text(struct folder *folder, const struct expr *expr)
{
	const struct compile_options *options = folder->program->options;

	return expr->param <= options->param_count ? options->params[expr->param - 1] : NULL;
}

static void fold_param(struct folder *folder, struct expr *expr)
{
	const char *text = param_text(folder, expr);
	struct literal_number number;

	if (!text || !*text) {
		diag_report(folder->program->diags, expr->span, DIAG_PARAM_MISSING,
			    "Positional parameter $%llu is empty or not provided. It is 0 here",
			    (unsigned long long)expr->param);
		become_number(folder, expr, 0);
		return;
	}
	if (literal_parse_number(text, strlen(text), LITERAL_ALLOW_BINARY | LITERAL_ALLOW_SIGN,
				 &number) == LITERAL_OK)
		become_number(folder, expr, number.is_negative ? (wide)(int64_t)number.value
							       : (wide)number.value);
	else
		become_string(folder, expr, text, strlen(text));
}

/* str($1), str($1 + 2): the parameter's text, without its first bytes. */
static bool fold_param_text(struct folder *folder, struct expr *arg)
{
	const struct expr *param = arg;
	const char *text;
	size_t skip = 0;

	if (arg->kind == EXPR_BINARY && arg->binary.op == BINARY_ADD &&
	    arg->binary.left->kind == EXPR_PARAM && arg->binary.right->kind == EXPR_NUMBER) {
		param = arg->binary.left;
		skip = arg->binary.right->number.value;
	}
	if (param->kind != EXPR_PARAM)
		return false;
	text = param_text(folder, param);
	text = text ? text : "";
	if (skip && skip >= strlen(text)) {
		diag_report(folder->program->diags, arg->span, DIAG_SUSPICIOUS,
			    "the parameter has %zu bytes: this literal string will always be empty",
			    strlen(text));
		skip = strlen(text);
	}
	become_string(folder, arg, text + skip, strlen(text) - skip);
	return true;
}

/* --- operators ------------------------------------------------------------- */

static bool fold_comparison(struct expr *expr, int order)
{
	if (!binary_op_compares(expr->binary.op))
		return false;
	become_bool(expr, binary_op_holds(expr->binary.op, order));
	return true;
}

/* False when the operation has no result. */
static bool compute(enum binary_op op, wide a, wide b, wide *ret)
{
	switch (op) {
	case BINARY_ADD:
		*ret = a + b;
		return true;
	case BINARY_SUB:
		*ret = a - b;
		return true;
	case BINARY_MUL:
		/* Two 64-bit factors can exceed 127 bits only if both are near 2^64. */
		return !__builtin_mul_overflow(a, b, ret);
	case BINARY_DIV:
		if (!b)
			return false;
		*ret = a / b;
		return true;
	case BINARY_MOD:
		if (!b)
			return false;
		*ret = a % b;
		return true;
	case BINARY_SHL:
		if (b < 0 || b > 63)
			return false;
		*ret = a * ((wide)1 << b);
		return true;
	case BINARY_SHR:
		if (b < 0 || b > 63)
			return false;
		*ret = a >> b;
		return true;
	case BINARY_AND:
		*ret = a & b;
		return true;
	case BINARY_OR:
		*ret = a | b;
		return true;
	case BINARY_XOR:
		*ret = a ^ b;
		return true;
	case BINARY_LOGICAL_OR:
	case BINARY_LOGICAL_AND:
	case BINARY_EQ:
	case BINARY_NE:
	case BINARY_LT:
	case BINARY_GT:
	case BINARY_LE:
	case BINARY_GE:
		return false;
	}
	unreachable();
}

static void fold_numbers(struct folder *folder, struct expr *expr)
{
	wide a = number_of(expr->binary.left), b = number_of(expr->binary.right), result;

	if (fold_comparison(expr, a < b ? -1 : a > b))
		return;
	if (expr->binary.op == BINARY_LOGICAL_AND) {
		become_bool(expr, a && b);
	} else if (expr->binary.op == BINARY_LOGICAL_OR) {
		become_bool(expr, a || b);
	} else if (compute(expr->binary.op, a, b, &result)) {
		become_number(folder, expr, result);
	} else {
		diag_report(folder->program->diags, expr->span, DIAG_FOLD,
			    "'%s' has no result for these constants: unable to fold literals due to "
			    "overflow or underflow",
			    binary_op_text(expr->binary.op));
		become_number(folder, expr, 0);
	}
}

static void fold_strings(struct folder *folder, struct expr *expr)
{
	const struct expr *left = expr->binary.left, *right = expr->binary.right;
	struct strbuf joined;

	if (expr->binary.op == BINARY_ADD) {
		strbuf_init(&joined, folder->program->arena);
		strbuf_add(&joined, left->string.text, left->string.length);
		strbuf_add(&joined, right->string.text, right->string.length);
		become_string(folder, expr, joined.text, joined.length);
		return;
	}
	if (!fold_comparison(expr, strcmp(left->string.text, right->string.text)))
		diag_report(folder->program->diags, expr->span, DIAG_BAD_OPERAND,
			    "illegal literal operation with strings: '%s' works on numbers",
			    binary_op_text(expr->binary.op));
}

/* "abcd" + 1 drops leading bytes. */
static void fold_string_offset(struct folder *folder, struct expr *expr)
{
	const struct expr *string = expr->binary.left;
	uint64_t skip = expr->binary.right->number.value;

	if (skip > string->string.length) {
		diag_report(folder->program->diags, expr->span, DIAG_SUSPICIOUS,
			    "the string has %zu bytes: this literal string will always be empty",
			    string->string.length);
		skip = string->string.length;
	}
	become_string(folder, expr, string->string.text + skip, string->string.length - skip);
}

static void fold_binary(struct folder *folder, struct expr *expr)
{
	const struct expr *left = expr->binary.left, *right = expr->binary.right;

	if (is_constant(left) && is_constant(right))
		fold_numbers(folder, expr);
	else if (left->kind == EXPR_STRING && right->kind == EXPR_STRING)
		fold_strings(folder, expr);
	else if (left->kind == EXPR_STRING && right->kind == EXPR_NUMBER &&
		 expr->binary.op == BINARY_ADD)
		fold_string_offset(folder, expr);
}

static void fold_unary(struct folder *folder, struct expr **slot)
{
	struct expr *expr = *slot, *operand = expr->unary.operand;
	wide number;

	if (expr->unary.op == UNARY_DEREF && operand->kind == EXPR_UNARY &&
	    operand->unary.op == UNARY_ADDRESS && operand->unary.operand->kind == EXPR_VAR) {
		become(slot, operand->unary.operand); /* *&$x */
		return;
	}
	if (!is_constant(expr->unary.operand))
		return;
	number = number_of(expr->unary.operand);
	switch (expr->unary.op) {
	case UNARY_NEG:
		if (number > -(wide)INT64_MIN) {
			diag_report(folder->program->diags, expr->span, DIAG_FOLD,
				    "negative value will underflow: the least is %lld",
				    (long long)INT64_MIN);
			number = 0;
		}
		become_number(folder, expr, -number);
		return;
	case UNARY_NOT:
		become_bool(expr, !number);
		return;
	case UNARY_COMPLEMENT:
		become_number(folder, expr,
			      number > (wide)INT64_MAX ? (wide)~(uint64_t)number : ~number);
		return;
	case UNARY_DEREF:
	case UNARY_ADDRESS:
		return;
	}
	unreachable();
}

static void fold_ternary(struct expr **slot)
{
	struct expr *expr = *slot, *condition = expr->ternary.condition;

	if (!is_constant(condition))
		return;
	if (!number_of(condition))
		become(slot, expr->ternary.no);
	else
		become(slot, expr->ternary.yes ? expr->ternary.yes : condition);
}

static void fold_index(struct folder *folder, struct expr *expr)
{
	const struct expr *object = expr->index.object, *index = expr->index.index;

	if (object->kind == EXPR_STRING && index->kind == EXPR_NUMBER &&
	    index->number.value <= object->string.length)
		become_number(folder, expr,
			      (unsigned char)object->string.text[index->number.value]);
}

/* --- conditions that may leave out code -------------------------------------- */

/* sizeof and offsetof of a type that is written, or of any once types are known. */
static void fold_of(struct folder *folder, struct expr **slot)
{
	struct inferer inferer = { .program = folder->program, .instance = folder->instance,
				   .is_final = true };
	const struct type_spec *spec = (*slot)->of.spec;

	if (folder->is_typed || (spec && spec->kind != TYPE_SPEC_TYPEOF))
		infer_expr(&inferer, slot);
}

static void fold_known(struct folder *folder, struct expr *call)
{
	const struct builtin *builtin = call->call.builtin;
	const struct expr *arg = call->call.args.count == 1 ? call->call.args.items[0] : NULL;

	if (builtin && builtin->known && arg && (arg->type || arg->kind == EXPR_STRING))
		become_bool(call, builtin->known(folder->program, folder->instance, arg));
}

/* typeinfo(e).base_type */
static void fold_field(struct expr **slot)
{
	struct expr *object = (*slot)->field.object;
	size_t i;

	if (object->kind != EXPR_RECORD)
		return;
	for (i = 0; i < object->record.items.count; i++)
		if (object->record.names.items[i] == (*slot)->field.name &&
		    (is_constant(object->record.items.items[i]) ||
		     object->record.items.items[i]->kind == EXPR_STRING)) {
			become(slot, object->record.items.items[i]);
			return;
		}
}

/* What a macro yields is a literal where its body is one. */
static void fold_block(struct expr **slot)
{
	const struct block *block = (*slot)->block;

	if (!block->stmts.count && block->value &&
	    (is_constant(block->value) || block->value->kind == EXPR_STRING))
		become(slot, block->value);
}

/* str("text"), str(7), and the first characters of either. */
static void fold_text(struct folder *folder, struct expr *call)
{
	const struct expr_vec *args = &call->call.args;
	const struct expr *arg = args->count ? args->items[0] : NULL;
	size_t kept = SIZE_MAX;
	const char *text;
	int64_t number;

	if (!arg || args->count > 2 || (arg->kind != EXPR_STRING && arg->kind != EXPR_NUMBER))
		return;
	if (args->count == 2) {
		if (!expr_is_number(args->items[1], &number) || number < 0)
			return;
		kept = (size_t)number;
	}
	if (arg->kind == EXPR_STRING) {
		become_string(folder, call, arg->string.text, MIN(kept, arg->string.length));
		return;
	}
	text = arena_printf(folder->program->arena, arg->number.is_negative ? "%" PRId64 : "%" PRIu64,
			    arg->number.value);
	become_string(folder, call, text, MIN(kept, strlen(text)));
}

static void fold_alone(struct folder *folder, struct expr **slot)
{
	switch ((int)(*slot)->kind) {
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEINFO:
		fold_of(folder, slot);
		return;
	case EXPR_CALL:
		fold_known(folder, *slot);
		return;
	case EXPR_FIELD:
		fold_field(slot);
		return;
	}
}

static bool is_text_call(const struct expr *expr)
{
	return expr->kind == EXPR_CALL && expr->call.builtin && expr->call.args.count &&
	       (expr->call.builtin->flags & BUILTIN_PARAM_TEXT);
}

static bool enter_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct expr *expr = *slot;

	if (is_text_call(expr))
		fold_param_text(folder_of(visitor), expr->call.args.items[0]);
	return true;
}

static void leave_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct folder *folder = folder_of(visitor);
	struct expr *expr = *slot;

	if (expr->kind == EXPR_PARAM)
		fold_param(folder, expr);
	else if (expr->kind == EXPR_PARAM_COUNT)
		become_number(folder, expr, (wide)folder->program->options->param_count);
	else if (expr->kind == EXPR_UNARY)
		fold_unary(folder, slot);
	else if (expr->kind == EXPR_BINARY)
		fold_binary(folder, expr);
	else if (expr->kind == EXPR_TERNARY)
		fold_ternary(slot);
	else if (expr->kind == EXPR_INDEX)
		fold_index(folder, expr);
	else if (expr->kind == EXPR_BLOCK)
		fold_block(slot);
	else if (is_text_call(expr))
		fold_text(folder, expr);
	else if (expr->kind == EXPR_COMPTIME && is_constant(expr->comptime))
		become(slot, expr->comptime);
	else if (folder->instance)
		fold_alone(folder, slot);
}

void fold_condition(struct program *program, struct instance *instance, bool is_typed,
		    struct expr **slot)
{
	struct folder folder = {
		.visitor = { .enter_expr = enter_expr, .leave_expr = leave_expr },
		.program = program,
		.instance = instance,
		.is_typed = is_typed,
	};

	ast_walk_expr(&folder.visitor, slot);
}

void fold(struct program *program)
{
	struct folder folder = {
		.visitor = { .enter_expr = enter_expr, .leave_expr = leave_expr },
		.program = program,
	};
	size_t i;

	for (i = 0; i < program->bodies.count; i++)
		instance_walk(&folder.visitor, program->bodies.items[i]);
	for (i = 0; i < program->script->decls.count; i++)
		if (program->script->decls.items[i]->kind == DECL_MAP)
			ast_walk_expr(&folder.visitor, &program->script->decls.items[i]->map->capacity);
}
