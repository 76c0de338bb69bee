// Functions of C++ for the same tests as records.c.
#include <cstdio>

#define KEPT __attribute__((noinline, used))
#define BARRIER __asm__ volatile("" ::: "memory")

namespace shapes
{
struct point { int x, y; };
enum class kind : unsigned char { square, circle = 7 };
struct base { int id; };
struct derived : base { int weight; static int count; };
int derived::count;

class owner {
public:
	owner(long v) : value(v) {}
	virtual ~owner() { BARRIER; }
	virtual long method(int factor, const point &p);
	long value;
};

KEPT long owner::method(int factor, const point &p)
{
	BARRIER;
	return value * factor + p.x;
}
}

KEPT long owned(shapes::owner o, int after)
{
	BARRIER;
	return o.value + after;
}

KEPT shapes::owner made(int a, long b)
{
	BARRIER;
	return shapes::owner(a + b);
}

KEPT long plain(shapes::point p, shapes::kind k, shapes::derived d, int &r)
{
	BARRIER;
	return p.x + (long)k + d.weight + r;
}

int main()
{
	shapes::owner o(5);
	shapes::derived d;
	int r = 9;

	d.id = 3;
	d.weight = 4;
	long sum = o.method(33, shapes::point{ 1, 2 }) + owned(o, 44) + made(55, 56).value +
		   plain(shapes::point{ 6, 7 }, shapes::kind::circle, d, r);
	printf("sum %ld\n", sum);
	return 0;
}
