"""Functions of the library whose effect is seen outside the tracer's output."""
import os
import re

import pytest

TRACE = "/sys/kernel/tracing/trace"


@pytest.fixture(autouse=True)
def needs_bpf(live):
    """All tests here load programs."""


def mounted_version_2():
    """A folder that the version 2 hierarchy of control groups is mounted at, or None."""
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, folder, kind = line.split()[:3]
            if kind == "cgroup2":
                return folder
    return None


def test_cgroupid_is_the_number_of_the_folder(bpfline):
    folder = mounted_version_2()
    if not folder:
        pytest.skip("no cgroup2 is mounted")
    result = bpfline.script('begin { print(cgroupid("%s")); }' % folder, "-q")
    assert int(result.stdout) == os.stat(folder).st_ino


@pytest.mark.parametrize("path", ["/proc", __file__])
def test_cgroupid_of_what_is_no_control_group(bpfline, path):
    result = bpfline.script('begin { print(cgroupid("%s")); }' % path)
    assert result.status == 1
    assert "Failed to get the cgroup id of '%s': it is no control group" % path in result.stderr


def test_debugf_writes_to_the_trace_of_the_kernel(bpfline):
    if not os.access(TRACE, os.R_OK):
        pytest.skip("%s cannot be read" % TRACE)
    word = "bpfline_test_%d" % os.getpid()
    result = bpfline.script("""begin {
        debugf("WORD %d %s\\n", 42, comm);
        debugf("WORD %hd %hhu %p|\\n", 70000, 300, 4096);
        debugf("WORD [%5d|%-5X|%c]%%d %k\\n", -3, 255, 65);
    }""".replace("WORD", word), "-q")
    assert result.status == 0
    with open(TRACE, encoding="utf-8", errors="replace") as trace:
        written = trace.read()
    assert re.findall(word + "(.*)$", written, re.MULTILINE) == [
        " 42 bpfline", " 4464 44 0x1000|", " [   -3|FF   |A]%d %k"]


WRITE = """
tracepoint:syscalls:sys_enter_read /comm == "head"/ { @buffer = args.buf; }
tracepoint:syscalls:sys_exit_read /comm == "head" && args.ret == 6/ {
	$three = 3;
	$two = (uint16)0x6f6c;
	$none = 0;
	print((write_user(@buffer, "HEL??\\n", 6), write_user(@buffer, "hell", $three)));
	print((write_user(@buffer + 3, $two, 2), write_user(@buffer, $two, $none), write_user(8, $two, 2)));
	clear(@buffer);
}
"""


def test_write_user_changes_what_a_process_has_read(bpfline):
    result = bpfline.script(WRITE, "--unsafe", "-q", "-c", "head -c 6 /dev/zero")
    if "bpf_probe_write_user" in result.stderr:
        assert result.status == 255 and "lockdown" in result.stderr
        pytest.skip("this kernel does not let programs write to processes")
    assert result.status == 0
    assert sorted(result.stdout.split("\n")) == ["", "", "", "(true, true)", "(true, true, false)", "hello"]


@pytest.mark.parametrize("probe", ["interval:ms:10", "tracepoint:raw_syscalls:sys_exit",
                                   "tracepoint:sched:sched_switch", "tracepoint:syscalls:sys_enter_read"])
def test_comm_of_another_process(probe, bpfline):
    text = "%s { print((comm(cpid), comm(2147483647), kfunc_allowed(\"bpf_task_from_pid\"))); exit(); }" % probe
    result = bpfline.script(text, "-q", "-c", "sleep 5")
    if "this kernel does not let" in result.stderr or "came with Linux 6.2" in result.stderr:
        pytest.skip("this kernel does not let such programs look up tasks")
    assert result.status == 0
    assert re.match(r"\((sleep|bpfline), N/A, true\)$", result.stdout.splitlines()[0]) # before or after the exec


def test_comm_of_another_process_is_refused_where_the_kernel_does(bpfline):
    result = bpfline.script("begin { print(comm(2)); }")
    assert result.status == 1 and "bpf_task_from_pid" in result.stderr


def test_path_of_open_files(bpfline, tmp_path):
    name = tmp_path / "a file"
    with open(name, "w", encoding="ascii"):
        result = bpfline.script('iter:task_file /ctx.task.tgid == %d/ { printf("%%s\\n", path(ctx.file.f_path)); }'
                                % os.getpid())
    if "bpf_iter__" in result.stderr:
        pytest.skip("this kernel has no such iterator")
    assert result.status == 0
    assert str(name) in result.stdout.splitlines()
