"""The scripts of Debian's bpftrace package, unchanged, on the running kernel."""
import pytest

import tools


@pytest.mark.skipif(not tools.scripts(), reason="the package bpftrace is not installed")
@pytest.mark.parametrize("path", tools.scripts(), ids=tools.name_of)
def test_script_shows_what_happens(bpfline, live, path):
    outcome = tools.why_wrong(bpfline, path)
    if outcome and outcome[0] == "absent":
        pytest.skip(outcome[1])
    assert outcome is None, outcome[1]


def test_what_each_shows_is_known():
    assert {tools.name_of(path) for path in tools.scripts()} <= set(tools.SHOWN)
