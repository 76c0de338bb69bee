/*
 * The table of processor architectures.
 */
#include "sema/arch.h"

#include <stddef.h>
#include <string.h>

#include "base/compiler.h"

#define KERNEL(major, minor) ((major) << 16 | (minor) << 8)

static const struct arch_register x86_64_registers[] = {
	{ "r15", 0 },	{ "r14", 8 },	{ "r13", 16 },	    { "r12", 24 }, { "bp", 32 },
	{ "bx", 40 },	{ "r11", 48 },	{ "r10", 56 },	    { "r9", 64 },  { "r8", 72 },
	{ "ax", 80 },	{ "cx", 88 },	{ "dx", 96 },	    { "si", 104 }, { "di", 112 },
	{ "orig_rax", 120 }, { "ip", 128 }, { "cs", 136 },  { "flags", 144 }, { "sp", 152 },
	{ "ss", 160 },	{ "pc", 128 },	{ NULL },
};
static const char *const x86_64_args[] = { "di", "si", "dx", "cx", "r8", "r9", NULL };

#define X(n) { "r" #n, 8 * n }
static const struct arch_register aarch64_registers[] = {
	X(0),  X(1),  X(2),  X(3),  X(4),  X(5),  X(6),	 X(7),	X(8),  X(9),  X(10),
	X(11), X(12), X(13), X(14), X(15), X(16), X(17), X(18), X(19), X(20), X(21),
	X(22), X(23), X(24), X(25), X(26), X(27), X(28), X(29), X(30),
	{ "sp", 248 }, { "pc", 256 }, { "pstate", 264 }, { NULL },
};
#undef X
static const char *const aarch64_args[] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", NULL };

static const struct arch archs[] = {
	{
		.name = "x86_64",
		.syscall_args = { 112, 104, 96, 56, 72, 64 }, /* di si dx r10 r8 r9 */
		.syscall_number = 120,			      /* orig_ax */
		.syscall_number_size = 8,
		.compat_offset = 16, /* status: the flags and syscall_work before it */
		.compat_size = 4,
		.compat_mask = 0x0002, /* TS_COMPAT */
		.compat_offset_old = 8,
		.compat_moved = KERNEL(5, 11),
		.registers = x86_64_registers,
		.call_args = x86_64_args,
		.result = "ax",
		.stack_args = 8, /* above the return address */
		.ip = "ip",
	},
	{
		.name = "aarch64",
		.syscall_args = { 272, 8, 16, 24, 32, 40 }, /* orig_x0 x1 x2 x3 x4 x5 */
		.syscall_number = 280,			    /* syscallno */
		.syscall_number_size = 4,
		.compat_offset = 0, /* flags */
		.compat_size = 8,
		.compat_mask = 1u << 22, /* TIF_32BIT */
		.registers = aarch64_registers,
		.call_args = aarch64_args,
		.result = "r0",
		.ip = "pc",
	},
};

const struct arch *arch_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(archs); i++)
		if (!strcmp(archs[i].name, name))
			return &archs[i];
	return NULL;
}

int arch_register(const struct arch *arch, const char *name)
{
	const struct arch_register *reg;

	for (reg = arch->registers; reg->name; reg++)
		if (!strcmp(reg->name, name))
			return reg->offset;
	return -1;
}

unsigned arch_call_args(const struct arch *arch)
{
	unsigned count = 0;

	while (arch->call_args[count])
		count++;
	return count;
}
