"""Random scripts on the kernel and by the interpreter: nothing refused, nothing different.

More of them: random_scripts.py --count 1000, and with --guest on other kernels.
"""
from random_scripts import Runner

SEEDS = 60


def test_random_scripts(build, live, tmp_path):
    found = list(Runner(build, str(tmp_path)).failures(1, SEEDS))
    assert not found, "\n".join("seed %s: %s" % failure for failure in found)
