"""The manual: its examples all compile, those marked `run` print what follows them; the functions are the library's."""
import glob
import os
import re
import subprocess

import pytest

from cases import read_cases
from support import SOURCE, TESTS

BLOCK = re.compile(r"^```bpfline( run)?\n(.*?)^```\n(?:\n```output\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
FUNCTIONS = os.path.join(SOURCE, "docs", "functions.md")


def read(name):
    with open(os.path.join(SOURCE, "docs", name), encoding="utf-8") as page:
        return page.read()


def examples():
    for name in ["manual.md", "functions.md"]:
        text = read(name)
        for match in BLOCK.finditer(text):
            line = text[:match.start()].count("\n") + 1
            yield pytest.param(match, id="%s line %d" % (name, line))


EXAMPLES = list(examples())


@pytest.mark.parametrize("example", EXAMPLES)
def test_compiles(example, bpfline):
    result = bpfline.dump("object", "--unsafe", "-e", example.group(2))
    assert (result.status, result.stderr) == (0, "")


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.values[0].group(1)])
def test_runs(example, bpfline, live):
    result = bpfline.script(example.group(2), "-q")
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.strip("\n") == example.group(3).strip("\n")


def test_functions_are_those_of_the_library(bpfline, pytestconfig):
    program = os.path.join(os.path.dirname(bpfline.canned), "functions_text")
    text = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True).stdout
    if pytestconfig.getoption("--update"):
        with open(FUNCTIONS, "w", encoding="utf-8") as page:
            page.write(text)
    assert text == read("functions.md"), "`ninja -C build update-manual` rewrites docs/functions.md"


def ways_of_types():
    """{type: names of its mechanisms} by the manual's table."""
    table = read("manual.md").split("| probe | ways |\n|---|---|\n")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {name: ways for names, ways in rows for name in names.split(", ")}


def test_ways_to_attach_are_those_of_the_tool(bpfline, live):
    told = bpfline.run("--info").stdout.split("Ways to attach")[1].splitlines()[1:]
    assert dict(line.strip().split(": ") for line in told) == ways_of_types()


def test_probes_are_attached_by_ways_of_their_type():
    """As the expected objects tell."""
    ways = ways_of_types()
    lines = [line for path in glob.glob(os.path.join(TESTS, "golden", "*", "*.object")) for line in open(path, encoding="utf-8")]
    found = [re.match(r"attach (\w+)\S*: by (\w+)", line) for line in lines]
    taken = {match.groups() for match in found if match}
    assert len(taken) > 10
    assert {(name, way) for name, way in taken if way not in ways[name].split()} == set()


def scripts_of_tests():
    """Every script of which a test compares what it prints or what code it becomes."""
    for folder, _, files in os.walk(TESTS):
        for path in (os.path.join(folder, name) for name in files):
            stem, extension = os.path.splitext(path)
            if extension == ".cases":
                yield from (case.script for case in read_cases(path))
            elif extension in (".out", ".bpf", ".py"):
                with open(path if extension == ".py" else stem + ".bt", encoding="utf-8", errors="replace") as f:
                    yield f.read()


ROWS = re.findall(r"^### (\w+)\n\n.*\n\n(.*)$", read("functions.md"), re.MULTILINE)


@pytest.fixture(scope="module")
def scripts():
    return "\n".join(scripts_of_tests())


@pytest.mark.parametrize("name", [name for name, text in ROWS if not text.startswith("Not supported")])
def test_every_function_has_a_case(name, scripts):
    assert re.search(r"\b%s\b" % name, scripts)


@pytest.mark.parametrize("name", [name for name, text in ROWS if text.startswith("Not supported")])
def test_what_is_not_supported_says_so(name, bpfline):
    assert os.path.exists(os.path.join(TESTS, "golden", "errors", "UNSUPPORTED.%s.bt" % name))
