/*
 * prelude.bt, as the build puts it into C: what of the library is written in
 * the language.
 */
#include <stddef.h>

#include "stdlib/library.h"

#include "prelude.inc"

const struct prelude stdlib_prelude = {
	.names = stdlib_prelude_names,
	.text = stdlib_prelude_text,
	.size = sizeof(stdlib_prelude_text) - 1,
};
