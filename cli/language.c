/*
 * Joins the rows of the libraries.
 */
#include "cli/language.h"

#include "cli/imports.h"
#include "runtime/probes/probes.h"
#include "stdlib/library.h"

struct language language_of(const struct target *target)
{
	return (struct language){
		.families = stdlib_families,
		.prelude = &stdlib_prelude,
		.probe_types = probe_types,
		.target = target,
		.read_import = import_read,
	};
}
