"""The life of a run: signals, -c, -p, what is printed where, and that nothing stays behind."""
import json
import os
import re
import signal
import subprocess
import time

import pytest

from support import Load, environment

COUNT = "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }"


@pytest.fixture(autouse=True)
def needs_bpf(live):
    """All tests here load programs."""


def test_frame_of_a_run_byte_by_byte(bpfline):
    result = bpfline.script('begin { @hits = count(); @who[comm] = 7; printf("hi\\n") }', "-q")
    assert result.stdout == "hi\n\n\n@hits: 1\n@who[bpfline]: 7\n"
    assert result.stderr == ""


def test_two_newlines_without_maps(bpfline):
    assert bpfline.script("begin { }").stdout == "\n\n"


def test_attached_goes_to_standard_error(bpfline):
    result = bpfline.script("begin { }")
    assert result.stderr == "Attached 1 probe\n"


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_in_order(bpfline, sig):
    with bpfline.start(COUNT + ' end { printf("over\\n"); }') as tracer:
        time.sleep(0.2)
        result = tracer.stop(sig)
    assert result.status == 0
    assert re.match(r"over\n\n\n@\[", result.stdout)
    assert result.seconds < 1 * bpfline.slow


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_under_full_load(bpfline, load, sig):
    """Output is produced faster than it can be printed: the end comes all the same."""
    with Load(load, "-t", 2, "-g", "getppid", 1000) as busy:
        with bpfline.start("tracepoint:raw_syscalls:sys_enter { printf(\"%s %d\\n\", comm, args.id); @ = count(); }") \
                as tracer:
            busy.begin()
            time.sleep(0.5)
            result = tracer.stop(sig)
    assert result.status == 0
    assert int(result.maps["@"]) > 1000
    assert result.seconds < 1 * bpfline.slow


FLOOD = 'tracepoint:raw_syscalls:sys_enter { printf("%s %d\\n", comm, args.id); @ = count(); }'


def test_signal_waits_for_a_reader(bpfline, load):
    """Nobody reads for a while: the first signal ends the run in order, and what it prints is whole."""
    with Load(load, "-g", "getppid", 1000) as busy, bpfline.start(FLOOD) as tracer:
        busy.begin()
        time.sleep(0.5)
        tracer.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert tracer.process.poll() is None
        result = tracer.stop(None)
    assert result.status == 0
    lost = int(re.search(r"Total lost event count: (\d+)", result.stderr).group(1))
    assert result.stdout.count("\n") - 3 + lost == int(result.maps["@"])


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_second_signal_ends_at_once(bpfline, load, sig):
    """Though nobody ever reads what is written."""
    with Load(load, "-g", "getppid", 1000) as busy, bpfline.start(FLOOD) as tracer:
        busy.begin()
        time.sleep(0.5)
        for _ in range(2):
            tracer.process.send_signal(sig)
            time.sleep(0.3)
        assert tracer.process.poll() == -sig


def test_signal_while_attaching(bpfline):
    """Attaching a thousand places one by one takes its time; Ctrl-C does not wait for the last."""
    script = "tracepoint:syscalls:sys_* { @[probe] = count(); }"
    start = time.monotonic()
    process = subprocess.Popen([bpfline.path, "--attach", "perf", "-v", "-e", script], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=environment())
    for line in process.stderr:
        if line.startswith(b"Attaching"):
            break
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=20 * bpfline.slow)
    attached = int(re.search(rb"Attached (\d+) probe", rest).group(1))
    assert process.returncode == 0 and attached < 100, (attached, time.monotonic() - start)


def test_exit_ends_events_that_come_faster_than_they_are_handled(bpfline):
    result = bpfline.script('interval:ms:1 { system("sleep 0.02"); exit(3); }', "--unsafe", timeout=10)
    assert result.status == 3


@pytest.mark.parametrize("by", ["signal", "time"])
def test_end_of_events_that_come_faster_than_they_are_handled(bpfline, by):
    """There is never nothing to handle: signals, --timeout and the end of a child are seen all the same."""
    options = ["--timeout", "500ms"] if by == "time" else []
    with bpfline.start('interval:ms:5 { system("sleep 0.01"); }', "--unsafe", *options) as tracer:
        time.sleep(0.5)
        result = tracer.stop(None if by == "time" else signal.SIGINT)
    assert result.status == 0 and result.seconds < 5 * bpfline.slow


COMMANDS = 'interval:ms:10 { system("sleep 0.3"); %s } end { system("echo over"); }'


@pytest.mark.parametrize("how", ["exit", "signal", "time"])
def test_commands_that_wait_when_the_run_ends(bpfline, how):
    """Dozens of them have come until the first is over: they do not keep the run, and that is told."""
    options = ["--timeout", "500ms"] if how == "time" else []
    with bpfline.start(COMMANDS % ("exit(3);" if how == "exit" else ""), "--unsafe", "-B", "none", *options) as tracer:
        time.sleep(0.5)
        result = tracer.stop(signal.SIGTERM if how == "signal" else None)
    assert result.status == (3 if how == "exit" else 0) and result.seconds < 3 * bpfline.slow
    assert re.search(r"WARNING: \d+ commands of system\(\) were left out", result.stderr), result.stderr
    assert result.stdout.endswith("over\n\n\n\n")


def test_commands_that_wait_when_the_child_ends(bpfline, load):
    """All are run: it was not asked for an end."""
    script = 'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { system("echo one"); }'
    result = bpfline.script(script, "--unsafe", "-c", "%s getppid 30" % load)
    assert result.stdout.count("one\n\n") == 30 and "left out" not in result.stderr


def test_exit_status_of_exit_survives_the_end(bpfline):
    result = bpfline.script('interval:ms:20 { exit(42); } end { printf("over\\n"); }')
    assert (result.status, result.stdout) == (42, "over\n\n\n")


def test_other_signals_keep_their_meaning(bpfline):
    with bpfline.start("interval:s:100 { }") as tracer:
        assert tracer.stop(signal.SIGHUP).status == -signal.SIGHUP


def test_child_ends_the_run(bpfline):
    result = bpfline.script("interval:s:100 { }", "-c", "sleep 0.2")
    assert result.status == 0
    assert result.seconds < 5 * bpfline.slow


def test_status_of_the_child_is_not_passed_on(bpfline):
    assert bpfline.script("interval:s:100 { }", "-c", "false").status == 0


def test_child_that_does_not_exist(bpfline):
    result = bpfline.script("interval:s:100 { }", "-c", "/no/such/program")
    assert result.status == 1
    assert "/no/such/program" in result.stderr


def test_child_is_ended_with_the_script(bpfline):
    """The script ends first: its child gets SIGTERM."""
    leftovers = Leftovers()
    result = bpfline.script("interval:ms:50 { exit(); }", "-c", "sleep 60", env=leftovers.env)
    assert result.status == 0 and result.seconds < 5 * bpfline.slow
    leftovers.check()


def test_child_shares_standard_output(bpfline):
    result = bpfline.script("interval:s:100 { }", "-c", "echo from the child")
    assert "from the child\n" in result.stdout


def test_process_of_p_does_not_exist(bpfline):
    result = bpfline.script("interval:s:100 { }", "-p", "4194303")
    assert result.status == 1 and "o such process" in result.stderr


@pytest.mark.parametrize("text", ["abc", "1,2", "99999999", "-1"])
def test_bad_pid(bpfline, text):
    result = bpfline.script("interval:s:100 { }", "-p", text)
    assert result.status == 1 and text in result.stderr


def test_c_and_p_exclude_each_other(bpfline):
    assert bpfline.script("interval:s:100 { }", "-p", "1", "-c", "true").status == 1


def test_begin_is_seen_by_other_probes(bpfline):
    result = bpfline.script('begin { @x = 5; } interval:ms:20 { printf("%d\\n", @x); exit(); }')
    assert result.stdout.startswith("5\n")


def test_dry_run_prints_nothing(bpfline):
    result = bpfline.script('begin { printf("x\\n"); @x = 1; } interval:s:1 { @y = 2; }', "--dry-run")
    assert (result.status, result.stdout, result.stderr) == (0, "", "")


def test_output_file(bpfline, tmp_path):
    path = tmp_path / "out"
    result = bpfline.script('begin { printf("x\\n"); }', "-o", str(path))
    assert result.stdout == "" and path.read_text() == "x\n\n\n"


def test_output_file_that_cannot_be_made(bpfline):
    result = bpfline.script("begin { }", "-o", "/no/such/folder/out")
    assert result.status == 1 and "/no/such/folder/out" in result.stderr


def test_reader_that_goes_away(bpfline):
    """`bpfline ... | head -1` ends instead of tracing for nobody."""
    command = "'%s' -e 'interval:ms:1 { printf(\"line\\n\"); }' | head -1" % bpfline.path
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=20 * bpfline.slow,
                          env=environment(), check=False)
    assert done.stdout == "line\n"


@pytest.mark.parametrize("body", ['begin { print(5); }', 'interval:ms:10 { print(5); }'])
def test_closed_streams(bpfline, body):
    """Their numbers do not go to maps and programs; output that has no place is told."""
    def run(streams):
        command = "'%s' --timeout 2s -e '%s' %s" % (bpfline.path, body, streams)
        return subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=20 * bpfline.slow,
                              env=environment(), check=False)
    done = run(">&-")
    assert done.returncode == 1 and "failed to write the output: Bad file descriptor" in done.stderr
    done = run("2>&- --timeout 100ms")
    assert done.returncode == 0 and re.fullmatch(r"(5\n)+\n\n", done.stdout)
    assert run(">&- 2>&- <&-").returncode == 1


@pytest.mark.parametrize("what", ["-h", "--info", "-l 'software:*'", "--dump=ast -e 'begin { }'", "--fmt -e 'begin { }'",
                                  "-e 'begin { print(1); }'", "--test -e 'test:a { }'", "-f json -e 'begin { }'"])
def test_full_disk(bpfline, what):
    """Whatever is written to standard output."""
    done = subprocess.run(["sh", "-c", "'%s' %s >/dev/full" % (bpfline.path, what)], capture_output=True, text=True,
                          timeout=20 * bpfline.slow, env=environment(), check=False)
    assert done.returncode == 1 and "failed to write the output: No space left on device" in done.stderr


def test_reader_that_goes_away_leaves_nothing(bpfline):
    leftovers = Leftovers()
    command = "'%s' -e '%s interval:ms:1 { printf(\"line\\n\"); }' | head -1" % (bpfline.path, COUNT)
    subprocess.run(["sh", "-c", command], capture_output=True, timeout=20 * bpfline.slow,
                   env=environment(**leftovers.env), check=True)
    leftovers.check()


def test_script_on_standard_input(bpfline):
    assert bpfline.run("-", stdin=b'begin { printf("x\\n"); }').stdout == "x\n\n\n"


def test_script_in_a_file_with_parameters(bpfline, tmp_path):
    path = tmp_path / "script.bt"
    path.write_text('#!/usr/bin/env bpfline\nbegin { printf("%d %s\\n", $1, str($2)); }\n')
    result = bpfline.run(str(path), "5", "word")
    assert (result.status, result.stdout) == (0, "5 word\n\n\n")


def test_environment_wins_over_the_script(bpfline):
    script = 'config = { max_map_keys = 1 } begin { @m[1] = 1; @m[2] = 2; }'
    assert len(bpfline.script(script).maps) == 1
    assert len(bpfline.script(script, env={"BPFTRACE_MAX_MAP_KEYS": "5"}).maps) == 2


def test_verbose_names_the_probes(bpfline):
    assert "interval:ms:20" in bpfline.script("interval:ms:20 { exit(); }", "-v").stderr


def test_lists_one_tracepoint(bpfline):
    result = bpfline.run("-l", "tracepoint:syscalls:sys_enter_openat")
    assert (result.status, result.stdout) == (0, "tracepoint:syscalls:sys_enter_openat\n")


def test_lists_by_wildcard(bpfline):
    lines = bpfline.run("-l", "tracepoint:sched:sched_process_*").stdout.splitlines()
    assert "tracepoint:sched:sched_process_exec" in lines and lines == sorted(lines)


def test_lists_arguments(bpfline):
    lines = bpfline.run("-lv", "tracepoint:sched:sched_switch").stdout.splitlines()
    assert lines[0] == "tracepoint:sched:sched_switch"
    assert "    pid_t prev_pid" in lines and "    char prev_comm[16]" in lines


def test_list_of_nothing(bpfline):
    result = bpfline.run("-l", "tracepoint:nosuch:thing")
    assert (result.status, result.stdout) == (0, "")


def test_many_probes_of_one_wildcard_come_and_go_at_once(bpfline):
    """360 probes in one program: far from the 26 seconds of one perf event each (bench/ measures)."""
    with bpfline.start("tracepoint:syscalls:sys_enter_* { @[probe] = count(); }") as tracer:
        attach = time.monotonic() - tracer.begun
        result = tracer.stop()
    assert result.attached > 300
    assert attach < 1 * bpfline.slow and result.seconds < 1 * bpfline.slow


def test_nothing_wakes_an_idle_tracer(bpfline):
    """It sleeps on descriptors: no timeouts while nothing happens."""
    with bpfline.start('tracepoint:syscalls:sys_enter_getppid /comm == "nobody"/ { printf("x"); }') as tracer:
        time.sleep(0.3)
        before = switches(tracer.pid)
        time.sleep(1)
        assert switches(tracer.pid) - before <= 1
        tracer.stop()


def switches(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", f.read(), re.MULTILINE).group(1))


def unheld(kind):
    """Ids of the programs, maps or links that no process holds: pinned, attached, or not yet freed."""
    command = ["/usr/sbin/bpftool", "-j", kind, "list"]
    for _ in range(5):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            break
        time.sleep(0.1)  # it fails when something ends while it looks
    assert done.returncode == 0, done.stderr
    return {item["id"] for item in json.loads(done.stdout) if not item.get("pids")}


def processes_with(marker):
    """Pids of processes that inherited this from the environment we gave."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%s/environ" % name, "rb") as f:
                if marker.encode() in f.read():
                    found.append(name)
        except OSError:
            pass
    return found


class Leftovers:
    """What a run leaves in the kernel, and processes of it that live on; others may trace at the same time."""

    KINDS = ("prog", "map", "link")

    def __init__(self):
        self.marker = "BPFLINE_TEST_RUN=%d.%d" % (os.getpid(), time.monotonic_ns())
        self.env = dict([self.marker.split("=")])
        self.before = {kind: unheld(kind) for kind in self.KINDS}

    def check(self):
        limit = time.monotonic() + 5  # the kernel frees after a grace period
        while True:
            left = {kind: unheld(kind) - self.before[kind] for kind in self.KINDS}
            alive = processes_with(self.marker)
            if not alive and not any(left.values()):
                return
            assert time.monotonic() < limit, (left, alive)
            time.sleep(0.1)


STAYS = {
    "begin and maps": 'begin { @a[1] = count(); @b = 2; printf("x"); exit(); }',
    "system calls": COUNT + " interval:ms:20 { exit(); }",
    "wildcard": "tracepoint:syscalls:sys_* { @[probe] = count(); } interval:ms:20 { exit(); }",
    "perf events": "profile:hz:99 { @ = count(); } software:faults:10 { @f = count(); } "
                   "tracepoint:sched:sched_switch { @s[args.next_comm] = count(); } interval:ms:20 { exit(); }",
    "an error": "tracepoint:syscalls:sys_enter_openat { @ = nosuch(); }",
}


@pytest.mark.parametrize("what", STAYS)
def test_nothing_stays_behind(bpfline, what):
    leftovers = Leftovers()
    bpfline.script(STAYS[what], env=leftovers.env)
    leftovers.check()


def test_nothing_stays_after_a_kill(bpfline):
    leftovers = Leftovers()
    with bpfline.start(COUNT, env=leftovers.env) as tracer:
        os.kill(tracer.pid, signal.SIGKILL)
        tracer.process.communicate()
    leftovers.check()


def test_as_many_maps_as_a_program_may_use(bpfline):
    """The kernel takes 64 of them; those with strings in their keys lie in two where there are few."""
    result = bpfline.script("begin { %s }" % "".join("@m%d[str(curtask)] = count(); " % i for i in range(60)))
    assert result.status == 0 and len(result.maps) == 60, result.stderr
