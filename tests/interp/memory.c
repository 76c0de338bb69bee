/*
 * Regions of the interpreter's memory.
 *
 * An address is the number of a region above the offset in it; the kernel's
 * have their upper bits set, as real ones do.
 */
#include "tests/interp/memory.h"

#include <string.h>

enum { OFFSET_BITS = 28, SPOILT = 0xa5 };

static const uint64_t kernel_half = 0xffff000000000000;

void memory_init(struct memory *memory, struct arena *arena)
{
	const struct region none = { 0 };

	*memory = (struct memory){ .arena = arena };
	vec_push(arena, &memory->regions, none); /* addresses near 0 are nowhere */
}

uint64_t memory_map(struct memory *memory, void *bytes, size_t size, unsigned access)
{
	const struct region region = { .bytes = bytes, .size = size, .access = access };
	uint64_t number = memory->regions.count;

	vec_push(memory->arena, &memory->regions, region);
	return number << OFFSET_BITS | (access & MEMORY_USER ? 0 : kernel_half);
}

static struct region *region_of(const struct memory *memory, uint64_t address)
{
	uint64_t number = (address & ~kernel_half) >> OFFSET_BITS;
	struct region *region;

	if (number >= memory->regions.count)
		return NULL;
	region = &memory->regions.items[number];
	if ((address & kernel_half) != (region->access & MEMORY_USER ? 0 : kernel_half))
		return NULL;
	return region;
}

void memory_unmap(struct memory *memory, uint64_t address)
{
	region_of(memory, address)->size = 0;
}

void *memory_at(const struct memory *memory, uint64_t address, uint64_t size, unsigned access)
{
	uint64_t offset = address & ((1ull << OFFSET_BITS) - 1);
	const struct region *region = region_of(memory, address);

	if (!region || (region->access & access) != access || offset > region->size ||
	    size > region->size - offset)
		return NULL;
	return region->bytes + offset;
}

char *memory_bytes(struct memory *memory, size_t size)
{
	char *bytes = arena_alloc(memory->arena, size);

	memory_spoil(bytes, size);
	return bytes;
}

void memory_spoil(void *bytes, size_t size)
{
	memset(bytes, SPOILT, size);
}
