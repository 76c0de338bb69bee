/*
 * Numbers of system calls, of the architecture we are built for.
 */
#ifndef RUNTIME_HOST_SYSCALLS_H
#define RUNTIME_HOST_SYSCALLS_H

/* By the name that the tracepoint sys_enter_NAME has; -1 if unknown. */
int syscall_number(const char *name);

/* NULL if unknown. */
const char *syscall_name(int number);

#endif
