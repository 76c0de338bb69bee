/*
 * Printing what programs gathered, with no more work than it takes.
 */
#ifndef LIMIT_OUTPUT_H
#define LIMIT_OUTPUT_H

#include <signal.h>

/* Prints the records of a ring buffer until a signal of the set comes.  Returns an exit status. */
int print_lines(int ring, const sigset_t *until);

/* Prints a per-CPU hash of numbers by numbers, smallest value first.  Returns an exit status. */
int print_sorted(int map);

#endif
