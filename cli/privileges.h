/*
 * May this process trace?
 */
#ifndef CLI_PRIVILEGES_H
#define CLI_PRIVILEGES_H

#include <stdbool.h>

/* False after saying what is missing. */
bool privileges_check(void);

#endif
