"""Completion in bash, as somebody who types sees it."""
import os
import re

import pytest

import sources
from shells import Shell
from support import SOURCE

SCRIPT = os.path.join(SOURCE, "cli", "completion", "bpfline.bash")
LIMIT_MS = 50

# What is typed before the tab key; what the line is then.
TYPED = {
    "bpfline --probe-f": "bpfline --probe-filter ",
    "bpfline -f js": "bpfline -f json ",
    "bpfline --dump allo": "bpfline --dump allocated ",
    "bpfline --mode codeg": "bpfline --mode codegen ",
    "bpfline --no-feature uprobe": "bpfline --no-feature uprobe_multi ",
    "bpfline -o /etc/passw": "bpfline -o /etc/passwd",
    "bpfline -l tracep": "bpfline -l tracepoint:",
    "bpfline -l tracepoint:sche": "bpfline -l tracepoint:sched:",
    "bpfline -l tracepoint:sched:sched_process_exe": "bpfline -l tracepoint:sched:sched_process_exec",
    "bpfline -l 'tracepoint:sched:sched_process_exe": "bpfline -l 'tracepoint:sched:sched_process_exec'",
    "bpfline -l uprobe:/bin/bas": "bpfline -l uprobe:/bin/bas",
    "bpfline -l uprobe:/bin/bash:readline_internal_c": "bpfline -l uprobe:/bin/bash:readline_internal_char",
    "bpfline -l interval:m": "bpfline -l interval:ms:",
    "bpfline -e 'tracepoint:sched:sched_process_exe": "bpfline -e 'tracepoint:sched:sched_process_exec",
    "bpfline -e 'trace": "bpfline -e 'tracepoint:",
    "bpfline -e 'begin { @ = 1; } tracepoint:sched:sched_process_exe":
        "bpfline -e 'begin { @ = 1; } tracepoint:sched:sched_process_exec",
    "bpfline -e 'tracepoint:sched:sched_switch,softw": "bpfline -e 'tracepoint:sched:sched_switch,software:",
    "bpfline -e 'begin { tracep": "bpfline -e 'begin { tracep",
    "bpfline nosuch": "bpfline nosuch",
}


@pytest.fixture(scope="module")
def shell(bpfline, live):
    if not os.access("/usr/bin/awk", os.X_OK):
        pytest.skip("no awk")
    shell = Shell(["bash", "--norc", "--noprofile", "-i"], os.path.dirname(bpfline.path),
                  "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; . %s" % SCRIPT)
    yield shell
    shell.close()


@pytest.mark.parametrize("typed", TYPED)
def test_completes(shell, typed):
    assert shell.complete(typed, TYPED[typed]) == TYPED[typed]


@pytest.mark.parametrize("typed", ["bpfline --", "bpfline -f ", "bpfline -l tracepoint:sched:", "bpfline -l fentry:vfs_",
                                   "bpfline -l iter:t", "bpfline -e '\\''software:"])
def test_at_once(shell, bpfline, typed):
    """The best of five, since this machine may be busy with other things."""
    script = "compopt() { :; }; COMP_LINE='%s'; COMP_POINT=${#COMP_LINE}; for i in 1 2 3 4 5; do a=$EPOCHREALTIME; " \
        "_bpfline bpfline; b=$EPOCHREALTIME; echo \"took $((${b/./} - ${a/./})) us, ${#COMPREPLY[@]}\"; done; " \
        "unset -f compopt" % typed
    took = re.findall(r"took (\d+) us, (\d+)", shell.line(script))
    assert len(took) == 5 and int(took[0][1]) > 2
    assert min(int(us) for us, _ in took) < LIMIT_MS * 1000 * bpfline.slow, took


def test_knows_every_type_of_probe():
    types = re.search(r'types="([^"]*)"', sources.read("cli/completion/bpfline.bash")).group(1).split()
    known = set()
    for path in sources.files(".c", folders=["runtime/probes"]):
        known |= set(re.findall(r"struct probe_type probe_\w+ = \{\s*\.name = \"(\w+)\"", sources.read(path)))
    assert len(known) > 15 and {name.rstrip(":") for name in types} == known
