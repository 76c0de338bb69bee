/*
 * Least significant digit first radix sort, with bytes for digits (Knuth, The
 * Art of Computer Programming 3, 5.2.5): a million elements whose words differ
 * in four bytes take four walks, where comparing takes twenty.
 */
#include "runtime/word_sort.h"

#include <string.h>

enum { DIGITS = 8, VALUES = 256 };

static uint64_t word_at(const struct words *words, uint32_t index)
{
	uint64_t word;

	memcpy(&word, words->first + index * words->stride, sizeof(word));
	return word ^ words->flip;
}

static uint8_t digit_of(uint64_t word, unsigned digit)
{
	return (uint8_t)(word >> 8 * digit);
}

/* One walk.  `counts`: how many words have each value of the digit. */
static void sort_by_digit(const struct words *words, unsigned digit, const uint32_t *from,
			  uint32_t *to, size_t count, const uint32_t counts[VALUES])
{
	uint32_t places[VALUES], place = 0;
	size_t i;

	for (i = 0; i < VALUES; i++) {
		places[i] = place;
		place += counts[i];
	}
	for (i = 0; i < count; i++)
		to[places[digit_of(word_at(words, from[i]), digit)]++] = from[i];
}

void sort_by_words(const struct words *words, uint32_t *order, uint32_t *spare, size_t count)
{
	uint32_t counts[DIGITS][VALUES] = { 0 }, *from = order, *to = spare;
	unsigned digit;
	size_t i;

	if (count < 2)
		return;
	for (i = 0; i < count; i++) {
		uint64_t word = word_at(words, order[i]);

		for (digit = 0; digit < DIGITS; digit++)
			counts[digit][digit_of(word, digit)]++;
	}
	for (digit = 0; digit < DIGITS; digit++) {
		uint32_t *sorted = to;

		if (counts[digit][digit_of(word_at(words, order[0]), digit)] == count)
			continue; /* all have the same */
		sort_by_digit(words, digit, from, to, count, counts[digit]);
		to = from;
		from = sorted;
	}
	if (from != order)
		memcpy(order, from, count * sizeof(*order));
}
