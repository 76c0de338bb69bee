"""What is measured: bpfline, other tools with bpftrace's command line, and C by hand."""
import os
import re
import shutil
import subprocess

import scripts

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(HERE)
NOTIFY = "__BPFTRACE_NOTIFY_PROBES_ATTACHED"


class Unsupported(Exception):
    """A tool cannot do what a row is about; the text says why."""


class Tool:
    """Takes bpftrace's language and options."""

    mark = NOTIFY
    limits_keys = "BPFTRACE_MAX_MAP_KEYS"
    is_fast = False  # detaching takes no seconds

    def __init__(self, name, path):
        self.name, self.path = name, path

    def command(self, script):
        return [self.path, "-e", script]

    def body(self, name, body, load):
        """The command that traces the process `load` with a body of an event."""
        script = body.script.replace("PID", str(load.pid)).replace("LOAD", load.path)
        return self.command(script)

    def compile_only(self, script):
        return [self.path, "-d", "-e", script]

    def files(self):
        """The program first, then what else is installed with it."""
        done = subprocess.run(["ldd", self.path], capture_output=True, text=True, check=False)
        return [self.path, *re.findall(r"(/\S+) \(0x", done.stdout)]


class Bpftrace017(Tool):
    """Debian 12's."""

    limits_keys = "BPFTRACE_MAP_KEYS_MAX"

    def command(self, script):
        script = script.replace("args.", "args->")
        script = script.replace("{ }", "/0/ { @ = count(); }")  # it has no empty bodies
        return [self.path, "-e", script]


class Bpfline(Tool):
    mark = "Attached"
    is_fast = True

    def compile_only(self, script):
        return [self.path, "--dump=object", "-e", script]

    def files(self):
        build = os.path.dirname(os.path.dirname(self.path))
        return [self.path, os.path.join(build, "symbols", "bpfline-symbols")]


class Limit(Tool):
    """C by hand: a program for each script that it knows."""

    mark = "Attached"
    is_fast = True
    START = {scripts.BEGIN: "begin", scripts.MAIN_JOB: "count"}
    BODIES = {scripts.FLOOD: "flood", scripts.KEYS: "keys"}

    def command(self, script):
        if script in self.START:
            return [os.path.join(self.path, "start"), self.START[script]]
        if script in self.BODIES:
            return self.bodies(self.BODIES[script])
        raise Unsupported("not written by hand")

    def bodies(self, *words):
        return [os.path.join(self.path, "bodies"), os.path.join(self.path, "bodies.bpf.o"), *words]

    def body(self, name, body, load):
        return self.bodies(name, str(load.pid), load.path)

    def compile_only(self, script):
        raise Unsupported("compiled beforehand")

    def files(self):
        return [os.path.join(self.path, "start")]


def compile_helpers(folder):
    """The programs in C that measure and that are measured against."""
    os.makedirs(folder, exist_ok=True)
    limit = HERE + "/limit/"
    builds = {
        "measure": ["cc", "-D_GNU_SOURCE", "-O2", "-static", HERE + "/measure.c"],
        "start": ["cc", "-D_GNU_SOURCE", "-O2", limit + "start.c"],
        "bodies": ["cc", "-O2", limit + "bodies.c", limit + "output.c", "-lbpf"],
        "load": ["cc", "-D_GNU_SOURCE", "-O2", SOURCE + "/tests/live/load.c", "-pthread"],
        "bodies.bpf.o": ["clang", "-target", "bpf", "-mcpu=v3", "-O2", "-g", "-D__TARGET_ARCH_x86",
                         "-I/usr/include/x86_64-linux-gnu", "-c", limit + "bodies.bpf.c"],
    }
    for name, command in builds.items():
        out = os.path.join(folder, name)
        newest = max(os.path.getmtime(word) for word in command if word.startswith("/") and word.endswith(".c"))
        if not os.path.exists(out) or os.path.getmtime(out) < newest:
            subprocess.run([*command, "-o", out], check=True)


def all_tools(bpfline, helpers, more):
    """bpfline, Debian's bpftrace if it is there, those of `more` ("NAME=PATH"), the limit."""
    tools = [Bpfline("bpfline", bpfline)]
    debian = shutil.which("bpftrace")
    if debian:
        tools.append(Bpftrace017("bpftrace", debian))
    for name, _, path in (word.partition("=") for word in more):
        tools.append(Tool(name, os.path.abspath(path)))
    return [*tools, Limit("limit", helpers)]
