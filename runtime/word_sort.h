/*
 * Sorting indices by 64-bit words.
 */
#ifndef RUNTIME_WORD_SORT_H
#define RUNTIME_WORD_SORT_H

#include <stddef.h>
#include <stdint.h>

/* The words that indices stand for: that of `i` lies at `first` + i * `stride`. */
struct words {
	const char *first; /* of any alignment */
	size_t stride;
	uint64_t flip; /* bits to turn over: the sign, of signed numbers */
};

/* The `count` indices in ascending order of their words; of equal words in the order that they
 * are in.  `spare` has room for as many. */
void sort_by_words(const struct words *words, uint32_t *order, uint32_t *spare, size_t count);

#endif
