/*
 * Processor architectures: where the registers are that programs look at.
 */
#ifndef SEMA_ARCH_H
#define SEMA_ARCH_H

#include <stdint.h>

enum { SYSCALL_ARGS = 6 };

struct arch {
	const char *name; /* as uname -m */

	/* Offsets in the struct pt_regs that the sys_enter and sys_exit tracepoints are given. */
	uint16_t syscall_args[SYSCALL_ARGS];
	uint16_t syscall_number, syscall_number_size;

	/*
	 * A task runs a system call of another (32-bit) ABI when these bits are set in a word of
	 * its thread_info, which is where task_struct begins.
	 */
	uint16_t compat_offset, compat_size;
	uint32_t compat_mask;
	uint16_t compat_offset_old; /* before compat_moved, a KERNEL_VERSION */
	uint32_t compat_moved;

	/* Names of reg() and offsets in struct pt_regs, each a 64-bit word; NULL at the end. */
	const struct arch_register {
		const char *name;
		uint16_t offset;
	} *registers;
	const char *const *call_args; /* registers of a function's first arguments; NULL at the end */
	const char *result, *ip;      /* registers */
	uint8_t stack_args; /* where a function begins, its first argument on the stack is so far above sp */
};

/* NULL for one that there is no row for. */
const struct arch *arch_find(const char *name);

/* Offset in struct pt_regs of a register, -1: there is none of that name. */
int arch_register(const struct arch *arch, const char *name);
unsigned arch_call_args(const struct arch *arch);

#endif
