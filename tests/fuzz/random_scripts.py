#!/usr/bin/python3
"""random_scripts.py [--build DIR] [--first SEED] [--count N] [--guest KERNEL] [--keep DIR]

Random scripts, each run in three ways that must print the same: on the kernel, by the
interpreter, and by the interpreter with its inputs known when it is compiled, for a kernel whose
loops are made in another way.  What differs or is refused is told and left in the folder of --keep.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, TESTS]

# pylint: disable=wrong-import-position
from generate import INPUTS, generate
from kernel_run import run as run_here
from support import SOURCE, environment

# A kernel may lack what a script uses, and says so when it compiles.
LACKS = re.compile(r"ERROR: .*needs (a kernel with|Linux)")


NO_GUEST = 125  # vmrun could not fetch or boot


class NoGuest(Exception):
    """There is no such kernel to be had here."""


def visible(text):
    """The output without the maps that values came from."""
    return "".join(line for line in text.splitlines(True) if not line.startswith(INPUTS))


class Runner:
    """Scripts of a range of seeds in a folder, and what they print."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.bpfline = os.path.join(build, "cli", "bpfline")
        self.lacking = 0  # scripts that use what the kernel does not have
        self.canned = os.path.join(build, "tests", "canned")
        self.new_canned = self.target("may_goto")

    def target(self, feature):
        """The canned kernel with one feature more."""
        folder = os.path.join(self.folder, "canned-" + feature)
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(self.canned):
            path = os.path.join(folder, name)
            if name == "target.conf":
                with open(os.path.join(self.canned, name), encoding="utf-8") as f:
                    text = re.sub(r"(?m)^(features=.*)", r"\1 " + feature, f.read())
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
            elif not os.path.lexists(path):
                os.symlink(os.path.join(self.canned, name), path)
        return folder

    def path(self, seed, form=""):
        return os.path.join(self.folder, "%d%s.bt" % (seed, form))

    def write(self, seed):
        for form, known in (("", False), (".known", True)):
            with open(self.path(seed, form), "w", encoding="utf-8") as f:
                f.write(generate(seed, known))

    def interpret(self, seed, form=""):
        done = subprocess.run(
            [os.path.join(self.build, "tests", "bpfline-interp"), "-q", "--no-warnings",
             "--target=" + (self.canned if form else self.new_canned), self.path(seed, form)],
            capture_output=True, timeout=60, env=environment(), check=False)
        return (done.returncode, done.stdout.decode(errors="surrogateescape"),
                done.stderr.decode(errors="surrogateescape"))

    def on_guest(self, kernel, first, count):
        """[seed, status, stdout, stderr] of each, all in one boot."""
        done = subprocess.run(
            [sys.executable, os.path.join(TESTS, "guest", "vmrun"), "--kernel", kernel, "--timeout",
             str(120 + 10 * count), "--", "/usr/bin/python3", os.path.join(HERE, "kernel_run.py"),
             self.bpfline, self.folder, str(first), str(count)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), check=False)
        if done.returncode == NO_GUEST and b"died under the command" not in done.stderr:
            raise NoGuest(done.stderr.decode(errors="replace").strip().splitlines()[-1:])
        if done.returncode:
            raise OSError("guest %s: %s" % (kernel, done.stderr.decode(errors="replace")[-2000:]))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def outcomes(self, guest, first, count):
        if guest:
            yield from self.on_guest(guest, first, count)
            return
        for seed in range(first, first + count):
            yield [seed, *run_here(self.bpfline, self.path(seed))]

    def judge(self, seed, status, stdout, stderr):
        """Why the seed fails, or None."""
        if LACKS.search(stderr):
            self.lacking += 1
            return None
        if status:
            return "status %d\n%s" % (status, stderr)
        expected = self.interpret(seed)
        if expected[0]:
            return "the interpreter ends with %d\n%s" % (expected[0], expected[2])
        if expected[1] != stdout:
            return "the interpreter prints otherwise"
        known = self.interpret(seed, ".known")
        if LACKS.search(known[2]):
            return None
        if known[0]:
            return "with known inputs: status %d\n%s" % (known[0], known[2])
        if visible(known[1]) != visible(stdout):
            return "with known inputs it prints otherwise"
        return None

    def failures(self, first, count, guest=None):
        for seed in range(first, first + count):
            self.write(seed)
        seen = 0
        for seed, *outcome in self.outcomes(guest, first, count):
            seen += 1
            why = self.judge(seed, *outcome)
            if why:
                yield seed, why
            elif not guest:
                for form in ("", ".known"):
                    os.unlink(self.path(seed, form))
        if seen != count:
            yield None, "only %d of %d scripts were run" % (seen, count)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(SOURCE, "build"))
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--guest")
    parser.add_argument("--keep")
    options = parser.parse_args()
    folder = options.keep or tempfile.mkdtemp(prefix="random-scripts-")
    os.makedirs(folder, exist_ok=True)
    failed = 0
    runner = Runner(os.path.abspath(options.build), folder)
    for seed, why in runner.failures(options.first, options.count, options.guest):
        failed += 1
        print("seed %s: %s" % (seed, why), flush=True)
    print("%d scripts, %d failed, %d use what this kernel lacks%s" % (
        options.count, failed, runner.lacking, "; they are in " + folder if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
