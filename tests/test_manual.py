"""The examples of the manual: all compile, those marked `run` run and print what follows them."""
import os
import re

import pytest

from support import SOURCE

with open(os.path.join(SOURCE, "docs", "manual.md"), encoding="utf-8") as manual:
    TEXT = manual.read()
BLOCK = re.compile(r"^```bpfline( run)?\n(.*?)^```\n(?:\n```output\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
EXAMPLES = [pytest.param(match, id="line %d" % (TEXT[:match.start()].count("\n") + 1))
            for match in BLOCK.finditer(TEXT)]


@pytest.mark.parametrize("example", EXAMPLES)
def test_compiles(example, bpfline):
    result = bpfline.dump("object", "-e", example.group(2))
    assert (result.status, result.stderr) == (0, "")


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.values[0].group(1)])
def test_runs(example, bpfline, live):
    result = bpfline.script(example.group(2), "-q")
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.strip("\n") == example.group(3).strip("\n")
