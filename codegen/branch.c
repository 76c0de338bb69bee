/*
 * Truth: conditions as jumps, and as 1 or 0.
 *
 * What is computed between a branch and its label on one path only is put
 * between build_enter() and build_leave() here, so that a caller may place the
 * label after any code of its own that it guards in the same way.
 */
#include "codegen/lower.h"

#include <string.h>

#include "base/compiler.h"
#include "sema/infer.h"

void emit_unless(struct codegen *cg, const struct expr *expr, uint32_t label)
{
	emit_branch(cg, expr, false, label);
}

/* --- many conditions --------------------------------------------------------------- */

/*
 * On each way out of a comparison the verifier knows more about what was compared.  As soon as
 * a later comparison is decided by that, the ways are different to it and are followed apart
 * to the end: their number doubles with each such comparison.  Where there are many, copies are
 * compared, so that nothing is learnt about the values themselves.
 */
enum { BRANCHES_DETACHED = 8 };

static bool count_branch(struct ast_visitor *visitor, struct expr **slot)
{
	size_t *count = visitor->context;

	*count += (*slot)->kind == EXPR_BINARY || (*slot)->kind == EXPR_TERNARY ||
		  (*slot)->kind == EXPR_IF;
	return true;
}

bool has_many_branches(const struct instance *instance)
{
	size_t count = 0;
	struct ast_visitor visitor = { .enter_expr = count_branch, .context = &count };

	ast_walk_block(&visitor, instance->body);
	return count >= BRANCHES_DETACHED;
}

/* The value of an expression to be compared; of pointers no such copy can be made. */
static struct val emit_compared(struct codegen *cg, const struct expr *expr)
{
	struct val val = emit_expr(cg, expr);

	return cg->detaches && type_is_integer(expr->type) ? build_detached(cg->b, val) : val;
}

/* --- comparing numbers -------------------------------------------------------- */

static uint8_t jump_op(enum binary_op op, bool is_signed)
{
	switch (op) {
	case BINARY_EQ:
		return BPF_JEQ;
	case BINARY_NE:
		return BPF_JNE;
	case BINARY_LT:
		return is_signed ? BPF_JSLT : BPF_JLT;
	case BINARY_GT:
		return is_signed ? BPF_JSGT : BPF_JGT;
	case BINARY_LE:
		return is_signed ? BPF_JSLE : BPF_JLE;
	case BINARY_GE:
		return is_signed ? BPF_JSGE : BPF_JGE;
	case BINARY_LOGICAL_OR:
	case BINARY_LOGICAL_AND:
	case BINARY_OR:
	case BINARY_XOR:
	case BINARY_AND:
	case BINARY_SHL:
	case BINARY_SHR:
	case BINARY_ADD:
	case BINARY_SUB:
	case BINARY_MUL:
	case BINARY_DIV:
	case BINARY_MOD:
		break;
	}
	unreachable();
}

/* The comparison that holds when `op` does not. */
static enum binary_op opposite(enum binary_op op)
{
	static const enum binary_op pairs[][2] = {
		{ BINARY_EQ, BINARY_NE },
		{ BINARY_LT, BINARY_GE },
		{ BINARY_GT, BINARY_LE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (pairs[i][0] == op)
			return pairs[i][1];
		if (pairs[i][1] == op)
			return pairs[i][0];
	}
	unreachable();
}

static void branch_on_numbers(struct codegen *cg, const struct expr *expr, enum binary_op op,
			      uint32_t label)
{
	const struct types *types = &cg->program->types;
	const struct expr *left = expr->binary.left, *right = expr->binary.right;
	struct val a = emit_compared(cg, left), b = emit_compared(cg, right);
	bool is_signed = type_operation_is_signed(type_read(types, left->type),
						  type_read(types, right->type));

	build_branch(cg->b, jump_op(op, is_signed), a, b, label);
}

/* --- comparing memory ---------------------------------------------------------- */

static uint64_t load_word(const char *bytes, unsigned size)
{
	uint64_t word = 0;

	memcpy(&word, bytes, size);
	return word;
}

/* Jumps to `label` when the equality with a literal is `when`: its bytes and the NUL. */
static void branch_on_literal(struct codegen *cg, const struct expr *text, const struct expr *other,
			      bool when, uint32_t label)
{
	struct builder *b = cg->b;
	uint32_t length = (uint32_t)strnlen(text->string.text, text->string.length);
	uint32_t size = MIN(length + 1, other->type->size), at, step;
	bool was_open = cg->is_wide_open;
	uint32_t differ = when ? build_label(b) : label;
	struct val address;

	cg->is_wide_open = true;
	address = emit_expr(cg, other);
	cg->is_wide_open = was_open;
	for (at = 0; at < size; at += step) {
		struct val word, here = build_offset(b, address, at);
		uint64_t expected;

		for (step = address_align(here); step > size - at;)
			step /= 2;
		expected = load_word(text->string.text + at, step);
		word = build_load(b, step, false, address, at);
		if (when && at + step == size)
			build_branch(b, BPF_JEQ, word, val_const((int64_t)expected), label);
		else
			build_branch(b, BPF_JNE, word, val_const((int64_t)expected), differ);
		if (at == 0)
			build_enter(b);
	}
	build_leave(b);
	if (when)
		build_place(b, differ);
}

void emit_compare_bytes(struct codegen *cg, struct val left, struct val right, uint32_t size,
			bool when, uint32_t label)
{
	struct builder *b = cg->b;
	uint32_t differ = when ? build_label(b) : label, at, step;

	if (!size) {
		if (when)
			build_jump(b, label);
		return;
	}
	build_enter(b);
	for (at = 0; at < size; at += step) {
		struct val here = build_offset(b, left, at), there = build_offset(b, right, at);

		for (step = MIN(address_align(here), address_align(there)); step > size - at;)
			step /= 2;
		build_branch(b, when && at + step == size ? BPF_JEQ : BPF_JNE,
			     build_load(b, step, false, left, at), build_load(b, step, false, right, at),
			     when && at + step == size ? label : differ);
	}
	build_leave(b);
	if (when)
		build_place(b, differ);
}

/* The expression's value as a `type` in memory that is ours, padded with zeros. */
static struct val emit_as(struct codegen *cg, const struct expr *expr, const struct type *type)
{
	struct val slot;

	if (expr->type == type && expr->kind == EXPR_VAR)
		return emit_expr(cg, expr);
	slot = build_slot(cg->b, type->size);
	emit_expr_into(cg, expr, type, slot);
	return slot;
}

static void branch_on_memory(struct codegen *cg, const struct expr *expr, bool when, uint32_t label)
{
	const struct expr *left = expr->binary.left, *right = expr->binary.right;
	bool was_open = cg->is_wide_open;
	const struct type *type;
	struct val a, b;
	uint32_t size;

	if (left->type->kind == TYPE_STRING && right->kind == EXPR_STRING) {
		branch_on_literal(cg, right, left, when, label);
		return;
	}
	if (left->type->kind == TYPE_STRING && left->kind == EXPR_STRING) {
		branch_on_literal(cg, left, right, when, label);
		return;
	}
	cg->is_wide_open = false;
	type = type_unify(&cg->program->types, left->type, right->type);
	if (!type || type->kind == TYPE_STRING) {
		a = emit_as(cg, left, left->type);
		b = emit_as(cg, right, right->type);
		size = MIN(left->type->size, right->type->size);
	} else {
		a = emit_as(cg, left, type);
		b = emit_as(cg, right, type);
		size = type->size;
	}
	cg->is_wide_open = was_open;
	emit_compare_bytes(cg, a, b, size, when, label);
}

/* --- logic ------------------------------------------------------------------------ */

/* Jumps to `label` when (left && right) == when, or (left || right) == when. */
static void branch_on_logic(struct codegen *cg, const struct expr *expr, bool when, uint32_t label)
{
	bool is_and = expr->binary.op == BINARY_LOGICAL_AND;
	struct builder *b = cg->b;
	uint32_t decided;

	/* The left side decides by itself when it is false (&&) or true (||). */
	if (when == !is_and) {
		emit_branch(cg, expr->binary.left, when, label);
		build_enter(b);
		emit_branch(cg, expr->binary.right, when, label);
		build_leave(b);
		return;
	}
	decided = build_label(b);
	emit_branch(cg, expr->binary.left, !when, decided);
	build_enter(b);
	emit_branch(cg, expr->binary.right, when, label);
	build_leave(b);
	build_place(b, decided);
}

static void branch_on_binary(struct codegen *cg, const struct expr *expr, bool when, uint32_t label)
{
	const struct types *types = &cg->program->types;
	enum binary_op op = expr->binary.op;

	switch (op) {
	case BINARY_LOGICAL_AND:
	case BINARY_LOGICAL_OR:
		branch_on_logic(cg, expr, when, label);
		return;
	case BINARY_EQ:
	case BINARY_NE:
		if (!type_in_register(type_read(types, expr->binary.left->type))) {
			branch_on_memory(cg, expr, when == (op == BINARY_EQ), label);
			return;
		}
		branch_on_numbers(cg, expr, when ? op : opposite(op), label);
		return;
	case BINARY_LT:
	case BINARY_GT:
	case BINARY_LE:
	case BINARY_GE:
		branch_on_numbers(cg, expr, when ? op : opposite(op), label);
		return;
	case BINARY_OR:
	case BINARY_XOR:
	case BINARY_AND:
	case BINARY_SHL:
	case BINARY_SHR:
	case BINARY_ADD:
	case BINARY_SUB:
	case BINARY_MUL:
	case BINARY_DIV:
	case BINARY_MOD:
		build_branch(cg->b, when ? BPF_JNE : BPF_JEQ, emit_compared(cg, expr), val_const(0),
			     label);
		return;
	}
	unreachable();
}

void emit_branch(struct codegen *cg, const struct expr *expr, bool when, uint32_t label)
{
	if (expr->kind == EXPR_UNARY && expr->unary.op == UNARY_NOT) {
		emit_branch(cg, expr->unary.operand, !when, label);
		return;
	}
	if (expr->kind == EXPR_BINARY) {
		branch_on_binary(cg, expr, when, label);
		return;
	}
	build_branch(cg->b, when ? BPF_JNE : BPF_JEQ, emit_compared(cg, expr), val_const(0), label);
}

struct val emit_truth(struct codegen *cg, const struct expr *expr)
{
	struct builder *b = cg->b;
	uint32_t result = build_var(b), end = build_label(b);

	build_var_set(b, result, val_const(0));
	emit_branch(cg, expr, false, end);
	build_enter(b);
	build_var_set(b, result, val_const(1));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, result);
}
