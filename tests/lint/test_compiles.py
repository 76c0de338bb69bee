"""Headers stand alone; clang has no more to say than gcc, which built everything."""
import concurrent.futures
import json
import os
import shlex
import shutil
import subprocess

import pytest

import sources
from support import SOURCE

WARNINGS = ["-std=gnu17", "-D_GNU_SOURCE", "-DBPFLINE_VERSION=\"0\"", "-Wall", "-Wextra", "-Wshadow", "-Werror",
            "-Wno-unused-function"]


def errors_of(command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("header", sources.files(".h"))
def test_header_compiles_alone(header, build):
    text = errors_of(["cc", *WARNINGS, "-I.", "-I" + build, "-fsyntax-only", "-x", "c", "-include", header,
                      os.devnull], SOURCE)
    assert not text, text


def clang_command(entry):
    """The compile command that meson wrote for gcc, as a check by clang."""
    words = shlex.split(entry["command"])
    if os.path.basename(words[0]) == "ccache":
        del words[0]
    skip = {"-o", "-MF", "-MQ", "-c"}
    kept = [word for i, word in enumerate(words[1:], 1)
            if word not in skip and words[i - 1] not in skip and word != "-MD"]
    return ["clang", "-fsyntax-only", "-Wno-unknown-warning-option", *kept, entry["file"]]


def test_clang_is_content(build):
    if not shutil.which("clang"):
        pytest.skip("clang is not installed")
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        entries = json.load(f)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        texts = pool.map(lambda entry: errors_of(clang_command(entry), entry["directory"]), entries)
    text = "".join(texts)
    assert not text, text
