"""The rows of the report: what is run, and what of it is written down."""
import os
import re
import shutil
import subprocess
import tempfile
import time

import plot
import process
import scripts
import shapes
from report import Report
from tools import Unsupported

# RCU: a tracepoint just let go is slower to take up, so no tool pays for the one before.
PAUSE = 0.06
LIMIT = 300  # seconds for one run of a tool
MEGA = 1e6


class Bench:
    """Tools, where the helpers are, and the figures so far."""

    def __init__(self, tools, folder, quick):
        self.tools, self.folder, self.quick = tools, folder, quick
        self.report = Report()
        self.drawings = {}
        self.environment = dict(os.environ, __BPFTRACE_NOTIFY_PROBES_ATTACHED="1")

    def helper(self, name):
        return os.path.join(self.folder, name)

    def each(self, row, rounds, run, once_slow=False):
        """run(tool) for all tools by turns; one that cannot is left out from then on, and said.

        With `once_slow` those that take many seconds run once."""
        for turn in range(rounds):
            for tool in self.tools:
                if (row, tool.name) in self.report.skipped or (turn and once_slow and not tool.is_fast):
                    continue
                try:
                    run(tool)
                except (Unsupported, process.Failed) as why:
                    self.report.skip(row, tool.name, str(why))

    def fast_or_full(self, row):
        """Those whose detaching takes seconds a run only take part in the full mode."""
        for tool in self.tools:
            if self.quick and not tool.is_fast:
                self.report.skip(row, tool.name, "takes many seconds, not in --quick")

    def measure(self, command, mark=None, load=None, **environment):
        """What measure.c says of one run."""
        words = [self.helper("measure"), *(["-a", mark] if mark else []), *(["-d", load] if load else []), *command]
        time.sleep(PAUSE)
        text = subprocess.run(words, capture_output=True, text=True, env=dict(self.environment, **environment),
                              check=True, timeout=LIMIT).stdout
        return Measured(command, mark, *map(int, text.split()))

    def load_command(self, *words):
        return " ".join(["exec taskset -c 1", self.helper("load"), "-n load", *map(str, words)])


class Measured:
    """One run as measure.c saw it."""

    def __init__(self, command, mark, marked, rest, user, system, peak, status, lines, load, first):
        if status or (mark and not marked):
            raise process.Failed("status %d from %s" % (status, " ".join(command)[:200]))
        self.attach_ms, self.rest_ms = marked / 1e6, rest / 1e6
        self.cpu_ms, self.peak_mb = (user + system) / 1e3, peak / 1024
        self.lines, self.load_s, self.first_ms = lines, load / 1e9, first / 1e6


def start(bench):
    """BEGIN { exit(); }: from exec to exit"""
    def run(tool):
        got = bench.measure(tool.command(scripts.BEGIN))
        bench.report.add("start", "exec to exit, ms", tool.name, got.rest_ms)
        bench.report.add("start", "CPU, ms", tool.name, got.cpu_ms)
        bench.report.add("start", "peak memory, MB", tool.name, got.peak_mb)

    bench.each("start", 10 if bench.quick else 40, run)


def attach_and_detach(bench, row, script, rounds, once_slow=False):
    def run(tool):
        got = bench.measure(tool.command(script), tool.mark)
        bench.report.add(row, "exec to attached, ms", tool.name, got.attach_ms)
        bench.report.add(row, "SIGINT to exit, ms", tool.name, got.rest_ms)
        bench.report.add(row, "CPU, ms", tool.name, got.cpu_ms)
        bench.report.add(row, "peak memory, MB", tool.name, got.peak_mb)

    bench.each(row, rounds, run, once_slow)


def attach(bench):
    """one tracepoint: from exec to attached, from SIGINT to exit"""
    attach_and_detach(bench, "attach", scripts.MAIN_JOB, 10 if bench.quick else 30)


def script(bench):
    """forty lines, six probes: the same"""
    attach_and_detach(bench, "script", scripts.FORTY_LINES, 5 if bench.quick else 20)


def wildcard(bench):
    """tracepoint:syscalls:sys_enter_*: the same"""
    bench.fast_or_full("wildcard")
    attach_and_detach(bench, "wildcard", scripts.ALL_CALLS, 5, once_slow=True)


def functions(bench):
    """uprobe:libc:str*: the same"""
    bench.fast_or_full("functions")
    attach_and_detach(bench, "functions", scripts.USER_FUNCTIONS, 3, once_slow=True)


def instructions(words):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *words],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        raise process.Failed("valgrind: %s" % done.stderr[-200:])
    return int(found.group(1))


def compile(bench):  # pylint: disable=redefined-builtin
    """user instructions of compiling alone, by callgrind"""
    if not shutil.which("valgrind"):
        bench.report.skip("compile", "any tool", "valgrind is not installed")
        return
    bench.fast_or_full("compile")
    cases = (("begin", scripts.BEGIN), ("one tracepoint", scripts.MAIN_JOB), ("forty lines", scripts.FORTY_LINES))

    def run(tool):
        for name, text in cases:
            count = instructions(tool.compile_only(text))
            bench.report.add("compile", name + ", M instructions", tool.name, count / MEGA)

    bench.each("compile", 1, run)


def linear(bench):
    """long scripts of several shapes: seconds and memory of compiling (bpfline only)"""
    tool = bench.tools[0]
    sizes = (25_000, 100_000) if bench.quick else (12_500, 25_000, 50_000, 75_000, 100_000)
    series = {}
    for name, make in shapes.SHAPES.items():
        series[name] = [(0, 0)]
        for size in sizes:
            with tempfile.NamedTemporaryFile("w", suffix=".bt") as f:
                f.write(make(size))
                f.flush()
                got = bench.measure([tool.path, "--dump=object", f.name])
            series[name].append((size, got.cpu_ms / 1000))
        bench.report.add("linear", name + ", CPU s", tool.name, got.cpu_ms / 1000)
        bench.report.add("linear", name + ", MB", tool.name, got.peak_mb)
    bench.drawings["linear"] = plot.lines(series, "lines of script", "seconds of CPU")


# What a body's load does: how often, arguments of `load` before the number and after it.
CALLS = {
    "getppid": (400_000, ["getppid"], []),
    "getppid 40k/s": (20_000, ["-r", "40000", "getppid"], []),
    "openat": (200_000, ["openat"], ["/tmp/no/such/file"]),
    "function": (200_000, ["function"], []),
}


def load_of(bench, call):
    """A load that makes such calls, and how many."""
    count, before, after = CALLS[call]
    return process.Load(bench.helper("load"), *before, str(count), *after), count


class Run:
    """One run of a body of an event."""

    def __init__(self, bench, tool, name, body):
        load, self.calls = load_of(bench, body.call)
        time.sleep(PAUSE)
        before = process.programs()
        with process.Traced(tool.body(name, body, load), tool.mark, bench.environment):
            first = process.programs()
            self.cpu = load.run() / self.calls
            last = process.programs()
        new = [ident for ident in first if ident not in before and ident in last]
        runs = {ident: last[ident][1] - first[ident][1] for ident in new}
        ran = [ident for ident in new if runs[ident] >= self.calls]
        if not ran:
            raise process.Failed("%s ran %s times for %d calls" % (name, list(runs.values()), self.calls))
        self.programs = len(ran)
        self.ns = sum((last[ident][0] - first[ident][0]) / runs[ident] for ident in ran)
        self.instructions = sum(first[ident][2] for ident in ran)


def untraced(bench, call):
    """CPU of one call of the load, in ns."""
    load, count = load_of(bench, call)
    time.sleep(PAUSE)
    return load.run() / count


def event(bench):
    """nanoseconds that a body adds to a program that does nothing, instructions, what the traced call pays"""
    idle = {}

    def empty(tool):
        for name, body in scripts.EMPTY.items():
            idle[tool.name, name] = Run(bench, tool, name, body).ns

    def body_of(name, body):
        def run(tool):
            got = Run(bench, tool, name, body)
            kind = "user_empty" if body.call == "function" else "empty"
            net = got.ns - got.programs * idle[tool.name, kind]
            bench.report.add("event", body.title, tool.name, max(net, 0))
            bench.report.add("insns", body.title, tool.name, got.instructions)
            if not body.call.endswith("/s"):
                bench.report.add("traced", body.title, tool.name, got.cpu - untraced(bench, body.call))
        return run

    with process.Stats():
        for _ in range(1 if bench.quick else 5):
            bench.each("event", 1, empty)
            for name, body in scripts.BODIES.items():
                bench.each("event " + body.title, 1, body_of(name, body))


def flood(bench):
    """printf of every getppid: events a second that reach standard output, lost, CPU for each"""
    count, paced = (1_000_000, 300_000) if bench.quick else (4_000_000, 2_000_000)

    def run(tool):
        got = bench.measure(tool.command(scripts.FLOOD), tool.mark, bench.load_command("getppid", count))
        bench.report.add("flood", "M lines a second", tool.name, got.lines / got.load_s / MEGA)
        bench.report.add("flood", "lost, %", tool.name, 100 * max(count - got.lines, 0) / count)
        bench.report.add("flood", "our CPU a line, us", tool.name, 1000 * got.cpu_ms / max(got.lines, 1))
        got = bench.measure(tool.command(scripts.FLOOD), tool.mark,
                            bench.load_command("-r", 1_000_000, "getppid", paced))
        bench.report.add("flood", "lost at 1M/s, %", tool.name, 100 * max(paced - got.lines, 0) / paced)

    bench.each("flood", 2 if bench.quick else 5, run)


def keys(bench):
    """maps of many keys: what each costs when it is new; from SIGINT to the end of printing, and the memory"""
    def run_with(count, name):
        def run(tool):
            got = bench.measure(tool.command(scripts.KEYS), tool.mark, bench.load_command("getppid", count),
                                **{tool.limits_keys: str(2 * count)})
            if got.lines < count:
                raise process.Failed("printed %d of %d keys" % (got.lines, count))
            bench.report.add("keys", name + " keys, a call with a new one, us", tool.name, got.load_s * MEGA / count)
            bench.report.add("keys", name + " keys, ms", tool.name, got.rest_ms)
            bench.report.add("keys", name + " keys, peak memory, MB", tool.name, got.peak_mb)
        return run

    bench.each("keys", 2, run_with(100_000, "100k"))
    if not bench.quick:
        bench.each("keys", 5, run_with(1_000_000, "1M"))


def idle(bench):
    """attached and nothing to do: wake-ups, memory of the process and of its maps"""
    seconds = 1 if bench.quick else 5

    def run(tool):
        with process.Traced(tool.command(scripts.MAIN_JOB), tool.mark, bench.environment) as traced:
            time.sleep(0.2)
            before = process.wakeups(traced.process.pid)
            time.sleep(seconds)
            count = process.wakeups(traced.process.pid) - before
            bench.report.add("idle", "wake-ups a second", tool.name, count / seconds)
            bench.report.add("idle", "memory (PSS), MB", tool.name, process.memory(traced.process.pid) / 1024)
            bench.report.add("idle", "kernel maps, kB", tool.name, process.map_memory(traced.process.pid))

    bench.each("idle", 1 if bench.quick else 3, run)


def line(bench):
    """one printf: from the event to the line on standard output"""
    pid = os.getpid()

    def run(tool):
        command = tool.command(scripts.FIRST_LINE.replace("PID", str(pid)))
        with process.Traced(command, tool.mark, bench.environment, keeps_output=True) as traced:
            for _ in range(5 if bench.quick else 20):
                time.sleep(0.1)
                begun = time.monotonic()
                os.getppid()
                while b"x\n" not in os.read(traced.fd, 4096):
                    pass
                bench.report.add("line", "event to line, ms", tool.name, 1000 * (time.monotonic() - begun))

    bench.each("line", 2, run)


def relocations(path):
    done = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=False)
    return sum(int(size, 16) // 24 for size in re.findall(r"\sRELA\s+\S+\s+\S+\s+(\S+)", done.stdout))


def stripped_size(path):
    with tempfile.NamedTemporaryFile() as f:
        done = subprocess.run(["strip", "-o", f.name, path], stderr=subprocess.DEVNULL, check=False)
        return os.path.getsize(path if done.returncode else f.name)


def size(bench):
    """what is installed: the program and the libraries it needs, stripped"""
    def run(tool):
        files = tool.files()
        bench.report.add("size", "program, MB", tool.name, stripped_size(files[0]) / MEGA)
        bench.report.add("size", "with libraries, MB", tool.name, sum(map(stripped_size, files)) / MEGA)
        bench.report.add("size", "relocations, thousands", tool.name, sum(map(relocations, files)) / 1000)

    bench.each("size", 1, run)


ROWS = [start, attach, script, wildcard, functions, compile, linear, event, flood, keys, idle, line, size]
