/*
 * perf_event_open(2), and programs on what it gives.
 */
#include "runtime/probes/perf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/attacher.h"
#include "runtime/bpf.h"
#include "runtime/host/host.h"

enum { CPUS_MAX = 4096 };

static int perf_open(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	long fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static int explain(struct attacher *attacher, const char *what, int err)
{
	switch (-err) {
	case EACCES:
	case EPERM:
		attacher_explain(attacher,
				 "%s: not permitted; it takes root, or CAP_PERFMON and "
				 "kernel.perf_event_paranoid of at most 2",
				 what);
		break;
	case ENOENT:
	case EOPNOTSUPP:
		attacher_explain(attacher, "%s: this machine does not have it", what);
		break;
	case EMFILE:
		attacher_explain(attacher, "%s: too many open files; 'ulimit -n' raises the limit", what);
		break;
	case EINVAL:
		attacher_explain(attacher, "%s: the kernel takes the numbers for invalid", what);
		break;
	default:
		attacher_explain(attacher, "%s: %s", what, strerror(-err));
	}
	return err;
}

static int set_program(int event, int program)
{
	return ioctl(event, PERF_EVENT_IOC_SET_BPF, program) < 0 ? -errno : 0;
}

static int attach_on_cpu(struct attacher *attacher, int program, const struct perf_event_attr *attr,
			 pid_t pid, int cpu)
{
	int event = perf_open(attr, pid, cpu), err;

	if (event < 0)
		return explain(attacher, "perf event", event);
	err = set_program(event, program);
	if (err) {
		close(event);
		return explain(attacher, "program on a perf event", err);
	}
	attacher_hold(attacher, LINK_QUICK, event);
	return 0;
}

int perf_attach_software(struct attacher *attacher, int program, const struct software_event *event)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = event->config,
		.sample_period = event->period,
	};
	pid_t pid = -1;
	uint32_t cpus[CPUS_MAX];
	unsigned count, i;
	int err = 0;

	/* Only a child can be followed here, from its first instruction on, with all it starts; of
	 * a process that runs already the program compares the pid. */
	if (attacher->child && !event->one_cpu) {
		pid = (pid_t)attacher->child;
		attr.inherit = 1;
	}
	count = online_cpus(cpus, event->one_cpu ? 1 : CPUS_MAX);
	for (i = 0; i < count && !err; i++)
		err = attach_on_cpu(attacher, program, &attr, pid, (int)cpus[i]);
	return err;
}

/* The program runs for every CPU and task whatever the event was opened for: one is enough. */
int perf_attach_tracepoint(struct attacher *attacher, int program, uint32_t id, uint64_t cookie)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
		.sample_period = 1,
	};
	bool has_links = target_has(attacher->target, FEATURE_PERF_LINK);
	uint32_t cpu = 0;
	int event, link;

	online_cpus(&cpu, 1);
	event = perf_open(&attr, -1, (int)cpu);
	if (event < 0)
		return explain(attacher, "perf event of a tracepoint", event);
	link = has_links ? bpf_attach_perf_event(program, event, cookie) : set_program(event, program);
	if (link < 0) {
		close(event);
		return explain(attacher, "program on a tracepoint", link);
	}
	if (has_links)
		attacher_hold(attacher, LINK_SLOW, link);
	attacher_hold(attacher, has_links ? LINK_REMAIN : LINK_SLOW, event);
	return 0;
}
