"""The cost of compiling, in instructions: the one number that other work on the machine does not move."""
import os
import re
import shutil
import subprocess

import pytest

from support import environment

MAIN_JOB = "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }"
GATES = {
    "main job": (MAIN_JOB, 1_000_000),
    "begin": ("begin { exit(); }", 1_000_000),
}


@pytest.mark.parametrize("what", GATES)
def test_compile_only_instructions(what, bpfline, tmp_path):
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is not installed")
    script, limit = GATES[what]
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + os.devnull,
         bpfline.path, "--target=" + bpfline.canned, "--dump=object", "-e", script],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment(), check=False)
    assert done.returncode == 0, done.stderr
    count = int(re.search(r"Collected : (\d+)", done.stderr).group(1))
    print("%s: %d instructions" % (what, count))
    assert count <= limit
