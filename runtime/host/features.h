/*
 * What kernels can do.
 */
#ifndef RUNTIME_HOST_FEATURES_H
#define RUNTIME_HOST_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

#include "sema/target.h"

/* By its version alone: true of kernels configured as distributions do. */
bool feature_of_version(enum target_feature feature, uint32_t kernel_version);

/* Of the running kernel, by trying what its version does not tell. */
bool feature_of_host(enum target_feature feature, const struct target *target);

/* By its name in TARGET_FEATURES; FEATURE_COUNT for an unknown one. */
enum target_feature feature_find(const char *name);

/* May programs of this type call the function of the running kernel?  Tried. */
bool host_may_call(const struct target *target, uint32_t prog_type, uint32_t function);

#endif
