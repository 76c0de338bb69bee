"""--follow: the process of -c or -p with all that it starts, and nothing else."""
import os
import subprocess

import pytest

from support import Load


@pytest.fixture(autouse=True)
def needs_bpf(live):
    """All tests here load programs."""


@pytest.fixture(scope="session")
def target(build):
    return os.path.join(build, "tests", "target")


# Children, grandchildren, threads, exec, and one whose parent ends before it.
TREE = """#!/bin/sh
TARGET calls 100 &
TARGET -t 3 calls 10 &
(TARGET fork 20; TARGET exec 30)
sh -c '(sleep 0.3; TARGET calls 5) &'
wait
"""
CALLS = 100 + 3 * 10 + 2 * 20 + 30 + 5


@pytest.fixture
def tree(target, tmp_path):
    path = tmp_path / "tree"
    path.write_text(TREE.replace("TARGET", target))
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("options", [[], ["--attach=perf"]])
def test_child_with_its_children(bpfline, target, tree, options):
    with Load(target, "calls", 700) as other:
        with bpfline.start("uprobe:%s:add { @ = count(); } uretprobe:%s:negate { @r = count(); }" % (target, target),
                           "--follow", "-c", tree, *options) as tracer:
            other.go()
            result = tracer.wait()
    assert result.maps == {"@": str(CALLS), "@r": str(CALLS)}


def test_without_it_only_the_child(bpfline, target, tree):
    result = bpfline.script("uprobe:%s:add { @ = count(); }" % target, "-c", tree)
    assert result.maps == {}


def test_kinds_of_probes(bpfline, target, tree):
    """What filters by its program, what by the kernel, and what is of no process."""
    result = bpfline.script(
        "tracepoint:sched:sched_process_exec { @exec = count(); } "
        "rawtracepoint:sched_process_fork { @forked = count(); } "
        "tracepoint:syscalls:sys_enter_exit_group { @exited = count(); } "
        "usdt:%s:guarded { @usdt = count(); } software:task-clock:1000 { @clock[comm] = count(); } "
        "interval:ms:50 { @timer = count(); } end { clear(@clock); clear(@timer); }" % target,
        "--follow", "-c", tree)
    assert result.status == 0, result.stderr
    # The script itself, its sh, sleep, and six times the target, once by its own exec.
    assert result.maps["@exec"] == "9"
    assert int(result.maps["@forked"]) == int(result.maps["@exited"]) - 1 + 3, "threads are forked, too"


def test_children_that_are_there_already(bpfline, target, tmp_path):
    """A process with a child and a grandchild, all waiting; and one of the same program that is none of them."""
    gates = [str(tmp_path / name) for name in ("child", "grandchild")]
    for gate in gates:
        os.mkfifo(gate)
    script = "%s -w calls 100 <%s & (%s -w calls 10 <%s; true) & wait" % (target, gates[0], target, gates[1])
    with Load(target, "calls", 700) as other:
        process = subprocess.Popen(["sh", "-c", script], stdout=subprocess.DEVNULL)
        with bpfline.start("uprobe:%s:add { @ = count(); }" % target, "--follow", "-p", str(process.pid)) as tracer:
            other.go()
            for gate in gates:
                with open(gate, "w") as f:
                    f.write("x")
            result = tracer.wait()
        process.wait()
    assert result.maps == {"@": "110"}


def test_many_processes(bpfline, tmp_path):
    """A thousand forks, each of which makes one call that is counted."""
    program = tmp_path / "forks"
    program.write_text("#!/usr/bin/python3\nimport os\nfor i in range(1000):\n    if not os.fork():\n"
                       "        os.sched_yield()\n        os._exit(0)\n    os.wait()\n")
    program.chmod(0o755)
    result = bpfline.script("tracepoint:syscalls:sys_enter_sched_yield { @ = count(); @pids[pid] = count(); } "
                            "end { print(len(@pids)); clear(@pids); }", "--follow", "-c", str(program))
    assert result.maps == {"@": "1000"} and "1000" in result.stdout.splitlines()


def test_script_may_end_first(bpfline, target):
    result = bpfline.script("uprobe:%s:add { exit(); }" % target, "--follow", "-c", target + " fork 10")
    assert result.status == 0


def test_needs_a_process(bpfline):
    result = bpfline.script("begin { }", "--follow")
    assert result.status == 1 and "--follow goes with -c or -p" in result.stderr


def test_iterators_have_no_process(bpfline):
    result = bpfline.script("iter:task { print(ctx.task.pid); }", "--follow", "-c", "true")
    assert result.status == 1 and "--follow has no meaning for it" in result.stderr
