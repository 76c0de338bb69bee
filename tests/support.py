"""Running bpfline and its load in tests: one place for time limits, crashes and attaching.

A crash, a sanitizer's report or a run past its limit fails every test that
sees it, whatever the test was about.
"""
import dataclasses
import os
import re
import select
import signal
import subprocess
import time

import json_lines

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TESTS = os.path.join(SOURCE, "tests")
LIMIT = 20  # seconds for a run of bpfline that does nothing long
SANITIZER_STATUS = 99
# What loads call their threads: no other run of the tests on this machine has the same.
NAME = "w%07d" % os.getpid()
SANITIZER_TEXT = re.compile(r"runtime error: |AddressSanitizer|LeakSanitizer|UndefinedBehavior")
ATTACHED = re.compile(rb"^Attached (\d+) probes?$", re.MULTILINE)
ATTACHED_JSON = re.compile(rb'^{"type": "attached_probes"', re.MULTILINE)


class Crash(AssertionError):
    """bpfline was killed, ran past its limit, or a sanitizer spoke."""


@dataclasses.dataclass
class Result:
    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def attached(self):
        """The number in "Attached N probes", None without that line."""
        match = ATTACHED.search(self.stderr.encode())
        return int(match.group(1)) if match else None

    @property
    def maps(self):
        """The lines of the maps at the end, as {"@name[key]": "value"}; histograms left out."""
        return dict(line.split(": ", 1) for line in self.stdout.splitlines()
                    if line.startswith("@") and ": " in line)

    @property
    def buckets(self):
        """The rows of all histograms as {label: count}."""
        rows = re.findall(r"^([\[(].*?)\s+(\d+) \|", self.stdout, re.MULTILINE)
        return {label: int(count) for label, count in rows}


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("BPFTRACE_")}
    env.update(ASAN_OPTIONS="exitcode=%d:detect_stack_use_after_return=1" % SANITIZER_STATUS,
               UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:exitcode=%d" % SANITIZER_STATUS,
               LC_ALL="C", TZ="UTC")
    env.update(more)
    return env


def check_sound(status, stderr, command):
    if status == SANITIZER_STATUS or SANITIZER_TEXT.search(stderr):
        raise Crash("a sanitizer reports:\n%s\n%s" % (command, stderr))
    if status < 0 and -status in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE,
                                  signal.SIGILL):
        raise Crash("killed by %s:\n%s\n%s" % (signal.Signals(-status).name, command, stderr))


def output_is_json(command):
    """Does standard output hold lines of JSON and nothing else?  A child's own output may come between."""
    formats = [command[i + 1] for i in range(len(command) - 1) if command[i] == "-f"]
    others = {"-o", "--dump", "-l", "--fmt", "-h"}
    return formats[-1:] == ["json"] and not others & {word.split("=")[0] for word in command}


class Bpfline:
    """The program under test; in an ASan build every limit is four times as long."""

    def __init__(self, path, canned, load):
        self.path, self.canned, self.load = path, canned, load
        self.slow = 4 if "asan" in path else 1

    def run(self, *args, stdin=b"", timeout=LIMIT, cwd=None, env=None, before=()):
        """Runs to the end.  `before` are words before the command, such as setpriv."""
        command = [*before, self.path, *args]
        start = time.monotonic()
        # A group of its own: what runs past its limit goes with its children, whose calls others would count.
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, cwd=cwd, env=environment(**(env or {})),
                                   start_new_session=True)
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout * self.slow)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            _, stderr = process.communicate()
            raise Crash("still running after %g s: %s\n%s" % (
                timeout * self.slow, command, stderr.decode(errors="replace"))) from None
        stdout = stdout.decode(errors="surrogateescape")
        stderr = stderr.decode(errors="surrogateescape")
        check_sound(process.returncode, stderr, command)
        if output_is_json(command):
            json_lines.check_lines(stdout)
        return Result(process.returncode, stdout, stderr, time.monotonic() - start)

    def script(self, text, *args, **kw):
        """Runs `-e text` with more arguments before it."""
        return self.run(*args, "-e", text, **kw)

    def count(self, text, load, *args, **kw):
        """Runs a script with a load as its child; NAME in the script is what the load's threads are called."""
        return self.script(text.replace("NAME", NAME), *args, "-c", "%s -n %s %s" % (self.load, NAME, load), **kw)

    def dump(self, stage, *args, **kw):
        return self.run("--target=" + self.canned, "--dump=" + stage, *args, **kw)

    def start(self, text, *args, timeout=LIMIT, env=None):
        """Starts a script, returns once it is attached."""
        return Tracer(self, [self.path, *args, "-e", text], timeout * self.slow, env or {})


class Tracer:
    """A running bpfline; use it in a with statement."""

    def __init__(self, bpfline, command, timeout, env):
        self.command, self.timeout = command, timeout
        self.stdout = self.stderr = b""
        self.begun = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=environment(**env))
        self._await_attached()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    @property
    def pid(self):
        return self.process.pid

    def _await_attached(self):
        limit = time.monotonic() + self.timeout
        in_json = output_is_json(self.command)
        fd = (self.process.stdout if in_json else self.process.stderr).fileno()
        while not (ATTACHED_JSON.search(self.stdout) or ATTACHED.search(self.stderr)):
            ready = select.select([fd], [], [], max(0, limit - time.monotonic()))[0]
            data = os.read(fd, 65536) if ready else b""
            if not data:
                self.process.kill()
                _, rest = self.process.communicate()
                text = (self.stderr + rest).decode(errors="replace")
                check_sound(self.process.returncode, text, self.command)
                raise AssertionError("did not attach: %s\n%s" % (self.command, text))
            if in_json:
                self.stdout += data
            else:
                self.stderr += data

    def stop(self, sig=signal.SIGINT):
        """Sends the signal, waits for the end."""
        start = time.monotonic()
        if sig is not None:
            self.process.send_signal(sig)
        try:
            stdout, rest = self.process.communicate(timeout=self.timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise Crash("did not end within %g s: %s" % (self.timeout, self.command)) from None
        stderr = (self.stderr + rest).decode(errors="surrogateescape")
        seconds = time.monotonic() - start
        stdout = (self.stdout + stdout).decode(errors="surrogateescape")
        check_sound(self.process.returncode, stderr, self.command)
        if output_is_json(self.command):
            json_lines.check_lines(stdout)
        return Result(self.process.returncode, stdout, stderr, seconds)

    def wait(self):
        """Waits for an end of its own."""
        return self.stop(sig=None)


class Load:
    """The load program, stopped before its first call until go()."""

    def __init__(self, path, *args):
        self.process = subprocess.Popen([path, "-w", *map(str, args)], stdin=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()

    @property
    def pid(self):
        return self.process.pid

    def go(self):
        """Lets it make its calls, waits until they are made."""
        self.begin()
        assert self.process.wait(timeout=60) == 0

    def begin(self):
        """Lets it make its calls, does not wait."""
        self.process.stdin.write(b"x")
        self.process.stdin.flush()
