"""The scripts of Debian's bpftrace package, unchanged, on the running kernel."""
import pytest

import package_scripts


@pytest.mark.skipif(not package_scripts.scripts(), reason="the package bpftrace is not installed")
@pytest.mark.parametrize("path", package_scripts.scripts(), ids=package_scripts.name_of)
def test_script_shows_what_happens(bpfline, live, path):
    outcome = package_scripts.why_wrong(bpfline, path)
    if outcome and outcome[0] == "absent":
        pytest.skip(outcome[1])
    assert outcome is None, outcome[1]


def test_what_each_shows_is_known():
    assert {package_scripts.name_of(path) for path in package_scripts.scripts()} <= set(package_scripts.SHOWN)
