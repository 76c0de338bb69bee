/*
 * The types of the canned kernel: compiled to BTF when the tests are built.
 *
 * A kernel in small: the structs that scripts ask for most, at offsets that
 * are nobody's, and besides every shape that the reader of BTF must cope
 * with (bit fields, anonymous members, unions in structs, arrays of arrays,
 * enums, typedef chains, pointers to what is only declared).
 */
typedef unsigned char u8;
typedef signed char s8;
typedef unsigned short u16;
typedef short s16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned short umode_t;
typedef unsigned long size_t;
typedef _Bool bool;
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	uid_t val;
} kuid_t;

struct list_head {
	struct list_head *next, *prev;
};

struct thread_info {
	unsigned long flags;
	unsigned long syscall_work;
	u32 status;
	u32 cpu;
};

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip;
	union {
		u16 cs;
		u64 csx;
	};
	unsigned long flags;
	unsigned long sp;
	union {
		u16 ss;
		u64 ssx;
	};
};

struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;
		};
		u64 hash_len;
	};
	const unsigned char *name;
};

struct super_block;

struct inode {
	umode_t i_mode;
	kuid_t i_uid;
	unsigned long i_ino;
	s64 i_size;
	struct super_block *i_sb;
};

struct dentry {
	u32 d_flags;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	u8 d_iname[40];
};

struct vfsmount {
	struct dentry *mnt_root;
	int mnt_flags;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	atomic_t f_count;
	u32 f_flags;
	umode_t f_mode;
	s64 f_pos;
	struct path f_path;
	struct inode *f_inode;
};

struct mm_struct {
	atomic_t mm_users;
	unsigned long total_vm, locked_vm, data_vm;
	unsigned long start_code, end_code, arg_start, arg_end;
	struct file *exe_file;
};

struct cred {
	kuid_t uid, euid;
};

struct nsproxy;

struct task_struct {
	struct thread_info thread_info;
	u32 __state;
	void *stack;
	u32 flags;
	int on_rq;
	int prio, static_prio, normal_prio;
	u32 rt_priority;
	u32 sched_reset_on_fork : 1;
	u32 sched_contributes_to_load : 1;
	u32 sched_migrated : 1;
	u32 : 0;
	u32 in_execve : 1;
	u32 in_iowait : 1;
	u32 policy_bits : 5;
	s32 signed_bits : 4;
	unsigned long atomic_flags;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct list_head children;
	struct task_struct *group_leader;
	u64 utime, stime;
	unsigned long nvcsw, nivcsw;
	u64 start_time, start_boottime;
	const struct cred *cred;
	char comm[16];
	struct nsproxy *nsproxy;
	struct mm_struct *mm;
	int exit_state, exit_code, exit_signal;
	unsigned long numa_faults[2][3];
	u8 tail;
};

enum canned_state {
	CANNED_RUNNING,
	CANNED_SLEEPING = 1,
	CANNED_DEAD = 16,
	CANNED_ERROR = -5,
};

struct shapes {
	enum canned_state state;
	bool ready;
	s8 narrow;
	u16 words[4];
	s32 matrix[2][3];
	union {
		u64 whole;
		struct {
			u32 low, high;
		} half;
		u8 bytes[8];
	} either;
	struct {
		s16 inner;
		struct {
			u32 deepest;
		};
	};
	char name[12];
	const char *text;
	int (*callback)(void *data, int value);
	struct shapes *self;
	struct {
		u32 x;
	} many[3];
	char flexible[];
};

struct request;
struct request_queue;

struct sk_buff {
	struct sk_buff *next;
	void *dev;
	u32 len, data_len;
};

/*
 * Raw tracepoints, as a kernel's BTF shows them: a typedef that says which
 * exist, and a function whose parameters carry the names.
 */
#define RAW_TRACEPOINT(event, ...) \
	typedef void (*btf_trace_##event)(void *__data, __VA_ARGS__); \
	btf_trace_##event canned_##event; \
	void __bpf_trace_##event(void *__data, __VA_ARGS__) \
	{ \
	} \
	int __traceiter_##event(void *__data, __VA_ARGS__) \
	{ \
		return 0; \
	}

RAW_TRACEPOINT(sys_enter, struct pt_regs *regs, long id)
RAW_TRACEPOINT(sys_exit, struct pt_regs *regs, long ret)
RAW_TRACEPOINT(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	       unsigned int prev_state)
RAW_TRACEPOINT(sched_wakeup, struct task_struct *p)
RAW_TRACEPOINT(sched_process_exec, struct task_struct *p, pid_t old_pid, struct path *path)
RAW_TRACEPOINT(sched_process_exit, struct task_struct *p, bool group_dead)
RAW_TRACEPOINT(sched_process_fork, struct task_struct *parent, struct task_struct *child)
RAW_TRACEPOINT(block_rq_issue, struct request *rq)
RAW_TRACEPOINT(netif_receive_skb, struct sk_buff *skb)
RAW_TRACEPOINT(task_rename, struct task_struct *task, const char *comm)

/*
 * clang leaves a struct that is only pointed to as a declaration: one variable
 * of each that scripts look into.
 */
struct task_struct canned_task;
struct pt_regs canned_regs;
struct mm_struct canned_mm;
struct cred canned_cred;
struct file canned_file;
struct dentry canned_dentry;
struct inode canned_inode;
struct vfsmount canned_mount;
struct shapes canned_shapes;
size_t canned_size;
s64 canned_wide;

/* Functions: what fentry types and iterators find in BTF. */
s64 vfs_read(struct file *file, char *buf, size_t count, s64 *pos)
{
	return file && buf && pos ? (s64)count : 0;
}

s64 vfs_write(struct file *file, const char *buf, size_t count, s64 *pos)
{
	return file && buf && pos ? (s64)count : 0;
}

int vfs_open(const struct path *path, struct file *file)
{
	return path && file;
}

void vfs_forget(struct dentry *dentry, bool now)
{
	if (now)
		dentry->d_flags = 0;
}

struct span {
	u64 from, to;
};

bool span_holds(struct span span, u8 at)
{
	return span.from <= at && at < span.to;
}

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id;
	u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

int bpf_iter_task(struct bpf_iter_meta *meta, struct task_struct *task)
{
	return meta && task;
}

struct bpf_iter__task canned_iter_task;
struct bpf_iter_meta canned_iter_meta;

struct sock {
	u16 skc_family;
};

int tcp_connect(struct sock *sk)
{
	return sk && sk->skc_family;
}

int ip_rcv(struct sk_buff *skb, void *dev)
{
	return skb && skb->dev == dev && skb->len;
}

struct sk_buff *skb_clone(struct sk_buff *skb)
{
	return skb->next;
}

void _raw_spin_lock(u16 *lock)
{
	*lock = 1;
}
