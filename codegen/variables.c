/*
 * Values that share the register of a variable.
 *
 * `v = x` needs no copy as long as x is not set while v is needed; and of
 * `t = a + b; x := t` the sum may go to x at once, if nobody looks at x
 * between the two and t is not needed after x changes again.
 */
#include "codegen/liveness.h"
#include "codegen/passes.h"

struct merging {
	struct function *fn;
	struct liveness live;
	uint32_t *sets;       /* instructions that set variables, by variable, ascending */
	uint32_t *sets_start; /* by register: index in sets; the next one's start is the end */
	uint32_t *alias;      /* by register: the variable it has become, or itself */
	bool set_early;       /* a value has become a variable whose reads may come before */
};

/* How far back a value's writer is looked for: it stands right before nearly always. */
enum { LOOK_BACK = 48 };

static void collect_sets(struct merging *m)
{
	struct function *fn = m->fn;
	uint32_t count = (uint32_t)fn->regs.count, i, total = 0;
	uint32_t *next = arena_new_array(fn->arena, uint32_t, count);

	m->sets_start = arena_new_array(fn->arena, uint32_t, count + 1);
	for (i = 0; i < fn->insns.count; i++) {
		if (fn->regs.items[fn->insns.items[i].dst].is_var)
			next[fn->insns.items[i].dst]++;
	}
	for (i = 0; i < count; i++) {
		m->sets_start[i] = total;
		total += next[i];
		next[i] = m->sets_start[i];
	}
	m->sets_start[count] = total;
	m->sets = arena_new_array(fn->arena, uint32_t, total);
	for (i = 0; i < fn->insns.count; i++) {
		uint32_t dst = fn->insns.items[i].dst;

		if (fn->regs.items[dst].is_var)
			m->sets[next[dst]++] = i;
	}
}

/* The variable is set between instruction `after` and position `end`. */
static bool is_set_between(const struct merging *m, uint32_t var, uint32_t after, uint32_t end)
{
	uint32_t low = m->sets_start[var], high = m->sets_start[var + 1], middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (m->sets[middle] <= after)
			low = middle + 1;
		else
			high = middle;
	}
	return low < m->sets_start[var + 1] && m->sets[low] * 2 + 1 <= end;
}

/* v = x */
static void forward_get(struct merging *m, uint32_t i)
{
	struct insn *insn = &m->fn->insns.items[i];

	if (is_set_between(m, insn->a, i, m->live.end[insn->dst]))
		return;
	m->alias[insn->dst] = insn->a;
	insn_delete(insn);
}

static bool refers_to(struct merging *m, struct insn *insn, uint32_t var)
{
	uint32_t *uses[INSN_USES_MAX];
	unsigned count = insn_uses(m->fn, insn, uses), u;

	for (u = 0; u < count; u++) {
		if (m->alias[*uses[u]] == var)
			return true;
	}
	return insn->dst && m->alias[insn->dst] == var;
}

/* x := t, when t may be written to x at once. */
static void backward_set(struct merging *m, uint32_t i)
{
	struct function *fn = m->fn;
	struct insn *set = &fn->insns.items[i], *def;
	uint32_t var = set->dst, value = set->a, at = m->live.def[value];

	if (value == var) {
		insn_delete(set);
		return;
	}
	if (m->alias[value] != value || fn->regs.items[value].is_var || at >= i ||
	    i - at > LOOK_BACK || is_set_between(m, var, i, m->live.end[value]))
		return;
	def = &fn->insns.items[at];
	if (def->op == INSN_ARGUMENT || def->dst != value)
		return;
	if (insn_reads_b_late(def) && m->alias[def->b] == var)
		return;
	while (++at < i) {
		struct insn *between = &fn->insns.items[at];

		if (between->op == INSN_LABEL || between->op == INSN_JUMP ||
		    between->op == INSN_BRANCH || between->op == INSN_EXIT ||
		    refers_to(m, between, var))
			return;
	}
	m->alias[value] = var;
	m->set_early = true;
	def->dst = var;
	insn_delete(set);
}

static void rename_uses(struct merging *m, struct insn *insn)
{
	uint32_t *uses[INSN_USES_MAX];
	unsigned count = insn_uses(m->fn, insn, uses), u;

	for (u = 0; u < count; u++)
		*uses[u] = m->alias[*uses[u]];
}

void merge_variables(struct function *fn)
{
	struct merging m = { .fn = fn };
	uint32_t i;

	liveness_compute(&m.live, fn);
	collect_sets(&m);
	m.alias = arena_take(fn->arena, sizeof(uint32_t) * fn->regs.count);
	for (i = 0; i < fn->regs.count; i++)
		m.alias[i] = i;
	for (i = 0; i < fn->insns.count; i++) {
		struct insn *insn = &fn->insns.items[i];

		rename_uses(&m, insn);
		if (insn->op == INSN_MOVE && !fn->regs.items[insn->dst].is_var &&
		    fn->regs.items[insn->a].is_var)
			forward_get(&m, i);
	}
	for (i = 0; i < fn->insns.count; i++) {
		struct insn *insn = &fn->insns.items[i];

		if (insn->op == INSN_MOVE && fn->regs.items[insn->dst].is_var)
			backward_set(&m, i);
	}
	for (i = 0; m.set_early && i < fn->insns.count; i++)
		rename_uses(&m, &fn->insns.items[i]);
}
