"""What the generated code of common bodies comes to: instructions and kernel maps, exactly.

cost.txt has a line for each program, and one for each map, of the scripts in bench/scripts.py,
compiled for the canned kernel.  Costs that change are read in its diff: `ninja update-golden` rewrites it.
"""
import os
import re
import sys

from support import SOURCE

sys.path.insert(0, os.path.join(SOURCE, "bench"))
import scripts  # noqa: E402 pylint: disable=wrong-import-position

TEXT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cost.txt")
USER = {"LOAD:traced_function": "/bin/program:read_line", "PID": "4242"}
MAP = re.compile(r"^map (\S+): .*?, (\S+), (?:key (\d+), value (\d+)(?: in (\d+) slots of (\d+))?, )?entries (\d+)")


def canned(script):
    for word, known in USER.items():
        script = script.replace(word, known)
    return script


def dump(bpfline, stage, script):
    done = bpfline.dump(stage, "-e", script)
    assert done.status == 0, done.stderr
    return done.stdout


def cost_of(bpfline, script):
    """The lines of one script."""
    lines = []
    for part in dump(bpfline, "bpf", script).split("program ")[1:]:
        name, *code = part.splitlines()
        count = sum(line.startswith("\t") for line in code)
        lines.append("    program %s: %d instructions" % (name, count))
    for line in dump(bpfline, "object", script).splitlines():
        if line.startswith("map "):
            name, kind, *numbers = MAP.match(line).groups(default="0")
            key, value, slots, slot_size, entries = map(int, numbers)
            lines.append("    map %s: %s, %d of %d bytes" % (name, kind, entries, key + (slots * slot_size or value)))
    return lines


def test_cost(bpfline, pytestconfig):
    lines = []
    for name, body in scripts.BODIES.items():
        lines += ["%s: %s" % (name, body.script), *cost_of(bpfline, canned(body.script))]
    lines += ["forty lines", *cost_of(bpfline, scripts.FORTY_LINES)]
    text = "\n".join(lines) + "\n"
    if pytestconfig.getoption("update"):
        with open(TEXT, "w", encoding="utf-8") as f:
            f.write(text)
    with open(TEXT, encoding="utf-8") as f:
        assert text == f.read()
