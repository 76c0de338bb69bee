"""Random scripts on the kernel and by the interpreter: nothing refused, nothing different.

More of them: random_scripts.py --count 1000, and with --guest on other kernels.
"""
import shutil

import pytest
from random_scripts import NoGuest, Runner

SEEDS = 60
GUEST_SEEDS = 12
KERNELS = ["5.10", "6.1", "6.12", "7.2"]


def told(found):
    return "\n".join("seed %s: %s" % failure for failure in found)


def test_random_scripts(build, live, tmp_path):
    found = list(Runner(build, str(tmp_path)).failures(1, SEEDS))
    assert not found, told(found)


@pytest.mark.parametrize("kernel", KERNELS)
def test_in_guests(build, kernel, tmp_path):
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("no qemu-system-x86_64")
    runner = Runner(build, str(tmp_path))
    try:
        found = list(runner.failures(SEEDS + 1, GUEST_SEEDS, kernel))
    except NoGuest as error:
        pytest.skip("no guest with %s: %s" % (kernel, error))
    assert not found, told(found)
    assert runner.lacking < GUEST_SEEDS, "none was run"
