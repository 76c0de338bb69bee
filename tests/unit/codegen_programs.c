#include "tests/unit/codegen_programs.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

/* --- generation ------------------------------------------------------------ */

static uint32_t pick(struct generator *g, uint32_t below)
{
	g->random = g->random * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)((g->random >> 33) % below);
}

static uint64_t pick_number(struct generator *g)
{
	static const uint64_t edges[] = { 0,
		                          1,
		                          2,
		                          7,
		                          8,
		                          0xff,
		                          0x100,
		                          0xffff,
		                          0x7fffffff,
		                          0x80000000,
		                          0xffffffff,
		                          0x100000000,
		                          0x7fffffffffffffff,
		                          0x8000000000000000,
		                          (uint64_t)-1,
		                          (uint64_t)-2,
		                          0xffffffff80000000 };

	switch (pick(g, 4)) {
	case 0:
		return edges[pick(g, ARRAY_SIZE(edges))];
	case 1:
		return (uint64_t)pick(g, 1000);
	case 2:
		return 1ULL << pick(g, 64);
	}
	return (uint64_t)pick(g, UINT32_MAX) << 32 | pick(g, UINT32_MAX);
}

static struct operand pick_operand(struct generator *g)
{
	struct operand operand = { -1, 0 };

	if (g->temp_count && pick(g, 4)) {
		/* Near ones often, far ones sometimes: both short and long lives. */
		unsigned back = pick(g, pick(g, 2) ? g->temp_count : MIN(g->temp_count, 4U));

		operand.temp = (int)g->temps[g->temp_count - 1 - back];
	} else {
		operand.number = pick_number(g);
	}
	return operand;
}

static struct statement *new_statement(struct generator *g, enum kind kind)
{
	struct statement *s = arena_new_struct(g->arena, struct statement);

	s->kind = kind;
	s->temp = -1;
	s->a = pick_operand(g);
	s->b = pick_operand(g);
	s->size = 1U << pick(g, 4);
	s->is_signed = pick(g, 2);
	g->statements++;
	return s;
}

static void give_temp(struct generator *g, struct statement *s)
{
	s->temp = (int)g->next_temp++;
	g->temps[g->temp_count++] = (unsigned)s->temp;
}

static struct statement *generate_list(struct generator *g, unsigned count, unsigned depth);

static const uint8_t alu_ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_OR,
	                           BPF_AND, BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH };
static const uint8_t branch_ops[] = { BPF_JEQ,  BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT, BPF_JLE,
	                              BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET };

static struct statement *generate_arithmetic(struct generator *g)
{
	static const enum kind kinds[] = { DO_ALU,  DO_ALU, DO_ALU,    DO_ALU,    DO_ALU, DO_SDIV,
		                           DO_SMOD, DO_NEG, DO_EXTEND, DO_EXTEND, DO_SWAP };
	struct statement *s = new_statement(g, kinds[pick(g, ARRAY_SIZE(kinds))]);

	s->op = alu_ops[pick(g, ARRAY_SIZE(alu_ops))];
	if (s->kind == DO_SWAP && s->size == 1)
		s->size = 2;
	give_temp(g, s);
	return s;
}

static struct statement *generate_memory(struct generator *g)
{
	static const enum kind kinds[] = { DO_STORE,  DO_LOAD, DO_STORE, DO_LOAD,
		                           DO_ADD_TO, DO_READ, DO_COPY };
	struct statement *s;

	if (!g->slot_count || (!pick(g, 6) && g->next_slot < SLOTS_MAX)) {
		s = new_statement(g, DO_SLOT);
		s->target = g->next_slot++;
		g->slot_words[s->target] =
			pick(g, 12) ? 1 + pick(g, 4) : 4 + pick(g, SLOT_WORDS_MAX - 4);
		g->slots[g->slot_count++] = s->target;
		return s;
	}
	s = new_statement(g, kinds[pick(g, ARRAY_SIZE(kinds))]);
	s->target = g->slots[pick(g, g->slot_count)];
	s->source = g->slots[pick(g, g->slot_count)];
	if (s->kind == DO_ADD_TO)
		s->size = pick(g, 2) ? 4 : 8;
	if (s->kind == DO_COPY || s->kind == DO_READ)
		s->size = 1 + pick(g, 8 * MIN(g->slot_words[s->target], g->slot_words[s->source]));
	else
		s->at = pick(g, g->slot_words[s->target] * 8 / s->size) * s->size;
	if (s->kind == DO_READ && s->target == s->source)
		s->kind = DO_CALL;
	if (s->kind == DO_COPY && s->target == s->source)
		s->kind = DO_CALL;
	if (s->kind == DO_LOAD)
		give_temp(g, s);
	return s;
}

/* What is made inside does not exist after it. */
static struct statement *generate_inner(struct generator *g, unsigned count, unsigned depth)
{
	unsigned temps = g->temp_count, slots = g->slot_count;
	struct statement *list = generate_list(g, count, depth);

	g->temp_count = temps;
	g->slot_count = slots;
	return list;
}

static struct statement *generate_control(struct generator *g, unsigned depth)
{
	struct statement *s;

	if (!g->in_loop && !pick(g, 3)) {
		s = new_statement(g, DO_LOOP);
		s->target = 1 + pick(g, 4);
		g->in_loop = true;
		s->then = generate_inner(g, 1 + pick(g, 8), depth + 1);
		g->in_loop = false;
		return s;
	}
	s = new_statement(g, DO_IF);
	s->op = branch_ops[pick(g, ARRAY_SIZE(branch_ops))];
	s->then = generate_inner(g, pick(g, 8), depth + 1);
	if (pick(g, 2))
		s->otherwise = generate_inner(g, pick(g, 6), depth + 1);
	return s;
}

static struct statement *generate_statement(struct generator *g, unsigned depth)
{
	struct statement *s;
	unsigned choice = pick(g, 20);

	if (choice < 8)
		return generate_arithmetic(g);
	if (choice < 12)
		return generate_memory(g);
	if (choice < 14 && depth < 3)
		return generate_control(g, depth);
	if (choice == 14)
		return new_statement(g, DO_CALL);
	if (choice == 15) {
		s = new_statement(g, DO_ID);
		give_temp(g, s);
		return s;
	}
	if (choice == 16 && g->next_result < RESULT_OF_ALL) {
		s = new_statement(g, DO_RESULT);
		s->target = g->next_result++;
		return s;
	}
	if (choice == 17 && depth && !pick(g, 4))
		return new_statement(g, DO_LEAVE);
	s = new_statement(g, choice & 1 ? DO_SET : DO_GET);
	s->target = pick(g, VARS);
	if (s->kind == DO_GET)
		give_temp(g, s);
	return s;
}

static struct statement *generate_list(struct generator *g, unsigned count, unsigned depth)
{
	struct statement *first = NULL, **end = &first;

	while (count-- && g->statements < STATEMENTS_MAX && g->next_temp < TEMPS_MAX - 2) {
		*end = generate_statement(g, depth);
		end = &(*end)->next;
	}
	return first;
}

struct statement *program_generate(struct generator *g, uint64_t seed,
                                   uint64_t ret_inputs[RUN_INPUTS])
{
	unsigned i;

	g->random = seed * 0x9e3779b97f4a7c15 + 1;
	for (i = 0; i < RUN_INPUTS; i++) {
		ret_inputs[i] = pick_number(g);
		g->temps[g->temp_count++] = g->next_temp++;
	}
	return generate_list(g, 5 + pick(g, pick(g, 4) ? 40 : 200), 0);
}

bool program_keeps(const struct generator *g, unsigned index)
{
	return !(index % (1 + g->random % 5));
}

/* --- the interpreter ---------------------------------------------------------- */

static uint64_t eval(const struct machine *m, struct operand operand)
{
	return operand.temp < 0 ? operand.number : m->temps[operand.temp];
}

static uint64_t eval_alu(uint8_t op, uint64_t l, uint64_t r)
{
	switch (op) {
	case BPF_ADD:
		return l + r;
	case BPF_SUB:
		return l - r;
	case BPF_MUL:
		return l * r;
	case BPF_DIV:
		return r ? l / r : 0;
	case BPF_MOD:
		return r ? l % r : l;
	case BPF_OR:
		return l | r;
	case BPF_AND:
		return l & r;
	case BPF_XOR:
		return l ^ r;
	case BPF_LSH:
		return l << (r & 63);
	case BPF_RSH:
		return l >> (r & 63);
	}
	return (uint64_t)((int64_t)l >> (r & 63));
}

static bool eval_branch(uint8_t op, uint64_t a, uint64_t b)
{
	int64_t l = (int64_t)a, r = (int64_t)b;
	bool is[] = {
		a == b, a != b, a > b, a >= b, a<b, a <= b, l> r, l >= r, l < r, l <= r, a & b
	};
	size_t i;

	for (i = 0; branch_ops[i] != op; i++)
		;
	return is[i];
}

static uint64_t eval_extend(uint64_t number, unsigned size, bool is_signed)
{
	unsigned shift = 64 - size * 8;

	number <<= shift;
	return is_signed ? (uint64_t)((int64_t)number >> shift) : number >> shift;
}

static uint64_t eval_division(const struct statement *s, uint64_t a, uint64_t b)
{
	b |= 1;
	if (b == (uint64_t)-1)
		return s->kind == DO_SDIV ? -a : 0;
	return s->kind == DO_SDIV ? (uint64_t)((int64_t)a / (int64_t)b)
	                          : (uint64_t)((int64_t)a % (int64_t)b);
}

static uint64_t eval_value(const struct machine *m, const struct statement *s)
{
	uint64_t a = eval(m, s->a), b = eval(m, s->b), number = 0;

	switch (s->kind) {
	case DO_ALU:
		return eval_alu(s->op, a, b);
	case DO_SDIV:
	case DO_SMOD:
		return eval_division(s, a, b);
	case DO_NEG:
		return -a;
	case DO_EXTEND:
		return eval_extend(a, s->size, s->is_signed);
	case DO_SWAP:
		return __builtin_bswap64(a) >> (64 - s->size * 8);
	case DO_GET:
		return m->vars[s->target];
	case DO_LOAD:
		memcpy(&number, &m->slots[s->target][s->at], s->size);
		return eval_extend(number, s->size, s->is_signed);
	case DO_ID:
		number = (uint64_t)getpid() << 32 | (uint64_t)getpid();
		return s->is_signed ? number >> 32 : number;
	default:
		assert(!"no value");
	}
	return 0;
}

static void run_effect(struct machine *m, const struct statement *s)
{
	uint64_t a = eval(m, s->a), number = 0;
	uint8_t *to = m->slots[s->target % SLOTS_MAX] + s->at;

	switch (s->kind) {
	case DO_SLOT:
		memset(to, 0, SLOT_WORDS_MAX * 8);
		return;
	case DO_STORE:
		memcpy(to, &a, s->size);
		return;
	case DO_ADD_TO:
		memcpy(&number, to, s->size);
		number += a;
		memcpy(to, &number, s->size);
		return;
	case DO_READ:
	case DO_COPY:
		memcpy(to, m->slots[s->source], s->size);
		return;
	case DO_SET:
		m->vars[s->target] = a;
		return;
	case DO_RESULT:
		m->results[s->target] = a;
		return;
	case DO_LEAVE:
		m->left = true;
		return;
	default:
		return;
	}
}

static void run_list(struct machine *m, const struct statement *s)
{
	unsigned i;

	for (; s && !m->left; s = s->next) {
		if (s->kind == DO_IF) {
			run_list(m, eval_branch(s->op, eval(m, s->a), eval(m, s->b))
			                    ? s->then
			                    : s->otherwise);
		} else if (s->kind == DO_LOOP) {
			for (i = 0; i < s->target && !m->left; i++)
				run_list(m, s->then);
		} else if (s->temp >= 0) {
			m->temps[s->temp] = eval_value(m, s);
		} else {
			run_effect(m, s);
		}
	}
}

static void run_kept(struct machine *m, const struct generator *g)
{
	unsigned i;

	for (i = 0; i < g->temp_count && !m->left; i++) {
		if (program_keeps(g, i))
			m->results[RESULT_OF_ALL] =
				m->results[RESULT_OF_ALL] * 31 + m->temps[g->temps[i]];
	}
}

void program_run(struct machine *m, const struct generator *g, const struct statement *program,
                 const uint64_t inputs[RUN_INPUTS])
{
	unsigned i;

	memset(m, 0, sizeof(*m));
	memcpy(m->temps, inputs, RUN_INPUTS * sizeof(inputs[0]));
	for (i = 0; i < VARS; i++)
		m->vars[i] = i;
	run_list(m, program);
	run_kept(m, g);
	for (i = 0; i < VARS; i++)
		m->results[RUN_RESULTS - 1 - i] = m->vars[i];
}
