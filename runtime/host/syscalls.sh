#!/bin/sh
# Table of the system calls of the architecture we are built for, from its kernel headers:
# lines "{ "openat", 257 }," sorted by name, for host/syscalls.c.
set -e
echo '#include <asm/unistd.h>' | "$@" -E -dM - |
	sed -n 's/^#define __NR_\([a-z_0-9]*\) \([0-9]*\)$/{ "\1", \2 },/p' | LC_ALL=C sort
