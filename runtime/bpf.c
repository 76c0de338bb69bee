/*
 * The bpf(2) system call.  Which fields a kernel knows is why each call passes
 * just the part of the attributes that it uses.
 */
#include "runtime/bpf.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/compiler.h"

/* The kernel takes a shorter attr than its own, so each call passes just what it uses. */
#define ATTR_SIZE(last) (offsetofend(union bpf_attr, last))
#define offsetofend(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/* Of BPF_RAW_TRACEPOINT_OPEN since Linux 6.10; the headers we build with are older. */
struct raw_tracepoint_attr {
	uint64_t name;
	uint32_t prog_fd, padding;
	uint64_t cookie;
};

static int bpf(enum bpf_cmd command, const void *attr, size_t size)
{
	long ret = syscall(SYS_bpf, command, attr, size);

	return ret < 0 ? -errno : (int)ret;
}

static uint64_t address(const void *pointer)
{
	return (uintptr_t)pointer;
}

/* The kernel refuses names with other characters than these. */
static void set_name(char *to, const char *name)
{
	size_t i;

	for (i = 0; i < BPF_OBJ_NAME_LEN - 1 && name[i]; i++) {
		char c = name[i];
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '_' || c == '.';

		to[i] = fine ? c : '_';
	}
}

int bpf_create_map(const struct bpf_map_spec *spec)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = spec->type;
	attr.key_size = spec->key_size;
	attr.value_size = spec->value_size;
	attr.max_entries = spec->max_entries;
	attr.map_flags = spec->flags;
	set_name(attr.map_name, spec->name);
	return bpf(BPF_MAP_CREATE, &attr, ATTR_SIZE(map_name));
}

static int element(enum bpf_cmd command, int map, const void *key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = address(key);
	attr.value = address(value);
	return bpf(command, &attr, ATTR_SIZE(flags));
}

int bpf_lookup(int map, const void *key, void *value)
{
	return element(BPF_MAP_LOOKUP_ELEM, map, key, value);
}

int bpf_update(int map, const void *key, const void *value)
{
	return element(BPF_MAP_UPDATE_ELEM, map, key, value);
}

int bpf_delete(int map, const void *key)
{
	return element(BPF_MAP_DELETE_ELEM, map, key, NULL);
}

int bpf_next_key(int map, const void *key, void *next_key)
{
	return element(BPF_MAP_GET_NEXT_KEY, map, key, next_key);
}

int bpf_lookup_batch(int map, const void *in, void *out, void *keys, void *values, uint32_t *count)
{
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = (uint32_t)map;
	attr.batch.in_batch = address(in);
	attr.batch.out_batch = address(out);
	attr.batch.keys = address(keys);
	attr.batch.values = address(values);
	attr.batch.count = *count;
	ret = bpf(BPF_MAP_LOOKUP_BATCH, &attr, ATTR_SIZE(batch.flags));
	*count = attr.batch.count;
	return ret;
}

int bpf_load_btf(const void *btf, uint32_t size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = address(btf);
	attr.btf_size = size;
	return bpf(BPF_BTF_LOAD, &attr, ATTR_SIZE(btf_log_level));
}

int bpf_load_program(const struct bpf_program_spec *spec)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = spec->type;
	attr.expected_attach_type = spec->attach_type;
	attr.attach_btf_id = spec->attach_btf_id;
	attr.attach_btf_obj_fd = (uint32_t)spec->attach_btf;
	attr.insns = address(spec->insns);
	attr.insn_cnt = spec->insn_count;
	attr.license = address(spec->license);
	set_name(attr.prog_name, spec->name);
	if (spec->log) {
		attr.log_level = 1;
		attr.log_buf = address(spec->log);
		attr.log_size = spec->log_size;
	}
	if (spec->btf >= 0) {
		attr.prog_btf_fd = (uint32_t)spec->btf;
		attr.func_info_rec_size = sizeof(struct bpf_func_info);
		attr.func_info = address(spec->func_infos);
		attr.func_info_cnt = spec->func_info_count;
		attr.line_info_rec_size = sizeof(struct bpf_line_info);
		attr.line_info = address(spec->line_infos);
		attr.line_info_cnt = spec->line_info_count;
	}
	return bpf(BPF_PROG_LOAD, &attr, ATTR_SIZE(attach_prog_fd));
}

int bpf_run_here(int program, uint32_t *ret_value)
{
	/* A program may read any word of the context that a tracepoint could have. */
	static const uint64_t context[12];
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (uint32_t)program;
	attr.test.ctx_in = address(context);
	attr.test.ctx_size_in = sizeof(context);
	ret = bpf(BPF_PROG_TEST_RUN, &attr, ATTR_SIZE(test.batch_size));
	*ret_value = attr.test.retval;
	return ret;
}

int bpf_attach_raw_tracepoint(int program, const char *name, uint64_t cookie)
{
	struct raw_tracepoint_attr attr = { .name = address(name), .prog_fd = (uint32_t)program,
					    .cookie = cookie };

	return bpf(BPF_RAW_TRACEPOINT_OPEN, &attr,
		   cookie ? sizeof(attr) : offsetof(struct raw_tracepoint_attr, cookie));
}

int bpf_attach_perf_event(int program, int perf_event, uint64_t cookie)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.target_fd = (uint32_t)perf_event;
	attr.link_create.attach_type = BPF_PERF_EVENT;
	attr.link_create.perf_event.bpf_cookie = cookie;
	return bpf(BPF_LINK_CREATE, &attr, ATTR_SIZE(link_create.perf_event.bpf_cookie));
}

/* Of BPF_LINK_CREATE. */
struct uprobe_multi_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, counters, cookies;
	uint32_t count, uprobe_flags, pid, padding;
};

int bpf_attach_uprobes(int program, const struct bpf_uprobe_spec *spec)
{
	struct uprobe_multi_attr attr = {
		.prog_fd = (uint32_t)program,
		.attach_type = TRACE_UPROBE_MULTI,
		.path = address(spec->path),
		.offsets = address(spec->offsets),
		.counters = address(spec->counters),
		.cookies = address(spec->cookies),
		.count = spec->count,
		.uprobe_flags = spec->on_return,
		.pid = spec->pid,
	};

	return bpf(BPF_LINK_CREATE, &attr, offsetof(struct uprobe_multi_attr, padding));
}

int bpf_attach_kprobes(int program, const struct bpf_kprobe_spec *spec)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.attach_type = spec->is_session ? TRACE_KPROBE_SESSION : BPF_TRACE_KPROBE_MULTI;
	attr.link_create.kprobe_multi.syms = address(spec->symbols);
	attr.link_create.kprobe_multi.cookies = address(spec->cookies);
	attr.link_create.kprobe_multi.cnt = spec->count;
	attr.link_create.kprobe_multi.flags = !spec->is_session && spec->on_return ? BPF_F_KPROBE_MULTI_RETURN : 0;
	return bpf(BPF_LINK_CREATE, &attr, ATTR_SIZE(link_create.kprobe_multi.cookies));
}

int bpf_attach_iterator(int program, const struct bpf_iterator_spec *spec)
{
	enum { PARENTS_FIRST = 2 }; /* BPF_CGROUP_ITER_DESCENDANTS_PRE, since Linux 6.1 */
	/* As union bpf_iter_link_info: of objects that belong to tasks, of groups. */
	const struct { uint32_t tid, pid, pid_fd, reserved; } task = { .pid = spec->pid };
	const struct { uint32_t order, fd; uint64_t id; } cgroup = { .order = PARENTS_FIRST };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	if (spec->pid || spec->is_of_cgroups) {
		attr.link_create.iter_info = spec->pid ? address(&task) : address(&cgroup);
		attr.link_create.iter_info_len = sizeof(cgroup);
	}
	return bpf(BPF_LINK_CREATE, &attr, ATTR_SIZE(link_create.iter_info_len));
}

int bpf_pin(int fd, const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = address(path);
	attr.bpf_fd = (uint32_t)fd;
	return bpf(BPF_OBJ_PIN, &attr, ATTR_SIZE(file_flags));
}

int bpf_open_iterator(int link)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = (uint32_t)link;
	return bpf(BPF_ITER_CREATE, &attr, ATTR_SIZE(iter_create.flags));
}

/* The id after `id` of all BTF that is loaded; 0 after the last. */
static uint32_t next_btf(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = id;
	return bpf(BPF_BTF_GET_NEXT_ID, &attr, ATTR_SIZE(open_flags)) < 0 ? 0 : attr.next_id;
}

/* What the kernel tells of a program, link or BTF; `info` says what is wanted of it. */
static int object_info(int fd, void *info, size_t size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = (uint32_t)size;
	attr.info.info = address(info);
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, ATTR_SIZE(info));
}

static bool btf_is_of_module(int fd, const char *module)
{
	char name[64] = "";
	struct bpf_btf_info info = { .name = address(name), .name_len = sizeof(name) };

	return object_info(fd, &info, sizeof(info)) >= 0 && info.kernel_btf &&
	       !strcmp(name, module);
}

int bpf_module_btf(const char *module)
{
	union bpf_attr attr;
	uint32_t id = 0;
	int fd = -ENOENT;

	while ((id = next_btf(id))) {
		memset(&attr, 0, sizeof(attr));
		attr.btf_id = id;
		fd = bpf(BPF_BTF_GET_FD_BY_ID, &attr, ATTR_SIZE(open_flags));
		if (fd < 0)
			continue; /* gone meanwhile, or not permitted */
		if (btf_is_of_module(fd, module))
			return fd;
		close(fd);
	}
	return fd == -EPERM ? fd : -ENOENT;
}

int bpf_enable_stats(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.enable_stats.type = BPF_STATS_RUN_TIME;
	return bpf(BPF_ENABLE_STATS, &attr, ATTR_SIZE(enable_stats.type));
}

int bpf_next_program(uint32_t *id)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = *id;
	err = bpf(BPF_PROG_GET_NEXT_ID, &attr, ATTR_SIZE(open_flags));
	if (!err)
		*id = attr.next_id;
	return err;
}

int bpf_program_by_id(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return bpf(BPF_PROG_GET_FD_BY_ID, &attr, ATTR_SIZE(open_flags));
}

int bpf_program_facts(int program, struct bpf_program_facts *facts)
{
	struct bpf_prog_info info = {
		.func_info = address(facts->functions),
		.func_info_rec_size = sizeof(*facts->functions),
		.nr_func_info = facts->function_count,
	};
	int err;

	err = object_info(program, &info, sizeof(info));
	if (err)
		return err;
	facts->type = info.type;
	facts->btf = info.btf_id;
	facts->function_count = info.nr_func_info;
	return 0;
}

uint32_t bpf_program_code(int program, uint64_t *starts, uint32_t *sizes, uint32_t most)
{
	struct bpf_prog_info info = {
		.jited_ksyms = address(starts),
		.nr_jited_ksyms = most,
		.jited_func_lens = address(sizes),
		.nr_jited_func_lens = most,
	};

	if (object_info(program, &info, sizeof(info)))
		return 0;
	return MIN(most, MIN(info.nr_jited_ksyms, info.nr_jited_func_lens));
}

int bpf_read_btf(uint32_t id, void *data, uint32_t *size)
{
	struct bpf_btf_info info = { .btf = address(data), .btf_size = *size };
	union bpf_attr attr;
	int fd, err;

	memset(&attr, 0, sizeof(attr));
	attr.btf_id = id;
	fd = bpf(BPF_BTF_GET_FD_BY_ID, &attr, ATTR_SIZE(open_flags));
	if (fd < 0)
		return fd;
	err = object_info(fd, &info, sizeof(info));
	close(fd);
	*size = info.btf_size;
	return err;
}

static bool program_info(int program, struct bpf_prog_info *ret_info)
{
	struct bpf_prog_info info = { 0 };

	if (object_info(program, &info, sizeof(info)) < 0)
		return false;
	*ret_info = info;
	return true;
}

uint64_t bpf_run_time(int program)
{
	struct bpf_prog_info info;

	return program_info(program, &info) ? info.run_time_ns : 0;
}

uint64_t bpf_missed_runs(int program)
{
	struct bpf_prog_info info;

	return program_info(program, &info) ? info.recursion_misses : 0;
}

/* What struct bpf_link_info begins with, as of Linux 6.7; our headers are older. */
struct link_info {
	uint32_t type, id, program, padding;
	union {
		struct {
			uint32_t type, padding;
			uint64_t function, name_size_and_offset, address, missed;
		} perf_event;
		struct {
			uint64_t addresses;
			uint32_t count, flags;
			uint64_t missed;
		} kprobe_multi;
	};
};

uint64_t bpf_missed_by_link(int link)
{
	enum { PERF_EVENT = 7, KPROBE_MULTI = 8, KPROBE = 3, KRETPROBE = 4 };
	struct link_info info = { 0 };

	if (object_info(link, &info, sizeof(info)) < 0)
		return 0;
	if (info.type == KPROBE_MULTI)
		return info.kprobe_multi.missed;
	if (info.type == PERF_EVENT &&
	    (info.perf_event.type == KPROBE || info.perf_event.type == KRETPROBE))
		return info.perf_event.missed;
	return 0;
}
