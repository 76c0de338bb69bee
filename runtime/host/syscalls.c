/*
 * Table of system calls; most of it is made at build time by syscalls.sh.
 */
#include "runtime/host/syscalls.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

struct syscall {
	const char *name;
	int number;
};

/* Sorted by name; made by syscalls.sh from the headers of the machine that builds. */
static const struct syscall from_headers[] = {
#include "syscalls.inc"
};

/*
 * Where the tracepoint is not named as the call is, and calls that are younger
 * than Debian's headers (from 424 on all architectures number alike).
 */
static const struct syscall by_hand[] = {
#ifdef __x86_64__
	{ "newstat", 4 },	     { "newfstat", 5 },		 { "newlstat", 6 },
	{ "sendfile64", 40 },	     { "newuname", 63 },	 { "umount", 166 },
	{ "uretprobe", 335 },	     { "uprobe", 336 },
#endif
#ifdef __aarch64__
	{ "newfstat", 80 },	     { "newuname", 160 },	 { "umount", 39 },
	{ "sendfile64", 71 },
#endif
	{ "cachestat", 451 },	     { "fchmodat2", 452 },	 { "map_shadow_stack", 453 },
	{ "futex_wake", 454 },	     { "futex_wait", 455 },	 { "futex_requeue", 456 },
	{ "statmount", 457 },	     { "listmount", 458 },	 { "lsm_get_self_attr", 459 },
	{ "lsm_set_self_attr", 460 }, { "lsm_list_modules", 461 }, { "mseal", 462 },
	{ "setxattrat", 463 },	     { "getxattrat", 464 },	 { "listxattrat", 465 },
	{ "removexattrat", 466 },    { "open_tree_attr", 467 },	 { "file_getattr", 468 },
	{ "file_setattr", 469 },      { "listns", 470 },	 { "rseq_slice_yield", 471 },
};

static int compare(const void *name, const void *syscall)
{
	return strcmp(name, ((const struct syscall *)syscall)->name);
}

int syscall_number(const char *name)
{
	const struct syscall *found = bsearch(name, from_headers, ARRAY_SIZE(from_headers),
					      sizeof(from_headers[0]), compare);
	size_t i;

	if (found)
		return found->number;
	for (i = 0; i < ARRAY_SIZE(by_hand); i++)
		if (!strcmp(by_hand[i].name, name))
			return by_hand[i].number;
	return -1;
}

const char *syscall_name(int number)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(from_headers); i++)
		if (from_headers[i].number == number)
			return from_headers[i].name;
	for (i = ARRAY_SIZE(by_hand); i-- > 0;)
		if (by_hand[i].number == number)
			return by_hand[i].name;
	return NULL;
}
