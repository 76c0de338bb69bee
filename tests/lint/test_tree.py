"""What lies in the repository: known names at the top, a README that tells the truth, no leftovers."""
import os
import re

import sources
from support import SOURCE

TOP = {"README.md", "CONTRIBUTING.md", "LICENSE", "bootstrap", "meson.build", ".ci", ".clang-format",
       ".gitignore", ".git", "docs", "bench", "tests", *sources.LAYERS}
LEFTOVER = re.compile(r"(_old|_v\d|_utils?|_misc|_helpers?|_tmp|\.orig|\.rej|\.bak|~)(\.\w+)?$")


def names(folder=""):
    with os.scandir(os.path.join(SOURCE, folder)) as entries:
        return sorted(entry.name for entry in entries)


def test_top_level_is_known():
    unknown = [name for name in names() if name not in TOP and not name.startswith("build")
               and name not in (".cache",)]
    assert not unknown, "give the reason in the README and the name in %s: %s" % (__file__, unknown)


def test_readme_lists_every_folder():
    readme = sources.read("README.md")
    missing = [folder for folder in [*sources.LAYERS, "docs", "bench", "tests"]
               if "`%s/`" % folder not in readme]
    assert not missing, missing


def test_readme_lists_every_file_of_base():
    readme = sources.read("README.md")
    missing = [path for path in sources.files(".h", folders=["base"])
               if "`%s`" % os.path.basename(path)[:-2] not in readme]
    assert not missing, missing


def test_no_leftovers():
    wrong = [path for path in sources.files("", folders=[*sources.LAYERS, "docs", "bench", "tests"])
             if LEFTOVER.search(path) and "__pycache__" not in path]
    assert not wrong, wrong


def test_promises_have_reasons():
    """TODO says why not now: `TODO: what (why)`.  The other words say nothing."""
    wrong = []
    for path in sources.files(".c", ".h", ".l", ".y", ".bt"):
        for number, line in enumerate(sources.read(path).splitlines(), 1):
            if re.search(r"\b(FIXME|XXX|HACK)\b", line) or (
                    "TODO" in line and not re.search(r"TODO: .+", line)):
                wrong.append("%s:%d: %s" % (path, number, line.strip()))
    assert not wrong, "\n".join(wrong)


def test_no_place_of_one_persons_machine():
    """Nothing names a home directory or a package registry's host."""
    pattern = re.compile(r"/(?:home|Users)/\w+|https?://[\w.]*(?:debian|pypi|npmjs|goproxy)\.\w+")
    wrong = []
    for path in sources.files("", folders=[*sources.LAYERS, "docs", "bench", "tests", ".ci"]):
        if path.endswith((".pyc", "format")) or path.endswith("test_tree.py"):
            continue
        with open(os.path.join(SOURCE, path), encoding="utf-8", errors="replace") as f:
            wrong += ["%s: %s" % (path, match) for match in pattern.findall(f.read())]
    assert not wrong, "\n".join(wrong)


def test_flags_of_builtins_are_distinct():
    """Two changes that each take the next free bit merge without a conflict."""
    body = re.search(r"enum builtin_flag \{(.*?)\n\};", sources.read("sema/builtin.h"), re.DOTALL).group(1)
    bits = [int(number) for number in re.findall(r"^\tBUILTIN_\w+ = (\d+)", body, re.MULTILINE)]
    assert len(bits) > 10 and len(set(bits)) == len(bits) and all(bit & (bit - 1) == 0 for bit in bits)
