/*
 * Deep calls in the ways of C++: namespaces, templates, lambdas, virtual
 * functions, recursion, threads.  The innermost one makes a system call, getppid.
 *
 *	frames [THREADS [DEPTH]]
 *
 * With -DLIBRARY it is a library that has the innermost function alone, with
 * -DWITH_LIBRARY a program that wants that library.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define NOINLINE __attribute__((noinline))
/* What comes after the call keeps it from becoming a jump. */
#define AFTER() __asm__ volatile("" ::: "memory")

#ifdef WITH_LIBRARY
extern "C" void innermost();
#else
extern "C" NOINLINE void innermost()
{
	long result;

	/* A function that calls nothing would make no frame. */
	__asm__ volatile("" : : "r"(__builtin_frame_address(0)));
	__asm__ volatile("syscall" : "=a"(result) : "a"(SYS_getppid) : "rcx", "r11", "memory");
}
#endif

#ifndef LIBRARY
namespace shapes {

struct Shape {
	virtual ~Shape() = default;
	virtual void draw(int depth) const = 0;
};

template <typename Unit> struct Square final : Shape {
	Unit side{};

	NOINLINE void draw(int depth) const override;
};

NOINLINE static void recurse(const Shape &shape, int depth)
{
	if (depth)
		recurse(shape, depth - 1);
	else
		shape.draw(depth);
	AFTER();
}

template <typename Unit> void Square<Unit>::draw(int) const
{
	auto call = [](const Square &) NOINLINE {
		innermost();
		AFTER();
	};

	call(*this);
	AFTER();
}

} // namespace shapes

static void *work(void *argument)
{
	shapes::Square<long> square;

	shapes::recurse(square, *static_cast<int *>(argument));
	AFTER();
	return nullptr;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 0, depth = argc > 2 ? atoi(argv[2]) : 3;
	pthread_t thread;

	if (!threads)
		work(&depth);
	for (int i = 0; i < threads; i++) {
		if (pthread_create(&thread, nullptr, work, &depth))
			return 1;
		pthread_join(thread, nullptr);
	}
	return 0;
}
#endif
