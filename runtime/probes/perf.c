/*
 * perf_event_open(2), and programs on what it gives.
 */
#include "runtime/probes/perf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
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
		.type = event->is_hardware ? PERF_TYPE_HARDWARE : PERF_TYPE_SOFTWARE,
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
	if (event->is_hardware && (err == -ENOENT || err == -EOPNOTSUPP))
		attacher_explain(attacher, "this machine does not count that event: the processor has "
					   "no counter of it, or the virtual machine does not pass the "
					   "processor's counters on");
	return err;
}

static int explain_watchpoint(struct attacher *attacher, int err)
{
	switch (-err) {
	case ENOSPC:
		attacher_explain(attacher, "all debug registers of the processor are in use: it has few "
					   "(four on x86_64)");
		return err;
	case EINVAL:
		attacher_explain(attacher, "the processor takes no such watchpoint: the address has to be "
					   "a multiple of the length, in the memory of the %s, and x goes "
					   "with length 8",
				 attacher->pid || attacher->child ? "process" : "kernel");
		return err;
	case EPERM:
	case EACCES:
		attacher_explain(attacher, "not permitted: an address of the kernel takes root, one of a "
					   "process -p or -c");
		return err;
	default:
		return err;
	}
}

/* A thread that ends meanwhile is not missed. */
static int attach_to_threads(struct attacher *attacher, int program, struct perf_event_attr *attr,
			     uint32_t pid)
{
	char path[64];
	struct dirent *entry;
	int err = 0, count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		err = attach_on_cpu(attacher, program, attr, (pid_t)strtol(entry->d_name, NULL, 10), -1);
		count += !err;
		if (err == -ESRCH)
			err = 0;
	}
	closedir(dir);
	return err || count ? err : -ESRCH;
}

int perf_attach_watchpoint(struct attacher *attacher, int program,
			   const struct perf_watchpoint *watchpoint)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_addr = watchpoint->address,
		.bp_len = watchpoint->length,
		.bp_type = watchpoint->access,
		.sample_period = 1,
		.inherit = watchpoint->pid != 0,
	};
	uint32_t cpus[CPUS_MAX];
	unsigned count, i;
	int err = 0;

	if (watchpoint->pid) {
		err = attach_to_threads(attacher, program, &attr, watchpoint->pid);
	} else {
		count = online_cpus(cpus, CPUS_MAX);
		for (i = 0; i < count && !err; i++)
			err = attach_on_cpu(attacher, program, &attr, -1, (int)cpus[i]);
	}
	return err ? explain_watchpoint(attacher, err) : 0;
}

/* Puts the program on an event that runs it on every CPU: one is enough. */
static int attach_anywhere(struct attacher *attacher, int program, struct perf_event_attr *attr,
			   pid_t pid, uint64_t cookie, const char *what)
{
	bool has_links = target_has(attacher->target, FEATURE_PERF_LINK);
	uint32_t cpu = 0;
	int event, link;

	online_cpus(&cpu, 1);
	event = perf_open(attr, pid ? pid : -1, pid ? -1 : (int)cpu);
	if (event < 0)
		return explain(attacher, what, event);
	link = has_links ? bpf_attach_perf_event(program, event, cookie) : set_program(event, program);
	if (link < 0) {
		close(event);
		return explain(attacher, what, link);
	}
	if (has_links)
		attacher_hold(attacher, LINK_SLOW, link);
	attacher_hold(attacher, has_links ? LINK_REMAIN : LINK_SLOW, event);
	return 0;
}

/* The program runs for every task, too, whatever the event was opened for. */
int perf_attach_tracepoint(struct attacher *attacher, int program, uint32_t id, uint64_t cookie)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
		.sample_period = 1,
	};

	return attach_anywhere(attacher, program, &attr, 0, cookie, "perf event of a tracepoint");
}

/* The number that the kernel gave a kind of events; 0: it has none of them. */
static uint32_t event_source(const char *name)
{
	char path[128], text[16];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n < 0 ? 0 : n] = '\0';
	return (uint32_t)strtoul(text, NULL, 10);
}

int perf_attach_uprobe(struct attacher *attacher, int program, const struct perf_uprobe *uprobe)
{
	enum { RETURN = 1, COUNTER_SHIFT = 32 }; /* as .../uprobe/format tells */
	struct perf_event_attr attr = {
		.type = event_source("uprobe"),
		.size = sizeof(attr),
		.config = uprobe->counter << COUNTER_SHIFT | (uprobe->on_return ? RETURN : 0),
		.config1 = (uintptr_t)uprobe->path,
		.config2 = uprobe->offset,
	};

	if (!attr.type) {
		attacher_explain(attacher, "the kernel has no uprobes (CONFIG_UPROBE_EVENTS)");
		return -ENODEV;
	}
	if (uprobe->counter >> COUNTER_SHIFT) {
		attacher_explain(attacher, "the semaphore is too far into the file for this kernel");
		return -ERANGE;
	}
	return attach_anywhere(attacher, program, &attr, (pid_t)uprobe->pid, uprobe->cookie,
			       "perf event of a uprobe");
}

int perf_attach_kprobe(struct attacher *attacher, int program, const struct perf_kprobe *kprobe)
{
	struct perf_event_attr attr = {
		.type = event_source("kprobe"),
		.size = sizeof(attr),
		.config = kprobe->on_return, /* as .../kprobe/format tells */
		.config1 = (uintptr_t)kprobe->symbol,
		.config2 = kprobe->offset,
	};

	if (!attr.type) {
		attacher_explain(attacher, "the kernel has no kprobes: it was built without "
					   "CONFIG_KPROBE_EVENTS; 'bpfline -l' lists what else there is");
		return -ENODEV;
	}
	return attach_anywhere(attacher, program, &attr, 0, kprobe->cookie, "perf event of a kprobe");
}
