/*
 * The report of --info.
 */
#ifndef RUNTIME_HOST_INFO_H
#define RUNTIME_HOST_INFO_H

#include "base/strbuf.h"
#include "sema/target.h"

void host_info(const struct target *target, const char *version, struct strbuf *out);

#endif
