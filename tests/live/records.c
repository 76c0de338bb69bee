/*
 * Functions with parameters of all kinds, each called once with values that a
 * test knows; compiled by the tests with different compilers and options.
 * Each uses all of them, or compilers would leave some out of the calls.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define KEPT __attribute__((noinline, used))
#define BARRIER __asm__ volatile("" ::: "memory")

enum color { RED, GREEN = 5, BLUE = -1 };
struct inner { int x; char name[16]; };
struct small { int a; short b; };
struct pair { long first; const char *second; };
struct mixed { double real; long number; };
struct packed { char c; long n; } __attribute__((packed));
struct big { long values[5]; struct inner in; };
union either { int number; char text[4]; };
struct bits { unsigned a : 3; unsigned b : 7; int c : 5; unsigned long long d : 40; };
struct node {
	struct node *next;
	struct inner in;
	enum color color;
	struct bits bits;
	union either either;
	int table[2][3];
	bool flag;
	void (*function)(int);
	struct { int anonymous; };
};
typedef struct node node_t;
typedef unsigned long word_t;

long numbers(int8_t a, unsigned short b, int c, word_t d, bool e, enum color f);
long on_stack(long a, long b, long c, long d, long e, long f, int g, struct inner *h);
long with_floats(int a, double b, long c, float d, long double e, int f);
long by_value(struct small s, struct pair p, struct mixed m, struct big b, int last);
long packed(struct packed p, int last);
struct big hidden_result(int a, node_t *n);
struct small small_result(int a);
long pointers(const struct node *n, struct node **pn, char text[8], int count, ...);

KEPT long numbers(int8_t a, unsigned short b, int c, word_t d, bool e, enum color f)
{
	BARRIER;
	return a + b + c + (long)d + e + f;
}

KEPT long on_stack(long a, long b, long c, long d, long e, long f, int g, struct inner *h)
{
	BARRIER;
	return a + b + c + d + e + f + g + h->x;
}

KEPT long with_floats(int a, double b, long c, float d, long double e, int f)
{
	BARRIER;
	return a + (long)b + c + (long)d + (long)e + f;
}

KEPT long by_value(struct small s, struct pair p, struct mixed m, struct big b, int last)
{
	BARRIER;
	return s.a + s.b + p.first + p.second[0] + m.number + b.values[0] + last;
}

KEPT long packed(struct packed p, int last)
{
	BARRIER;
	return p.c + p.n + last;
}

KEPT struct big hidden_result(int a, node_t *n)
{
	struct big big = { { a, n->in.x }, { 0, "" } };

	BARRIER;
	return big;
}

KEPT struct small small_result(int a)
{
	BARRIER;
	return (struct small){ a, 1 };
}

KEPT long pointers(const struct node *n, struct node **pn, char text[8], int count, ...)
{
	BARRIER;
	return n->in.x + (*pn)->in.x + text[0] + count;
}

int main(void)
{
	struct node last = { 0, { 99, "tail" }, BLUE, { 7, 100, -3, 1ull << 39 }, { .text = "abc" },
			     { { 1, 2, 3 }, { 4, 5, 6 } }, true, 0, { 77 } };
	struct node first = { &last, { 42, "head" }, GREEN, { 5, 101, -9, 12345678901 }, { .number = 9 },
			      { { 6, 5, 4 }, { 3, 2, 1 } }, false, 0, { 78 } };
	struct node *pointer = &first;
	struct big big = { { 11, 12, 13, 14, 15 }, { 16, "big" } };
	char text[8] = "letters", second[] = "second";
	long sum = numbers(-3, 65000, -70000, 1ul << 40, true, GREEN);

	sum += on_stack(1, 2, 3, 4, 5, 6, -7, &first.in);
	sum += with_floats(5, 2.5, 6, 1.5f, 3.5L, 7);
	sum += by_value((struct small){ -21, 22 }, (struct pair){ 23, second },
			(struct mixed){ 1.0, 24 }, big, 25);
	sum += packed((struct packed){ 26, 27 }, 28);
	sum += hidden_result(31, &first).values[1] + small_result(32).b;
	sum += pointers(&first, &pointer, text, 2, 1, 2);
	printf("sum %ld\n", sum);
	return 0;
}
