/*
 * Which kernel brought which feature, and what has to be tried.
 */
#include "runtime/host/features.h"

#include <errno.h>
#include <linux/version.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/bpf.h"
#include "runtime/host/host.h"

static const char *const names[] = {
#define X(id, text) [FEATURE_##id] = text,
	TARGET_FEATURES(X)
#undef X
};

/* The first kernel that has it. */
static uint32_t since(enum target_feature feature)
{
	switch (feature) {
	case FEATURE_TP_BTF:
		return KERNEL_VERSION(5, 5, 0);
	case FEATURE_RINGBUF:
		return KERNEL_VERSION(5, 8, 0);
	case FEATURE_TEST_RUN:
		return KERNEL_VERSION(5, 10, 0);
	case FEATURE_TASK_BTF:
		return KERNEL_VERSION(5, 11, 0);
	case FEATURE_ATOMIC_FETCH:
		return KERNEL_VERSION(5, 12, 0);
	case FEATURE_FOR_EACH:
		return KERNEL_VERSION(5, 13, 0);
	case FEATURE_PERF_LINK:
		return KERNEL_VERSION(5, 15, 0);
	case FEATURE_LOOP:
	case FEATURE_FUNC_ARG:
		return KERNEL_VERSION(5, 17, 0);
	case FEATURE_KPROBE_MULTI:
		return KERNEL_VERSION(5, 18, 0);
	case FEATURE_PERCPU_LOOKUP:
		return KERNEL_VERSION(5, 19, 0);
	case FEATURE_LAZY_ALLOC:
		return KERNEL_VERSION(6, 1, 0);
	case FEATURE_ISA_V4:
	case FEATURE_UPROBE_MULTI:
		return KERNEL_VERSION(6, 6, 0);
	case FEATURE_MAY_GOTO:
		return KERNEL_VERSION(6, 9, 0);
	case FEATURE_RAW_TP_COOKIE:
	case FEATURE_KPROBE_SESSION:
		return KERNEL_VERSION(6, 10, 0);
	case FEATURE_COMPAT_SYSCALLS:
		return 0;
	case FEATURE_COUNT:
		break;
	}
	unreachable();
}

bool feature_of_version(enum target_feature feature, uint32_t kernel_version)
{
	return kernel_version >= since(feature);
}

/*
 * Kernels that take features back from newer ones have uprobe.multi without the version; others
 * are built without.  One that knows it looks at the path, and "/" is no file.
 */
static bool has_uprobe_multi(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct bpf_program_spec program = {
		.name = "has_uprobes", .license = "GPL", .type = BPF_PROG_TYPE_KPROBE,
		.attach_type = TRACE_UPROBE_MULTI, .insns = insns, .insn_count = ARRAY_SIZE(insns),
		.btf = -1,
	};
	const uint64_t offset = 0;
	const struct bpf_uprobe_spec spec = { .path = "/", .offsets = &offset, .count = 1 };
	int fd = bpf_load_program(&program), err;

	if (fd < 0)
		return false;
	err = bpf_attach_uprobes(fd, &spec);
	close(fd);
	return err == -EBADF;
}

/* Debian's 6.1 has it not, whatever its version says.  One that knows it wants functions. */
static bool has_kprobe_multi(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct bpf_program_spec program = {
		.name = "has_kprobes", .license = "GPL", .type = BPF_PROG_TYPE_KPROBE,
		.attach_type = BPF_TRACE_KPROBE_MULTI, .insns = insns,
		.insn_count = ARRAY_SIZE(insns), .btf = -1,
	};
	int fd = bpf_load_program(&program), err;

	if (fd < 0)
		return false;
	err = bpf_attach_kprobes(fd, &(struct bpf_kprobe_spec){ 0 });
	close(fd);
	return err == -EINVAL;
}

enum { REFUSAL_LOG = 4096 };

/* Typed programs are loaded for a place: this one every kernel has. */
static uint32_t any_place(const struct target *target, uint32_t prog_type)
{
	return prog_type == BPF_PROG_TYPE_TRACING ? target_typedef_id(target, "btf_trace_sys_enter")
						  : 0;
}

bool host_may_call(const struct target *target, uint32_t prog_type, uint32_t function)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL,
		  .imm = (int32_t)function },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char log[REFUSAL_LOG] = "";
	const struct bpf_program_spec program = {
		.name = "may_call", .license = "GPL", .type = prog_type,
		.attach_type = prog_type == BPF_PROG_TYPE_TRACING ? BPF_TRACE_RAW_TP : 0,
		.attach_btf_id = any_place(target, prog_type), .insns = insns,
		.insn_count = ARRAY_SIZE(insns), .btf = -1, .log = log, .log_size = sizeof(log),
	};
	int fd = bpf_load_program(&program);

	if (fd >= 0) {
		close(fd);
		return true;
	}
	/* What it finds fault with is an argument then: so the call as such is allowed. */
	return strstr(log, ") call ") && !strstr(log, "is not allowed");
}

bool feature_of_host(enum target_feature feature, const struct target *target)
{
	if (feature == FEATURE_UPROBE_MULTI)
		return has_uprobe_multi();
	if (!feature_of_version(feature, target->kernel_version))
		return false;
	if (feature == FEATURE_KPROBE_MULTI)
		return has_kprobe_multi();
	if (feature == FEATURE_KPROBE_SESSION)
		return target->has(target, FEATURE_KPROBE_MULTI) &&
		       target_function_id(target, SESSION_IS_RETURN);
	if (feature == FEATURE_TP_BTF)
		return !access("/sys/kernel/btf/vmlinux", R_OK);
	/* The 32-bit emulation brings this setting with it; other architectures just check. */
	if (feature == FEATURE_COMPAT_SYSCALLS && sizeof(long) == 8) {
#ifdef __x86_64__
		return !access("/proc/sys/abi/vsyscall32", F_OK);
#endif
	}
	return true;
}

enum target_feature feature_find(const char *name)
{
	size_t i;

	for (i = 0; i < FEATURE_COUNT; i++)
		if (!strcmp(names[i], name))
			return (enum target_feature)i;
	return FEATURE_COUNT;
}
