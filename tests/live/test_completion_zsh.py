"""Completion in zsh, as somebody who types sees it."""
import os
import re
import shutil

import pytest

import sources
from shells import Shell
from support import SOURCE

FOLDER = os.path.join(SOURCE, "cli", "completion")
SETUP = "unsetopt prompt_sp prompt_cr zle_bracketed_paste; unset zle_bracketed_paste; setopt no_beep; bindkey -e; " \
    "fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D" % FOLDER

# What is typed before the tab key; what the line is then.
TYPED = {
    "bpfline --dry-r": "bpfline --dry-run ",
    "bpfline --probe-f": "bpfline --probe-filter=",
    "bpfline -f js": "bpfline -f json ",
    "bpfline --dump allo": "bpfline --dump allocated ",
    "bpfline --dump=allo": "bpfline --dump=allocated ",
    "bpfline --mode codeg": "bpfline --mode codegen ",
    "bpfline --no-feature kprobe_multi,uprobe": "bpfline --no-feature kprobe_multi,uprobe_multi,",
    "bpfline -d types,allo": "bpfline -d types,allocated,",
    "bpfline -o /etc/hostna": "bpfline -o /etc/hostname ",
    "bpfline --target /et": "bpfline --target /etc/",
    "bpfline -l tracep": "bpfline -l tracepoint:",
    "bpfline -l tracepoint:sche": "bpfline -l tracepoint:sched:",
    "bpfline -l tracepoint:sched:sched_process_exe": "bpfline -l tracepoint:sched:sched_process_exec ",
    "bpfline -lv tracepoint:sched:sched_process_exe": "bpfline -lv tracepoint:sched:sched_process_exec ",
    "bpfline -l 'tracepoint:sched:sched_process_exe": "bpfline -l 'tracepoint:sched:sched_process_exec' ",
    "bpfline -l rawtracepoint:sched_process_exe": "bpfline -l rawtracepoint:sched_process_exec ",
    "bpfline -l uprobe:/bin/bash:readline_internal_c": "bpfline -l uprobe:/bin/bash:readline_internal_char ",
    "bpfline -l uprobe:/etc/hostna": "bpfline -l uprobe:/etc/hostname:",
    "bpfline -l interval:m": "bpfline -l interval:ms:",
    "bpfline -e 'tracepoint:sched:sched_process_exe": "bpfline -e 'tracepoint:sched:sched_process_exec",
    "bpfline -e 'trace": "bpfline -e 'tracepoint:",
    "bpfline -e 'beg": "bpfline -e 'begin",
    "bpfline -e 'begin { @ = 1; } tracepoint:sched:sched_process_exe":
        "bpfline -e 'begin { @ = 1; } tracepoint:sched:sched_process_exec",
    "bpfline -e 'tracepoint:sched:sched_switch,softw": "bpfline -e 'tracepoint:sched:sched_switch,software:",
    "bpfline -e 'begin { tracep": "bpfline -e 'begin { tracep",
    "bpfline nosuch": "bpfline nosuch",
}


@pytest.fixture(scope="module")
def shell(bpfline, live):
    if not shutil.which("zsh"):
        pytest.skip("no zsh")
    shell = Shell(["zsh", "-f", "-i"], os.path.dirname(bpfline.path), SETUP)
    yield shell
    shell.close()


@pytest.mark.parametrize("typed", TYPED)
def test_completes(shell, typed):
    assert shell.complete(typed, TYPED[typed]) == TYPED[typed]


def test_offers_every_option(shell, bpfline):
    """What the help is read into: a specification for each name of each option."""
    told = set(re.findall(r"^    (-\w)|(--[a-z-]+)", bpfline.run("--help").stdout, re.MULTILINE))
    names = {name for names in told for name in names if name}
    shell.line("_arguments() { print -rl -- ${${${@:#-[sS]}#\\*}%%[=[]*} }; words=(bpfline)")
    offered = set(shell.line("_bpfline").split()) - {":script:_bpfline_operand"}
    assert len(names) > 30 and names <= offered
