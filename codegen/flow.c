/*
 * Where registers are needed, found by following the paths.
 *
 * Two things the text alone does not tell: what a variable holds may be needed
 * in the next round of a loop, before the place in the text where it is set;
 * and a call in the text between write and read may be on another path.  The
 * way goes over blocks and their predecessors, from every read back to where
 * the register is written.
 */
#include "codegen/liveness.h"

struct block {
	uint32_t start, end; /* first and last instruction */
	uint32_t preds;      /* index in pred_list */
	uint32_t pred_count;
};

/* A read or write of a register; an instruction's reads come first. */
struct ref {
	uint32_t insn;
	uint32_t next; /* of the same register, + 1, or 0 */
	bool is_write;
};

/* The last one in a block, of the register that was followed last. */
struct last_ref {
	uint32_t reg;
	uint32_t insn;
	bool is_write;
};

struct flow {
	struct liveness *live;
	struct function *fn;
	const bool *wanted;
	VEC(struct block) blocks;
	uint32_t *block_at;  /* by instruction */
	uint32_t *pred_list; /* of all blocks */
	struct last_ref *last_ref; /* by block */
	uint32_t *visited;   /* by block: the register this step found to be needed at its start */
	uint32_t *work;
	uint32_t work_count;
	uint64_t steps;
	VEC(struct ref) refs; /* of all registers */
	uint32_t *first_ref;  /* by register: index + 1 in refs */
	bool crosses_call;    /* what is known of the current register */
};

/* Beyond, only what the text tells is used: a bound on time, not on correctness. */
enum { STEPS_MAX = 20 * 1000 * 1000 };

/* --- blocks --------------------------------------------------------------- */

static void find_blocks(struct flow *flow)
{
	const struct insn_vec *insns = &flow->fn->insns;
	struct arena *arena = flow->fn->arena;
	uint32_t i;
	bool starts = true;

	flow->block_at = arena_new_array(arena, uint32_t, insns->count);
	for (i = 0; i < insns->count; i++) {
		uint8_t op = insns->items[i].op;

		if (starts || op == INSN_LABEL)
			vec_push(arena, &flow->blocks, ((struct block){ .start = i }));
		vec_last(&flow->blocks).end = i;
		flow->block_at[i] = (uint32_t)flow->blocks.count - 1;
		starts = op == INSN_JUMP || op == INSN_BRANCH || op == INSN_EXIT;
	}
}

/* Calls back for the one or two edges that leave a block. */
static void each_edge(struct flow *flow, void (*edge)(struct flow *, uint32_t from, uint32_t to))
{
	uint32_t i;

	for (i = 0; i < flow->blocks.count; i++) {
		const struct insn *last = &flow->fn->insns.items[flow->blocks.items[i].end];

		if (last->op == INSN_JUMP || last->op == INSN_BRANCH)
			edge(flow, i, flow->block_at[flow->live->label_at[last->label]]);
		if (!insn_ends_block(last) && i + 1 < flow->blocks.count)
			edge(flow, i, i + 1);
	}
}

static void count_pred(struct flow *flow, uint32_t from UNUSED, uint32_t to)
{
	flow->blocks.items[to].pred_count++;
}

static void add_pred(struct flow *flow, uint32_t from, uint32_t to)
{
	struct block *block = &flow->blocks.items[to];

	flow->pred_list[block->preds + block->pred_count++] = from;
}

static void find_preds(struct flow *flow)
{
	uint32_t i, total = 0;

	each_edge(flow, count_pred);
	for (i = 0; i < flow->blocks.count; i++) {
		flow->blocks.items[i].preds = total;
		total += flow->blocks.items[i].pred_count;
		flow->blocks.items[i].pred_count = 0;
	}
	flow->pred_list = arena_new_array(flow->fn->arena, uint32_t, total);
	each_edge(flow, add_pred);
}

/* --- reads and writes ------------------------------------------------------ */

static void add_ref(struct flow *flow, uint32_t reg, uint32_t insn, bool is_write)
{
	struct ref ref = { insn, flow->first_ref[reg], is_write };

	if (!flow->wanted[reg])
		return;
	vec_push(flow->fn->arena, &flow->refs, ref);
	flow->first_ref[reg] = (uint32_t)flow->refs.count;
}

/* Backwards: the last to come is the first of its register's list. */
static void collect_refs(struct flow *flow)
{
	struct function *fn = flow->fn;
	uint32_t i = (uint32_t)fn->insns.count, *uses[INSN_USES_MAX];
	unsigned u;

	flow->first_ref = arena_new_array(fn->arena, uint32_t, fn->regs.count);
	while (i-- > 0) {
		struct insn *insn = &fn->insns.items[i];

		if (insn->dst)
			add_ref(flow, insn->dst, i, true);
		for (u = insn_uses(fn, insn, uses); u-- > 0;)
			add_ref(flow, *uses[u], i, false);
	}
}

/* --- the paths -------------------------------------------------------------- */

/* The register is needed before instruction `from` (or what it writes, after it) and up to
 * instruction `to`, in one block: is there a call that it has to outlive? */
static void pass(struct flow *flow, uint32_t from, bool from_write, uint32_t to)
{
	if (from_write)
		from++;
	if (from < to && flow->live->next_call[from] < to)
		flow->crosses_call = true;
}

/* The register is needed at the start of `block`. */
static void need_at_start(struct flow *flow, uint32_t reg, uint32_t block)
{
	if (flow->visited[block] == reg)
		return;
	flow->visited[block] = reg;
	flow->live->start[reg] = MIN(flow->live->start[reg], flow->blocks.items[block].start * 2);
	flow->work[flow->work_count++] = block;
}

/* What happens inside the blocks that have to do with the register. */
static void follow_inside(struct flow *flow, uint32_t reg)
{
	uint32_t at;

	for (at = flow->first_ref[reg]; at; at = flow->refs.items[at - 1].next) {
		const struct ref *ref = &flow->refs.items[at - 1];
		uint32_t block = flow->block_at[ref->insn];
		struct last_ref *last = &flow->last_ref[block];

		if (!ref->is_write && last->reg == reg) {
			pass(flow, last->insn, last->is_write, ref->insn);
		} else if (!ref->is_write) {
			pass(flow, flow->blocks.items[block].start, false, ref->insn);
			need_at_start(flow, reg, block);
		}
		*last = (struct last_ref){ reg, ref->insn, ref->is_write };
	}
}

/* The register is needed at the end of `block`. */
static void need_at_end(struct flow *flow, uint32_t reg, uint32_t block)
{
	const struct block *b = &flow->blocks.items[block];
	const struct last_ref *last = &flow->last_ref[block];

	flow->live->end[reg] = MAX(flow->live->end[reg], b->end * 2 + 1);
	if (last->reg == reg) {
		/* A block that reads it first has been asked for already. */
		pass(flow, last->insn, last->is_write, b->end + 1);
		return;
	}
	pass(flow, b->start, false, b->end + 1);
	need_at_start(flow, reg, block);
}

/* Where values are needed the text tells: of them only whether there is a call is asked. */
static void follow(struct flow *flow, uint32_t reg)
{
	bool wants_all = flow->fn->regs.items[reg].is_var;
	uint32_t p;

	flow->crosses_call = false;
	flow->work_count = 0;
	follow_inside(flow, reg);
	while (flow->work_count && (wants_all || !flow->crosses_call)) {
		const struct block *block = &flow->blocks.items[flow->work[--flow->work_count]];

		for (p = 0; p < block->pred_count; p++) {
			need_at_end(flow, reg, flow->pred_list[block->preds + p]);
			flow->steps++;
		}
	}
	flow->live->crosses_call[reg] = flow->crosses_call;
}

void liveness_follow(struct liveness *live, struct function *fn, const bool *wanted)
{
	struct flow flow = { .live = live, .fn = fn, .wanted = wanted };
	uint32_t reg;

	find_blocks(&flow);
	find_preds(&flow);
	collect_refs(&flow);
	flow.last_ref = arena_new_array(fn->arena, struct last_ref, flow.blocks.count);
	flow.visited = arena_new_array(fn->arena, uint32_t, flow.blocks.count);
	flow.work = arena_new_array(fn->arena, uint32_t, flow.blocks.count);
	for (reg = 1; reg < fn->regs.count; reg++) {
		/* Variables in loops cannot do without. */
		if (wanted[reg] && (fn->regs.items[reg].is_var || flow.steps < STEPS_MAX))
			follow(&flow, reg);
	}
}
