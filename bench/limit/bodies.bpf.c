/*
 * The yardstick for events: what hand-written C costs for the same body.
 *
 * One program for each body that bench/run knows, named as there; the script
 * it stands for is in the comment.  All hang on the raw tracepoint sys_enter.
 */
#include <linux/bpf.h>
#include <asm/ptrace.h>
#include <asm/unistd_64.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

enum {
	ENTRIES = 4096,
	MANY_ENTRIES = 2 << 20,
	HIST_BUCKETS = 66,
	LHIST_BUCKETS = 52,
	KERNEL_FRAMES = 8,
	USER_FRAMES = 5,
	PATH_BYTES = 64, /* of a path that is a key */
	RING_BYTES = 4 << 20,
};

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
#define PERCPU_ARRAY(name, value_type, count) \
	struct { \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, count); \
		__type(key, __u32); \
		__type(value, value_type); \
	} name SEC(".maps")

struct kernel_stack {
	__u64 count, frames[KERNEL_FRAMES];
};

struct user_stack {
	__u32 pid, count;
	__u64 frames[USER_FRAMES];
};

struct path {
	char text[PATH_BYTES];
};

struct summary {
	__s64 sum, count, min, max;
};

/* What a line of the printf bodies is made of; limit/output.c knows it too. */
struct line {
	__u32 pid;
	struct comm comm;
};

PERCPU_HASH(by_comm, struct comm);
PERCPU_HASH(by_pid_comm, struct pid_comm);
PERCPU_HASH(by_number, __u64);
PERCPU_HASH(by_kernel_stack, struct kernel_stack);
PERCPU_HASH(by_user_stack, struct user_stack);
PERCPU_HASH(by_path, struct path);
PERCPU_ARRAY(one, __u64, 1);
PERCPU_ARRAY(buckets, __u64, HIST_BUCKETS);
PERCPU_ARRAY(linear_buckets, __u64, LHIST_BUCKETS);
PERCPU_ARRAY(summaries, struct summary, 1);

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} started SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MANY_ENTRIES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u64);
} by_time SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} ring SEC(".maps");

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

static __always_inline __u32 log2_bucket(__s64 value)
{
	__u64 rest = value;
	__u32 index = 1;

	if (value < 0)
		return 0;
#pragma unroll
	for (int shift = 32; shift; shift >>= 1) {
		if (rest >> shift) {
			rest >>= shift;
			index += shift;
		}
	}
	return index + (rest != 0);
}

static __always_inline void add_to_bucket(void *map, __u32 index)
{
	__u64 *bucket = bpf_map_lookup_elem(map, &index);

	if (bucket)
		*bucket += 1;
}

/* /strncmp(comm, "load", 4) == 0/ { @ = count(); } */
BODY(comm_begins)
{
	struct comm name;

	read_comm(&name);
	if ((__u32)name.words[0] == 0x64616f6c)
		count();
	return 0;
}

/* { @ = hist(args.id); } */
BODY(hist_id)
{
	add_to_bucket(&buckets, log2_bucket(ctx->args[1]));
	return 0;
}

/* { @ = lhist(args.id, 0, 500, 10); } */
BODY(lhist_id)
{
	__s64 value = ctx->args[1];
	__u32 index = value < 0 ? 0 : value >= 500 ? LHIST_BUCKETS - 1 : 1 + (__u64)value / 10;

	add_to_bucket(&linear_buckets, index);
	return 0;
}

/* { @a = sum(args.id); @b = avg(args.id); @c = min(args.id); @d = max(args.id); @e = stats(args.id); } */
BODY(summaries_id)
{
	__s64 value = ctx->args[1];
	__u32 zero = 0;
	struct summary *summary = bpf_map_lookup_elem(&summaries, &zero);

	if (!summary)
		return 0;
	summary->sum += value;
	if (!summary->count || value < summary->min)
		summary->min = value;
	if (!summary->count || value > summary->max)
		summary->max = value;
	summary->count += 1;
	return 0;
}

/* { @start[tid] = nsecs; }, and latency_exit: /@start[tid]/ { @ = hist(nsecs - @start[tid]); delete(@start[tid]); } */
BODY(latency)
{
	__u64 *start = bpf_task_storage_get(&started, bpf_get_current_task_btf(), NULL,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (start)
		*start = bpf_ktime_get_ns();
	return 0;
}

SEC("raw_tp/sys_exit")
int latency_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 *start = bpf_task_storage_get(&started, bpf_get_current_task_btf(), NULL, 0);

	if (start && *start) {
		add_to_bucket(&buckets, log2_bucket(bpf_ktime_get_ns() - *start));
		*start = 0;
	}
	return 0;
}

/* { @[kstack(8)] = count(); } */
BODY(kernel_stack)
{
	struct kernel_stack key = { 0 };
	long size = bpf_get_stack(ctx, key.frames, sizeof(key.frames), 0);

	key.count = size < 0 ? 0 : (__u64)size / 8;
	add(&by_kernel_stack, &key);
	return 0;
}

/* { @[ustack(5)] = count(); } */
BODY(user_stack)
{
	struct user_stack key = { .pid = bpf_get_current_pid_tgid() >> 32 };
	long size = bpf_get_stack(ctx, key.frames, sizeof(key.frames), BPF_F_USER_STACK);

	key.count = size < 0 ? 0 : (__u64)size / 8;
	add(&by_user_stack, &key);
	return 0;
}

/* tracepoint:syscalls:sys_enter_openat { @[str(args.filename)] = count(); } */
BODY(count_path)
{
	struct pt_regs *regs = (void *)ctx->args[0];
	struct path key = { 0 };
	const void *path;

	if (ctx->args[1] != __NR_openat)
		return 0;
	bpf_probe_read_kernel(&path, sizeof(path), &PT_REGS_PARM2(regs));
	bpf_probe_read_user_str(&key, sizeof(key), path);
	add(&by_path, &key);
	return 0;
}

static __always_inline void send_line(void)
{
	struct line *line = bpf_ringbuf_reserve(&ring, sizeof(*line), 0);
	struct comm name;

	if (!line)
		return;
	line->pid = bpf_get_current_pid_tgid() >> 32;
	read_comm(&name);
	__builtin_memcpy(&line->comm, &name, sizeof(name));
	bpf_ringbuf_submit(line, BPF_RB_NO_WAKEUP); /* the reader looks by itself */
}

/* { printf("%d %s\n", pid, comm); } */
BODY(print_line)
{
	send_line();
	return 0;
}

/* tracepoint:syscalls:sys_enter_getppid { printf("%d %s\n", pid, comm); } */
BODY(flood)
{
	if (ctx->args[1] == __NR_getppid)
		send_line();
	return 0;
}

/* tracepoint:syscalls:sys_enter_getppid { @[nsecs] = count(); } */
BODY(keys)
{
	__u64 key = bpf_ktime_get_ns();

	if (ctx->args[1] == __NR_getppid)
		add(&by_time, &key);
	return 0;
}

/* uprobe:load:traced_function { } */
SEC("uprobe")
int user_empty(void *ctx)
{
	return 0;
}

/* uprobe:load:traced_function { @ = count(); } */
SEC("uprobe")
int user_function(void *ctx)
{
	count();
	return 0;
}

/* uretprobe:load:traced_function { @ = count(); } */
SEC("uretprobe")
int user_return(void *ctx)
{
	count();
	return 0;
}

char licence[] SEC("license") = "GPL";
