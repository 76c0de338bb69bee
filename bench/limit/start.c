/*
 * The yardstick for starting: what a bare C program needs for the same job.
 *
 *   start begin     loads a program, runs it once, exits:  begin { exit(); }
 *   start count     counts system calls by command name until SIGINT, prints
 *                   them:  tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }
 *
 * System calls by hand, no library besides libc: nothing here can be left out.
 */
#include <linux/bpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KEY = 16, CPUS_MAX = 1024, ENTRIES = 4096 };

/* clang-format off */
#define OP(c, d, s, o, i) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
#define MOV_IMM(d, i)	OP(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define MOV(d, s)	OP(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define ADD_IMM(d, i)	OP(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define CALL(f)		OP(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define EXIT		OP(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define MAP(d, fd)	OP(BPF_LD | BPF_DW | BPF_IMM, d, BPF_PSEUDO_MAP_FD, 0, fd), OP(0, 0, 0, 0, 0)
/* clang-format on */

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int check(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static int load(const struct bpf_insn *insns, unsigned int count)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = (uintptr_t)insns,
		.insn_cnt = count,
		.license = (uintptr_t) "GPL",
	};

	return check(bpf(BPF_PROG_LOAD, &attr), "BPF_PROG_LOAD");
}

static int begin(void)
{
	struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, 0), EXIT };
	union bpf_attr attr = { .test.prog_fd = (unsigned int)load(insns, 2) };

	check(bpf(BPF_PROG_TEST_RUN, &attr), "BPF_PROG_TEST_RUN");
	return 0;
}

static int counting_program(int map)
{
	struct bpf_insn insns[] = {
		MOV(BPF_REG_1, BPF_REG_10),
		ADD_IMM(BPF_REG_1, -KEY),
		MOV_IMM(BPF_REG_2, KEY),
		CALL(BPF_FUNC_get_current_comm),
		MOV(BPF_REG_2, BPF_REG_10),
		ADD_IMM(BPF_REG_2, -KEY),
		MAP(BPF_REG_1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		OP(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 4, 0),
		OP(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_0, 0, 0),
		ADD_IMM(BPF_REG_1, 1),
		OP(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_1, 0, 0),
		OP(BPF_JMP | BPF_JA, 0, 0, 9, 0),
		OP(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -KEY - 8, 1),
		MOV(BPF_REG_2, BPF_REG_10),
		ADD_IMM(BPF_REG_2, -KEY),
		MOV(BPF_REG_3, BPF_REG_10),
		ADD_IMM(BPF_REG_3, -KEY - 8),
		MOV_IMM(BPF_REG_4, BPF_NOEXIST),
		MAP(BPF_REG_1, map),
		CALL(BPF_FUNC_map_update_elem),
		MOV_IMM(BPF_REG_0, 0),
		EXIT,
	};

	return load(insns, sizeof(insns) / sizeof(insns[0]));
}

static void print_counts(int map)
{
	char key[KEY], next[KEY];
	static uint64_t values[CPUS_MAX];
	union bpf_attr attr = { .map_fd = (unsigned int)map, .next_key = (uintptr_t)next };

	while (bpf(BPF_MAP_GET_NEXT_KEY, &attr) == 0) {
		union bpf_attr lookup = {
			.map_fd = (unsigned int)map,
			.key = (uintptr_t)next,
			.value = (uintptr_t)values,
		};
		uint64_t sum = 0;

		memset(values, 0, sizeof(values));
		if (bpf(BPF_MAP_LOOKUP_ELEM, &lookup) == 0) {
			for (int i = 0; i < CPUS_MAX; i++)
				sum += values[i];
			printf("@[%s]: %llu\n", next, (unsigned long long)sum);
		}
		memcpy(key, next, KEY);
		attr.key = (uintptr_t)key;
	}
}

static int count(void)
{
	static const char attached[] = "Attached 1 probe\n";
	sigset_t set;
	int received;
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_PERCPU_HASH,
		.key_size = KEY,
		.value_size = sizeof(uint64_t),
		.max_entries = ENTRIES,
		.map_flags = BPF_F_NO_PREALLOC,
	};
	int map_fd = check(bpf(BPF_MAP_CREATE, &map), "BPF_MAP_CREATE");
	union bpf_attr attach = {
		.raw_tracepoint.name = (uintptr_t) "sys_enter",
		.raw_tracepoint.prog_fd = (unsigned int)counting_program(map_fd),
	};

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int link = check(bpf(BPF_RAW_TRACEPOINT_OPEN, &attach), "BPF_RAW_TRACEPOINT_OPEN");

	if (write(STDERR_FILENO, attached, sizeof(attached) - 1) < 0)
		return 1;
	sigwait(&set, &received);
	close(link);
	print_counts(map_fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "begin") == 0)
		return begin();
	if (argc == 2 && strcmp(argv[1], "count") == 0)
		return count();
	fputs("usage: start begin|count\n", stderr);
	return 2;
}
