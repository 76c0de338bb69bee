"""Some of live/*.cases, and functions.cases on other kernels, in QEMU guests: one boot a kernel, then one test a case.

vmrun fetches Debian's kernel packages through apt on first use and keeps them
in its cache.  Where that or QEMU cannot be had the tests are skipped, and say so.
"""
import json
import os
import shutil
import subprocess
import sys

import pytest

from cases import read_cases
from support import TESTS, environment

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = [*(os.path.join(TESTS, "live", name + ".cases")
           for name in ("smoke", "loops", "uprobes", "library", "aggregates")),
         os.path.join(HERE, "functions.cases")]
LOCKDOWN = os.path.join(HERE, "lockdown.cases")
KERNELS = ["5.10", "6.1", "6.12", "7.2"]
NO_GUEST = 125  # vmrun could not fetch or boot


def run_suite(bpfline, kernel, files, *options):
    """{name of the case: what came of it} on a kernel."""
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("no qemu-system-x86_64")
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "vmrun"), "--kernel", kernel, "--timeout", "400", *options, "--",
         "/usr/bin/python3", os.path.join(HERE, "suite.py"), bpfline.path, bpfline.load, *files],
        capture_output=True, text=True, errors="replace", env=environment(), check=False)
    assert "died under the command" not in done.stderr, done.stderr
    if done.returncode == NO_GUEST:
        pytest.skip("no guest with %s: %s" % (kernel, done.stderr.strip().splitlines()[-1:]))
    found = {}
    for line in done.stdout.splitlines():
        outcome = json.loads(line)
        found[outcome["name"]] = outcome
    assert done.returncode == 0, done.stdout + done.stderr
    return found


def names(*files):
    return [case.name for file in files for case in read_cases(file)]


def check(outcomes, name):
    assert name in outcomes, "did not run"
    if outcomes[name].get("skipped"):
        pytest.skip("this kernel cannot")
    assert outcomes[name]["why"] is None, outcomes[name]["why"]


@pytest.fixture(scope="module", params=KERNELS)
def outcomes(request, bpfline):
    return run_suite(bpfline, request.param, FILES)


@pytest.fixture(scope="module")
def locked_down(bpfline):
    return run_suite(bpfline, "6.12", [LOCKDOWN], "--append", "lockdown=confidentiality")


@pytest.mark.parametrize("name", names(*FILES))
def test_case(outcomes, name):
    check(outcomes, name)


@pytest.mark.parametrize("name", names(LOCKDOWN))
def test_under_lockdown(locked_down, name):
    check(locked_down, name)
