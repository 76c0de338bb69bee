/*
 * A load of known size: makes exactly the calls it is told to make.
 *
 *   load [-t THREADS] [-n NAME] [-r RATE] [-w] [-g] CALL COUNT [ARGUMENT]
 *
 * Every thread makes COUNT calls.  -w waits for a byte on standard input
 * before the first one, so that a test can learn the pid and attach; -n names
 * the threads NAME0, NAME1, ... (without -t: the only thread NAME).  -r makes
 * RATE calls a second, and no other calls while it waits.  -g makes the calls until it is killed, in
 * rounds of COUNT.  Calls go through syscall(2): the C library
 * adds none of its own, none is cached and each is seen by the kernel.
 *
 * CALL     each call                                             returns
 * getppid                                                        our parent
 * openat   opens ARGUMENT (a path that may not exist), closes it a descriptor or -ENOENT
 * read     reads ARGUMENT bytes from /dev/zero                   ARGUMENT
 * write    writes ARGUMENT bytes to /dev/null                    ARGUMENT
 * close    closes descriptor -1                                  -EBADF
 * lseek    seeks /dev/zero to ARGUMENT (any 64-bit number)       0 or -EINVAL
 * doubling reads 1, 2, 4, ... 512 bytes by turns                 that size
 * spin     burns a millisecond of CPU time                       (no call)
 * sysinfo  asks for the state of the system                      0
 * function calls traced_function(), which does nothing        (no call)
 * fault    maps and touches a page, unmaps it                    (a page fault)
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct load {
	void (*call)(const struct load *load, uint64_t turn);
	uint64_t count;
	const char *argument;
	uint64_t number; /* ARGUMENT as one */
	int zero, null;	 /* descriptors of /dev/zero, /dev/null */
	unsigned int threads;
	const char *name;
	uint64_t pause_ns; /* from one call to the next; 0: none */
	bool waits, goes_on;
};

struct thread {
	const struct load *load;
	unsigned int index;
	pthread_t id;
};

static char buffer[1 << 20];

static void call_getppid(const struct load *load, uint64_t turn)
{
	(void)load, (void)turn;
	syscall(SYS_getppid);
}

static void call_openat(const struct load *load, uint64_t turn)
{
	(void)turn;
	long fd = syscall(SYS_openat, AT_FDCWD, load->argument, O_RDONLY, 0);

	if (fd >= 0)
		syscall(SYS_close, fd);
}

static void call_read(const struct load *load, uint64_t turn)
{
	(void)turn;
	syscall(SYS_read, load->zero, buffer, load->number);
}

static void call_write(const struct load *load, uint64_t turn)
{
	(void)turn;
	syscall(SYS_write, load->null, buffer, load->number);
}

static void call_close(const struct load *load, uint64_t turn)
{
	(void)load, (void)turn;
	syscall(SYS_close, -1);
}

static void call_lseek(const struct load *load, uint64_t turn)
{
	(void)turn;
	syscall(SYS_lseek, load->zero, load->number, SEEK_SET);
}

static void call_doubling(const struct load *load, uint64_t turn)
{
	syscall(SYS_read, load->zero, buffer, 1UL << turn % 10);
}

static void call_spin(const struct load *load, uint64_t turn)
{
	(void)load, (void)turn;
	struct timespec now, start;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec < 1000000);
}

static void call_sysinfo(const struct load *load, uint64_t turn)
{
	(void)load, (void)turn;
	syscall(SYS_sysinfo, buffer);
}

/* A probe on a nop is the cheapest: the kernel need not step over the instruction. */
__attribute__((noinline)) void traced_function(void);
__attribute__((noinline)) void traced_function(void)
{
	__asm__ volatile("nop");
}

static void call_function(const struct load *load, uint64_t turn)
{
	(void)load, (void)turn;
	traced_function();
}

static void call_fault(const struct load *load, uint64_t turn)
{
	(void)load, (void)turn;
	volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page != MAP_FAILED) {
		page[0] = 1;
		munmap((void *)page, 4096);
	}
}

static const struct {
	const char *name;
	void (*call)(const struct load *load, uint64_t turn);
} calls[] = {
	{ "getppid", call_getppid }, { "openat", call_openat }, { "read", call_read },
	{ "write", call_write },     { "close", call_close },	{ "lseek", call_lseek },
	{ "doubling", call_doubling }, { "spin", call_spin },	{ "fault", call_fault },
	{ "sysinfo", call_sysinfo },
	{ "function", call_function },
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void make_calls(const struct load *load)
{
	uint64_t next = now(), i;

	for (i = 0; i < load->count; i++) {
		if (load->pause_ns) {
			while (now() < next)
				;
			next += load->pause_ns;
		}
		load->call(load, i);
	}
}

static void *run_thread(void *data)
{
	const struct thread *thread = data;
	const struct load *load = thread->load;

	if (load->name) {
		char name[16];

		if (load->threads > 1)
			snprintf(name, sizeof(name), "%.13s%u", load->name, thread->index % 100);
		else
			snprintf(name, sizeof(name), "%s", load->name);
		prctl(PR_SET_NAME, name);
	}
	do
		make_calls(load);
	while (load->goes_on);
	return NULL;
}

static int usage(void)
{
	fputs("usage: load [-t THREADS] [-n NAME] [-r RATE] [-w] [-g] CALL COUNT [ARGUMENT]\n", stderr);
	return 2;
}

static int parse(struct load *load, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "t:n:r:wg")) != -1) {
		switch (option) {
		case 't':
			load->threads = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 'n':
			load->name = optarg;
			break;
		case 'r':
			load->pause_ns = 1000000000 / (strtoull(optarg, NULL, 0) | 1);
			break;
		case 'w':
			load->waits = true;
			break;
		case 'g':
			load->goes_on = true;
			break;
		default:
			return -EINVAL;
		}
	}
	if (argc - optind < 2 || load->threads < 1)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, argv[optind]) == 0)
			load->call = calls[i].call;
	load->count = strtoull(argv[optind + 1], NULL, 0);
	load->argument = optind + 2 < argc ? argv[optind + 2] : "/";
	load->number = strtoull(load->argument, NULL, 0);
	return load->call ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct load load = { .threads = 1 };

	if (parse(&load, argc, argv))
		return usage();
	load.zero = open("/dev/zero", O_RDONLY);
	load.null = open("/dev/null", O_WRONLY);
	if (load.waits) {
		char byte;

		if (read(STDIN_FILENO, &byte, 1) != 1)
			return 1;
	}
	if (load.threads == 1) {
		run_thread(&(struct thread){ .load = &load });
		return 0;
	}

	struct thread *threads = calloc(load.threads, sizeof(*threads));

	if (!threads)
		return 1;
	for (unsigned int i = 0; i < load.threads; i++) {
		threads[i].load = &load;
		threads[i].index = i;
		if (pthread_create(&threads[i].id, NULL, run_thread, &threads[i]))
			return 1;
	}
	for (unsigned int i = 0; i < load.threads; i++)
		pthread_join(threads[i].id, NULL);
	free(threads);
	return 0;
}
