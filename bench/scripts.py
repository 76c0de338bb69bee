"""The scripts whose cost is measured, each written once."""
from collections import namedtuple

BEGIN = "BEGIN { exit(); }"
MAIN_JOB = "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }"
ALL_CALLS = "tracepoint:syscalls:sys_enter_* { @[probe] = count(); }"
FLOOD = 'tracepoint:syscalls:sys_enter_getppid { printf("%d %s\\n", pid, comm); }'
KEYS = "tracepoint:syscalls:sys_enter_getppid { @[nsecs] = count(); }"
FIRST_LINE = 'tracepoint:syscalls:sys_enter_getppid /pid == PID/ { printf("x\\n"); }'
USER_FUNCTIONS = "uprobe:/lib/x86_64-linux-gnu/libc.so.6:str* { @[probe] = count(); }"

# Six probes in forty lines: what one writes who looks at a program for an afternoon.
FORTY_LINES = """\
BEGIN
{
	printf("Tracing reads and writes, Ctrl-C ends\\n");
	@bytes_in = 0;
	@bytes_out = 0;
}

tracepoint:syscalls:sys_enter_read,
tracepoint:syscalls:sys_enter_write
{
	@start[tid] = nsecs;
	@calls[comm, probe] = count();
}

tracepoint:syscalls:sys_exit_read
/@start[tid]/
{
	$took = nsecs - @start[tid];
	if (args.ret > 0) {
		@bytes_in += args.ret;
		@sizes[comm] = hist(args.ret);
	} else {
		@failed[comm, args.ret] = count();
	}
	@latency["read"] = hist($took / 1000);
	@slowest[comm] = max($took);
	delete(@start[tid]);
}

tracepoint:syscalls:sys_exit_write
/@start[tid]/
{
	@bytes_out += args.ret;
	@latency["write"] = hist((nsecs - @start[tid]) / 1000);
	delete(@start[tid]);
}

END
{
	clear(@start);
}
"""

Body = namedtuple("Body", "title script call", defaults=("getppid",))
ENTER = "tracepoint:raw_syscalls:sys_enter "
LATENCY = (ENTER + "{ @start[tid] = nsecs; } tracepoint:raw_syscalls:sys_exit /@start[tid]/ "
           "{ @ = hist(nsecs - @start[tid]); delete(@start[tid]); }")
SUMMARIES = "{ @a = sum(args.id); @b = avg(args.id); @c = min(args.id); @d = max(args.id); @e = stats(args.id); }"

# Bodies of events by the names that their programs have in limit/bodies.bpf.c.  PID is the
# load's, LOAD its program; `call` is what the load does, as the arguments of `load`.
EMPTY = {
    "empty": Body("", ENTER + "{ }"),
    "user_empty": Body("", "uprobe:LOAD:traced_function { }", "function"),
}
BODIES = {
    "count_all": Body("@ = count()", ENTER + "{ @ = count(); }"),
    "count_comm": Body("@[comm] = count()", ENTER + "{ @[comm] = count(); }"),
    "count_pid_comm": Body("@[pid, comm] = count()", ENTER + "{ @[pid, comm] = count(); }"),
    "count_id": Body("@[args.id] = count()", ENTER + "{ @[args.id] = count(); }"),
    "pid_hit": Body("/pid == N/, hit", ENTER + "/pid == PID/ { @ = count(); }"),
    "pid_miss": Body("/pid == 1/, miss", ENTER + "/pid == 1/ { @ = count(); }"),
    "comm_equal": Body('/comm == "load"/', ENTER + '/comm == "load"/ { @ = count(); }'),
    "comm_begins": Body('/strncmp(comm, "load", 4)', ENTER + '/strncmp(comm, "load", 4) == 0/ { @ = count(); }'),
    "hist_id": Body("hist(args.id)", ENTER + "{ @ = hist(args.id); }"),
    "lhist_id": Body("lhist(args.id, 0, 500, 10)", ENTER + "{ @ = lhist(args.id, 0, 500, 10); }"),
    "summaries_id": Body("sum avg min max stats", ENTER + SUMMARIES),
    "latency": Body("latency: @start[tid], hist", LATENCY),
    "kernel_stack": Body("@[kstack(8)] = count()", ENTER + "{ @[kstack(8)] = count(); }"),
    "user_stack": Body("@[ustack(5)] = count()", ENTER + "{ @[ustack(5)] = count(); }"),
    "count_path": Body("@[str(args.filename)]", "tracepoint:syscalls:sys_enter_openat { @[str(args.filename)] = count(); }",
                       "openat"),
    "print_line": Body("printf, 40k/s", ENTER + '{ printf("%d %s\\n", pid, comm); }', "getppid 40k/s"),
    "user_function": Body("uprobe count", "uprobe:LOAD:traced_function { @ = count(); }", "function"),
    "user_return": Body("uretprobe count", "uretprobe:LOAD:traced_function { @ = count(); }", "function"),
}
