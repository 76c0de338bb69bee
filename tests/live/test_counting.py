"""Against a load of known size: what happened N times is counted N times."""
import re

import pytest

from support import NAME, Load

THREADS, CALLS = 8, 20000


@pytest.fixture(autouse=True)
def needs_bpf(live):
    """All tests here load programs."""


@pytest.mark.parametrize("mechanism", ["", "--attach=syscalls", "--attach=perf"])
def test_every_mechanism_counts_the_same(bpfline, mechanism):
    result = bpfline.count('tracepoint:syscalls:sys_enter_getppid /comm == "NAME"/ { @enter = count(); } '
                           'tracepoint:syscalls:sys_exit_getppid /comm == "NAME"/ { @exit = count(); }',
                           "getppid 5000", *([mechanism] if mechanism else []))
    assert result.maps == {"@enter": "5000", "@exit": "5000"}
    assert result.status == 0


UPDATES = {
    "count": "@ = count();",
    "sum": "@ = sum(1);",
    "increment of a scalar": "@++;",
    "increment before the value": "++@;",
    "adding to a scalar": "@ += 1;",
}
KEYED = {
    "count": "@[1] = count();",
    "sum": "@[1] = sum(1);",
    "increment of an element": "@[1]++;",
    "adding to an element": "@[1] += 1;",
    "decrement": "@[1]--;",
}


@pytest.mark.parametrize("what", UPDATES)
def test_threads_lose_nothing_in_a_scalar(bpfline, what):
    result = count_threads(bpfline, UPDATES[what])
    assert result.maps == {"@": str(THREADS * CALLS)}


@pytest.mark.parametrize("what", KEYED)
def test_threads_lose_nothing_in_an_element(bpfline, what):
    result = count_threads(bpfline, KEYED[what])
    sign = "-" if what == "decrement" else ""
    assert result.maps == {"@[1]": sign + str(THREADS * CALLS)}


def count_threads(bpfline, update):
    return bpfline.count('tracepoint:syscalls:sys_enter_getppid /strncmp(comm, "NAME", 8) == 0/ { %s }' % update,
                         "-t %d getppid %d" % (THREADS, CALLS))


def test_every_thread_by_its_name(bpfline):
    result = bpfline.count("tracepoint:syscalls:sys_enter_getppid { @[comm] = count(); }", "-t 4 getppid 3000")
    assert {k: v for k, v in result.maps.items() if NAME in k} == {
        "@[%s%d]" % (NAME, i): "3000" for i in range(4)}


def test_predicate_on_the_pid(bpfline, load):
    with Load(load, "getppid", 4321) as one, Load(load, "getppid", 999) as other:
        with bpfline.start("tracepoint:raw_syscalls:sys_enter /pid == %d && args.id == 110/ "
                           "{ @ = count(); }" % one.pid) as tracer:
            one.go()
            other.go()
            result = tracer.stop()
    assert result.maps == {"@": "4321"}


def test_histogram_of_return_values(bpfline, load):
    """The issue's own line, with sizes 1, 2, 4 ... 512 read a hundred times each."""
    with Load(load, "doubling", 1000) as one:
        with bpfline.start("tracepoint:raw_syscalls:sys_exit /pid == %d/ { @ = hist(args.ret); }"
                           % one.pid) as tracer:
            one.go()
            result = tracer.stop()
    sizes = ["[1]", "[2, 4)", "[4, 8)", "[8, 16)", "[16, 32)", "[32, 64)", "[64, 128)", "[128, 256)",
             "[256, 512)", "[512, 1K)"]
    # The byte that starts the load is read too: one more of size 1.
    assert [result.buckets.get(size) for size in sizes] == [101] + [100] * 9


def test_arguments_of_system_calls(bpfline, load):
    with Load(load, "write", 10, 777) as one:
        with bpfline.start("tracepoint:syscalls:sys_enter_write /pid == %d/ "
                           "{ @count[args.count] = count(); @fd[args.fd > 0] = count(); } "
                           "tracepoint:syscalls:sys_exit_write /pid == %d/ { @ret[args.ret] = count(); }"
                           % (one.pid, one.pid)) as tracer:
            one.go()
            result = tracer.stop()
    assert result.maps == {"@count[777]": "10", "@fd[true]": "10", "@ret[777]": "10"}


def test_negative_return_values(bpfline, load):
    with Load(load, "close", 25) as one:
        with bpfline.start("tracepoint:syscalls:sys_exit_close /pid == %d && args.ret < 0/ "
                           "{ @[args.ret] = count(); @min = min(args.ret); @sum = sum(args.ret); }"
                           % one.pid) as tracer:
            one.go()
            result = tracer.stop()
    assert result.maps == {"@[-9]": "25", "@min": "-9", "@sum": "-225"}


def test_large_arguments_keep_their_bits(bpfline, load):
    with Load(load, "lseek", 3, 0x1122334455667788) as one:
        with bpfline.start('tracepoint:syscalls:sys_enter_lseek /pid == %d/ { printf("%%lx\\n", args.offset); }'
                           % one.pid) as tracer:
            one.go()
            result = tracer.stop()
    assert result.stdout.split() == ["1122334455667788"] * 3


def test_file_names_of_openat(bpfline):
    path = "/nowhere/" + "x" * 60
    result = bpfline.count('tracepoint:syscalls:sys_enter_openat /comm == "NAME"/ '
                           '{ printf("%s %s\\n", comm, str(args.filename)); }', "openat 4 " + path)
    assert result.stdout == "%s %s\n" % (NAME, path) * 4 + "\n\n"


def test_file_names_as_keys(bpfline, load):
    with Load(load, "openat", 6, "/nowhere/key") as one:
        with bpfline.start("tracepoint:syscalls:sys_enter_openat /pid == %d/ "
                           "{ @[str(args.filename)] = count(); }" % one.pid) as tracer:
            one.go()
            result = tracer.stop()
    assert result.maps == {"@[/nowhere/key]": "6"}


def test_wildcard_names_each_system_call(bpfline, load):
    with Load(load, "read", 40, 8) as one:
        with bpfline.start("tracepoint:syscalls:sys_enter_* /pid == %d/ { @[probe] = count(); }"
                           % one.pid) as tracer:
            one.go()
            result = tracer.stop()
    assert result.attached > 300
    # The read that starts the load was entered before we attached.
    assert result.maps["@[tracepoint:syscalls:sys_enter_read]"] == "40"


def test_a_list_of_system_calls(bpfline):
    result = bpfline.count('tracepoint:syscalls:sys_enter_getppid, tracepoint:syscalls:sys_enter_lseek '
                           '/comm == "NAME"/ { @[probe] = count(); }',
                           "lseek 12 0")
    assert result.maps == {"@[tracepoint:syscalls:sys_enter_lseek]": "12"}
    assert result.attached == 2


def test_two_probes_on_one_event_both_run(bpfline):
    result = bpfline.count('tracepoint:syscalls:sys_enter_getppid /comm == "NAME"/ { @a = count(); return; } '
                           'tracepoint:syscalls:sys_enter_getppid /comm == "NAME"/ { @b = count(); } '
                           'tracepoint:raw_syscalls:sys_enter /comm == "NAME" && args.id == 110/ { @c = count(); }',
                           "getppid 100")
    assert result.maps == {"@a": "100", "@b": "100", "@c": "100"}


def test_latency_by_two_probes(bpfline):
    result = bpfline.count('tracepoint:syscalls:sys_enter_getppid { @start[tid] = nsecs; } '
                           'tracepoint:syscalls:sys_exit_getppid /@start[tid]/ '
                           '{ @ns = hist(nsecs - @start[tid]); delete(@start[tid]); }',
                           "getppid 500")
    assert sum(result.buckets.values()) >= 500
    assert "(..., 0)" not in result.buckets


def test_raw_tracepoint(bpfline):
    result = bpfline.count('rawtracepoint:sys_enter /comm == "NAME" && args.id == 110/ { @a = count(); } '
                           'rawtracepoint:sys_enter /comm == "NAME" && arg1 == 110/ { @b = count(); }',
                           "getppid 300")
    assert result.maps == {"@a": "300", "@b": "300"}


def test_strings_of_tracepoints(bpfline):
    """__data_loc and char[] fields are strings."""
    result = bpfline.count('tracepoint:sched:sched_process_exec /pid == args.pid/ '
                           '{ @[args.filename] = count(); } '
                           'tracepoint:sched:sched_process_exit { @exit[args.comm] = count(); }',
                           "getppid 1")
    assert int(result.maps["@[%s]" % bpfline.load]) >= 1
    assert int(result.maps["@exit[%s]" % NAME]) == 1


def test_profile_samples_every_cpu(bpfline):
    """One second of two spinning threads at 99 Hz: each CPU gets about 99 samples, never many more."""
    result = bpfline.count("profile:hz:99 { @[cpu] = count(); @all = count(); }",
                           "-t 2 spin 1000")
    counts = [int(v) for k, v in result.maps.items() if k.startswith("@[")]
    assert counts and int(result.maps["@all"]) == sum(counts)
    assert max(counts) >= 50
    assert max(counts) <= 99 * result.seconds + 10


def test_software_event_counts_page_faults(bpfline):
    result = bpfline.count('software:page-faults:1 /comm == "NAME"/ { @ = count(); }',
                           "fault 500")
    assert 500 <= int(result.maps["@"]) <= 800


def test_interval_prints_and_clears(bpfline):
    result = bpfline.count('tracepoint:syscalls:sys_enter_getppid /comm == "NAME"/ { @ = count(); } '
                           'interval:ms:20 { print(@); clear(@); }',
                           "-t 2 getppid 3000000", timeout=60)
    printed = [int(n) for n in re.findall(r"^@: (\d+)$", result.stdout, re.MULTILINE)]
    assert len(printed) >= 2
    # clear() comes after print(): what arrives in between may be lost, never counted twice.
    assert sum(printed) <= 6000000


def test_interval_keeps_its_rate(bpfline):
    result = bpfline.script("interval:ms:10 { @ = count(); }", "-c", "sleep 1")
    assert 60 <= int(result.maps["@"]) <= 105


def test_only_the_process_of_p(bpfline, load):
    with Load(load, "getppid", 50) as one, Load(load, "getppid", 70) as other:
        with bpfline.start("tracepoint:syscalls:sys_enter_getppid { @[pid] = count(); }",
                           "-p", str(one.pid)) as tracer:
            other.go()
            one.go()
            result = tracer.wait()
    assert result.status == 0
    assert result.maps == {"@[%d]" % one.pid: "50"}


def test_printf_flood_is_complete_or_told(bpfline):
    """Every line is printed, or told as lost: the sum is what was sent."""
    result = bpfline.count('tracepoint:syscalls:sys_enter_getppid /comm == "NAME"/ { printf("line %d\\n", pid); }',
                           "getppid 300000", timeout=60)
    lines = len(re.findall(r"^line \d+$", result.stdout, re.MULTILINE))
    lost = sum(int(n) for n in re.findall(r"[Ll]ost(?: event count:)? (\d+)", result.stderr))
    assert lines + lost >= 300000, result.stderr
    assert lines <= 300000


def test_output_of_one_thread_keeps_its_order(bpfline):
    result = bpfline.count('tracepoint:syscalls:sys_enter_getppid /comm == "NAME"/ { printf("%d\\n", @n++); }',
                           "getppid 20000")
    numbers = [int(line) for line in result.stdout.splitlines() if line.isdigit()]
    assert numbers == sorted(numbers)
    assert len(numbers) == 20000 or "ost" in result.stderr
