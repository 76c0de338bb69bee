/*
 * A library that the target opens after a probe was put into it.
 */
#include <stdint.h>

uint64_t library_call(uint64_t n);

uint64_t library_call(uint64_t n)
{
	return n * 7 + 1;
}
