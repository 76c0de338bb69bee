/*
 * What every file may assume of the compiler: attributes and a few macros.
 * Knows nothing of the language.
 */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#include <stdlib.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define UNUSED __attribute__((unused))

/* Ends a switch that has named every member of one of our enums. */
#define unreachable() __builtin_unreachable()

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* Smallest multiple of the power of two `align` that is not below `n`. */
#define ALIGN_UP(n, align) (((n) + (align) - 1) & ~((align) - 1))

#endif
