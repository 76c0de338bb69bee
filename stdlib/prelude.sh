#!/bin/sh
# prelude.bt as C: its text, and the names that it defines.
set -e
printf 'static const char stdlib_prelude_text[] =\n'
sed 's/\\/\\\\/g; s/"/\\"/g; s/^/\t"/; s/$/\\n"/' "$1"
printf ';\n\nstatic const char *const stdlib_prelude_names[] = {\n'
sed -n 's/^macro \([a-z_]*\)(.*/\t"\1",/p' "$1"
printf '\tNULL,\n};\n'
