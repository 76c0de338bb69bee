"""Every script below this folder, compiled for the canned target, against the texts beside it.

The sibling files of NAME.bt decide what is compared:

    NAME.ast NAME.types NAME.ir NAME.optimised NAME.allocated NAME.bpf NAME.object
                 standard output of --dump=that stage
    NAME.fmt     standard output of --fmt; it must also format to itself and mean the same
    NAME.err     standard error of compiling, and with an error exit status 1
    NAME.out     what a run by the interpreter prints, with the events of NAME.events if there are any;
                 what is not empty of standard error and not 0 of the status comes after it

Without NAME.err a case compiles without a word.  The first lines of a script may say

    // options: --unsafe -p 5
    // params: 12 text

`--update` rewrites the siblings that are there, and for a script that has none
makes those that its folder is about.
"""
import os
import re
import shlex
import shutil
import subprocess

import pytest

from support import Bpfline, environment

HERE = os.path.dirname(os.path.abspath(__file__))
STAGES = ["ast", "types", "ir", "optimised", "allocated", "bpf", "object"]
EXTENSIONS = [*STAGES, "fmt", "err", "out"]
# What --update makes for a script that has no sibling yet.
FIRST = {"parse": ["ast"], "fmt": ["fmt"], "errors": ["err"], "types": ["types"], "bpf": ["bpf"],
         "object": ["object"], "run": ["out"]}
PLACES = re.compile(r"\b\d+:\d+-\d+\b|\b\d+:\d+\b")


def scripts():
    found = []
    for folder, _, files in os.walk(HERE):
        found += [os.path.join(folder, name) for name in files if name.endswith(".bt")]
    return sorted(found)


def sibling(script, extension):
    return script[:-len("bt")] + extension


def cases():
    for script in scripts():
        name = os.path.relpath(script, HERE)[:-len(".bt")]
        there = [e for e in EXTENSIONS if os.path.exists(sibling(script, e))]
        for extension in there or FIRST.get(name.split(os.sep)[0], ["err"]):
            yield pytest.param(script, extension, id="%s.%s" % (name, extension))


def words(script, key):
    """The words of a `// key: ...` line at the head of the script."""
    with open(script, "rb") as f:
        for line in f:
            match = re.match(rb"// (\w+): (.*)", line)
            if not match:
                return []
            if match.group(1).decode() == key:
                return shlex.split(match.group(2).decode())
    return []


class Golden:
    """One script and the ways to run bpfline on it."""

    def __init__(self, bpfline, script):
        self.bpfline, self.script = bpfline, script
        self.folder, self.name = os.path.split(script)

    def run(self, *options, stdin=None):
        name = "-" if stdin is not None else self.name
        return self.bpfline.run("--target=" + self.bpfline.canned, *options,
                                *words(self.script, "options"), name, *words(self.script, "params"),
                                cwd=self.folder, stdin=(stdin or "").encode(errors="surrogateescape"))

    def clean(self, *options, stdin=None):
        """The standard output of a run that must end well and say nothing."""
        result = self.run(*options, stdin=stdin)
        assert result.status == 0, result.stderr
        if not os.path.exists(sibling(self.script, "err")):
            assert result.stderr == ""
        return result.stdout

    def interpret(self):
        """What the script prints on the interpreter's kernel."""
        path = os.path.join(os.path.dirname(self.bpfline.canned), "bpfline-interp")
        result = Golden(Bpfline(path, self.bpfline.canned, None), self.script).run()
        assert "INTERPRETER: " not in result.stderr, result.stderr
        return result.stdout + (result.stderr and "--- stderr\n" + result.stderr) + \
            ("--- status %d\n" % result.status if result.status else "")

    def produce(self, extension):
        if extension == "out":
            return self.interpret()
        if extension == "err":
            result = self.run("--dump=object")
            status = 2 if os.path.basename(self.script).startswith("C_") else 1 # of C that cannot be read
            assert result.status == (status if "ERROR: " in result.stderr else 0), result.stderr
            return result.stderr
        if extension == "fmt":
            return self.clean("--fmt")
        return self.clean("--dump=" + extension)


@pytest.mark.parametrize("script, extension", cases())
def test_golden(script, extension, bpfline, pytestconfig):
    golden, path = Golden(bpfline, script), sibling(script, extension)
    text = golden.produce(extension)
    if pytestconfig.getoption("--update"):
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as f:
            f.write(text)
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as f:
        assert text == f.read(), "differs from %s (--update accepts it)" % os.path.relpath(path)
    if extension == "fmt":
        assert golden.clean("--fmt", stdin=text) == text, "formatting twice changes the text"
        assert PLACES.sub("", golden.clean("--dump=ast", stdin=text)) == \
            PLACES.sub("", golden.clean("--dump=ast")), "formatting changes the meaning"


@pytest.mark.parametrize("script", [pytest.param(s, id=os.path.basename(s)) for s in scripts()
                                    if os.path.dirname(s).endswith("errors")])
def test_error_has_the_id_it_is_named_for(script, build, bpfline):
    words_after = words(script, "params")
    done = subprocess.run([os.path.join(build, "tests", "diagnostics"), bpfline.canned, script, *words_after],
                          capture_output=True, text=True, check=True, env=environment())
    assert os.path.basename(script).split(".")[0] in done.stdout.split()


def test_same_input_same_bytes(bpfline):
    """compile() is a function: all objects again, in another directory and environment."""
    for script in scripts():
        if not os.path.exists(sibling(script, "object")):
            continue
        with open(script, encoding="utf-8") as f:
            text = f.read()
        for stage in ("object", "bpf"):
            arguments = [stage, *words(script, "options"), "-e", text, *words(script, "params")]
            first = bpfline.dump(*arguments)
            again = bpfline.dump(*arguments, cwd="/", env={"HOME": "/nowhere", "COLUMNS": "7"})
            assert first.stdout and first.stdout == again.stdout, script


# What libbpf has no words for.
NOT_IN_ELF = {"bpf/kprobe-session": "kprobe:vfs_read as it is attached (kprobe_session)",
              "object/session": "kretprobe:vfs_read as it is attached (kprobe_session)"}


@pytest.mark.parametrize("name", [os.path.relpath(s, HERE)[:-len(".bt")] for s in scripts()
                                  if os.path.basename(os.path.dirname(s)) in ("bpf", "object")])
def test_elf_file_is_one_for_others(name, bpfline, tmp_path):
    path, script = str(tmp_path / "out.o"), os.path.join(HERE, name + ".bt")
    result = Golden(bpfline, script).run("--emit-elf", path)
    if name in NOT_IN_ELF:
        assert result.status == 1 and not os.path.exists(path)
        assert "--emit-elf: such a file has no words for " + NOT_IN_ELF[name] in result.stderr
        return
    assert (result.status, result.stdout, result.stderr) == (0, "", "")
    read = subprocess.run(["readelf", "-aW", path], capture_output=True, text=True, check=True, env=environment())
    assert read.stderr == "" and "Linux BPF" in read.stdout and "arning" not in read.stdout
    if shutil.which("bpftool"):
        types = subprocess.run(["bpftool", "btf", "dump", "file", path], capture_output=True, text=True, check=True)
        assert ("DATASEC '.maps'" in types.stdout) == (" .maps " in read.stdout)
