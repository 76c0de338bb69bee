/*
 * Which kernel brought which feature, and what has to be tried.
 */
#include "runtime/host/features.h"

#include <linux/version.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"

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
	case FEATURE_RAW_TP_COOKIE:
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

bool feature_of_host(enum target_feature feature, uint32_t kernel_version)
{
	if (!feature_of_version(feature, kernel_version))
		return false;
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
