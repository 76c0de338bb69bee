/*
 * eBPF instructions, executed one by one with every access checked.
 */
#ifndef TESTS_INTERP_MACHINE_H
#define TESTS_INTERP_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "tests/interp/kernel.h"

/* A program being run. */
struct machine {
	struct kernel *kernel;
	const struct fake_program *program;
	uint64_t steps;
	unsigned depth;
	const char *error; /* NULL: none yet */
	uint32_t error_at; /* instruction */
};

/* Registers of a function being run. */
struct frame {
	uint64_t regs[11];
	uint32_t at; /* next instruction */
};

/* The first error sticks. */
void machine_fail(struct machine *machine, const char *format, ...) PRINTF_LIKE(2, 3);

/* Runs from an instruction to the exit of its function; r0. */
uint64_t machine_call(struct machine *machine, uint32_t entry, const uint64_t *args);

/* helpers.c: calls helper `number` with r1 ... r5; r0. */
uint64_t helper_call(struct machine *machine, int32_t number, const uint64_t *args);

/* Values that BPF_LD | BPF_IMM | BPF_DW may load besides numbers. */
uint64_t map_handle(int fd);
uint64_t function_handle(uint32_t entry);
bool is_function_handle(uint64_t value, uint32_t *ret_entry);
/* NULL after an error. */
struct fake_map *map_of_handle(struct machine *machine, uint64_t value);

/* The bytes at an address of the program's, NULL after an error. */
void *machine_at(struct machine *machine, uint64_t address, uint64_t size, unsigned access,
		 const char *what);

#endif
