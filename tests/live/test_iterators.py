"""Iterators over objects that the test makes itself, and those that are kept as files."""
import os
import socket
import subprocess

import pytest


@pytest.fixture(autouse=True)
def needs_bpf(live):
    """All tests here load programs."""


@pytest.fixture
def bpffs(tmp_path):
    """A folder to pin things in."""
    folder = os.path.join(tmp_path, "bpf")
    os.mkdir(folder)
    if subprocess.run(["mount", "-t", "bpf", "bpf", folder], capture_output=True, check=False).returncode:
        pytest.skip("file systems cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("name, kind", [("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)])
def test_sockets_by_their_port(bpfline, name, kind):
    field = {"tcp": "ctx.sk_common->skc_num", "udp": "ctx.udp_sk->inet.sk.__sk_common.skc_num"}[name]
    with socket.socket(socket.AF_INET, kind) as server:
        server.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            server.listen()
        port = server.getsockname()[1]
        result = bpfline.script("iter:%s /%s == %d/ { @ = count(); }" % (name, field, port))
    assert result.status == 0, result.stderr
    assert result.maps == {"@": "1"}


@pytest.mark.parametrize("also", ["", 'printf("a line\\n"); '])
def test_unix_sockets(bpfline, tmp_path, also):
    """All of them, with and without output: some kernels lose some where a read of theirs ends."""
    names = {os.path.join(tmp_path, "socket_%d" % i) for i in range(300)}
    sockets = [socket.socket(socket.AF_UNIX) for _ in names]
    for server, name in zip(sockets, names):
        server.bind(name)
    result = bpfline.script("iter:unix { %s@[str(ctx.unix_sk->addr->name[0].sun_path, 108)] = count(); }" % also)
    for server in sockets:
        server.close()
    assert names == {key[2:-1] for key in result.maps if key[2:-1] in names}, result.stdout + result.stderr


def test_mappings_of_one_process(bpfline):
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        cat.stdin.write(b"x\n")
        cat.stdin.flush()
        cat.stdout.readline()  # it has mapped all that it will
        with open("/proc/%d/maps" % cat.pid, encoding="utf-8") as maps:
            expected = sum("[vsyscall]" not in line for line in maps)
        result = bpfline.script("iter:task_vma { @ = count(); }", "-p", str(cat.pid))
        cat.stdin.close()
    assert result.maps == {"@": str(expected)}, result.stderr


def test_pinned_iterator_runs_when_it_is_read(bpfline, bpffs):
    path = os.path.join(bpffs, "list")
    script = ('iter:task:%s /ctx.task->pid == %d/ { printf("%%5d|%%-5s|%%x %%c %%p 100%%%%\\n", -7, "ab", 255, 65, 255); }'
              % (path, os.getpid()))
    result = bpfline.script(script)
    assert result.status == 0, result.stderr
    assert "Program pinned to %s\n" % path in result.stdout
    for _ in range(2):
        with open(path, encoding="ascii") as f:
            assert f.read() == "   -7|ab   |ff A 0xff 100%\n"
    again = bpfline.script(script)
    assert again.status == 255
    assert "there is something of that name already" in again.stderr


def test_nothing_is_pinned_by_a_dry_run(bpfline, bpffs):
    path = os.path.join(bpffs, "list")
    assert bpfline.script('iter:task:%s { printf("x"); }' % path, "--dry-run").status == 0
    assert not os.path.exists(path)


@pytest.mark.parametrize("name, reason", [("no/such", "there is no such folder"), ("a.b", "no '.' may be")])
def test_why_it_cannot_be_pinned(bpfline, bpffs, name, reason):
    result = bpfline.script('iter:task:%s/%s { printf("x"); }' % (bpffs, name))
    assert result.status == 255
    assert reason in result.stderr


def test_pinned_outside_of_such_a_file_system(bpfline, tmp_path):
    result = bpfline.script('iter:task:%s/x { printf("x"); }' % tmp_path)
    assert result.status == 255
    assert "a file system of type bpf" in result.stderr
