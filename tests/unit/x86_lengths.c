/*
 * Lines of "HEX LENGTH", instructions and how long they are said to be: prints
 * those that x86_length() takes for longer or shorter, and how many there were.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/host/x86_length.h"

int main(void)
{
	char line[128];
	unsigned long count = 0;

	while (fgets(line, sizeof(line), stdin)) {
		uint8_t code[X86_LENGTH_MAX] = { 0 };
		char *blank = strchr(line, ' ');
		size_t size = 0, length;

		if (!blank)
			continue;
		while (size < sizeof(code) && line + 2 * size < blank) {
			const char digits[] = { line[2 * size], line[2 * size + 1], 0 };

			code[size++] = (uint8_t)strtoul(digits, NULL, 16);
		}
		count++;
		length = x86_length(code, size);
		if (length != strtoul(blank, NULL, 10))
			printf("%zu, not %s", length, line);
	}
	printf("%lu\n", count);
	return 0;
}
