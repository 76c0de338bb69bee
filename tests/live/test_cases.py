"""The .cases files beside this file, on the running kernel."""
import glob
import os

import pytest

from cases import check_case, read_cases, run_case

HERE = os.path.dirname(os.path.abspath(__file__))


def all_cases():
    for path in sorted(glob.glob(os.path.join(HERE, "*.cases"))):
        stem = os.path.basename(path)[:-len(".cases")]
        for case in read_cases(path):
            yield pytest.param(case, id="%s: %s" % (stem, case.name))


@pytest.mark.parametrize("case", all_cases())
def test_case(case, bpfline, live):
    check_case(case, run_case(case, bpfline))
