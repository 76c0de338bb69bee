/*
 * Registers that live in memory.
 *
 * A spilled register is stored where it is written and loaded where it is
 * read, by new registers that live as shortly as that: up to the next call or
 * label the first time, for a single instruction the second time.  What can be
 * computed again from nothing (constants, addresses) is not stored at all.
 */
#include "codegen/liveness.h"
#include "codegen/passes.h"

#include <string.h>

struct spiller {
	struct function *fn;
	const bool *is_spilled;
	uint32_t reg_count; /* before: new registers are not spilled now */
	bool to_scratch;
	struct insn_vec out;
	struct insn *again;    /* by register: what computes it again; INSN_NOTHING: it is loaded */
	uint32_t *current;     /* by register: a new register that holds it ... */
	uint32_t *current_run; /* ... in this run of instructions without calls or labels */
	uint32_t run;
	struct insn_vec late; /* stores of arguments, to come after all of them */
};

static uint32_t new_part(struct spiller *s, uint32_t reg)
{
	struct reg part = s->fn->regs.items[reg];

	part.splits = part.splits ? 2 : 1;
	part.is_var = false;
	return function_new_reg(s->fn, part);
}

static void put(struct spiller *s, struct insn insn)
{
	vec_push(s->fn->arena, &s->out, insn);
}

/* Where the register lives: a spill slot, or a place in scratch (numbered from above). */
static uint32_t home_of(struct spiller *s, uint32_t reg)
{
	struct reg *info = &s->fn->regs.items[reg];

	if (info->home != SPILL_NONE)
		return info->home;
	if (s->to_scratch && !info->may_be_pointer) {
		info->home = SPILL_NONE - 1 - s->fn->scratch_size;
		s->fn->scratch_size += 8;
		if (s->fn->scratch_size > INT16_MAX)
			function_fail(s->fn, "this probe computes with too many values at a time");
	} else {
		info->home = s->fn->spill_count++;
	}
	return info->home;
}

static struct insn access_home(struct spiller *s, uint8_t op, uint32_t reg)
{
	uint32_t home = home_of(s, reg);
	struct insn insn = { .op = op, .size = 8, .flags = INSN_SPILL, .a = home };

	if (home > SPILL_NONE / 2) {
		insn.flags = 0;
		insn.a = s->fn->scratch_reg;
		insn.offset = (int32_t)(SPILL_NONE - 1 - home);
	}
	return insn;
}

static uint32_t reload(struct spiller *s, uint32_t reg, uint32_t span)
{
	struct insn insn = s->again[reg];
	bool shares = !s->fn->regs.items[reg].splits;

	if (shares && s->current_run[reg] == s->run)
		return s->current[reg];
	if (insn.op == INSN_NOTHING)
		insn = access_home(s, INSN_LOAD, reg);
	insn.span = span;
	insn.dst = new_part(s, reg);
	put(s, insn);
	s->current[reg] = insn.dst;
	s->current_run[reg] = s->run;
	return insn.dst;
}

static bool is_spilled(const struct spiller *s, uint32_t reg)
{
	return reg < s->reg_count && s->is_spilled[reg];
}

static void rewrite_uses(struct spiller *s, struct insn *insn)
{
	uint32_t *uses[INSN_USES_MAX];
	unsigned count = insn_uses(s->fn, insn, uses), u, v;

	for (u = 0; u < count; u++) {
		uint32_t reg = *uses[u], part;

		if (!is_spilled(s, reg))
			continue;
		part = reload(s, reg, insn->span);
		/* The same register twice is one reload. */
		for (v = u; v < count; v++) {
			if (*uses[v] == reg)
				*uses[v] = part;
		}
	}
}

static void rewrite_def(struct spiller *s, struct insn *insn)
{
	uint32_t reg = insn->dst, part;
	struct insn store = access_home(s, INSN_STORE, reg);

	store.span = insn->span;
	if (insn->op == INSN_CONST && fits_imm(insn->imm)) {
		store.imm = insn->imm;
		put(s, store);
		s->current_run[reg] = 0;
		return;
	}
	part = new_part(s, reg);
	insn->dst = part;
	put(s, *insn);
	store.b = part;
	if (insn->op == INSN_ARGUMENT)
		vec_push(s->fn->arena, &s->late, store);
	else
		put(s, store);
	s->current[reg] = part;
	s->current_run[reg] = s->run;
}

/*
 * The store or load a register was given when it was split off from another:
 * its own parts get theirs.
 */
static bool is_own_access(const struct spiller *s, const struct insn *insn)
{
	uint32_t reg = insn->op == INSN_STORE ? insn->b : insn->dst, home;

	if ((insn->op != INSN_STORE && insn->op != INSN_LOAD) || !reg || !is_spilled(s, reg))
		return false;
	home = s->fn->regs.items[reg].home;
	if (home == SPILL_NONE)
		return false;
	if (insn->flags & INSN_SPILL)
		return insn->a == home;
	return home > SPILL_NONE / 2 && !(insn->flags & INSN_SLOT) &&
	       insn->a == s->fn->scratch_reg && insn->offset == (int32_t)(SPILL_NONE - 1 - home);
}

static void find_computed_again(struct spiller *s, const struct liveness *live)
{
	uint32_t reg;

	s->again = arena_new_array(s->fn->arena, struct insn, s->reg_count);
	for (reg = 1; reg < s->reg_count; reg++) {
		const struct insn *def = &s->fn->insns.items[live->def[reg]];

		if (s->is_spilled[reg] && !s->fn->regs.items[reg].is_var && def->dst == reg &&
		    (def->op == INSN_CONST || def->op == INSN_ADDRESS))
			s->again[reg] = *def;
	}
}

static void flush_late(struct spiller *s)
{
	size_t i;

	for (i = 0; i < s->late.count; i++)
		put(s, s->late.items[i]);
	s->late.count = 0;
}

void spill_registers(struct function *fn, const struct liveness *live, const bool *spilled,
                     bool to_scratch)
{
	struct spiller s = { .fn = fn,
		             .is_spilled = spilled,
		             .to_scratch = to_scratch,
		             .run = 1,
		             .reg_count = (uint32_t)fn->regs.count };
	size_t i;

	find_computed_again(&s, live);
	s.current = arena_new_array(fn->arena, uint32_t, s.reg_count);
	s.current_run = arena_new_array(fn->arena, uint32_t, s.reg_count);
	for (i = 0; i < fn->insns.count; i++) {
		struct insn insn = fn->insns.items[i];

		if (insn.op != INSN_ARGUMENT)
			flush_late(&s);
		if (is_own_access(&s, &insn))
			continue;
		rewrite_uses(&s, &insn);
		if (insn.op == INSN_CALL || insn.op == INSN_LABEL)
			s.run++;
		if (!insn.dst || !is_spilled(&s, insn.dst))
			put(&s, insn);
		else if (s.again[insn.dst].op == INSN_NOTHING)
			rewrite_def(&s, &insn);
	}
	fn->insns = s.out;
}

/* --- places --------------------------------------------------------------- */

struct spill_use {
	uint32_t start, end; /* instructions */
	uint32_t next;       /* of those that start at the same one, + 1 */
	uint32_t place;
};

static void find_spill_uses(struct function *fn, const struct liveness *live,
                            struct spill_use *uses)
{
	uint32_t i, at, spill;

	for (spill = 0; spill < fn->spill_count; spill++)
		uses[spill].start = UINT32_MAX;
	for (i = 0; i < fn->insns.count; i++) {
		struct spill_use *use;
		uint32_t start = i, end = i;

		if (!(fn->insns.items[i].flags & INSN_SPILL))
			continue;
		use = &uses[fn->insns.items[i].a];
		/* In a loop all of it: the next round may want it. */
		for (at = live->loop_at ? live->loop_at[i] : 0; at;
		     at = live->loops.items[at - 1].parent) {
			start = live->loops.items[at - 1].start;
			end = live->loops.items[at - 1].end;
		}
		use->start = MIN(use->start, start);
		use->end = MAX(use->end, end);
	}
}

void share_spill_slots(struct function *fn)
{
	struct spill_use *uses = arena_new_array(fn->arena, struct spill_use, fn->spill_count);
	uint32_t *first = arena_new_array(fn->arena, uint32_t, fn->insns.count);
	uint32_t *ending = arena_new_array(fn->arena, uint32_t, fn->insns.count);
	uint32_t *free_places = arena_new_array(fn->arena, uint32_t, fn->spill_count);
	uint32_t *next_ending = arena_new_array(fn->arena, uint32_t, fn->spill_count);
	uint32_t free_count = 0, place_count = 0, i, spill;
	struct liveness live;

	liveness_find_loops(&live, fn);
	find_spill_uses(fn, &live, uses);
	for (spill = 0; spill < fn->spill_count; spill++) {
		if (uses[spill].start == UINT32_MAX)
			continue;
		uses[spill].next = first[uses[spill].start];
		first[uses[spill].start] = spill + 1;
		next_ending[spill] = ending[uses[spill].end];
		ending[uses[spill].end] = spill + 1;
	}
	for (i = 0; i < fn->insns.count; i++) {
		for (spill = first[i]; spill; spill = uses[spill - 1].next)
			uses[spill - 1].place =
				free_count ? free_places[--free_count] : place_count++;
		for (spill = ending[i]; spill; spill = next_ending[spill - 1])
			free_places[free_count++] = uses[spill - 1].place;
	}
	for (i = 0; i < fn->insns.count; i++) {
		if (fn->insns.items[i].flags & INSN_SPILL)
			fn->insns.items[i].a = uses[fn->insns.items[i].a].place;
	}
	fn->spill_count = place_count;
}
