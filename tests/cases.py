"""Cases written as text: many small ones in a file, each a script and what it must print.

    === signed division truncates
    begin { printf("%d\\n", -7 / 2); }
    --- stdout
    -3

A case begins with `===` and its name; the script follows.  Sections after it:

    --- args        words before the script (shell quoting)
    --- params      words after the script
    --- stdin       standard input
    --- stdout      what it prints, all of it; newlines around it are not compared
    --- stdout~     regular expressions, one a line: each is found in this order
    --- stderr      lines that standard error must hold
    --- status      exit status (0 when the section is missing)
    --- attached    the number in "Attached N probes"
    --- since       the first kernel that can do it, for the guests
    --- before      lines that standard error must hold on older ones, where it fails
    --- beside      a script of another run, attached before this one begins

LOAD in script or arguments is the load program, TARGET the one to put probes into.
KADDR(name) in them is the address of a symbol of the kernel.
NAME anywhere becomes a name for threads that no other run on the machine uses.
A script of several lines keeps them.  Lines before the first `===` are comments.
"""
import contextlib
import dataclasses
import os
import re
import shlex

from support import NAME


@dataclasses.dataclass
class Case:
    name: str
    file: str
    line: int
    script: str
    sections: dict

    def words(self, section):
        return shlex.split(self.sections.get(section, ""))

    def command(self, load):
        """The words after bpfline; programs that tests run are all beside the load."""
        places = {"LOAD": load, "TARGET": os.path.join(os.path.dirname(load), "target")}
        words = [*self.words("args"), "-e", self.script, *self.words("params")]
        words = [re.sub(r"\b(LOAD|TARGET)\b", lambda m: places[m.group()], word) for word in words]
        return [re.sub(r"\bKADDR\((\w+)\)", lambda m: kernel_address(m.group(1)), word) for word in words]

    @property
    def status(self):
        return int(self.sections.get("status", "0"))


def kernel_address(name):
    with open("/proc/kallsyms", encoding="ascii") as symbols:
        return next("0x" + line.split()[0] for line in symbols if line.split()[2] == name)


# What a sound run says.  From 7.0 on the kernel lets a task be preempted inside a program on a tracepoint
# and then misses what other tasks do on that CPU; it counts them, so the warning is right.  What a case
# counts itself is checked by its count.  Measured on one CPU: two tasks that each make 200000 system calls
# lose a tenth of them on 7.2 and none on 6.12 and 6.18.
EXPECTED_NOISE = re.compile(r"^Attached \d+ probes?\n" +
                            (r"|^.*WARNING: \d+ events? (was|were) missed here: .*\n.*\n *~+\n"
                             if int(os.uname().release.split(".")[0]) >= 7 else ""), re.MULTILINE)

SECTIONS = {"args", "params", "stdin", "stdout", "stdout~", "stderr", "status", "attached", "since", "before", "beside"}


def read_cases(path):
    cases, section = [], None
    with open(path, encoding="utf-8") as f:
        lines = f.read().replace("NAME", NAME).splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("=== "):
            cases.append(Case(line[4:].strip(), path, number, "", {}))
            section = "script"
        elif line.startswith("--- ") and cases:
            section = line[4:].strip()
            if section not in SECTIONS:
                raise ValueError("%s:%d: no section %r" % (path, number, section))
            cases[-1].sections[section] = ""
        elif section == "script":
            cases[-1].script += line + "\n"
        elif section:
            cases[-1].sections[section] += line + "\n"
    for case in cases:
        case.script = case.script.strip("\n")
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise ValueError("%s: two cases are called %r" % (path, name))
    return cases


def run_case(case, bpfline):
    """Runs it, with another run beside it if the case says so."""
    with contextlib.ExitStack() as stack:
        if "beside" in case.sections:
            stack.enter_context(bpfline.start(case.sections["beside"].strip()))
        return bpfline.run(*case.command(bpfline.load), stdin=case.sections.get("stdin", "").encode())


def check_refusal(case, result):
    """The same on a kernel that cannot: it says so."""
    assert result.status in (1, 255), "status %d\n%s" % (result.status, result.stdout)
    for line in case.sections["before"].splitlines():
        assert line in result.stderr, "stderr lacks %r\n%s" % (line, result.stderr)


def check_case(case, result):
    """Compares what a run gave with what the case says."""
    told = "\n--- stdout\n%s\n--- stderr\n%s" % (result.stdout, result.stderr)
    assert result.status == case.status, "status %d, not %d%s" % (result.status, case.status, told)
    if "stdout" in case.sections:
        assert result.stdout.strip("\n") == case.sections["stdout"].strip("\n"), told
    position = 0
    for pattern in case.sections.get("stdout~", "").splitlines():
        match = re.compile(pattern, re.MULTILINE).search(result.stdout, position)
        assert match, "no %r after byte %d%s" % (pattern, position, told)
        position = match.end()
    for line in case.sections.get("stderr", "").splitlines():
        assert line in result.stderr, "stderr lacks %r%s" % (line, told)
    if "attached" in case.sections:
        assert result.attached == int(case.sections["attached"]), told
    if case.status == 0 and "stderr" not in case.sections:
        assert EXPECTED_NOISE.sub("", result.stderr) == "", "unexpected on stderr%s" % told
