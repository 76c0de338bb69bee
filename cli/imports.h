/*
 * Files that scripts import.
 */
#ifndef CLI_IMPORTS_H
#define CLI_IMPORTS_H

#include "sema/imports.h"

/* As import_reader: relative paths begin where the importing file lies. */
int import_read(struct arena *arena, const char *from, const char *path,
		struct imported_files *ret_files);

#endif
