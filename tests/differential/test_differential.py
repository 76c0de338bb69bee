"""The same script by Debian's bpftrace and by us: equal output.

bpftrace takes a third of a second to start, so bodies go to it by the batch,
each with names of its own and between marks.
"""
import os
import re
import shutil
import subprocess

import pytest

from cases import read_cases
from support import environment

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = 6  # more overflow the 512 bytes of stack that bpftrace 0.17 keeps everything in
LIMIT = 60
# bpftrace wants tracefs mounted: done in a mount namespace of its own, so nothing changes here.
WITH_TRACEFS = ["unshare", "-m", "sh", "-c", """
    [ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
    exec "$@" """, "sh"]
LITERAL_OR_NAME = re.compile(r'"(?:\\.|[^"\\])*"|([$@])(\w*)')


def bodies():
    with open(os.path.join(HERE, "bodies.txt"), encoding="utf-8") as f:
        return [line.strip() for line in f if line.strip() and not line.startswith("#")]


def marked(number):
    return "=== %d" % number


def with_own_names(body, number):
    """$x becomes $x_7 and @m becomes @m_7, so that bodies do not share them."""
    def rename(match):
        if not match.group(1) or (match.group(1) == "$" and match.group(2).isdigit()):
            return match.group(0)
        return "%s%s_%d" % (match.group(1), match.group(2), number)

    return LITERAL_OR_NAME.sub(rename, body)


def run_bpftrace(script, *args):
    """Standard output without the line about attaching; None when it refuses the script."""
    done = subprocess.run([*WITH_TRACEFS, "bpftrace", *args, "-e", script], capture_output=True, text=True,
                          errors="replace", timeout=LIMIT, env=environment(), check=False)
    if done.returncode or "ERROR: " in done.stderr.replace("ERROR: Unknown error -1: couldn't set RLIMIT", ""):
        return None, done.stderr
    return re.sub(r"^Attaching \d+ probes?\.\.\.\n", "", done.stdout), done.stderr


def lines_of(output):
    """Without what each release does its own way: blank lines, blanks at the end of "@h: "."""
    return [line.rstrip() for line in output.splitlines() if line.strip()]


def run_batch(batch):
    """{number: output} of some bodies by bpftrace; one by one when it refuses them together."""
    text = "".join('printf("%s\\n"); %s ' % (marked(n), with_own_names(body, n)) for n, body in batch)
    clear = "".join("clear(%s); " % name
                    for name in sorted(set(re.findall(r"@\w*_\d+\b", re.sub(r'"(?:\\.|[^"\\])*"', "", text)))))
    output, why = run_bpftrace("BEGIN { %s printf(\"=== end\\n\"); %s exit(); }" % (text, clear))
    if output is None:
        if len(batch) == 1:
            return {batch[0][0]: "bpftrace refuses this: %s" % why}
        return {n: out for one in batch for n, out in run_batch([one]).items()}
    parts = re.split(r"^=== (\w+)\n", output, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2]))
    return {n: re.sub(r"(@\w*)_%d\b" % n, r"\1", found[str(n)]) for n, _ in batch}


@pytest.fixture(scope="module")
def theirs(live):
    """What bpftrace prints for each body."""
    if not shutil.which("bpftrace"):
        pytest.skip("bpftrace is not installed")
    numbered, found = list(enumerate(bodies())), {}
    for start in range(0, len(numbered), BATCH):
        found.update(run_batch(numbered[start:start + BATCH]))
    return found


@pytest.mark.parametrize("number, body", enumerate(bodies()), ids=bodies())
def test_body(number, body, theirs, bpfline):
    clear = "".join("clear(%s); " % name for name in sorted(set(re.findall(
        r"@\w*", re.sub(r'"(?:\\.|[^"\\])*"', "", body)))))
    ours = bpfline.script("begin { %s %s exit(); }" % (body, clear))
    assert ours.status == 0, ours.stderr
    assert lines_of(ours.stdout) == lines_of(theirs[number])


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in
                                  read_cases(os.path.join(HERE, "programs.cases"))])
def test_program(case, bpfline, live):
    if not shutil.which("bpftrace"):
        pytest.skip("bpftrace is not installed")
    args = [word.replace("LOAD", bpfline.load) for word in case.words("args")]
    theirs, why = run_bpftrace(case.script, *args)
    assert theirs is not None, why
    ours = bpfline.script(case.script, *args)
    assert ours.status == 0, ours.stderr
    # Elements of equal value come in no particular order.
    assert sorted(lines_of(ours.stdout)) == sorted(lines_of(theirs))
