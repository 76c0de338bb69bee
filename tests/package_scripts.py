"""The scripts of Debian's bpftrace package, which have to run unchanged: what each shows of what `work()` does.

Run as a program it does that work.  `live/test_tools.py` runs them here, `guest/test_tools.py` where there are kprobes.
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import time

# Regular expressions that standard output has a match for; where nothing is sure to happen, the heading.
SHOWN = {
    "bashreadline": r"TIME +PID +COMMAND",
    "biolatency": r"Tracing block device I/O",
    "biosnoop": r"TIME\(ms\) +DISK",
    "biostacks": r"Tracing block I/O",
    "bitesize": r"Tracing block device I/O",
    "capable": r"\d+ +python3 +7 +CAP_SETUID",
    "cpuwalk": r"@cpu:\n\[\d+\] +\d+ \|",
    "dcsnoop": r" python3 +[RM] \S",
    "execsnoop": r"\d+ +\d+ +true of tools",
    "gethostlatency": r"python3 +\d+ 127\.0\.0\.1",
    "killsnoop": r"python3 +0 +\d+ +0",
    "loads": r"load averages: \d+\.\d{3} \d",
    "mdflush": r"TIME +PID +COMM +DEVICE",
    "naptime": r"TIME +PPID",
    "oomkill": r"Tracing oom_kill_process",
    "opensnoop": r"python3 +\d+ +0 /etc/hostname",
    "pidpersec": r"PIDs/sec: @: [1-9]",
    "runqlat": r"@usecs: ?\n[\[(]",
    "runqlen": r"@runqlen: ?\n[\[(]",
    "setuids": r"python3 +0 +setuid +",
    "ssllatency": r"Tracing SSL/TLS handshake",
    "sslsnoop": r"TIME\(us\) +TID",
    "statsnoop": r"python3 +0 /etc$",
    "swapin": r"^\d\d:\d\d:\d\d",
    "syncsnoop": r"python3 +tracepoint:syscalls:sys_enter_sync\b",
    "syscount": r"@syscall\[\d+\]: \d+",
    "tcpaccept": r"python3 +127\.0\.0\.1 +\d+ +127\.0\.0\.1 +\d+",
    "tcpconnect": r"python3 +127\.0\.0\.1 +\d+ +127\.0\.0\.1 +\d+",
    "tcpdrop": r"TIME +PID",
    "tcplife": r"127\.0\.0\.1 +\d+ +127\.0\.0\.1 +\d+",
    "tcpretrans": r"TIME +PID",
    "tcpsynbl": r"@backlog\[backlog limit, 16\]|@backlog\[",
    "threadsnoop": r"TIME\(ms\) +PID",
    "undump": r"python3 +\d+ +5 +hello",
    "vfscount": r"@\[vfs_read\]: \d+",
    "vfsstat": r"@\[vfs_read\w*\]: \d+",
    "writeback": r"TIME +DEVICE",
    "xfsdist": r"Tracing XFS",
}

# What a machine may not have, as bpfline says it.
ABSENT = re.compile(r"the kernel has no kprobes|cannot be listed|Failed to resolve kernel symbol"
                    r"|No probes to attach|Attachment failed for all probes"
                    r"|'struct cfs_rq' does not contain a field named 'nr_running'")

# The scripts name functions of several kernels and libraries; those of others are left out.
ENVIRONMENT = {"BPFTRACE_MISSING_PROBES": "warn"}


def scripts():
    """Their paths; empty where the package is not installed."""
    if not shutil.which("dpkg-query"):
        return []
    listed = subprocess.run(["dpkg-query", "-L", "bpftrace"], capture_output=True, text=True, check=False).stdout
    return sorted(path for path in listed.split() if path.endswith(".bt"))


def name_of(path):
    return os.path.basename(path)[:-3]


def why_wrong(bpfline, path):
    """Runs a script over some work; None when it is right, ("absent", what) when the machine cannot, else what is wrong."""
    work = "/usr/bin/python3 %s" % os.path.abspath(__file__)
    result = bpfline.run("--unsafe", "-c", work, path, env=ENVIRONMENT)
    absent = ABSENT.search(result.stderr)
    if result.status != 0 and absent:
        return "absent", absent.group()
    told = "\n%s\n%s" % (result.stdout[-2000:], result.stderr[-2000:])
    if result.status != 0 or "ERROR" in result.stderr:
        return "wrong", "status %d%s" % (result.status, told)
    if "Probe has no valid attach points" in result.stderr:
        return None  # it runs; nothing of it can happen here
    if not re.search(SHOWN[name_of(path)], result.stdout, re.MULTILINE):
        return "wrong", "no match for %s%s" % (SHOWN[name_of(path)], told)
    return None


def talk():
    """A connection to itself by TCP, and words through a Unix socket."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            with server.accept()[0] as served:
                client.sendall(b"hello")
                served.recv(5)
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"hello")
        other.recv(5)


def work(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        os.statvfs("/etc")
        with open("/etc/hostname", encoding="utf-8") as f:
            f.read()
        os.kill(os.getpid(), 0)
        os.setuid(os.getuid())
        subprocess.run(["true", "of", "tools"], check=True)
        socket.getaddrinfo("127.0.0.1", 80)  # a name would take a resolver
        talk()
        time.sleep(0.02)
    os.sync()


if __name__ == "__main__":
    work(float(sys.argv[1]) if len(sys.argv) > 1 else 1.3)
