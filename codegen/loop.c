/*
 * while, unroll, and for over a range of numbers.
 *
 * A loop is taken by the verifier if it sees where it ends, and if it sees
 * that soon: it follows each way through each turn, unless it comes to a place
 * in a state that it has been in.  How that is brought about depends on what
 * the target has and on the loop:
 *
 *	walked		The verifier walks every turn.  Ranges of a few turns, and where there
 *			is nothing else (before 5.17).
 *	guarded		A jump that the kernel takes after millions of turns ends the loop
 *			(may_goto, 6.9), and what changes is made unknown, so that the second
 *			turn brings nothing new.  For bodies with few ways through them: as
 *			long as it is in a loop the verifier compares all that there is, and
 *			ways that differ in anything are followed apart.
 *	called		The same, but the body is a global function, which the verifier checks
 *			once by itself: all other bodies.
 *	called back	The body is a function that bpf_loop() calls (5.17).
 */
#include "codegen/loop_frame.h"

#include "base/compiler.h"
#include "sema/infer.h"

enum way { WAY_WALKED, WAY_GUARDED, WAY_CALLED, WAY_CALLED_BACK };

/* A loop, and what of a range its turns need. */
struct loop {
	const struct stmt *stmt;
	struct expr *condition; /* of while, else NULL */
	struct block *body;
	uint32_t counter; /* variable */
	struct val to;
};

/* --- how many ways there are ------------------------------------------------------- */

/* So much a body may decide for the verifier to follow it as a part of the loop. */
enum { WEIGHT_GUARDED = 6 };

/* So many turns the verifier may walk, and so much be decided in all of them. */
enum { WALKED_TURNS_MAX = 64, WALKED_WEIGHT_MAX = 128 };

/* Comparisons, and what keeps a divisor from being 0. */
static bool decides(const struct expr *expr)
{
	enum binary_op op = expr->binary.op;
	int64_t divisor;

	if (op == BINARY_DIV || op == BINARY_MOD)
		return !expr_is_number(expr->binary.right, &divisor);
	return binary_op_compares(op);
}

static bool is_comparison(const struct expr *condition)
{
	return condition->kind == EXPR_BINARY &&
	       (condition->binary.op == BINARY_LOGICAL_AND || condition->binary.op == BINARY_LOGICAL_OR ||
		decides(condition));
}

static uint64_t weight_of(const struct expr *expr)
{
	if (expr->kind == EXPR_TERNARY)
		return !is_comparison(expr->ternary.condition);
	if (expr->kind == EXPR_IF)
		return !is_comparison(expr->if_.condition);
	if (expr->kind == EXPR_BINARY)
		return decides(expr);
	if (expr->kind == EXPR_CALL && expr->call.function)
		return 1 + expr->call.function->weight;
	return expr->kind == EXPR_MAP || expr->kind == EXPR_CALL;
}

static bool weigh_expr(struct ast_visitor *visitor, struct expr **slot)
{
	*(uint64_t *)visitor->context += weight_of(*slot);
	return true;
}

static uint64_t weigh(struct block *body);

static bool is_short_range(const struct stmt *stmt)
{
	int64_t from, to;

	return expr_is_number(stmt->for_.from, &from) && expr_is_number(stmt->for_.to, &to) &&
	       to - from <= WALKED_TURNS_MAX;
}

static bool weigh_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	uint64_t *weight = visitor->context;
	const struct stmt *stmt = *slot;
	int64_t count;

	*weight += stmt->kind == STMT_FOR_MAP;
	/* A loop whose end the verifier does not see is not to be walked again and again. */
	if (stmt->kind == STMT_WHILE || (stmt->kind == STMT_FOR_RANGE && !is_short_range(stmt)))
		*weight += WALKED_WEIGHT_MAX;
	if (stmt->kind == STMT_UNROLL && expr_is_number(stmt->loop.condition, &count) && count > 1)
		*weight += (uint64_t)(count - 1) * weigh(stmt->loop.body);
	return true;
}

/* How much the body decides, about. */
static uint64_t weigh(struct block *body)
{
	uint64_t weight = 0;
	struct ast_visitor visitor = { .enter_expr = weigh_expr, .enter_stmt = weigh_stmt,
				       .context = &weight };

	ast_walk_block(&visitor, body);
	return weight;
}

static bool find_addressed(struct ast_visitor *visitor, struct expr **slot)
{
	bool *found = visitor->context;
	const struct expr *expr = *slot;

	*found |= expr->kind == EXPR_VAR && expr->var.variable && expr->var.variable->is_addressed;
	return true;
}

/* A variable whose address the script has cannot be in the memory of a function. */
static bool uses_addressed(struct expr *condition, struct block *body)
{
	bool found = false;
	struct ast_visitor visitor = { .enter_expr = find_addressed, .context = &found };

	if (condition)
		ast_walk_expr(&visitor, &condition);
	ast_walk_block(&visitor, body);
	return found;
}

bool loop_body_is_heavy(const struct codegen *cg, struct expr *condition, struct block *body,
			unsigned levels)
{
	return target_has(cg->program->target, FEATURE_MAY_GOTO) &&
	       cg->depth + levels <= LOOP_DEPTH_MAX && weigh(body) > WEIGHT_GUARDED &&
	       !uses_addressed(condition, body);
}

/* `turns`: how many there are, 0: not known. */
static enum way choose_way(const struct codegen *cg, struct expr *condition, struct block *body,
			   uint64_t turns)
{
	const struct target *target = cg->program->target;
	bool is_short = turns && turns <= WALKED_TURNS_MAX && !cg->in_guarded;

	if (is_short && turns * weigh(body) <= WALKED_WEIGHT_MAX)
		return WAY_WALKED;
	if (loop_body_is_heavy(cg, condition, body, 1))
		return WAY_CALLED;
	if (target_has(target, FEATURE_MAY_GOTO))
		return WAY_GUARDED;
	if (target_has(target, FEATURE_LOOP) && cg->depth < LOOP_DEPTH_MAX)
		return WAY_CALLED_BACK;
	return WAY_WALKED;
}

/* --- turns -------------------------------------------------------------------------- */

/* Jumps to `end` when there is no further turn. */
static void begin_turn(struct codegen *cg, const struct loop *loop, uint32_t end)
{
	const struct type *type = type_int(&cg->program->types, 8, true);

	if (loop->condition) {
		emit_unless(cg, loop->condition, end);
		return;
	}
	build_branch(cg->b, BPF_JSGE, build_var_get(cg->b, loop->counter), loop->to, end);
	variable_set(cg, loop->stmt->for_.variable, build_var_get(cg->b, loop->counter), type);
}

static void end_turn(struct codegen *cg, const struct loop *loop)
{
	struct builder *b = cg->b;

	if (!loop->condition)
		build_var_set(b, loop->counter,
			      build_alu(b, BPF_ADD, build_var_get(b, loop->counter), val_const(1)));
}

/* The body with `break` and `continue` going to these labels. */
static void emit_loop_body(struct codegen *cg, const struct block *body, uint32_t leave,
			   uint32_t next)
{
	struct loop_labels outer = cg->loop;

	cg->loop = (struct loop_labels){ .leave = leave, .next = next };
	emit_block(cg, body);
	cg->loop = outer;
}

/* The loop turned more often than the kernel lets it. */
static void count_cut(struct codegen *cg, const struct loop *loop)
{
	emit_count(cg, codegen_add_site(cg, SITE_LOOP, loop->stmt->span, NULL));
}

/* --- walked, guarded ------------------------------------------------------------------ */

/* Variables from outside that a loop changes are made unknown to the verifier before it. */
struct blur {
	struct ast_visitor visitor; /* first */
	struct codegen *cg;
	struct val zero;
};

/*
 * The verifier takes a guarded loop once a turn brings nothing new.  A number
 * that it knows exactly at the start is new in each turn; one that it does not
 * know is not.  So zero is added, from memory whose content it cannot see.
 */
static void blur_cell(struct codegen *cg, uint32_t cell, struct val zero)
{
	build_var_set(cg->b, cell, build_alu(cg->b, BPF_ADD, build_var_get(cg->b, cell), zero));
}

static void blur_variable(struct blur *blur, const struct expr *target)
{
	const struct variable *variable = target->kind == EXPR_VAR ? target->var.variable : NULL;
	const struct variable_place *place = variable ? variable->storage : NULL;

	if (place && !place->is_memory && type_is_integer(variable->type))
		blur_cell(blur->cg, place->cell, blur->zero);
}

static bool blur_expr(struct ast_visitor *visitor, struct expr **slot)
{
	if ((*slot)->kind == EXPR_INCDEC)
		blur_variable((struct blur *)visitor, (*slot)->incdec.operand);
	return true;
}

static bool blur_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	if ((*slot)->kind == STMT_ASSIGN)
		blur_variable((struct blur *)visitor, (*slot)->assign.target);
	return true;
}

struct val emit_unseen_zero(struct codegen *cg)
{
	static const uint64_t zero;

	return build_load(cg->b, sizeof(zero), false, codegen_data(cg, &zero, sizeof(zero)), 0);
}

/* Before the first turn, and after each: what one path set is no different from another's. */
static void blur_loop(struct codegen *cg, struct loop *loop)
{
	struct blur blur = { .visitor = { .enter_expr = blur_expr, .enter_stmt = blur_stmt },
			     .cg = cg, .zero = emit_unseen_zero(cg) };

	if (loop->condition)
		ast_walk_expr(&blur.visitor, &loop->condition);
	else
		blur_cell(cg, loop->counter, blur.zero);
	ast_walk_block(&blur.visitor, loop->body);
}

static void emit_inline(struct codegen *cg, struct loop *loop, bool is_guarded)
{
	struct builder *b = cg->b;
	uint32_t top = build_label(b), next = build_label(b), end = build_label(b);
	uint32_t cut = build_label(b);
	bool detaches = cg->detaches, in_guarded = cg->in_guarded;

	/* What is learnt from its condition ends a loop that is walked. */
	if (loop->condition && !is_guarded)
		cg->detaches = false;
	cg->in_guarded |= is_guarded;
	if (is_guarded)
		blur_loop(cg, loop);
	build_enter(b);
	build_place(b, top);
	if (is_guarded)
		build_may_goto(b, cut);
	begin_turn(cg, loop, end);
	emit_loop_body(cg, loop->body, end, next);
	build_place(b, next);
	end_turn(cg, loop);
	if (is_guarded)
		blur_loop(cg, loop);
	build_jump(b, top);
	if (is_guarded) {
		build_jump(b, end);
		build_place(b, cut);
		count_cut(cg, loop);
	}
	build_leave(b);
	build_place(b, end);
	cg->detaches = detaches;
	cg->in_guarded = in_guarded;
}

/* --- called, called back ------------------------------------------------------------ */

/* More turns bpf_loop() does not make. */
enum { LOOP_TURNS_MAX = 1 << 23 };

/* A number of the loop's own that its turns need. */
static struct loop_entry *add_number(struct codegen *cg, struct loop_frame *frame, struct val number)
{
	struct variable_place *place = arena_new_struct(cg->arena, struct variable_place);

	place->cell = build_var(cg->b);
	build_var_set(cg->b, place->cell, number);
	return loop_frame_add(cg, frame, NULL, place);
}

/* The function that makes one turn. */
static struct val emit_turn(struct codegen *cg, const struct loop *loop, struct loop_frame *frame,
			    enum loop_call call, const struct loop_entry *counter,
			    const struct loop_entry *to)
{
	enum { HAND_ARGUMENT = 1 };
	struct loop_function function;
	struct loop inner = *loop;

	loop_function_begin(cg, &function, frame, call, HAND_ARGUMENT);
	if (counter)
		inner.counter = counter->inner.cell;
	if (to)
		inner.to = build_var_get(cg->b, to->inner.cell);
	begin_turn(cg, &inner, cg->loop.leave);
	emit_block(cg, loop->body);
	loop_function_next(cg);
	end_turn(cg, &inner);
	return loop_function_end(cg, &function);
}

static void emit_called_back(struct codegen *cg, const struct loop *loop, struct loop_frame *frame,
			     struct val function)
{
	struct builder *b = cg->b;
	struct val hand = loop_hand(cg, frame), turn;
	uint32_t end = build_label(b);

	BUILD_CALL(b, BPF_FUNC_loop, val_const(LOOP_TURNS_MAX), function, hand, val_const(0));
	turn = build_load(b, 8, false, hand, HAND_TURN);
	loop_frame_end(cg, frame, turn);
	build_branch(b, BPF_JNE, turn, val_const(TURN_NEXT), end);
	build_enter(b);
	count_cut(cg, loop);
	build_leave(b);
	build_place(b, end);
}

static void emit_called(struct codegen *cg, const struct loop *loop, struct loop_frame *frame,
			struct val function)
{
	struct builder *b = cg->b;
	uint32_t top = build_label(b), cut = build_label(b), end = build_label(b);
	uint32_t turn = build_var(b);

	build_var_set(b, turn, val_const(TURN_NEXT));
	build_enter(b);
	build_place(b, top);
	build_may_goto(b, cut);
	build_var_set(b, turn, loop_call_global(cg, frame, frame->address, function));
	build_branch(b, BPF_JEQ, build_var_get(b, turn), val_const(TURN_NEXT), top);
	build_jump(b, end);
	build_place(b, cut);
	count_cut(cg, loop);
	build_leave(b);
	build_place(b, end);
	loop_frame_end(cg, frame, build_var_get(b, turn));
}

static void emit_outlined(struct codegen *cg, struct loop *loop, enum loop_call call)
{
	struct loop_entry *counter = NULL, *to = NULL;
	struct loop_frame frame;
	struct val function;

	loop_frame_init(cg, &frame, loop->condition, loop->body);
	if (!loop->condition) {
		counter = add_number(cg, &frame, build_var_get(cg->b, loop->counter));
		counter->is_set = true;
		if (!val_is_const(loop->to))
			to = add_number(cg, &frame, loop->to);
	}
	loop_frame_fill(cg, &frame, call);
	function = emit_turn(cg, loop, &frame, call, counter, to);
	if (call == LOOP_GLOBAL)
		emit_called(cg, loop, &frame, function);
	else
		emit_called_back(cg, loop, &frame, function);
}

/* --- the statements ------------------------------------------------------------------- */

static void emit_loop(struct codegen *cg, struct loop *loop, enum way way)
{
	forget_reads(cg, NULL); /* what the end of the body changes, its beginning sees */
	switch (way) {
	case WAY_WALKED:
	case WAY_GUARDED:
		emit_inline(cg, loop, way == WAY_GUARDED);
		return;
	case WAY_CALLED:
		emit_outlined(cg, loop, LOOP_GLOBAL);
		return;
	case WAY_CALLED_BACK:
		emit_outlined(cg, loop, LOOP_CALLBACK);
		return;
	}
	unreachable();
}

void emit_while(struct codegen *cg, const struct stmt *stmt)
{
	struct loop loop = { .stmt = stmt, .condition = stmt->loop.condition,
			     .body = stmt->loop.body };

	emit_loop(cg, &loop, choose_way(cg, loop.condition, loop.body, 0));
}

/* The verifier would have to see the end of a loop that it walks. */
static void refuse_range(struct codegen *cg, const struct stmt *stmt)
{
	diag_report(cg->program->diags, stmt->span, DIAG_UNSUPPORTED,
		    "a range whose ends are known only when it runs needs a kernel with bpf_loop (5.17)");
	diag_hint(cg->program->diags, "here a range that is long enough can end early: "
		  "for $i : 0..100 { if ($i >= $n) { break; } ... }");
}

void emit_for_range(struct codegen *cg, const struct stmt *stmt)
{
	struct loop loop = { .stmt = stmt, .body = stmt->for_.body };
	struct val from = emit_expr(cg, stmt->for_.from);
	enum way way;

	loop.to = emit_expr(cg, stmt->for_.to);
	if (val_is_const(from) && val_is_const(loop.to)) {
		if (from.number >= loop.to.number)
			return;
		way = choose_way(cg, NULL, loop.body, (uint64_t)loop.to.number - (uint64_t)from.number);
	} else {
		way = choose_way(cg, NULL, loop.body, 0);
		if (way == WAY_WALKED) {
			refuse_range(cg, stmt);
			return;
		}
	}
	loop.counter = build_var(cg->b);
	build_var_set(cg->b, loop.counter, from);
	emit_loop(cg, &loop, way);
}

void emit_unroll(struct codegen *cg, const struct stmt *stmt)
{
	struct builder *b = cg->b;
	uint32_t end = build_label(b);
	int64_t count = 0, i;

	if (!expr_is_number(stmt->loop.condition, &count)) {
		emit_unsupported(cg, stmt->loop.condition->span, "a count that is not constant");
		return;
	}
	build_enter(b);
	for (i = 0; i < count && !builder_error(b); i++) {
		uint32_t next = build_label(b);

		build_enter(b);
		emit_loop_body(cg, stmt->loop.body, end, next);
		build_leave(b);
		build_place(b, next);
	}
	build_leave(b);
	build_place(b, end);
}
