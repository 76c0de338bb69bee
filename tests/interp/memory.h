/*
 * The address space of the interpreter: regions far apart, so that an address
 * beyond the end of one never falls into another.
 */
#ifndef TESTS_INTERP_MEMORY_H
#define TESTS_INTERP_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"

enum memory_access {
	MEMORY_LOAD = 1,   /* plain loads of programs */
	MEMORY_STORE = 2,  /* plain stores */
	MEMORY_KERNEL = 4, /* probe_read_kernel */
	MEMORY_USER = 8,   /* probe_read_user; the region has a low address */
};

enum { MEMORY_OURS = MEMORY_LOAD | MEMORY_STORE | MEMORY_KERNEL };

struct region {
	char *bytes;
	size_t size; /* 0: gone */
	unsigned access;
};

struct memory {
	struct arena *arena;
	VEC(struct region) regions;
};

void memory_init(struct memory *memory, struct arena *arena);

/* Makes `size` bytes addressable; gives their address. */
uint64_t memory_map(struct memory *memory, void *bytes, size_t size, unsigned access);
void memory_unmap(struct memory *memory, uint64_t address);

/* The bytes behind an address, NULL unless all of them may be accessed like that. */
void *memory_at(const struct memory *memory, uint64_t address, uint64_t size, unsigned access);

/* Bytes to map, filled with what nobody should rely on. */
char *memory_bytes(struct memory *memory, size_t size);
void memory_spoil(void *bytes, size_t size);

#endif
