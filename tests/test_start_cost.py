"""The cost of compiling, in instructions: the one number that other work on the machine does not move.

What a compilation may take is what it takes now and a fifth; long scripts must cost as much more
as they are longer.
"""
import os
import re
import shutil
import subprocess
import sys

import pytest

from support import SOURCE, environment

sys.path.insert(0, os.path.join(SOURCE, "bench"))
import scripts  # noqa: E402 pylint: disable=wrong-import-position
import shapes  # noqa: E402 pylint: disable=wrong-import-position

GATES = {
    "begin": (scripts.BEGIN, 175_000),
    "one tracepoint": (scripts.MAIN_JOB, 230_000),
    "forty lines": (scripts.FORTY_LINES, 1_670_000),
}
SHORT, LONG = 1000, 5000  # lines
SHAPES = {**shapes.SHAPES,
          # A hundred thousand of them are more than the kernel takes in a program: not for bench/.
          "reads": shapes.in_one_probe(lambda i: "\t$a += @m[%d];\n" % i if i else "\t@m[0] = 1;\n")}


def instructions(bpfline, *words):
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is not installed")
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + os.devnull,
         bpfline.path, "--target=" + bpfline.canned, "--dump=object", *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment(), check=False)
    assert done.returncode == 0, done.stderr
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


@pytest.mark.parametrize("what", GATES)
def test_compile_only_instructions(what, bpfline):
    script, limit = GATES[what]
    count = instructions(bpfline, "-e", script)
    print("%s: %d instructions" % (what, count))
    assert count <= limit


@pytest.mark.parametrize("shape", SHAPES)
def test_cost_grows_as_the_script_does(shape, bpfline, tmp_path):
    counts = []
    for lines in (SHORT, LONG):
        path = tmp_path / ("%d.bt" % lines)
        path.write_text(SHAPES[shape](lines))
        counts.append(instructions(bpfline, str(path)))
    growth = counts[1] / counts[0]
    print("%s: %d and %d instructions, %.2f times" % (shape, *counts, growth))
    assert growth <= 1.15 * LONG / SHORT
