"""--emit-elf: libbpf, by bpftool, loads what was written, and attached it counts as our own run does."""
import ctypes
import json
import os
import shutil
import subprocess

import pytest

from support import NAME, Load

PINS = "/sys/fs/bpf/bpfline_test_%d" % os.getpid()
CALLS = 500
SYS_BPF, OBJ_GET, RAW_TRACEPOINT_OPEN = 321, 7, 17  # of x86_64, and of bpf(2)


@pytest.fixture(autouse=True)
def needs_libbpf(live):
    if not shutil.which("bpftool"):
        pytest.skip("no bpftool")
    if not os.path.ismount("/sys/fs/bpf"):
        pytest.skip("no file system for BPF is mounted at /sys/fs/bpf")


def bpftool(*args):
    done = subprocess.run(["bpftool", *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def bpf(command, *words):
    """bpf(2) with an attribute of 64-bit words; a descriptor."""
    attribute = (ctypes.c_uint64 * 4)(*words)
    fd = ctypes.CDLL(None, use_errno=True).syscall(SYS_BPF, command, attribute, ctypes.sizeof(attribute))
    assert fd >= 0, os.strerror(ctypes.get_errno())
    return fd


@pytest.fixture
def load_file(bpfline, tmp_path):
    """Loads a script by way of its file; gives the program of it, which stays until the test ends."""
    def load_script(text):
        path = str(tmp_path / "out.o")
        result = bpfline.script(text, "--emit-elf", path, "--dry-run")
        assert result.status == 0, result.stderr
        bpftool("prog", "loadall", path, PINS)
        (name,) = os.listdir(PINS)
        return os.path.join(PINS, name)
    yield load_script
    shutil.rmtree(PINS, ignore_errors=True)


def number(octets):
    return int.from_bytes(bytes(int(octet, 16) for octet in octets), "little")


SCRIPTS = {
    "a key": 'tracepoint:raw_syscalls:sys_enter /comm == "%s" && args.id == 110/ { @calls[1] += 1; }',
    "a loop and a function": """fn twice($n : uint64) : uint64 { return $n * 2; }
        tracepoint:raw_syscalls:sys_enter /comm == "%s" && args.id == 110/
        { for $i : 0..20000 { if ($i == twice(5000)) { @calls[1] += 1; } } }""",
}


@pytest.mark.parametrize("what", SCRIPTS)
def test_counts_when_it_is_attached(load, load_file, what):
    with Load(load, "-n", NAME, "getppid", CALLS) as one:
        pinned = load_file(SCRIPTS[what] % NAME)
        path, point = (ctypes.create_string_buffer(text.encode()) for text in (pinned, "sys_enter"))
        program = bpf(OBJ_GET, ctypes.addressof(path))
        link = bpf(RAW_TRACEPOINT_OPEN, ctypes.addressof(point), program)
        one.go()
        ids = json.loads(bpftool("-j", "prog", "show", "pinned", pinned))["map_ids"]
        maps = {json.loads(bpftool("-j", "map", "show", "id", str(i)))["name"]: str(i) for i in ids}
        elements = json.loads(bpftool("-j", "map", "dump", "id", maps["calls"]))
        os.close(link)
        os.close(program)
    assert [(number(element["key"]), number(element["value"])) for element in elements] == [(1, CALLS)]


@pytest.mark.parametrize("script", [
    "begin { @ = 1; printf(\"%s\", comm); } end { print(@); }",
    "tracepoint:sched:sched_switch { @[args.prev_comm] = hist(args.next_prio); } interval:s:1 { print(@); clear(@); }",
    "iter:task { @[ctx.task.comm] = count(); }",
    "rawtracepoint:sched_switch { @[args.next.comm] = count(); }",
    "uprobe:/bin/bash:readline { @[str(arg0)] = count(); }",
])
def test_libbpf_loads_it(bpfline, tmp_path, script):
    path = str(tmp_path / "out.o")
    result = bpfline.script(script, "--emit-elf", path, "--dry-run", "--attach", "perf") if "uprobe" in script else \
        bpfline.script(script, "--emit-elf", path, "--dry-run")
    assert result.status == 0, result.stderr
    try:
        bpftool("prog", "loadall", path, PINS)
    finally:
        shutil.rmtree(PINS, ignore_errors=True)


def test_goes_on_after_it(bpfline, tmp_path):
    result = bpfline.script('begin { print("on"); }', "--emit-elf", str(tmp_path / "out.o"))
    assert (result.status, result.stdout.strip()) == (0, "on")


def test_functions_of_the_kernel_are_refused(bpfline, tmp_path):
    script = "tracepoint:syscalls:sys_enter_getppid { print(comm(pid)); }"
    if bpfline.script(script, "--dry-run").status:
        pytest.skip("this kernel lets no such program call them")
    result = bpfline.script(script, "--emit-elf", str(tmp_path / "out.o"), "--dry-run")
    assert result.status == 1
    assert "--emit-elf: such a file has no words for calls of functions of the kernel" in result.stderr


def test_a_file_that_cannot_be_written(bpfline, tmp_path):
    result = bpfline.script("begin { }", "--emit-elf", str(tmp_path / "none" / "out.o"))
    assert result.status == 1
    assert "Failed to open output file" in result.stderr and "No such file or directory" in result.stderr


def test_maps_of_like_names_stay_apart(load_file):
    pinned = load_file("begin { @ = 1; @anonymous = 2; @anonymous_ = 3; }")
    ids = json.loads(bpftool("-j", "prog", "show", "pinned", pinned))["map_ids"]
    names = [json.loads(bpftool("-j", "map", "show", "id", str(i)))["name"] for i in ids]
    assert len(ids) == 3 and all("anonymous" in name for name in names)
