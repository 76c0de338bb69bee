/*
 * The table of processor architectures.
 */
#include "sema/arch.h"

#include <stddef.h>
#include <string.h>

#include "base/compiler.h"

#define KERNEL(major, minor) ((major) << 16 | (minor) << 8)

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
	},
	{
		.name = "aarch64",
		.syscall_args = { 272, 8, 16, 24, 32, 40 }, /* orig_x0 x1 x2 x3 x4 x5 */
		.syscall_number = 280,			    /* syscallno */
		.syscall_number_size = 4,
		.compat_offset = 0, /* flags */
		.compat_size = 8,
		.compat_mask = 1u << 22, /* TIF_32BIT */
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
