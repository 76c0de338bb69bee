/*
 * A process with a stack that is known: main() calls outer(), which calls
 * middle(), which calls inner(), which makes a system call, getppid.
 *
 *	chain		once
 *	chain cxx	from a function with a name of C++, which two of Rust call, named in its two ways
 *	chain jit	from code made at run time, which /tmp/perf-PID.map names
 *	chain fork	in a child that never runs another program
 *	chain ... wait	the same, then waits for a signal
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Data of each size, for uaddr(). */
char one_byte = 7;
short two_bytes = -300;
int four_bytes = 70000;
long eight_bytes = 1234567890123;

/* Without the frame that the C library's syscall() does not make. */
static inline __attribute__((always_inline)) void make_call(void)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(SYS_getppid) : "rcx", "r11", "memory");
}

__attribute__((noinline)) void inner(void);
__attribute__((noinline)) void middle(void);
__attribute__((noinline)) void outer(void);
__attribute__((noinline)) void cxx(void) __asm__("_ZN5shape6SquareIiE4growEiPKc");
__attribute__((noinline)) void rust(void) __asm__("_ZN5crate6module4call17h0123456789abcdefE");
__attribute__((noinline)) void new_rust(void) __asm__("_RNvNtCs1234_7mycrate6module4call");

void inner(void)
{
	make_call();
}

void middle(void)
{
	inner();
}

void outer(void)
{
	middle();
}

void cxx(void)
{
	make_call();
}

void rust(void)
{
	cxx();
}

void new_rust(void)
{
	rust();
}

/* push %rbp; mov %rsp,%rbp; mov $getppid,%eax; syscall; pop %rbp; ret */
static int run_made_code(void)
{
	static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0xb8, SYS_getppid, 0, 0, 0,
					      0x0f, 0x05, 0x5d, 0xc3 };
	void *place = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char path[64];
	FILE *file;

	if (place == MAP_FAILED)
		return 1;
	memcpy(place, code, sizeof(code));
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	file = fopen(path, "w");
	if (!file)
		return 1;
	/* The place was another method's before. */
	fprintf(file, "%lx %zx gone\n", (unsigned long)place, sizeof(code));
	fprintf(file, "%lx %zx made method\n", (unsigned long)place, sizeof(code));
	fclose(file);
	((void (*)(void))place)();
	return 0;
}

static int run_in_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		outer();
		_exit(0);
	}
	return waitpid(pid, NULL, 0) < 0;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	if (!strcmp(how, "jit") && run_made_code())
		return 1;
	if (!strcmp(how, "fork"))
		return run_in_child();
	if (!strcmp(how, "cxx"))
		new_rust();
	else if (strcmp(how, "jit") != 0)
		outer();
	if (!strcmp(argv[argc - 1], "wait")) {
		puts("called");
		fflush(stdout);
		pause();
	}
	return 0;
}
