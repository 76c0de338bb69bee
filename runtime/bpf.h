/*
 * bpf(2), one thin call for each command that is used.
 *
 * libbpf's calls of the same names first probe what the kernel knows by
 * loading programs of their own, which costs more than our start may; and
 * Debian's libbpf and headers are older than some fields.  All give a file
 * descriptor or 0, or -errno.
 */
#ifndef RUNTIME_BPF_H
#define RUNTIME_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

struct bpf_map_spec {
	const char *name;
	uint32_t type, key_size, value_size, max_entries, flags;
};

int bpf_create_map(const struct bpf_map_spec *spec);
int bpf_lookup(int map, const void *key, void *value);
int bpf_update(int map, const void *key, const void *value);
int bpf_delete(int map, const void *key);
int bpf_next_key(int map, const void *key, void *next_key);

/* Up to *count elements after the place `in` (NULL: the start); the place reached goes to `out`.
 * -ENOENT with *count elements when they were the last. */
int bpf_lookup_batch(int map, const void *in, void *out, void *keys, void *values, uint32_t *count);

int bpf_load_btf(const void *btf, uint32_t size);

struct bpf_program_spec {
	const char *name, *license;
	uint32_t type, attach_type, attach_btf_id;
	int attach_btf; /* BTF of the module, or the program, that the id is of; 0: the kernel's */
	const struct bpf_insn *insns;
	uint32_t insn_count;
	int btf; /* -1: none; then no infos */
	const struct bpf_func_info *func_infos;
	uint32_t func_info_count;
	const struct bpf_line_info *line_infos;
	uint32_t line_info_count;
	char *log; /* NULL: none is written */
	uint32_t log_size;
};

int bpf_load_program(const struct bpf_program_spec *spec);

/* Runs a raw-tracepoint program once in this process, which is its current task. */
int bpf_run_here(int program, uint32_t *ret_value);

/* `name` NULL: a program that names its BTF type itself.  A cookie of 0 asks for none. */
int bpf_attach_raw_tracepoint(int program, const char *name, uint64_t cookie);
int bpf_attach_perf_event(int program, int perf_event, uint64_t cookie);

/* Since Linux 6.10; the headers we build with are older. */
enum { TRACE_KPROBE_SESSION = 56 /* BPF_TRACE_KPROBE_SESSION */ };

struct bpf_kprobe_spec {
	const char *const *symbols;
	const uint64_t *cookies;
	uint32_t count;
	bool on_return;
	bool is_session; /* both; the program was loaded for TRACE_KPROBE_SESSION */
};

/* One link on all the functions. */
int bpf_attach_kprobes(int program, const struct bpf_kprobe_spec *spec);

/* An iterator's link, and the file in which it runs when it is read. */
struct bpf_iterator_spec {
	uint32_t pid;	    /* only what belongs to it; 0: to all */
	bool is_of_cgroups; /* which want an order: all, parents first */
};

int bpf_attach_iterator(int program, const struct bpf_iterator_spec *spec);
int bpf_open_iterator(int link);

/* Keeps what the descriptor stands for under a path of a bpf file system. */
int bpf_pin(int fd, const char *path);

/* While the descriptor is open the kernel measures the time that programs take. */
int bpf_enable_stats(void);
uint64_t bpf_run_time(int program); /* in ns; 0 when it is not known */

/* Times the kernel left a program out because one was running; 0 where it does not count them. */
uint64_t bpf_missed_runs(int program);
uint64_t bpf_missed_by_link(int link); /* the same before any program: of kprobes in kprobes */

/* The program after *id of all that are loaded; -ENOENT after the last. */
int bpf_next_program(uint32_t *id);
int bpf_program_by_id(uint32_t id);

struct bpf_program_facts {
	uint32_t type, btf; /* BTF's id, 0: none */
	struct bpf_func_info *functions; /* the caller's, with room for `function_count` */
	uint32_t function_count; /* then: how many there are */
};

int bpf_program_facts(int program, struct bpf_program_facts *facts);

/* Where the code of a program's functions lies, and how long it is; gives their number.  0 without the
 * right to know. */
uint32_t bpf_program_code(int program, uint64_t *starts, uint32_t *sizes, uint32_t most);

/* Reads the BTF with that id; *size is the room in `data`, then the size it has. */
int bpf_read_btf(uint32_t id, void *data, uint32_t *size);

/* Descriptor of a module's BTF, to attach to what is in it. */
int bpf_module_btf(const char *module);

/* Since Linux 6.6; the headers we build with are older. */
enum { TRACE_UPROBE_MULTI = 48 /* BPF_TRACE_UPROBE_MULTI */ };

struct bpf_uprobe_spec {
	const char *path;
	const uint64_t *offsets, *counters, *cookies; /* counters NULL: there are none */
	uint32_t count;
	bool on_return;
	uint32_t pid; /* 0: all processes */
};

/* One link on all the offsets. */
int bpf_attach_uprobes(int program, const struct bpf_uprobe_spec *spec);

#endif
