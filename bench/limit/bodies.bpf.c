/*
 * The yardstick for events: what hand-written C costs for the same body.
 *
 * One program for each body that bench/run knows, named as there; the script
 * it stands for is in the comment.  All hang on the raw tracepoint sys_enter.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

enum { ENTRIES = 4096, HIST_BUCKETS = 66 };

struct comm {
	__u64 words[2];
};

/* The part of the kernel's that is read here; libbpf finds out where it lies. */
struct task_struct {
	char comm[16];
} __attribute__((preserve_access_index));

struct pid_comm {
	__u64 pid;
	struct comm comm;
};

#define PERCPU_HASH(name, key_type) \
	struct { \
		__uint(type, BPF_MAP_TYPE_PERCPU_HASH); \
		__uint(max_entries, ENTRIES); \
		__uint(map_flags, BPF_F_NO_PREALLOC); \
		__type(key, key_type); \
		__type(value, __u64); \
	} name SEC(".maps")
#define PERCPU_ARRAY(name, count) \
	struct { \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, count); \
		__type(key, __u32); \
		__type(value, __u64); \
	} name SEC(".maps")

PERCPU_HASH(by_comm, struct comm);
PERCPU_HASH(by_pid_comm, struct pid_comm);
PERCPU_HASH(by_number, __u64);
PERCPU_ARRAY(one, 1);
PERCPU_ARRAY(buckets, HIST_BUCKETS);

/* Set by the loader before the program is loaded. */
const volatile __u32 wanted_pid = 0;

static __always_inline void add(void *map, const void *key)
{
	const __u64 first = 1;
	__u64 *value = bpf_map_lookup_elem(map, key);

	if (value)
		*value += 1;
	else
		bpf_map_update_elem(map, key, &first, BPF_NOEXIST);
}

static __always_inline void count(void)
{
	__u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&one, &zero);

	if (value)
		*value += 1;
}

/* Two loads instead of a call of bpf_get_current_comm(): 27 ns less. */
static __always_inline void read_comm(struct comm *name)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();
	const __u64 *words = (const __u64 *)&task->comm;

	name->words[0] = words[0];
	name->words[1] = words[1];
}

#define BODY(name) \
	SEC("raw_tp/sys_enter") \
	int name(struct bpf_raw_tracepoint_args *ctx)

/* { } */
BODY(empty)
{
	return 0;
}

/* { @ = count(); } */
BODY(count_all)
{
	count();
	return 0;
}

/* { @[comm] = count(); } */
BODY(count_comm)
{
	struct comm key;

	read_comm(&key);
	add(&by_comm, &key);
	return 0;
}

/* { @[pid, comm] = count(); } */
BODY(count_pid_comm)
{
	struct pid_comm key = { .pid = bpf_get_current_pid_tgid() >> 32 };

	read_comm(&key.comm);
	add(&by_pid_comm, &key);
	return 0;
}

/* { @[args.id] = count(); } */
BODY(count_id)
{
	__u64 key = ctx->args[1];

	add(&by_number, &key);
	return 0;
}

/* /pid == N/ { @ = count(); } */
BODY(pid_hit)
{
	if (bpf_get_current_pid_tgid() >> 32 == wanted_pid)
		count();
	return 0;
}

/* /pid == 1/ { @ = count(); } */
BODY(pid_miss)
{
	if (bpf_get_current_pid_tgid() >> 32 == 1)
		count();
	return 0;
}

/* /comm == "load"/ { @ = count(); } */
BODY(comm_equal)
{
	struct comm name;

	read_comm(&name);
	if (name.words[0] << 24 == 0x64616f6c000000) /* "load" and its NUL */
		count();
	return 0;
}

/* { @ = hist(args.id); } */
BODY(hist_id)
{
	__s64 value = ctx->args[1];
	__u64 rest = value;
	__u32 index = 0;
	__u64 *bucket;

	if (value >= 0) {
		index = 1;
#pragma unroll
		for (int shift = 32; shift; shift >>= 1) {
			if (rest >> shift) {
				rest >>= shift;
				index += shift;
			}
		}
		index += rest != 0;
	}
	bucket = bpf_map_lookup_elem(&buckets, &index);
	if (bucket)
		*bucket += 1;
	return 0;
}

char licence[] SEC("license") = "GPL";
