/*
 * Table of pure instructions: chains by hash, newest first, so that scopes end by unlinking.
 */
#include "codegen/numbering.h"

#include <assert.h>
#include <string.h>

#include "base/table.h"

enum { BUCKETS_FIRST = 64 };

void numbering_init(struct numbering *numbering, struct function *fn)
{
	*numbering = (struct numbering){ .fn = fn, .bucket_count = BUCKETS_FIRST };
	numbering->buckets = arena_new_array(fn->arena, uint32_t, BUCKETS_FIRST);
}

static uint32_t hash_insn(const struct function *fn, const struct insn *insn)
{
	uint64_t hash = insn->op | (uint64_t)insn->alu << 8 | (uint64_t)insn->size << 16 |
	                (uint64_t)insn->flags << 24 | (uint64_t)(uint32_t)insn->offset << 32;
	unsigned i;

	hash = hash_mix(hash, (uint64_t)insn->imm);
	if (insn->op != INSN_CALL) {
		hash = hash_mix(hash, insn->a | (uint64_t)insn->b << 32);
	} else {
		for (i = 0; i < insn->size; i++) {
			const struct val *arg = &fn->args.items[insn->a + i];

			hash = hash_mix(hash, arg->kind | (uint64_t)arg->id << 32);
			hash = hash_mix(hash, (uint64_t)arg->number);
		}
	}
	return (uint32_t)hash;
}

static bool equal_args(const struct val *left, const struct val *right, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		if (left[i].kind != right[i].kind || left[i].id != right[i].id ||
		    left[i].number != right[i].number)
			return false;
	}
	return true;
}

static bool equal_insns(const struct function *fn, const struct insn *left,
                        const struct insn *right)
{
	if (left->op != right->op || left->alu != right->alu || left->size != right->size ||
	    left->flags != right->flags || left->imm != right->imm || left->offset != right->offset)
		return false;
	if (left->op == INSN_CALL)
		return !left->size ||
		       equal_args(&fn->args.items[left->a], &fn->args.items[right->a], left->size);
	return left->a == right->a && left->b == right->b;
}

uint32_t numbering_find(const struct numbering *numbering, const struct insn *insn,
                        uint32_t *ret_hash)
{
	const struct function *fn = numbering->fn;
	uint32_t hash = hash_insn(fn, insn), at;

	*ret_hash = hash;
	for (at = numbering->buckets[hash & (numbering->bucket_count - 1)]; at;) {
		const struct numbering_entry *entry = &numbering->entries.items[at - 1];
		const struct insn *known = &fn->insns.items[entry->insn];

		if (entry->hash == hash && equal_insns(fn, known, insn))
			return known->dst;
		at = entry->next;
	}
	return REG_NONE;
}

static void link_entry(struct numbering *numbering, uint32_t index)
{
	struct numbering_entry *entry = &numbering->entries.items[index];
	uint32_t *bucket = &numbering->buckets[entry->hash & (numbering->bucket_count - 1)];

	entry->next = *bucket;
	*bucket = index + 1;
}

static void grow(struct numbering *numbering)
{
	uint32_t i;

	numbering->bucket_count *= 4;
	numbering->buckets =
		arena_new_array(numbering->fn->arena, uint32_t, numbering->bucket_count);
	/* In the order they came, so that leave() may unlink from the heads. */
	for (i = 0; i < numbering->entries.count; i++)
		link_entry(numbering, i);
}

void numbering_add(struct numbering *numbering, uint32_t insn, uint32_t hash)
{
	struct numbering_entry entry = { .insn = insn, .hash = hash, .time = ++numbering->time };

	vec_push(numbering->fn->arena, &numbering->entries, entry);
	link_entry(numbering, (uint32_t)numbering->entries.count - 1);
	if (numbering->entries.count > numbering->bucket_count)
		grow(numbering);
}

bool numbering_has(const struct numbering *numbering, uint32_t time)
{
	size_t low = 0, high = numbering->entries.count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (numbering->entries.items[middle].time < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low < numbering->entries.count && numbering->entries.items[low].time == time;
}

void numbering_enter(struct numbering *numbering)
{
	vec_push(numbering->fn->arena, &numbering->scopes, (uint32_t)numbering->entries.count);
}

static void forget_newest(struct numbering *numbering)
{
	const struct numbering_entry *entry = &vec_last(&numbering->entries);

	numbering->buckets[entry->hash & (numbering->bucket_count - 1)] = entry->next;
	numbering->entries.count--;
}

void numbering_leave(struct numbering *numbering)
{
	uint32_t start;

	assert(numbering->scopes.count);
	start = numbering->scopes.items[--numbering->scopes.count];
	while (numbering->entries.count > start)
		forget_newest(numbering);
}

void numbering_rewind(struct numbering *numbering, uint32_t time)
{
	while (numbering->entries.count && vec_last(&numbering->entries).time > time)
		forget_newest(numbering);
}
