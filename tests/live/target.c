/*
 * A program to put probes into: calls known functions a known number of times
 * with known values, and prints a sum that only undisturbed code gets right.
 *
 *   target [-w] [-t THREADS] [-l LIBRARY] MODE COUNT
 *
 * -w waits for a byte on standard input before the first call, so that a test
 * can attach.  MODE:
 *
 * calls	add(i, 10, 20, 30, 40, 50), negate(i), text("word"), and leaf(i) for i in 0 ... COUNT - 1
 * usdt		the USDT probes below, COUNT times
 * fork		the same calls in a child, COUNT of them, then COUNT of its own
 * exec		itself again in mode calls
 * dlopen	opens LIBRARY after the wait and calls its function library_call COUNT times
 * recurse	depth(5) COUNT times
 *
 * Each call adds to a sum; "sum N" is printed in the end.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT __attribute__((noinline, used))

/* Not static: those may be called in other ways than the ABI's. */
uint64_t add(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);
int64_t negate(int64_t n);
uint64_t text(const char *words);
uint64_t leaf(uint64_t n);
uint64_t depth(unsigned n);
uint64_t never(uint64_t n);

/* --- USDT ------------------------------------------------------------------------ */

/* A note of the form that SystemTap defined; `args` names the operands that follow. */
#define PROBE_NOTE(provider, name, semaphore, args)                                             \
	"990:	nop\n"                                                                          \
	"	.pushsection .note.stapsdt, \"\", \"note\"\n"                                   \
	"	.balign 4\n"                                                                    \
	"	.4byte 992f - 991f, 994f - 993f, 3\n"                                           \
	"991:	.asciz \"stapsdt\"\n"                                                           \
	"992:	.balign 4\n"                                                                    \
	"993:	.8byte 990b, _.stapsdt.base, " semaphore "\n"                                   \
	"	.asciz \"" provider "\"\n"                                                      \
	"	.asciz \"" name "\"\n"                                                          \
	"	.asciz \"" args "\"\n"                                                          \
	"994:	.balign 4\n"                                                                    \
	"	.popsection\n"                                                                  \
	"	.ifndef _.stapsdt.base\n"                                                       \
	"	.pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n"      \
	"	.weak _.stapsdt.base\n"                                                         \
	"	.hidden _.stapsdt.base\n"                                                       \
	"_.stapsdt.base: .space 1\n"                                                            \
	"	.size _.stapsdt.base, 1\n"                                                      \
	"	.popsection\n"                                                                  \
	"	.endif\n"

#define PROBE(provider, name, semaphore, args, ...)                                             \
	__asm__ volatile(PROBE_NOTE(provider, name, semaphore, args)::__VA_ARGS__)

extern volatile unsigned short guarded_semaphore;
__attribute__((section(".probes"))) volatile unsigned short guarded_semaphore;
static volatile int32_t near_value = -77;

/* --- functions --------------------------------------------------------------------- */

KEPT uint64_t add(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	return a + b + c + d + e + f;
}

KEPT int64_t negate(int64_t n)
{
	return -n;
}

KEPT uint64_t text(const char *words)
{
	return strlen(words);
}

/* Keeps its values below the stack pointer, where a leaf function may. */
KEPT uint64_t leaf(uint64_t n)
{
	volatile uint64_t values[12];
	uint64_t sum = 0;

	for (unsigned i = 0; i < 12; i++)
		values[i] = n * (i + 1);
	for (unsigned i = 0; i < 12; i++)
		sum += values[i] ^ i;
	return sum;
}

/* Not a leaf: what is below the stack pointer belongs to the caller's caller. */
KEPT uint64_t depth(unsigned n)
{
	uint64_t below = n ? depth(n - 1) : 0;

	__asm__ volatile("" ::: "memory");
	return below + n;
}

KEPT uint64_t never(uint64_t n)
{
	return n * 3;
}

/* One place with all kinds of operands, and two places of one probe with different ones. */
KEPT static void usdt_arguments(int32_t n)
{
	int8_t small = -3;
	uint16_t medium = 65535;
	volatile int64_t on_stack = -1000000000000LL;
	volatile int32_t table[4] = { 0, 100, -200, 300 };
	uint64_t index = 2;

	PROBE("tester", "arguments", "0",
	      "-4@%0 -1@%b1 2@%w2 -8@%3 4@$7 -4@%4 -4@(%5,%6,4) -4@near_value(%%rip)", "r"(n),
	      "q"(small), "r"(medium), "m"(on_stack), "n"(-5), "r"(table), "r"(index));
}

KEPT static void usdt_places(uint64_t n)
{
	volatile uint64_t on_stack = n + 1;

	PROBE("tester", "places", "0", "8@%0", "r"(n));
	PROBE("tester", "places", "0", "8@%0", "m"(on_stack));
	PROBE("other", "places", "0", "8@$5", "r"(n));
}

KEPT static uint64_t usdt_guarded(uint64_t n)
{
	if (!guarded_semaphore)
		return 0;
	PROBE("tester", "guarded", "guarded_semaphore", "8@%0", "r"(n));
	return 1;
}

/* --- modes ----------------------------------------------------------------------------- */

struct run {
	uint64_t count, sum;
	const char *library, *program;
	pthread_t thread;
	void (*mode)(struct run *run);
};

static void run_calls(struct run *run)
{
	for (uint64_t i = 0; i < run->count; i++)
		run->sum += add(i, 10, 20, 30, 40, 50) + (uint64_t)negate((int64_t)i) + text("word") +
			    leaf(i);
}

static void run_usdt(struct run *run)
{
	for (uint64_t i = 0; i < run->count; i++) {
		usdt_arguments((int32_t)i - 5);
		usdt_places(i);
		run->sum += usdt_guarded(i) + near_value;
	}
}

static void run_fork(struct run *run)
{
	pid_t pid = fork();

	if (!pid) {
		run_calls(run);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	run_calls(run);
}

static void run_exec(struct run *run)
{
	char count[32];

	snprintf(count, sizeof(count), "%llu", (unsigned long long)run->count);
	execl(run->program, run->program, "calls", count, (char *)NULL);
}

static void run_dlopen(struct run *run)
{
	void *library = dlopen(run->library, RTLD_NOW);
	uint64_t (*call)(uint64_t) = library ? (uint64_t(*)(uint64_t))dlsym(library, "library_call") : NULL;

	if (!call) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	for (uint64_t i = 0; i < run->count; i++)
		run->sum += call(i);
}

static void run_recurse(struct run *run)
{
	for (uint64_t i = 0; i < run->count; i++)
		run->sum += depth(5);
}

static const struct {
	const char *name;
	void (*mode)(struct run *run);
} modes[] = {
	{ "calls", run_calls }, { "usdt", run_usdt },	  { "fork", run_fork },
	{ "exec", run_exec },	{ "dlopen", run_dlopen }, { "recurse", run_recurse },
};

static void *run_thread(void *data)
{
	struct run *run = data;

	run->mode(run);
	return NULL;
}

static int usage(void)
{
	fputs("usage: target [-w] [-t THREADS] [-l LIBRARY] MODE COUNT\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct run first = { .program = argv[0] }, *runs;
	unsigned long threads = 1;
	bool waits = false;
	uint64_t sum = 0;
	int option;
	char byte;

	while ((option = getopt(argc, argv, "wt:l:")) != -1) {
		if (option == 'w')
			waits = true;
		else if (option == 't')
			threads = strtoul(optarg, NULL, 0);
		else if (option == 'l')
			first.library = optarg;
		else
			return usage();
	}
	if (argc - optind != 2 || !threads)
		return usage();
	first.count = strtoull(argv[optind + 1], NULL, 0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i].name, argv[optind]))
			first.mode = modes[i].mode;
	if (!first.mode || !(runs = calloc(threads, sizeof(*runs))))
		return usage();
	if (waits && read(STDIN_FILENO, &byte, 1) != 1)
		return 1;
	if (threads == 1) { /* an exec from another thread would end this one, which is followed */
		*runs = first;
		runs->mode(runs);
		sum = runs->sum;
	}
	for (unsigned long i = 0; threads > 1 && i < threads; i++) {
		runs[i] = first;
		if (pthread_create(&runs[i].thread, NULL, run_thread, &runs[i]))
			return 1;
	}
	for (unsigned long i = 0; threads > 1 && i < threads; i++) {
		pthread_join(runs[i].thread, NULL);
		sum += runs[i].sum;
	}
	free(runs);
	printf("sum %llu\n", (unsigned long long)sum);
	return 0;
}
