/*
 * Capabilities that tracing takes.
 */
#include "cli/privileges.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/output/report.h"

/* Newer than some headers. */
enum { OUR_CAP_PERFMON = 38, OUR_CAP_BPF = 39 };

static uint64_t effective_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

bool privileges_check(void)
{
	uint64_t capabilities = effective_capabilities();
	const char *missing = NULL;

	if (capabilities & 1ull << CAP_SYS_ADMIN)
		return true;
	if (!(capabilities & 1ull << OUR_CAP_BPF))
		missing = "CAP_BPF";
	else if (!(capabilities & 1ull << OUR_CAP_PERFMON))
		missing = "CAP_PERFMON";
	if (missing)
		report_error("Missing %s capability, please run bpfline as the root user.", missing);
	return !missing;
}
