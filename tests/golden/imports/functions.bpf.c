/* Functions for the cases of C in imports. */
static const int weights[4] = { 1, 10, 100, 1000 };
static long calls;

static __attribute__((noinline)) int weight(int number, int by)
{
	calls++;
	return number * weights[by & 3];
}

int difference(int a, int b)
{
	return weight(a, b) - weight(b, a);
}

/* Kept because the script calls it. */
static unsigned char low(unsigned long number)
{
	return number;
}

long calls_so_far(void)
{
	return calls;
}

int letters(const char *text)
{
	return text[0] * 1000 + text[1];
}

_Bool is_odd(int number)
{
	return number & 1;
}
