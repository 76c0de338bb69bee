#!/bin/sh
# Texts of the error numbers, from the kernel's headers: lines "[2] = "No such file or directory","
# for names.c.  Where two names share a number the first one's text stands.
set -e
printf '#include <asm/errno.h>\n' | "$@" -E -H - 2>&1 >/dev/null |
	sed -n 's/^\.* \(.*errno[^ ]*\.h\)$/\1/p' | sort -u | xargs cat |
	sed -n 's/^#define[[:space:]]*E[A-Z0-9]*[[:space:]]*\([0-9]\{1,\}\)[[:space:]]*\/\* *\(.*[^ ]\) *\*\/.*$/[\1] = "\2",/p' |
	LC_ALL=C sort -t']' -k1.2,1n -s -u
