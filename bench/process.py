"""Processes that are measured, and what the kernel tells of them and of BPF programs."""
import ctypes
import glob
import json
import os
import re
import subprocess
import threading

SYS_BPF, BPF_ENABLE_STATS = 321, 32


class Failed(Exception):
    """A run did not do what it was to do."""


class Traced:
    """A tracer that has attached; what it prints from then on is read and thrown away, or handed out."""

    def __init__(self, command, mark, environment, keeps_output=False):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=environment)
        self.fd = self.process.stdout.fileno()
        self.await_mark(mark.encode(), command)
        if not keeps_output:
            threading.Thread(target=self.drain, daemon=True).start()

    def await_mark(self, mark, command):
        seen = b""
        while mark not in seen:
            data = os.read(self.fd, 65536)
            if not data:
                self.process.wait()
                raise Failed("%s did not attach: %s" % (command[0], seen.decode(errors="replace")[-300:]))
            seen += data

    def drain(self):
        while os.read(self.fd, 1 << 20):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(2)
        self.process.wait()


class Load:
    """tests/live/load, waiting for the word to begin."""

    def __init__(self, path, *words):
        self.path = path
        self.process = subprocess.Popen(["taskset", "-c", "1", path, "-n", "load", "-w", *words],
                                        stdin=subprocess.PIPE)
        self.pid = self.process.pid

    def run(self):
        """Makes its calls; returns the CPU time that it took, in ns."""
        self.process.stdin.write(b"x")
        self.process.stdin.close()
        _, _, usage = os.wait4(self.pid, 0)
        self.process.returncode = 0
        return (usage.ru_utime + usage.ru_stime) * 1e9


class Stats:
    """The kernel times programs while this is open."""

    def __enter__(self):
        attr = (ctypes.c_uint32 * 32)()
        self.fd = ctypes.CDLL(None).syscall(SYS_BPF, BPF_ENABLE_STATS, attr, ctypes.sizeof(attr))
        if self.fd < 0:
            raise Failed("the kernel refuses BPF_ENABLE_STATS")

    def __exit__(self, *_):
        os.close(self.fd)


def programs():
    """{id: (ns, runs, instructions)} of all BPF programs."""
    text = subprocess.run(["/usr/sbin/bpftool", "-j", "prog", "list"], capture_output=True, text=True, check=True)
    return {p["id"]: (p.get("run_time_ns", 0), p.get("run_cnt", 0), p["bytes_xlated"] // 8)
            for p in json.loads(text.stdout)}


def wakeups(pid):
    """How often its threads began to run so far."""
    count = 0
    for path in glob.glob("/proc/%d/task/*/status" % pid):
        with open(path, encoding="ascii") as f:
            count += sum(int(n) for n in re.findall(r"ctxt_switches:\s*(\d+)", f.read()))
    return count


def memory(pid):
    """kB of its own (shared pages by their share)."""
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
        return int(re.search(r"^Pss:\s*(\d+)", f.read(), re.MULTILINE).group(1))


def map_memory(pid):
    """kB of the kernel's in its BPF maps."""
    count = 0
    for path in glob.glob("/proc/%d/fdinfo/*" % pid):
        with open(path, encoding="ascii") as f:
            text = f.read()
        if "map_type" in text:
            count += int(re.search(r"^memlock:\s*(\d+)", text, re.MULTILINE).group(1))
    return count / 1024
