"""The programs that meson builds from *_test.c: each is one test here, its own cases are in its output."""
import glob
import os
import subprocess

import pytest

from support import SANITIZER_TEXT, environment

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 300


def names():
    return sorted(os.path.basename(path)[:-len(".c")] for path in glob.glob(os.path.join(HERE, "*_test.c")))


@pytest.mark.parametrize("name", names())
def test_unit(name, build):
    path = os.path.join(build, "tests", name)
    assert os.access(path, os.X_OK), "%s is not built: name it in tests/meson.build" % path
    done = subprocess.run([path], capture_output=True, text=True, errors="replace", env=environment(),
                          timeout=LIMIT, check=False)
    text = done.stdout + done.stderr
    assert done.returncode == 0 and not SANITIZER_TEXT.search(text), text
