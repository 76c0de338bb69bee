/*
 * What the running kernel can do, in the words of the reference, which test
 * engines look for.  Nothing here decides what the compiler emits.
 */
#include "runtime/host/info.h"

#include <dirent.h>
#include <linux/bpf.h>
#include <linux/version.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/bpf.h"
#include "runtime/host/host.h"

enum { COLUMN = 33, LOG_SIZE = 4096 };

static const struct {
	const char *name;
	enum bpf_func_id helper;
} helpers[] = {
	{ "probe_read", BPF_FUNC_probe_read },
	{ "probe_read_str", BPF_FUNC_probe_read_str },
	{ "probe_read_user", BPF_FUNC_probe_read_user },
	{ "probe_read_user_str", BPF_FUNC_probe_read_user_str },
	{ "probe_read_kernel", BPF_FUNC_probe_read_kernel },
	{ "probe_read_kernel_str", BPF_FUNC_probe_read_kernel_str },
	{ "get_current_cgroup_id", BPF_FUNC_get_current_cgroup_id },
	{ "send_signal", BPF_FUNC_send_signal },
	{ "override_return", BPF_FUNC_override_return },
	{ "get_boot_ns", BPF_FUNC_ktime_get_boot_ns },
	{ "dpath", BPF_FUNC_d_path },
	{ "skboutput", BPF_FUNC_skb_output },
	{ "get_tai_ns", BPF_FUNC_ktime_get_tai_ns },
	{ "get_func_ip", BPF_FUNC_get_func_ip },
	{ "jiffies64", BPF_FUNC_jiffies64 },
	{ "for_each_map_elem", BPF_FUNC_for_each_map_elem },
	{ "get_ns_current_pid_tgid", BPF_FUNC_get_ns_current_pid_tgid },
	{ "lookup_percpu_elem", BPF_FUNC_map_lookup_percpu_elem },
	{ "ringbuf_reserve", BPF_FUNC_ringbuf_reserve },
	{ "loop", BPF_FUNC_loop },
};

/* Two columns of "name: yes". */
struct columns {
	struct strbuf *out;
	unsigned count;
};

static void put(struct columns *columns, const char *name, const char *answer)
{
	size_t start = columns->out->length, width;

	if (columns->count % 2 == 0)
		strbuf_puts(columns->out, "  ");
	start = columns->out->length;
	strbuf_printf(columns->out, "%s: %s", name, answer);
	width = columns->out->length - start;
	if (columns->count++ % 2)
		strbuf_putc(columns->out, '\n');
	else
		strbuf_fill(columns->out, ' ', width < COLUMN ? COLUMN - width : 1);
}

static void put_bool(struct columns *columns, const char *name, bool answer)
{
	put(columns, name, answer ? "yes" : "no");
}

/* The end of a section: no blanks at the end of its last line. */
static void end(struct columns *columns, bool is_last)
{
	struct strbuf *out = columns->out;

	if (columns->count % 2) {
		while (out->length && out->text[out->length - 1] == ' ')
			out->text[--out->length] = '\0';
		strbuf_putc(out, '\n');
	}
	if (!is_last)
		strbuf_putc(out, '\n');
	columns->count = 0;
}

static int try_load(uint32_t type, const struct bpf_insn *insns, uint32_t count, char *log)
{
	const struct bpf_program_spec program = {
		.name = "probe", .license = "GPL", .type = type, .insns = insns,
		.insn_count = count, .btf = -1, .log = log, .log_size = LOG_SIZE,
	};
	int fd = bpf_load_program(&program);

	if (fd >= 0)
		close(fd);
	return fd;
}

static bool has_program_type(uint32_t type)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char log[LOG_SIZE] = "";

	return try_load(type, insns, ARRAY_SIZE(insns), log) >= 0;
}

/* Programs of the type are for uprobes, too. */
static bool has_kprobes(void)
{
	return has_program_type(BPF_PROG_TYPE_KPROBE) &&
	       !access("/sys/bus/event_source/devices/kprobe/type", F_OK);
}

/* Kernels with BTF may refuse it all the same, when a program is loaded for a function. */
static bool has_fentry(const struct target *target)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct bpf_program_spec program = {
		.name = "probe", .license = "GPL", .type = BPF_PROG_TYPE_TRACING,
		.attach_type = BPF_TRACE_FENTRY, .insns = insns, .insn_count = ARRAY_SIZE(insns),
		.btf = -1, .attach_btf_id = target_function_id(target, "vfs_read"),
	};
	int fd = program.attach_btf_id ? bpf_load_program(&program) : -1;

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A call without arguments is refused in any case; what counts is why. */
static bool knows_helper(enum bpf_func_id helper)
{
	static const char *const unknown[] = { "invalid func ", "unknown func ",
					       "cannot use helper" };
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = (int32_t)helper },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char log[LOG_SIZE] = "";
	size_t i;

	try_load(BPF_PROG_TYPE_KPROBE, insns, ARRAY_SIZE(insns), log);
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		if (strstr(log, unknown[i]))
			return false;
	return true;
}

/* d_path is for tracing programs only, which take a function to be loaded for. */
static bool has_helper(const struct target *target, enum bpf_func_id helper)
{
	if (helper == BPF_FUNC_d_path)
		return target->kernel_version >= KERNEL_VERSION(5, 10, 0) &&
		       target_has(target, FEATURE_TP_BTF);
	if (helper == BPF_FUNC_skb_output)
		return target->kernel_version >= KERNEL_VERSION(5, 5, 0) &&
		       target_has(target, FEATURE_TP_BTF);
	return knows_helper(helper);
}

static bool has_btf(void)
{
	return !access("/sys/kernel/btf/vmlinux", R_OK);
}

static bool has_module_btf(const struct target *target)
{
	DIR *folder = opendir("/sys/kernel/btf");
	struct dirent *entry;
	bool found = false;

	while (folder && (entry = readdir(folder)))
		found |= entry->d_name[0] != '.' && strcmp(entry->d_name, "vmlinux") != 0;
	if (folder)
		closedir(folder);
	return found || (has_btf() && target->kernel_version >= KERNEL_VERSION(5, 11, 0));
}

static void put_system(struct strbuf *out, const char *version)
{
	struct utsname uts;

	uname(&uts);
	strbuf_printf(out, "System\n  OS: %s %s %s\n  Arch: %s\n\n", uts.sysname, uts.release,
		      uts.version, uts.machine);
	strbuf_printf(out, "Build\n  version: %s\n  LLVM: none\n", version);
	/* What wrappers ask for by these names: DWARF, which the tool reads itself, and stacks that
	 * carry lines without being told to. */
	strbuf_puts(out, "  libdw (DWARF support): yes\n"
			 "  blazesym (advanced symbolization): no\n\n");
}

static void put_features(struct columns *columns, const struct target *target)
{
	strbuf_puts(columns->out, "Kernel features\n");
	put(columns, "Instruction limit",
	    target->kernel_version >= KERNEL_VERSION(5, 2, 0) ? "1000000" : "4096");
	put_bool(columns, "btf", has_btf());
	put_bool(columns, "module btf", has_module_btf(target));
	put_bool(columns, "map batch", target->kernel_version >= KERNEL_VERSION(5, 6, 0));
	put_bool(columns, "ringbuf", target_has(target, FEATURE_RINGBUF));
	put_bool(columns, "perf_link", target_has(target, FEATURE_PERF_LINK));
	put_bool(columns, "raw_tp_cookie", target_has(target, FEATURE_RAW_TP_COOKIE));
	put_bool(columns, "may_goto", target_has(target, FEATURE_MAY_GOTO));
	end(columns, false);
}

static void put_probe_types(struct columns *columns, const struct target *target)
{
	strbuf_puts(columns->out, "Probe types\n");
	put_bool(columns, "kprobe", has_kprobes());
	put_bool(columns, "tracepoint", has_program_type(BPF_PROG_TYPE_TRACEPOINT));
	put_bool(columns, "perf_event", has_program_type(BPF_PROG_TYPE_PERF_EVENT));
	put_bool(columns, "fentry", has_fentry(target));
	put_bool(columns, "raw_tp", has_program_type(BPF_PROG_TYPE_RAW_TRACEPOINT));
	put_bool(columns, "kprobe_multi", target_has(target, FEATURE_KPROBE_MULTI));
	put_bool(columns, "kprobe_session", target_has(target, FEATURE_KPROBE_SESSION));
	put_bool(columns, "uprobe_multi", target_has(target, FEATURE_UPROBE_MULTI));
	put_bool(columns, "iter",
		 has_btf() && target->kernel_version >= KERNEL_VERSION(5, 8, 0));
	end(columns, true);
}

void host_info(const struct target *target, const char *version, struct strbuf *out)
{
	struct columns columns = { .out = out };
	size_t i;

	put_system(out, version);
	strbuf_puts(out, "Kernel helpers\n");
	for (i = 0; i < ARRAY_SIZE(helpers); i++)
		put_bool(&columns, helpers[i].name, has_helper(target, helpers[i].helper));
	end(&columns, false);
	put_features(&columns, target);
	put_probe_types(&columns, target);
}
