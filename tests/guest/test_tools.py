"""The scripts of Debian's bpftrace package, unchanged, where the kernel has kprobes: in a guest."""
import json
import os
import shutil
import subprocess
import sys

import pytest

import package_scripts
from support import environment

HERE = os.path.dirname(os.path.abspath(__file__))
KERNEL = "6.12"
NO_GUEST = 125  # vmrun could not fetch or boot

pytestmark = pytest.mark.skipif(not package_scripts.scripts(), reason="the package bpftrace is not installed")


@pytest.fixture(scope="module")
def outcomes(bpfline):
    """{name: None or (absent or wrong, why)}"""
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("no qemu-system-x86_64")
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "vmrun"), "--kernel", KERNEL, "--timeout", "900", "--",
         "/usr/bin/python3", os.path.join(HERE, "run_tools.py"), bpfline.path],
        capture_output=True, text=True, errors="replace", env=environment(), check=False)
    if done.returncode == NO_GUEST:
        pytest.skip("no guest with %s: %s" % (KERNEL, done.stderr.strip().splitlines()[-1:]))
    found = dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))
    assert found, done.stderr
    return found


@pytest.mark.parametrize("name", [package_scripts.name_of(path) for path in package_scripts.scripts()])
def test_script_shows_what_happens(outcomes, name):
    assert name in outcomes, "the guest ended before it"
    outcome = outcomes[name]
    if outcome and outcome[0] == "absent":
        pytest.skip(outcome[1])
    assert outcome is None, outcome[1]
